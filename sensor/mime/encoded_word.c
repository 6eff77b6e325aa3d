/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"
#include "mime/mime.h"

struct output {
    uint8_t *p;
    size_t n, size;
};

static void put_bytes(struct output *o, const uint8_t *p, size_t n) {
    size_t take = n < o->size - o->n ? n : o->size - o->n;
    memcpy(o->p + o->n, p, take);
    o->n += take;
}

/* "B" is base64, "Q" a kind of quoted-printable (RFC 2047 section 4). */
static void decode_word(struct bytes text, char encoding, struct output *o) {
    struct base64 base64 = {0};
    struct mime_quoted quoted = {.word = true};
    uint8_t piece[2 * MIME_QUOTED_HELD];
    while (text.n > 0) {
        size_t n = encoding == 'B' ? base64_decode(&base64, &text, piece, sizeof piece)
                                   : mime_quoted_decode(&quoted, &text, piece, sizeof piece);
        put_bytes(o, piece, n);
    }
    put_bytes(o, piece, encoding == 'B' ? base64_finish(&base64, piece) : mime_quoted_finish(&quoted, piece));
}

/* Length of the encoded word at the start of `in`, 0 if there is none. */
static size_t measure_word(struct bytes in, struct bytes *text, char *encoding) {
    if (in.n < 8 || in.p[0] != '=' || in.p[1] != '?')
        return 0;
    const uint8_t *end = in.p + in.n;
    const uint8_t *charset = memchr(in.p + 2, '?', in.n - 2);
    if (!charset || end - charset < 5 || charset[2] != '?')
        return 0;
    *encoding = (char)(charset[1] & ~0x20);
    if (*encoding != 'B' && *encoding != 'Q')
        return 0;
    const uint8_t *start = charset + 3, *at = start;
    while (at + 1 < end && !(at[0] == '?' && at[1] == '='))
        at++;
    if (at + 1 >= end)
        return 0;
    *text = bytes_of(start, (size_t)(at - start));
    return (size_t)(at + 2 - in.p);
}

static size_t count_white(struct bytes in) {
    size_t n = 0;
    while (n < in.n && (in.p[n] == ' ' || in.p[n] == '\t' || in.p[n] == '\r' || in.p[n] == '\n'))
        n++;
    return n;
}

size_t mime_words_decode(struct bytes in, uint8_t *out, size_t size) {
    struct output o = {out, 0, size};
    bool after_word = false;
    size_t last = in.n; /* no word ends behind it: that none does is found out once */
    while (last >= 2 && memcmp(in.p + last - 2, "?=", 2) != 0)
        last--;
    const size_t behind = last < 2 ? in.n : in.n - last;
    while (in.n) {
        struct bytes text = {0};
        char encoding = 0;
        size_t space = after_word ? count_white(in) : 0;
        struct bytes rest = bytes_of(in.p + space, in.n - space);
        size_t n = rest.n > behind ? measure_word(rest, &text, &encoding) : 0;
        after_word = n > 0;
        if (after_word) {
            decode_word(text, encoding, &o);
            n += space;
        } else {
            put_bytes(&o, in.p, 1);
            n = 1;
        }
        in = bytes_of(in.p + n, in.n - n);
    }
    return o.n;
}
