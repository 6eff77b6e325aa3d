/* SPDX-License-Identifier: Apache-2.0 */
#include "examine/formats/ole/ole.h"

#include "base/utf8.h"

#include <stdlib.h>

/* The shared strings ([MS-XLS] sections 2.4.265 and 2.5.293). Records hold 8,224 octets at most, and others
 * continue them: where the signs of a string go on in the next record, an octet there says anew how they are
 * coded. */

enum { HEAD = 4, CONTINUE = 0x003c, WIDE = 1, EXTENDED = 4, RICH = 8 };

struct parts {
    struct bytes file;
    size_t next;      /* head of the record behind this one */
    struct bytes now; /* what is left of it */
};

static uint16_t u16_at(const uint8_t *p) {
    return (uint16_t)(p[0] | p[1] << 8);
}

static bool next_part(struct parts *p) {
    if (p->next + HEAD > p->file.n || u16_at(p->file.p + p->next) != CONTINUE)
        return false;
    size_t n = u16_at(p->file.p + p->next + 2), at = p->next + HEAD;
    n = n < p->file.n - at ? n : p->file.n - at;
    p->now = bytes_of(p->file.p + at, n);
    p->next = at + n;
    return true;
}

static bool read_octets(struct parts *p, uint8_t *out, size_t n) {
    for (; n > 0; n--) {
        while (p->now.n == 0)
            if (!next_part(p))
                return false;
        if (out)
            *out++ = p->now.p[0];
        p->now = bytes_of(p->now.p + 1, p->now.n - 1);
    }
    return true;
}

static bool read_u16(struct parts *p, uint16_t *out) {
    uint8_t b[2];
    bool ok = read_octets(p, b, 2);
    *out = ok ? u16_at(b) : 0;
    return ok;
}

static bool read_u32(struct parts *p, uint32_t *out) {
    uint8_t b[4];
    bool ok = read_octets(p, b, 4);
    *out = ok ? b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24 : 0;
    return ok;
}

static bool put_sign(struct xls_strings *s, uint32_t c) {
    if (s->n + 5 > s->room) {
        size_t room = s->room ? 2 * s->room : 1 << 16;
        char *more = realloc(s->text, room);
        if (!more)
            return false;
        s->text = more;
        s->room = room;
    }
    if (c == 0)
        s->text[s->n++] = '\0';
    else
        s->n += utf8_put(c, s->text + s->n);
    return true;
}

static bool read_signs(struct xls_strings *s, struct parts *p, uint16_t count, uint8_t flags) {
    uint32_t high = 0;
    for (uint16_t i = 0; i < count; i++) {
        uint8_t b[2] = {0, 0};
        if (p->now.n == 0 && (!next_part(p) || !read_octets(p, &flags, 1)))
            return false;
        if (!read_octets(p, b, flags & WIDE ? 2 : 1))
            return false;
        uint32_t c = u16_at(b);
        if (c >= 0xd800 && c < 0xdc00) {
            high = c;
            continue;
        }
        if (high)
            c = 0x10000 + ((high & 0x3ff) << 10 | (c & 0x3ff));
        high = 0;
        if (c && !put_sign(s, c))
            return false;
    }
    return true;
}

static bool read_string(struct xls_strings *s, struct parts *p) {
    uint16_t count, runs = 0;
    uint32_t extra = 0;
    uint8_t flags;
    if (!read_u16(p, &count) || !read_octets(p, &flags, 1) || (flags & RICH && !read_u16(p, &runs)) ||
        (flags & EXTENDED && !read_u32(p, &extra)))
        return false;
    s->at[s->count++] = (uint32_t)s->n;
    bool whole = read_signs(s, p, count, flags);
    if (!put_sign(s, 0)) {
        s->count--; /* without memory it has no end */
        return false;
    }
    return whole && read_octets(p, NULL, (size_t)runs * 4) && read_octets(p, NULL, extra);
}

void xls_read_strings(struct xls_strings *s, struct bytes file, size_t at) {
    struct parts p = {.file = file};
    uint32_t all;
    if (s->at || at + HEAD > file.n)
        return;
    size_t n = u16_at(file.p + at + 2);
    n = n < file.n - at - HEAD ? n : file.n - at - HEAD;
    p.now = bytes_of(file.p + at + HEAD, n);
    p.next = at + HEAD + n;
    if (!read_u32(&p, &all) || !read_u32(&p, &all))
        return;
    s->most = all < file.n / 3 ? all : (uint32_t)(file.n / 3); /* each takes as many octets at least */
    s->at = calloc((size_t)s->most + 1, sizeof *s->at);
    while (s->at && s->count < s->most && read_string(s, &p))
        ;
}

void xls_strings_free(struct xls_strings *s) {
    free(s->text);
    free(s->at);
}

const char *xls_string(const struct xls_strings *s, uint32_t which) {
    return which < s->count && s->at[which] < s->n ? s->text + s->at[which] : "";
}
