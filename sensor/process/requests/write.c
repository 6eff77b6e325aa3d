/* SPDX-License-Identifier: Apache-2.0 */
#include "process/requests/requests.h"

#include "base/figure/figure.h"

#include <stdio.h>

void request_time(struct json *out, const char *key, time_ns t) {
    char text[CLOCK_TEXT_MAX];
    json_text(out, key, t ? clock_format(t, text) : NULL);
}

/* "capture.packets" becomes {"capture":{"packets":...}}; sorted, so each stage is opened once. */
void request_figures(struct json *out, const uint64_t *figures) {
    uint16_t which[FIGURE_COUNT];
    char stage[32] = "";
    size_t n = 0;
    for (uint16_t i = 0; i < FIGURE_COUNT; i++)
        which[i] = i;
    figures_sort(which, FIGURE_COUNT);
    json_object(out, "stats");
    for (size_t i = 0; i < FIGURE_COUNT; i++) {
        const char *key = figure_key(which[i]);
        if (i == 0 || strncmp(key, stage, n) != 0 || key[n] != '.') {
            if (i)
                json_object_end(out);
            n = strcspn(key, ".");
            snprintf(stage, sizeof stage, "%.*s", (int)n, key);
            json_object(out, stage);
        }
        json_number(out, key + n + 1, figures[which[i]]);
    }
    json_object_end(out);
    json_object_end(out);
}

bool request_number(const char *word, uint64_t *out, struct error *e) {
    return bytes_number(bytes_text(word), out) || error_set(e, "\"%.40s\" is no number", word);
}
