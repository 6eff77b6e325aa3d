/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TESTS_REPORT_CHECK_PAIRS_H
#define GANTRY_TESTS_REPORT_CHECK_PAIRS_H

#include "check.h"

#include <ctype.h>

/* Readers of key=value formats, made from the vendors' guides alone: ArcSight CEF 0 and IBM LEEF 2.0. Strict:
 * an escape that the guide does not know, a key twice, or a character that acts is refused. */
struct pairs_message {
    char header[8][8300];
    struct {
        char key[80], value[20000];
    } pair[300];
    int headers, pairs;
};

static inline const char *pairs_get(const struct pairs_message *m, const char *key) {
    for (int i = 0; i < m->pairs; i++)
        if (strcmp(m->pair[i].key, key) == 0)
            return m->pair[i].value;
    return NULL;
}

/* Copies [at, end) without the backslash before those of `escapes`; false at any other backslash. */
static inline bool pairs_unescape(const char *at, const char *end, const char *escapes, char *out,
                                  size_t size) {
    size_t n = 0;
    for (; at < end && n + 1 < size; at++) {
        if (*at == '\\' && *escapes && (++at == end || !strchr(escapes, *at)))
            return false;
        out[n++] = *at;
    }
    out[n] = '\0';
    return at == end;
}

static inline bool pairs_visible(const char *text, size_t n, uint32_t allowed) {
    struct bytes in = bytes_of(text, n);
    while (in.n) {
        uint32_t c;
        size_t used = utf8_next(in, &c);
        if ((c == UTF8_REPLACEMENT && used == 1) || (utf8_hidden(c) && c != allowed))
            return false;
        in = bytes_of(in.p + used, in.n - used);
    }
    return true;
}

/* `count` fields that end in '|'; *at goes behind them. */
static inline bool pairs_header(const char **at, const char *end, int count, const char *escapes,
                                struct pairs_message *m) {
    for (m->headers = 0; m->headers < count; m->headers++) {
        const char *from = *at;
        while (*at < end && **at != '|')
            *at += **at == '\\' && *escapes ? 2 : 1;
        if (*at >= end || !pairs_unescape(from, *at, escapes, m->header[m->headers], sizeof m->header[0]))
            return false;
        (*at)++;
    }
    return true;
}

static inline bool pairs_add(struct pairs_message *m, const char *key, const char *equals, const char *end,
                             const char *escapes) {
    char name[80];
    if (m->pairs == 300 || equals == key || !pairs_unescape(key, equals, "", name, sizeof name) ||
        pairs_get(m, name))
        return false;
    for (const char *p = name; *p; p++)
        if (!isalnum((unsigned char)*p))
            return false;
    strcpy(m->pair[m->pairs].key, name);
    return pairs_unescape(equals + 1, end, escapes, m->pair[m->pairs].value, sizeof m->pair[0].value) &&
           ++m->pairs;
}

static inline const char *pairs_equals(const char *at, const char *end) {
    for (; at < end && *at != '='; at++)
        if (*at == '\\')
            at++;
    return at < end ? at : NULL;
}

/* A value reaches to the last space before the next '=' that has no backslash. */
static inline bool check_cef(const char *text, size_t n, struct pairs_message *m) {
    const char *at = text, *end = text + n;
    m->pairs = 0;
    if (!pairs_visible(text, n, 0x110000) || !pairs_header(&at, end, 7, "|\\", m) ||
        strcmp(m->header[0], "CEF:0") != 0 || strlen(m->header[6]) > 2 || atoi(m->header[6]) > 10)
        return false;
    const char *equals = pairs_equals(at, end);
    while (equals) {
        const char *next = pairs_equals(equals + 1, end), *stop = next ? next : end;
        while (next && *stop != ' ')
            if (--stop <= equals)
                return false;
        if (!pairs_add(m, at, equals, stop, "=\\"))
            return false;
        at = stop + 1;
        equals = next;
    }
    return m->pairs > 0;
}

static inline bool check_leef(const char *text, size_t n, struct pairs_message *m) {
    const char *at = text, *end = text + n;
    m->pairs = 0;
    if (!pairs_visible(text, n, '\t') || !pairs_header(&at, end, 6, "", m) ||
        strcmp(m->header[0], "LEEF:2.0") != 0 || strcmp(m->header[5], "x09") != 0)
        return false;
    while (at < end) {
        const char *tab = memchr(at, '\t', (size_t)(end - at)), *stop = tab ? tab : end;
        const char *equals = memchr(at, '=', (size_t)(stop - at));
        if (!equals || !pairs_add(m, at, equals, stop, ""))
            return false;
        at = stop + 1;
    }
    return m->pairs > 0;
}

#endif
