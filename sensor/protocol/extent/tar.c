/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/extent/format.h"

/* tar: blocks of 512 octets, a header and its content. Behind two blocks of zeros others fill it up to what
 * is written at once, 20 blocks as a rule. Its magic stands too far behind its beginning to be looked for: it
 * is told from a side's first octets. */

enum { BLOCK = 512, RECORD = 20 * BLOCK, SIZE = 124, SIZE_N = 12, SUM = 148, SUM_N = 8, MAGIC = 257 };

struct tar_state {
    bool zeros; /* the block before is one of zeros */
};
EXTENT_STATE(struct tar_state);

static bool read_octal(const uint8_t *p, size_t n, uint64_t *out) {
    size_t i = 0;
    bool any = false;
    *out = 0;
    while (i < n && p[i] == ' ')
        i++;
    for (; i < n && p[i] >= '0' && p[i] <= '7'; i++, any = true)
        *out = *out << 3 | (uint64_t)(p[i] - '0');
    return any;
}

/* Numbers beyond twelve digits are binary, behind a bit that is set. */
static bool read_size(const uint8_t *h, uint64_t *out) {
    if (!(h[SIZE] & 0x80))
        return read_octal(h + SIZE, SIZE_N, out);
    *out = (uint64_t)extent_u32(h + SIZE + 4) << 32 | extent_u32(h + SIZE + 8);
    return *out <= INT64_MAX;
}

static bool is_header(const uint8_t *h) {
    uint64_t said;
    uint32_t sum = 0;
    for (size_t i = 0; i < BLOCK; i++)
        sum += i >= SUM && i < SUM + SUM_N ? ' ' : h[i];
    return memcmp(h + MAGIC, "ustar", 5) == 0 && read_octal(h + SUM, SUM_N, &said) && said == sum;
}

static bool is_zero(const uint8_t *h) {
    for (size_t i = 0; i < BLOCK; i++)
        if (h[i])
            return false;
    return true;
}

static void read_header(struct extent *e);

static void read_filling(struct extent *e) {
    if (!is_zero(e->header))
        extent_end(e);
    else if (e->at % RECORD == 0)
        extent_skip_to_end(e, 0);
    else
        extent_ahead(e, 0, BLOCK, read_filling);
}

static void read_zeros(struct extent *e) {
    struct tar_state *s = (void *)e->state;
    if (!s->zeros)
        extent_gather(e, 0, BLOCK, read_header);
    else if (e->at % RECORD == 0)
        extent_end(e);
    else
        extent_ahead(e, 0, BLOCK, read_filling);
    s->zeros = true;
}

static void read_header(struct extent *e) {
    struct tar_state *s = (void *)e->state;
    uint64_t size;
    char type = (char)e->header[156];
    if (is_zero(e->header)) {
        read_zeros(e);
        return;
    }
    s->zeros = false;
    if (!is_header(e->header) || !read_size(e->header, &size))
        extent_break(e);
    else if (type >= '1' && type <= '6') /* links, devices, folders */
        extent_gather(e, 0, BLOCK, read_header);
    else
        extent_skip(e, (size + BLOCK - 1) / BLOCK * BLOCK, BLOCK, read_header);
}

static const struct extent_format extent_tar = {EXTENT_MAGIC("ustar"), .first = BLOCK, .read = read_header};

const struct extent_format *extent_of_first(struct bytes first) {
    return first.n >= BLOCK && is_header(first.p) ? &extent_tar : NULL;
}
