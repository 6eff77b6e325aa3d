/* SPDX-License-Identifier: Apache-2.0 */
#include "mime/parameter.h"

enum { ADDRESS_MAX = 320 }; /* RFC 5321 section 4.5.3.1: 64 octets, "@", 255 octets */

struct mailbox {
    size_t n;
    bool angle, full; /* from within "<" and ">"; closed by that */
    char text[ADDRESS_MAX];
};

static void put_char(struct mailbox *b, uint8_t c) {
    if (b->n < sizeof b->text && !b->full)
        b->text[b->n++] = (char)c;
}

/* Behind a comment at v[i]. */
static size_t skip_comment(struct bytes v, size_t i) {
    unsigned depth = 0;
    for (; i < v.n; i++) {
        if (v.p[i] == '\\')
            i++;
        else if (v.p[i] == '(')
            depth++;
        else if (v.p[i] == ')' && --depth == 0)
            return i + 1;
    }
    return v.n;
}

/* Behind a quoted string at v[i], which may be the local part of an address. */
static size_t take_quoted(struct bytes v, size_t i, struct mailbox *b) {
    put_char(b, '"');
    for (i++; i < v.n && v.p[i] != '"'; i++) {
        if (v.p[i] == '\\' && i + 1 < v.n)
            put_char(b, v.p[i++]);
        put_char(b, v.p[i]);
    }
    put_char(b, '"');
    return i + 1;
}

static size_t add_mailbox(struct mailbox *b, char *list, size_t n, size_t size) {
    char clean[ADDRESS_MAX];
    struct bytes text = bytes_trim(clean_text(bytes_of(b->text, b->n), clean, sizeof clean));
    bool room = text.n > 0 && text.n + (n ? 2 : 0) <= size - n;
    if (room && memchr(text.p, '@', text.n)) {
        memcpy(list + n, ", ", n ? 2 : 0);
        n += n ? 2 : 0;
        memcpy(list + n, text.p, text.n);
        n += text.n;
    }
    *b = (struct mailbox){.n = 0};
    return n;
}

/* One character that is in no quotes and no comment. */
static void take_char(uint8_t c, struct mailbox *b) {
    if (c == '<') {
        *b = (struct mailbox){.angle = true};
    } else if (c == '>') {
        b->full = b->angle;
    } else if (c == ':') { /* the name of a group, or a route (RFC 5322 section 4.4) */
        b->n = 0;
    } else if (c > ' ' || !b->angle) {
        put_char(b, c);
    }
}

size_t mime_addresses_add(struct bytes v, char *list, size_t n, size_t size) {
    struct mailbox b = {.n = 0};
    for (size_t i = 0; i < v.n;) {
        uint8_t c = v.p[i];
        bool route = c == ',' && b.angle && !b.full;
        if (c == '(') {
            i = skip_comment(v, i);
        } else if (c == '"') {
            i = take_quoted(v, i, &b);
        } else if ((c == ',' || c == ';') && !route) {
            n = add_mailbox(&b, list, n, size);
            i++;
        } else {
            take_char(c, &b);
            i++;
        }
    }
    return add_mailbox(&b, list, n, size);
}
