/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http/encoded_word.h"

struct output {
    uint8_t *p;
    size_t n, size;
};

static void put(struct output *o, uint8_t c) {
    if (o->n < o->size)
        o->p[o->n++] = c;
}

int hex_value(uint8_t c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int base64_value(uint8_t c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static void base64_text(struct bytes in, struct output *out) {
    uint32_t bits = 0;
    unsigned have = 0;
    for (size_t i = 0; i < in.n; i++) {
        int value = base64_value(in.p[i]);
        if (value < 0)
            continue;
        bits = (bits << 6 | (uint32_t)value) & 0xFFFF;
        have += 6;
        if (have >= 8) {
            have -= 8;
            put(out, (uint8_t)(bits >> have));
        }
    }
}

static void q_text(struct bytes in, struct output *out) {
    for (size_t i = 0; i < in.n; i++) {
        uint8_t c = in.p[i];
        if (c == '=' && in.n - i >= 3 && hex_value(in.p[i + 1]) >= 0 && hex_value(in.p[i + 2]) >= 0) {
            c = (uint8_t)(hex_value(in.p[i + 1]) << 4 | hex_value(in.p[i + 2]));
            i += 2;
        } else if (c == '_') {
            c = ' ';
        }
        put(out, c);
    }
}

/* Length of the encoded word at the start of `in`, 0 if there is none. */
static size_t word_at(struct bytes in, struct bytes *text, char *encoding) {
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

static size_t white_run(struct bytes in) {
    size_t n = 0;
    while (n < in.n && (in.p[n] == ' ' || in.p[n] == '\t' || in.p[n] == '\r' || in.p[n] == '\n'))
        n++;
    return n;
}

size_t encoded_words_decode(struct bytes in, uint8_t *out, size_t size) {
    struct output o = {out, 0, size};
    bool after_word = false;
    while (in.n) {
        struct bytes text = {0}, behind;
        char encoding = 0;
        size_t space = after_word ? white_run(in) : 0;
        behind = bytes_of(in.p + space, in.n - space);
        size_t n = word_at(behind, &text, &encoding);
        if (n == 0) {
            put(&o, *in.p);
            n = 1;
            after_word = false;
        } else {
            (encoding == 'B' ? base64_text : q_text)(text, &o);
            n += space;
            after_word = true;
        }
        in = bytes_of(in.p + n, in.n - n);
    }
    return o.n;
}
