/* SPDX-License-Identifier: Apache-2.0 */
#include "process/requests/requests.h"

#include "base/figure/figure.h"

#include "settings/setting.h"

#include <stdio.h>

/* The last whole day that fits into 64 bits of nanoseconds, in April 2262: what is later, or as long before
 * 1970, stands for it. */
enum { DAY_S = 86400, DAYS_MOST = INT64_MAX / (DAY_S * NS_PER_S) - 1 };

void request_time(struct json_writer *out, const char *key, time_ns t) {
    char text[CLOCK_TEXT_MAX];
    json_write_text(out, key, t ? clock_format(t, text) : NULL);
}

/* "capture.packets" becomes {"capture":{"packets":...}}; sorted, so each stage is opened once. */
void request_figures(struct json_writer *out, const uint64_t *figures) {
    uint16_t which[FIGURE_COUNT];
    char stage[32] = "";
    size_t n = 0;
    for (uint16_t i = 0; i < FIGURE_COUNT; i++)
        which[i] = i;
    figures_sort(which, FIGURE_COUNT);
    json_write_object(out, "stats");
    for (size_t i = 0; i < FIGURE_COUNT; i++) {
        const char *key = figure_key(which[i]);
        if (i == 0 || strncmp(key, stage, n) != 0 || key[n] != '.') {
            if (i)
                json_write_object_end(out);
            n = strcspn(key, ".");
            snprintf(stage, sizeof stage, "%.*s", (int)n, key);
            json_write_object(out, stage);
        }
        json_write_number(out, key + n + 1, figures[which[i]]);
    }
    json_write_object_end(out);
    json_write_object_end(out);
}

bool request_moment(const char *word, time_ns *out, struct error *e) {
    char day[11];
    unsigned h = 0, m = 0, s = 0;
    int32_t days;
    int end = 0;
    size_t n = strlen(word);
    snprintf(day, sizeof day, "%s", word);
    bool good = date_parse(day, &days) && (n == 10 || word[10] == 'T');
    if (good && n > 10) {
        good = sscanf(word + 10, "T%2u:%2uZ%n", &h, &m, &end) == 2 && end;
        if (!good)
            good = sscanf(word + 10, "T%2u:%2u:%2uZ%n", &h, &m, &s, &end) == 3 && end;
        good = good && (size_t)end == n - 10 && h < 24 && m < 60 && s < 60;
    }
    if (!good)
        return error_set(e, "\"%.40s\" is no time; write 2026-05-31, or 2026-05-31T04:12Z", word);
    days = days > DAYS_MOST ? DAYS_MOST : days < -DAYS_MOST ? -DAYS_MOST : days;
    *out = ((int64_t)days * DAY_S + h * 3600 + m * 60 + s) * NS_PER_S;
    return true;
}

bool request_number(const char *word, uint64_t *out, struct error *e) {
    return bytes_number(bytes_text(word), out) || error_set(e, "\"%.40s\" is no number", word);
}
