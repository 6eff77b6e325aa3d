/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/images/format.h"

/* A bare JPEG 2000 codestream: ISO/IEC 15444-1 annex A. Segments up to the first tile part, tile parts by
 * their length. */

enum { COM = 0x64, SOT = 0x90, EOC = 0xd9, SOT_SEGMENT = 12, TILE_PART_MIN = 14 };

static void read_marker(struct image *i);

/* Psot counts from the marker of its tile part, 0 for up to the end. */
static void read_tile_part(struct image *i) {
    uint32_t length = image_u32(i->header + 6);
    if (length >= TILE_PART_MIN)
        image_run(i, IMAGE_PIXELS, length - SOT_SEGMENT, 2, read_marker);
    else
        image_rest(i, IMAGE_PIXELS);
}

static void read_segment(struct image *i) {
    unsigned code = i->header[1], length = (unsigned)i->header[2] << 8 | i->header[3];
    if (code == SOT)
        image_gather(i, 4, SOT_SEGMENT, read_tile_part);
    else if (length < 2)
        image_lost(i);
    else
        image_run(i, code == COM ? IMAGE_METADATA : IMAGE_PIXELS, length - 2, 2, read_marker);
}

static void read_marker(struct image *i) {
    if (i->header[0] != 0xff)
        image_lost(i);
    else if (i->header[1] == EOC)
        image_end(i);
    else
        image_gather(i, 2, 4, read_segment);
}

static void read_start(struct image *i) {
    if (memcmp(i->header, "\xff\x4f", 2) == 0)
        image_gather(i, 0, 2, read_marker);
    else
        image_lost(i);
}

const struct image_format image_j2k = {.mimes = {"image/x-jp2-codestream"}, .need = 2, .read = read_start};
