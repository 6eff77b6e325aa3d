/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http/http_shrink.h"

#include "protocol/http/http_head.h"
#include "protocol/memory.h"

/* Of one line: no name and no value that is used is longer. A target may be, and is cut. */
enum { LINE_KEPT = 16384, ROOM_FOR_END = 2 };

static bool append_text(struct http_shrunk *s, struct bytes text) {
    if (s->n + text.n + ROOM_FOR_END > s->size) {
        size_t size = s->size ? s->size * 2 : 4096;
        while (size < s->n + text.n + ROOM_FOR_END)
            size *= 2;
        uint8_t *grown = size <= HTTP_SHRUNK_MAX ? protocol_grow(PROTOCOL_HELD, s->p, size) : NULL;
        if (!grown)
            return false;
        s->p = grown;
        s->size = size;
    }
    memcpy(s->p + s->n, text.p, text.n);
    s->n += text.n;
    return true;
}

/* A start line that is cut says that it is one: else the fields behind it are not read. */
static bool append_line(struct http_shrunk *s, struct bytes line, bool start) {
    static const char version[] = " HTTP/1.1\r\n", end[] = "\r\n";
    bool status = start && bytes_starts_nocase(line, "HTTP/");
    if (line.n <= LINE_KEPT)
        return append_text(s, line);
    if (!append_text(s, bytes_of(line.p, LINE_KEPT)))
        return false;
    return append_text(s, bytes_text(start && !status ? version : end));
}

static bool take_line(struct http_shrunk *s, struct bytes line) {
    bool start = s->n == 0, folded = line.p[0] == ' ' || line.p[0] == '\t';
    if (!folded || start)
        s->keeps = start || http_head_uses(line) != HTTP_FIELD_NONE;
    return !s->keeps || append_line(s, line, start);
}

size_t http_shrink(struct http_shrunk *s, struct bytes in, bool *fits) {
    size_t at = 0;
    *fits = true;
    while (at < in.n) {
        const uint8_t *lf = memchr(in.p + at, '\n', in.n - at);
        size_t n = lf ? (size_t)(lf + 1 - (in.p + at)) : in.n - at;
        if (!lf && at > 0 && !s->inside)
            break; /* it may become a whole line */
        if (!s->inside)
            *fits &= take_line(s, bytes_of(in.p + at, n));
        s->inside = !lf;
        at += n;
    }
    return at;
}

void http_shrink_end(struct http_shrunk *s) {
    if (s->n + ROOM_FOR_END > s->size)
        return;
    memcpy(s->p + s->n, "\r\n", ROOM_FOR_END);
    s->n += ROOM_FOR_END;
}

void http_shrink_forget(struct http_shrunk *s) {
    protocol_free(s->p);
    *s = (struct http_shrunk){.p = NULL};
}
