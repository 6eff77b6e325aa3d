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

/* Does a thing begin whose magic stands at `magic`? What that costs is added to *work. */
static const struct extent_format *match_at(struct bytes in, size_t magic, size_t *at, unsigned *work) {
    enum { FITS = 4 };
    const uint8_t *p = in.p + magic;
    for (uint32_t left = with_first[p[0]]; left; left &= left - 1) {
        const struct extent_format *f = extent_formats[__builtin_ctz(left)];
        if (magic < f->at || in.n - magic < f->n || p[1] != (uint8_t)f->magic[1] ||
            memcmp(p, f->magic, f->n) != 0)
            continue;
        *work += FITS;
        *at = magic - f->at;
        if (in.n - *at >= f->need && (!f->fits || f->fits(in.p + *at)))
            return f;
    }
    return NULL;
}

/* A pair is the first one of a magic, or the second. */
static const struct extent_format *match_around(struct bytes in, size_t pair, size_t *at, unsigned *work) {
    const struct extent_format *f = pair > 0 ? match_at(in, pair - 1, at, work) : NULL;
    ++*work;
    return f ? f : match_at(in, pair, at, work);
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
    enum { STRETCH = 1024, WORK_MAX = 64 };
    size_t pairs = in.n > 0 ? in.n - 1 : 0, at;
    if (!is_ready)
        prepare();
    for (size_t from = 0; from < pairs; from += STRETCH) {
        size_t end = pairs - from < STRETCH ? pairs : from + STRETCH;
        unsigned work = 0;
        for (size_t i = find_pair(in.p, from, end); i < end; i = find_pair(in.p, i + 2, end)) {
            if ((*format = match_around(in, i, &at, &work)))
                return at;
            if (work >= WORK_MAX) {
                counter_one(COUNTER_CARVING_BOUNDED);
                break;
            }
        }
    }
    *format = NULL;
    return in.n;
}
