/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/rows/reader.h"

#include "base/hex.h"

/* A sign that makes records: only where one of these is escaped it is worth a second look. */
static bool is_structure(unsigned c) {
    return c == '"' || c == '<' || c == '>' || c == ':' || c == '{' || c == ',' || c == '=' || c == '\'' ||
           c == ' ' || c == '}' || c == '[' || c == ']' || c == '&' || c == '/' || c == ';' || c == '|';
}

static int read_hex(struct bytes b) {
    int v = 0;
    for (size_t i = 0; i < b.n; i++) {
        int digit = hex_value(b.p[i]);
        if (digit < 0)
            return -1;
        v = v * 16 + digit;
    }
    return v;
}

static const struct {
    const char *text;
    uint8_t sign;
} entities[] = {{"&quot;", '"'}, {"&lt;", '<'},   {"&gt;", '>'},   {"&amp;", '&'}, {"&apos;", '\''},
                {"&#34;", '"'},  {"&#39;", '\''}, {"&#60;", '<'},  {"&#62;", '>'}, {"&nbsp;", ' '},
                {"&#x22;", '"'}, {"&#x3c;", '<'}, {"&#x3e;", '>'}, {"&#160;", ' '}};

/* "&#112;", "&#x70;": its octets, 0 for none. */
static int read_entity(struct bytes in, uint8_t *sign) {
    size_t at = 2;
    unsigned v = 0, base = 10;
    if (in.p[at] == 'x' || in.p[at] == 'X')
        base = 16, at++;
    for (; at < in.n && at < 8; at++) {
        int digit = hex_value(in.p[at]);
        if (digit < 0 || (unsigned)digit >= base)
            break;
        v = v * base + (unsigned)digit;
    }
    *sign = (uint8_t)v;
    return at < in.n && in.p[at] == ';' && v >= ' ' && v <= UINT8_MAX ? (int)at + 1 : 0;
}

/* The escape that begins here: its octets, and what it stands for; 0: none. */
static size_t read_escape(struct bytes in, uint8_t *sign) {
    int v;
    switch (in.p[0]) {
    case '\\':
        if (in.n >= 2 && (in.p[1] == 'n' || in.p[1] == 'r')) {
            *sign = '\n';
            return 2;
        }
        if (in.n >= 2 && in.p[1] == 't') {
            *sign = '\t';
            return 2;
        }
        if (in.n >= 6 && in.p[1] == 'u' && in.p[2] == '0' && in.p[3] == '0' &&
            (v = read_hex(bytes_of(in.p + 4, 2))) > 0) {
            *sign = (uint8_t)v;
            return 6;
        }
        for (size_t n = 1; n < in.n && n < 16; n++)
            if (in.p[n] != '\\') {
                *sign = in.p[n];
                return in.p[n] == '"' || in.p[n] == '/' ? n + 1 : 0;
            }
        return 0;
    case '%':
        if (in.n < 3 || (v = read_hex(bytes_of(in.p + 1, 2))) <= 0)
            return 0;
        *sign = (uint8_t)v;
        return 3;
    case '&':
        if (in.n >= 4 && in.p[1] == '#')
            return (size_t)read_entity(in, sign);
        if (in.n < 4)
            return 0;
        for (size_t i = 0; i < sizeof entities / sizeof *entities; i++) {
            if (entities[i].text[1] != in.p[1])
                continue;
            size_t n = strlen(entities[i].text);
            if (in.n >= n && memcmp(in.p, entities[i].text, n) == 0) {
                *sign = entities[i].sign;
                return n;
            }
        }
    }
    return 0;
}

static const uint8_t *next_escape(struct bytes in) {
    size_t at = octets_find(in, 0, OCTETS_ESCAPE);
    return at < in.n ? in.p + at : NULL;
}

/* A string that holds JSON, `"{\"plate\": ...}"`, has lost its own quotes: those around are taken away too.
 */
static void drop_outer_quotes(uint8_t *p, size_t n) {
    for (size_t i = 0; i + 1 < n; i++) {
        if (p[i] == '"' && (p[i + 1] == '{' || p[i + 1] == '['))
            p[i] = ' ';
        if ((p[i] == '}' || p[i] == ']') && p[i + 1] == '"')
            p[i + 1] = ' ';
    }
}

/* A backslash before a quote that ends a value is JSON's own way, unless a key stands in it. */
static bool is_worth(struct bytes behind, uint8_t first, uint8_t sign) {
    if (first == '&')
        return is_structure(sign) || (sign >= '0' && sign < 0x80);
    if (first != '\\' || sign != '"')
        return first != '\\' ? is_structure(sign)
                             : sign == '<' || sign == '>' || sign == '\n' || sign >= 0xc0;
    return behind.n > 0 && behind.p[0] == ':';
}

bool unescape_piece(struct bytes in, uint8_t *out, size_t *n) {
    const uint8_t *at = next_escape(in);
    bool worth = false, quotes = false;
    uint8_t sign;
    for (const uint8_t *look = at; look && !worth;) {
        size_t left = in.n - (size_t)(look - in.p), size = read_escape(bytes_of(look, left), &sign);
        worth = size > 0 && is_worth(bytes_of(look + size, left - size), *look, sign);
        look = next_escape(bytes_of(look + 1, left - 1));
    }
    if (!worth)
        return false;
    size_t done = 0;
    *n = 0;
    for (size_t i; done < in.n; done = i) {
        i = octets_find(in, done, OCTETS_ESCAPE);
        memcpy(out + *n, in.p + done, i - done);
        *n += i - done;
        if (i == in.n)
            break;
        size_t size = read_escape(bytes_of(in.p + i, in.n - i), &sign);
        quotes |= size > 1 && sign == '"';
        out[(*n)++] = size > 0 ? sign : in.p[i];
        i += size > 0 ? size : 1;
    }
    if (quotes)
        drop_outer_quotes(out, *n);
    return true;
}
