/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/classes.h"

#include "report/event/telling.h"
#include "report/event/text.h"

enum { LIST_MAX = 1024 };

static struct bytes text_of(const struct record_builder *b, enum record_text which) {
    return bytes_of(b->text + b->head.text[which].at, b->head.text[which].n);
}

void classes_add_line(struct record_builder *b, enum record_text which, const char *line) {
    if (!list_has(text_of(b, which), bytes_text(line)))
        record_text_add(b, which, line);
}

/* As the first line, wherever it stood. */
static void put_first(struct record_builder *b, enum record_text which, const char *line) {
    char room[LIST_MAX];
    struct bytes rest = text_of(b, which), old;
    size_t n = strlen(line);
    if (n >= sizeof room)
        return;
    memcpy(room, line, n);
    while (list_next(&rest, &old))
        if (!bytes_equal(old, bytes_text(line)) && old.n + 1 <= sizeof room - n) {
            room[n++] = '\n';
            memcpy(room + n, old.p, old.n);
            n += old.n;
        }
    record_text(b, which, bytes_of(room, n));
}

static bool counts_before(const struct record_builder *b, const struct rule *rule, bool offends) {
    struct bytes classes = text_of(b, TEXT_CLASSES), first;
    bool first_offends = text_of(b, TEXT_OFFENDING).n > 0;
    if (!list_next(&classes, &first) || offends != first_offends)
        return offends || !first_offends;
    return telling_of(rule->severity, bytes_text(rule->class)) > telling_of(b->head.severity, first);
}

void classes_add(struct record_builder *b, const struct rule *rule, bool offends) {
    bool before = counts_before(b, rule, offends);
    void (*add)(struct record_builder * b, enum record_text which, const char *line) =
        before ? put_first : classes_add_line;
    add(b, TEXT_CLASSES, rule->class);
    if (offends)
        add(b, TEXT_OFFENDING, rule->class);
    if (before)
        b->head.severity = (uint8_t)rule->severity;
}
