/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/dotted.h"

#include <string.h>

struct sink {
    void (*emit)(void *context, const uint8_t *p, size_t n);
    void *context;
};

/* Does a line start at p[at]? `d` knows what stood before p[0]. */
static bool starts_line(const struct dotted *d, const uint8_t *p, size_t at) {
    if (at == 0)
        return d->mark == DOTTED_START;
    if (p[at - 1] != '\n')
        return false;
    return d->lf || (at == 1 ? d->mark == DOTTED_CR : p[at - 2] == '\r');
}

/* Octets of the text, none of which is a dot to be left out. */
static void emit_run(struct dotted *d, const struct sink *s, const uint8_t *p, size_t n) {
    if (n == 0)
        return;
    s->emit(s->context, p, n);
    if (starts_line(d, p, n))
        d->mark = DOTTED_START;
    else
        d->mark = p[n - 1] == '\n' ? DOTTED_LF : p[n - 1] == '\r' ? DOTTED_CR : DOTTED_MID;
}

/* Up to the next dot at the start of a line, and that; how many. */
static size_t take_run(struct dotted *d, const struct sink *s, const uint8_t *p, size_t n) {
    const uint8_t *dot = memchr(p, '.', n);
    while (dot && !starts_line(d, p, (size_t)(dot - p)))
        dot = memchr(dot + 1, '.', n - (size_t)(dot + 1 - p));
    emit_run(d, s, p, dot ? (size_t)(dot - p) : n);
    if (!dot)
        return n;
    d->mark = DOTTED_DOT;
    return (size_t)(dot - p) + 1;
}

/* The octet behind such a dot. False: it is still to be looked at. */
static bool take_behind_dot(struct dotted *d, const struct sink *s, uint8_t c, bool *ended) {
    bool cr = d->mark == DOTTED_DOT_CR;
    if (c == '\r' && !cr) {
        d->mark = DOTTED_DOT_CR;
        return true;
    }
    if (c == '\n' && (cr || d->lf)) {
        *ended = true;
        return true;
    }
    if (cr)
        s->emit(s->context, (const uint8_t *)"\r", 1);
    d->mark = cr ? DOTTED_CR : DOTTED_MID;
    return false;
}

size_t dotted_take(struct dotted *d, const uint8_t *p, size_t n,
                   void (*emit)(void *context, const uint8_t *p, size_t n), void *context, bool *ended) {
    const struct sink s = {emit, context};
    size_t at = 0;
    *ended = false;
    while (at < n && !*ended) {
        if (d->mark == DOTTED_DOT || d->mark == DOTTED_DOT_CR)
            at += take_behind_dot(d, &s, p[at], ended);
        else
            at += take_run(d, &s, p + at, n - at);
    }
    return at;
}
