/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/extent/format.h"

/* All formats are looked for at once: of each two octets it is known whether they stand in a beginning. Every
 * beginning has two such pairs one octet apart, so every second pair is enough. */

enum { PAIRS = 1 << 16 };

static uint8_t in_beginning[PAIRS / 8]; /* a bit each pair, in the order of memory */
static uint32_t with_first[256];        /* bit a format: its magic may begin with this octet */
static bool is_ready;

static void add_pair(uint8_t a, uint8_t b) {
    uint8_t pair[2] = {a, b};
    uint16_t number;
    memcpy(&number, pair, sizeof number);
    in_beginning[number / 8] |= (uint8_t)(1u << number % 8);
}

static void prepare(void) {
    for (unsigned i = 0; extent_formats[i]; i++) {
        const struct extent_format *f = extent_formats[i];
        const uint8_t *m = (const uint8_t *)f->magic;
        with_first[m[0]] |= UINT32_C(1) << i;
        add_pair(m[0], m[1]);
        for (unsigned next = 0; next < 256; next++)
            if (f->n == 2 || next == m[2])
                add_pair(m[1], (uint8_t)next);
    }
    is_ready = true;
}

static bool may_begin(const uint8_t *p) {
    uint16_t number;
    memcpy(&number, p, sizeof number);
    return in_beginning[number / 8] >> number % 8 & 1;
}

/* Does a thing begin whose magic stands at `magic`? */
static const struct extent_format *match_at(struct bytes in, size_t magic, size_t *at) {
    for (uint32_t left = with_first[in.p[magic]]; left; left &= left - 1) {
        const struct extent_format *f = extent_formats[__builtin_ctz(left)];
        if (magic < f->at || in.n - magic < f->n || memcmp(in.p + magic, f->magic, f->n) != 0)
            continue;
        *at = magic - f->at;
        if (in.n - *at >= f->need && (!f->fits || f->fits(in.p + *at)))
            return f;
    }
    return NULL;
}

/* A pair is the first one of a magic, or the second. */
static const struct extent_format *match_around(struct bytes in, size_t pair, size_t *at) {
    const struct extent_format *f = pair > 0 ? match_at(in, pair - 1, at) : NULL;
    return f ? f : match_at(in, pair, at);
}

/* The first pair from `i` on, in steps of two, that stands in a beginning; `end` or more if none does. */
static size_t find_pair(const uint8_t *p, size_t i, size_t end) {
    enum { STRIDE = 8 };
    while (i + STRIDE <= end &&
           !(may_begin(p + i) | may_begin(p + i + 2) | may_begin(p + i + 4) | may_begin(p + i + 6)))
        i += STRIDE;
    while (i < end && !may_begin(p + i))
        i += 2;
    return i;
}

size_t extent_find(struct bytes in, const struct extent_format **format) {
    enum { STRETCH = 1024, TRIES = 48 };
    size_t pairs = in.n > 0 ? in.n - 1 : 0, at;
    if (!is_ready)
        prepare();
    for (size_t from = 0; from < pairs; from += STRETCH) {
        size_t end = pairs - from < STRETCH ? pairs : from + STRETCH;
        unsigned tries = TRIES;
        for (size_t i = find_pair(in.p, from, end); i < end; i = find_pair(in.p, i + 2, end)) {
            if ((*format = match_around(in, i, &at)))
                return at;
            if (--tries == 0) {
                counter_one(COUNTER_CARVING_BOUNDED);
                break;
            }
        }
    }
    *format = NULL;
    return in.n;
}
