/* SPDX-License-Identifier: Apache-2.0 */
#include "control/control.h"

#include <stdlib.h>

/* A request as it may come from anybody in the group. Invariants: the answer is one JSON object of either
 * form, the handler sees at most as many words as its line of the table says, all of them ended, and a
 * request is never longer than what was given. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct control_sensor {
    const struct control_request *asked;
    size_t size;
};

static bool echo(struct control_sensor *s, const struct control_words *arguments, struct json_writer *out,
                 struct error *e) {
    size_t all = 0;
    if (arguments->count > 3)
        abort();
    for (size_t i = 0; i < arguments->count; i++) {
        all += strlen(arguments->word[i]) + 1;
        json_write_text(out, NULL, arguments->word[i]);
    }
    if (all > s->size)
        abort();
    return arguments->count != 2 || error_set(e, "no %s", arguments->word[1]);
}

static const struct control_request table[] = {
    {.name = "echo", .usage = "WORD...", .most = 3, .answer = echo},
    {.name = "echo two", .usage = "WORD WORD", .least = 2, .most = 2, .answer = echo},
    {.name = "e", .usage = "", .answer = echo},
    {0},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct control_sensor sensor = {.size = size};
    struct json_writer j;
    size_t n;
    char *line = malloc(size + 1);
    if (size)
        memcpy(line, data, size);
    control_answer(table, &sensor, 1000, line, size, &j);
    char *answer = json_writer_take(&j, &n);
    free(line);
    if (!answer || n < 10 || answer[0] != '{' || answer[n - 1] != '}')
        abort();
    if (memcmp(answer, "{\"ok\":true", 10) != 0 && memcmp(answer, "{\"error\":\"", 10) != 0)
        abort();
    for (size_t i = 0; i < n; i++)
        if ((uint8_t)answer[i] < 0x20)
            abort();
    free(answer);
    return 0;
}
