/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/images/format.h"

/* GIF89a. */

enum { EXTENSION = 0x21, PICTURE = 0x2c, TRAILER = 0x3b, GRAPHIC_CONTROL = 0xf9, COMMENT = 0xfe };

static void read_block(struct image *i);

/* Octets of the colour table that a descriptor's packed field announces. */
static uint64_t table_size(uint8_t packed) {
    return packed & 0x80 ? UINT64_C(3) << ((packed & 7) + 1) : 0;
}

/* A sub-block: its length stands in the one byte gathered; 0 ends the block. Text goes on over sub-blocks. */
static void read_sub_block(struct image *i, enum image_part part, image_reader *next) {
    if (i->header[0] == 0)
        image_run(i, IMAGE_METADATA, 0, 1, read_block); /* an empty run ends the piece */
    else
        image_run_open(i, part, i->header[0], 1, next);
}

static void read_text(struct image *i) {
    read_sub_block(i, IMAGE_METADATA, read_text);
}

static void read_pixels(struct image *i) {
    read_sub_block(i, IMAGE_PIXELS, read_pixels);
}

/* The graphic control extension holds no text. */
static void read_label(struct image *i) {
    if (i->header[1] == COMMENT)
        image_holds(i, IMAGE_HOLDS_COMMENT);
    image_gather(i, 0, 1, i->header[1] == GRAPHIC_CONTROL ? read_pixels : read_text);
}

/* A picture's descriptor: a colour table and the least code size stand before its sub-blocks. */
static void read_descriptor(struct image *i) {
    i->facts.frames++;
    image_run(i, IMAGE_PIXELS, table_size(i->header[9]) + 1, 1, read_pixels);
}

static void read_block(struct image *i) {
    uint8_t code = i->header[0];
    if (code == TRAILER)
        image_end(i);
    else if (code == EXTENSION)
        image_gather(i, 1, 2, read_label);
    else if (code == PICTURE)
        image_gather(i, 1, 10, read_descriptor);
    else
        image_lost(i);
}

static void read_screen(struct image *i) {
    image_note_size(i, image_u16le(i->header + 6), image_u16le(i->header + 8), (i->header[10] & 7u) + 1);
    if (memcmp(i->header, "GIF8", 4) == 0)
        image_run(i, IMAGE_PIXELS, table_size(i->header[10]), 1, read_block);
    else
        image_lost(i);
}

const struct image_format image_gif = {.mimes = {"image/gif"}, .need = 13, .read = read_screen};
