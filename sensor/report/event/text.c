/* SPDX-License-Identifier: Apache-2.0 */
#include "report/event/text.h"

#include "base/size.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

enum { ELLIPSIS = 3, HIDDEN_SHOWN = 9 }; /* octets of "\u2026" and, at most, of "<U+E0001>" */

void text_init(struct text *t, char *out, size_t size) {
    *t = (struct text){.start = out, .at = out, .end = out + size};
}

static void put_octets(struct text *t, const char *p, size_t n) {
    if (t->overflow || (size_t)(t->end - t->at) < n) {
        t->overflow = true;
        return;
    }
    memcpy(t->at, p, n);
    t->at += n;
}

void text_put(struct text *t, const char *text) {
    put_octets(t, text, strlen(text));
}

void text_print(struct text *t, const char *format, ...) {
    char line[512];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof line)
        t->overflow = true;
    else
        put_octets(t, line, (size_t)n);
}

size_t text_fit(struct bytes value, size_t limit, const char *escape, size_t hidden) {
    size_t fit = 0, shown = 0;
    bool over = false;
    for (size_t at = 0, used; at < value.n; at += used) {
        uint32_t c;
        char room[4];
        used = utf8_next(bytes_of(value.p + at, value.n - at), &c);
        shown += utf8_hidden(c) ? hidden : utf8_put(c, room) + (c < 0x80 && strchr(escape, (int)c) ? 1 : 0);
        over |= shown > limit;
        if (!over)
            fit = at + used;
        else if (shown - limit > ELLIPSIS)
            return fit;
    }
    return value.n;
}

void text_safe(struct text *t, struct bytes value, size_t limit, const char *escape) {
    size_t n = limit == SIZE_MAX ? value.n : text_fit(value, limit, escape, HIDDEN_SHOWN);
    bool cut = n < value.n;
    char c4[4];
    value.n = n;
    while (value.n && !t->overflow) {
        uint32_t c;
        size_t used = utf8_next(value, &c);
        if (utf8_hidden(c)) {
            text_print(t, "<U+%04X>", (unsigned)c);
        } else {
            if (c < 0x80 && strchr(escape, (int)c))
                put_octets(t, "\\", 1);
            put_octets(t, c4, utf8_put(c, c4));
        }
        value = bytes_of(value.p + used, value.n - used);
    }
    if (cut)
        text_put(t, "\u2026");
}

bool list_next(struct bytes *list, struct bytes *item) {
    if (list->n == 0)
        return false;
    const uint8_t *line = memchr(list->p, '\n', list->n);
    size_t n = line ? (size_t)(line - list->p) : list->n, step = line ? n + 1 : n;
    *item = bytes_of(list->p, n);
    *list = bytes_of(list->p + step, list->n - step);
    return true;
}

bool list_has(struct bytes list, struct bytes item) {
    struct bytes one;
    while (list_next(&list, &one))
        if (bytes_equal(one, item))
            return true;
    return false;
}

void text_bytes(struct text *t, uint64_t bytes) {
    char room[SIZE_TEXT_MAX];
    text_put(t, size_format(bytes, room));
}

size_t text_size(const struct text *t) {
    return t->overflow ? 0 : (size_t)(t->at - t->start);
}
