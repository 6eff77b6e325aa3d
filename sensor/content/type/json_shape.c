/* SPDX-License-Identifier: Apache-2.0 */
#include "content/type/shape.h"

/* Do these bytes begin as JSON (RFC 8259) does? Walks the grammar as far as the bytes go, without recursion.
 */

enum { DEPTH_MAX = 64 };

struct walk {
    struct bytes left;
    uint64_t objects; /* one bit a level, the innermost lowest: 1 object, 0 array */
    unsigned depth;
    bool cut; /* the text went on behind the bytes */
};

static bool is_blank(uint8_t c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blank(struct walk *w) {
    while (w->left.n && is_blank(w->left.p[0]))
        w->left = bytes_of(w->left.p + 1, w->left.n - 1);
}

static void advance_to(struct walk *w, size_t n) {
    w->left = bytes_of(w->left.p + n, w->left.n - n);
}

static bool at_byte(const struct walk *w, char c) {
    return w->left.n > 0 && w->left.p[0] == (uint8_t)c;
}

/* All that is there was seen, and the value goes on behind it. */
static bool note_cut(struct walk *w) {
    advance_to(w, w->left.n);
    w->cut = true;
    return true;
}

/* Each of these returns false where JSON is broken; at the end of the bytes `cut` is set and all is well. */
static bool read_string(struct walk *w) {
    for (size_t i = 1; i < w->left.n; i++) {
        uint8_t c = w->left.p[i];
        if (c == '"') {
            advance_to(w, i + 1);
            return true;
        }
        if (c < 0x20)
            return false;
        i += c == '\\';
    }
    return note_cut(w);
}

static bool read_literal(struct walk *w) {
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i]);
        if (w->left.n < n && memcmp(w->left.p, words[i], w->left.n) == 0)
            return note_cut(w);
        if (w->left.n >= n && memcmp(w->left.p, words[i], n) == 0) {
            advance_to(w, n);
            return true;
        }
    }
    return false;
}

static bool read_number(struct walk *w) {
    size_t n = 0, digits = 0;
    while (n < w->left.n && w->left.p[n] && strchr("+-.eE0123456789", w->left.p[n])) {
        digits += w->left.p[n] >= '0' && w->left.p[n] <= '9';
        n++;
    }
    w->cut = n == w->left.n;
    advance_to(w, n);
    return digits > 0 || w->cut;
}

/* "name": as far as the colon. */
static bool member_name(struct walk *w) {
    if (!at_byte(w, '"') || !read_string(w))
        return false;
    skip_blank(w);
    if (w->cut || w->left.n == 0) {
        w->cut = true;
        return true;
    }
    if (!at_byte(w, ':'))
        return false;
    advance_to(w, 1);
    skip_blank(w);
    return true;
}

/* Opens an object or array and stands before its first value; an empty one is closed by value_end. */
static bool open_level(struct walk *w, bool *empty) {
    bool object = at_byte(w, '{');
    if (w->depth == DEPTH_MAX)
        return false;
    w->depth++;
    w->objects = w->objects << 1 | object;
    advance_to(w, 1);
    skip_blank(w);
    *empty = at_byte(w, object ? '}' : ']');
    if (*empty || w->left.n == 0)
        return true;
    return !object || member_name(w);
}

/* Behind a value: closes levels, or stands before the next value. */
static bool value_end(struct walk *w) {
    for (;;) {
        skip_blank(w);
        if (w->depth == 0 || w->left.n == 0)
            return true;
        bool object = w->objects & 1;
        if (at_byte(w, ',')) {
            advance_to(w, 1);
            skip_blank(w);
            return w->left.n == 0 || !object || member_name(w);
        }
        if (!at_byte(w, object ? '}' : ']'))
            return false;
        advance_to(w, 1);
        w->depth--;
        w->objects >>= 1;
    }
}

static bool read_scalar(struct walk *w) {
    if (at_byte(w, '"'))
        return read_string(w);
    uint8_t c = w->left.p[0];
    return c == '-' || (c >= '0' && c <= '9') ? read_number(w) : read_literal(w);
}

static bool read_value(struct walk *w) {
    bool empty = true;
    if (at_byte(w, '{') || at_byte(w, '['))
        return open_level(w, &empty) && (w->cut || !empty || value_end(w));
    return read_scalar(w) && (w->cut || value_end(w));
}

bool json_shape(struct bytes first) {
    struct walk w = {.left = first};
    if (first.n >= 3 && memcmp(first.p, "\xEF\xBB\xBF", 3) == 0)
        advance_to(&w, 3);
    skip_blank(&w);
    size_t start = w.left.n;
    if (!at_byte(&w, '{') && !at_byte(&w, '['))
        return false;
    while (w.left.n > 0 && !w.cut) {
        if (w.depth == 0 && w.left.n < start && !at_byte(&w, '{') && !at_byte(&w, '['))
            return false; /* JSON lines hold objects */
        if (!read_value(&w))
            return false;
    }
    /* "{" or "[" alone says nothing, unless the rest was not seen */
    return w.depth == 0 || first.n - w.left.n >= 2;
}
