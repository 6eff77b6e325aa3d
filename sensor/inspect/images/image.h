/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_IMAGES_IMAGE_H
#define GANTRY_INSPECT_IMAGES_IMAGE_H

#include "base/bytes.h"

#include <stdalign.h>

/* The structure of images, step by step over chunks of any size: which bytes are metadata or hidden behind
 * the end, and which are entropy-coded pixels. Nothing is copied but a few header bytes, and nothing is
 * allocated. What does not follow its format is called metadata from there on: rather matched than stepped
 * over. How a format is described to the engine stands in images/format.h. */
enum image_part {
    IMAGE_PIXELS,   /* and the structure's own lengths and tables: not to be matched */
    IMAGE_METADATA, /* EXIF, XMP, IPTC, comments, text chunks, unknown segments */
    IMAGE_DEFLATED, /* metadata as a zlib stream (PNG zTXt and iTXt) */
    IMAGE_BREAK,    /* no bytes: one piece of metadata ends here */
    IMAGE_TRAILER,  /* behind the end of the picture */
};

struct image_piece {
    enum image_part part;
    struct bytes bytes; /* inside the chunk or inside the struct image; until the next step */
};

enum {
    IMAGE_HEADER_MAX = 32, /* octets that a format may ask for at once */
    IMAGE_STATE_MAX = 16,  /* octets that a format may keep between two headers */
};

struct image;
struct image_format;

/* Reads what was gathered in i->header and says what comes next. */
typedef void image_reader(struct image *i);
/* Takes bytes from the start of `in`, at least one, and returns how many; `out` is told as pixels if it is
 * left alone. */
typedef size_t image_walker(struct image *i, struct bytes in, struct image_piece *out);

/* One image's walk. Only the engine and the formats look inside. */
struct image {
    const struct image_format *format; /* NULL: everything is metadata */
    image_reader *read;                /* of the header that is gathered, now or behind the run */
    image_walker *walk;                /* IMAGE_WALK */
    enum image_mode { IMAGE_GATHER, IMAGE_RUN, IMAGE_WALK, IMAGE_REST } mode;
    enum image_part part; /* of the run, or of the rest */
    bool open;            /* the piece goes on behind the run */
    uint64_t left;        /* octets of the run */
    uint64_t offset;      /* octets consumed, missing ones included */
    struct image_piece told;
    alignas(uint64_t) uint8_t state[IMAGE_STATE_MAX]; /* the format's own; zero at the start */
    uint8_t have, need;                               /* of the header, octets */
    uint8_t header[IMAGE_HEADER_MAX];
};

/* `mime` is a type that content/ found in the bytes. One that no format names (TIFF and HEIF today: their
 * order asks for a reader that seeks) is metadata as a whole. */
void image_init(struct image *i, const char *mime);

/* Takes bytes from the start of `in` and says what they are; returns how many. It may take none a few times
 * in a row, as for a break. Call while in.n > 0. */
size_t image_step(struct image *i, struct bytes in, struct image_piece *out);

/* `n` bytes are missing, perhaps the picture's first. Where their place is known they are stepped over, else
 * the place is lost. */
void image_skip(struct image *i, uint64_t n);

#endif
