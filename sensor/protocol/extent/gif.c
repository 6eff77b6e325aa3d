/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/extent/format.h"

/* GIF87a and GIF89a. Blocks up to the trailer. */

enum { EXTENSION = 0x21, PICTURE = 0x2c, TRAILER = 0x3b, SCREEN = 13 };

static void read_block(struct extent *e);

/* Octets of the colour table that a descriptor's packed field announces. */
static uint64_t table_size(uint8_t packed) {
    return packed & 0x80 ? UINT64_C(3) << ((packed & 7) + 1) : 0;
}

/* Its length stands in the one octet gathered; 0 ends the block. */
static void read_sub_block(struct extent *e) {
    if (e->header[0] == 0)
        extent_gather(e, 0, 1, read_block);
    else
        extent_skip(e, e->header[0], 1, read_sub_block);
}

static void read_label(struct extent *e) {
    extent_gather(e, 0, 1, read_sub_block);
}

/* A picture's descriptor: a colour table and the least code size stand before its sub-blocks. */
static void read_descriptor(struct extent *e) {
    extent_skip(e, table_size(e->header[9]) + 1, 1, read_sub_block);
}

static void read_block(struct extent *e) {
    uint8_t code = e->header[0];
    if (code == TRAILER)
        extent_end(e);
    else if (code == EXTENSION)
        extent_gather(e, 1, 2, read_label);
    else if (code == PICTURE)
        extent_gather(e, 1, 10, read_descriptor);
    else
        extent_break(e);
}

static void read_screen(struct extent *e) {
    extent_skip(e, table_size(e->header[10]), 1, read_block);
}

/* A size, and pixels that are as good as square. */
static bool fits(const uint8_t *p) {
    return (p[6] || p[7]) && (p[8] || p[9]) && (p[12] == 0 || p[12] == 49);
}

#define GIF(version)                                                                                         \
    { EXTENT_MAGIC("GIF8" version "a"), .need = SCREEN, .fits = fits, .first = SCREEN, .read = read_screen }
const struct extent_format extent_gif87 = GIF("7");
const struct extent_format extent_gif89 = GIF("9");
