/* SPDX-License-Identifier: Apache-2.0 */
#include "control/control.h"

#include "base/counter.h"

#include <stdio.h>

bool control_parse(char *line, size_t n, struct control_words *out, struct error *e) {
    out->count = 0;
    if (n >= CONTROL_REQUEST_MAX)
        return error_set(e, "the request is longer than %d bytes", CONTROL_REQUEST_MAX - 1);
    for (size_t i = 0; i < n; i++)
        if (((uint8_t)line[i] < 0x20 && line[i] != '\t') || line[i] == 0x7f)
            return error_set(e, "the request holds control characters; words are text with tabs between");
    line[n] = '\0';
    for (char *at = line; at;) {
        char *tab = strchr(at, '\t');
        if (out->count == CONTROL_WORDS_MAX)
            return error_set(e, "the request has more than %d words", CONTROL_WORDS_MAX);
        out->word[out->count++] = at;
        if (tab)
            *tab++ = '\0';
        at = tab;
    }
    return true;
}

/* How many words of `words` the name is; 0: it is another one. */
static size_t count_named_words(const char *name, const struct control_words *words) {
    for (size_t i = 0; i < words->count; i++) {
        size_t n = strcspn(name, " ");
        if (strlen(words->word[i]) != n || memcmp(name, words->word[i], n) != 0)
            return 0;
        name += n;
        if (*name++ == '\0')
            return i + 1;
    }
    return 0;
}

const struct control_request *control_find(const struct control_request *table,
                                           const struct control_words *words, struct control_words *arguments,
                                           struct error *e) {
    const struct control_request *found = NULL;
    size_t most = 0;
    for (const struct control_request *r = table; r->name; r++) {
        size_t n = count_named_words(r->name, words);
        if (n > most) {
            most = n;
            found = r;
        }
    }
    if (!found) {
        error_set(e, "this sensor knows no request \"%.40s\"; gantryctl and gantry may differ in version",
                  words->count ? words->word[0] : "");
        return NULL;
    }
    arguments->count = words->count - most;
    for (size_t i = 0; i < arguments->count; i++)
        arguments->word[i] = words->word[most + i];
    if (arguments->count >= found->least && arguments->count <= found->most)
        return found;
    error_set(e, "%s takes %s, not %zu words", found->name, *found->usage ? found->usage : "nothing",
              arguments->count);
    return NULL;
}

static bool answer_whole(const struct control_request *table, struct control_sensor *sensor, unsigned uid,
                         char *line, size_t n, struct json_writer *out, struct error *e) {
    struct control_words words, arguments;
    const struct control_request *r = NULL;
    json_write_object(out, NULL);
    json_write_bool(out, "ok", true);
    if (control_parse(line, n, &words, e))
        r = control_find(table, &words, &arguments, e);
    arguments.uid = uid;
    if (!r || !r->answer(sensor, &arguments, out, e))
        return false;
    json_write_object_end(out);
    return !out->overflow ||
           error_set(e, "the answer has more than %d MiB; ask for less at once", CONTROL_ANSWER_MAX >> 20);
}

void control_answer(const struct control_request *table, struct control_sensor *sensor, unsigned uid,
                    char *line, size_t n, struct json_writer *out) {
    struct error e = {""};
    json_writer_grow(out, CONTROL_ANSWER_MAX);
    counter_one(COUNTER_CONTROL_REQUESTS);
    if (answer_whole(table, sensor, uid, line, n, out, &e))
        return;
    counter_one(COUNTER_CONTROL_WRONG);
    json_writer_free(out);
    json_writer_grow(out, CONTROL_ANSWER_MAX);
    json_write_object(out, NULL);
    json_write_text(out, "error", e.text);
    json_write_object_end(out);
}
