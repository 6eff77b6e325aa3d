/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/extent/format.h"

/* Zstandard (RFC 8878, section 3.1): frames of blocks that say their sizes. Another frame may follow. */

enum { MAGIC = 4, BLOCK = 3, BLOCK_MAX = 128 << 10, FIRST = 5, RLE = 1, RESERVED = 3 };

struct zstd_state {
    bool checksum;
};
EXTENT_STATE(struct zstd_state);

static struct zstd_state *state_of(struct extent *e) {
    return (struct zstd_state *)(void *)e->state;
}

static void read_frame(struct extent *e);
static void read_magic(struct extent *e);

static void read_block(struct extent *e) {
    uint32_t word = e->header[0] | (uint32_t)e->header[1] << 8 | (uint32_t)e->header[2] << 16;
    uint32_t type = word >> 1 & 3, size = word >> 3;
    bool last = word & 1;
    if (type == RESERVED || size > BLOCK_MAX) {
        extent_break(e);
        return;
    }
    size = type == RLE ? 1 : size;
    if (last)
        extent_skip_ahead(e, size + (state_of(e)->checksum ? 4u : 0), MAGIC, read_magic);
    else
        extent_skip(e, size, BLOCK, read_block);
}

/* The frame's descriptor says how long its header is. */
static void read_frame(struct extent *e) {
    static const uint8_t sizes[4] = {0, 2, 4, 8}, dictionaries[4] = {0, 1, 2, 4};
    uint8_t d = e->header[MAGIC];
    bool single = d & 0x20;
    unsigned size = (single ? 0u : 1u) + dictionaries[d & 3] + sizes[d >> 6] + (single && d >> 6 == 0);
    state_of(e)->checksum = d & 4;
    if (d & 0x08)
        extent_break(e);
    else
        extent_skip(e, size, BLOCK, read_block);
}

static void read_skippable(struct extent *e) {
    extent_skip_ahead(e, extent_u32le(e->header + MAGIC), MAGIC, read_magic);
}

static void read_magic(struct extent *e) {
    uint32_t magic = extent_u32le(e->header);
    if (magic == 0xfd2fb528)
        extent_gather(e, MAGIC, FIRST, read_frame);
    else if (magic >> 4 == 0x184d2a5)
        extent_gather(e, MAGIC, 2 * MAGIC, read_skippable);
    else
        extent_end(e);
}

/* No reserved bit, no dictionary; a window, or a size, and the first block's. */
static bool fits(const uint8_t *p) {
    uint8_t d = p[MAGIC];
    static const uint8_t sizes[4] = {0, 2, 4, 8};
    bool single = d & 0x20;
    unsigned at = FIRST + (single ? 0u : 1u) + sizes[d >> 6] + (single && d >> 6 == 0);
    uint32_t word = p[at] | (uint32_t)p[at + 1] << 8 | (uint32_t)p[at + 2] << 16;
    return (d & 0x1b) == 0 && (word >> 1 & 3) != RESERVED && word >> 3 <= BLOCK_MAX;
}

const struct extent_format extent_zstd = {EXTENT_MAGIC("\x28\xb5\x2f\xfd"), .need = 17, .fits = fits,
                                          .first = FIRST, .read = read_frame};
