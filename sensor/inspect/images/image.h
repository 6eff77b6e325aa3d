/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_IMAGES_IMAGE_H
#define GANTRY_INSPECT_IMAGES_IMAGE_H

#include "base/bytes.h"

/* The structure of images, step by step over chunks of any size: which bytes are metadata or hidden behind
 * the end, and which are entropy-coded pixels. Nothing is copied but a few header bytes. What does not follow
 * its format is called metadata from there on: rather matched than stepped over. */
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

struct image_format;

enum { IMAGE_HEAD_MAX = 16 };

struct image {
    const struct image_format *format; /* NULL: everything is metadata */
    enum image_mode { IMAGE_GATHER, IMAGE_RUN, IMAGE_SCAN, IMAGE_TEXT, IMAGE_PEEK, IMAGE_REST } mode;
    enum image_mode then;         /* after the run */
    enum image_part part;         /* of the run, or of the rest */
    uint8_t head[IMAGE_HEAD_MAX]; /* header bytes gathered so far */
    uint8_t have, need;
    uint8_t phase;            /* the format's own */
    uint8_t nuls, flag, skip; /* IMAGE_TEXT: how far in the chunk's own header */
    bool marker;              /* IMAGE_SCAN: the last byte was FF */
    uint64_t left;            /* of the run */
    uint64_t offset, end;     /* bytes consumed; where the format says it ends (BMP: bytes of pixels) */
};

/* By MIME type: image/jpeg, image/png, image/gif, image/webp, image/bmp, image/jp2 (boxes),
 * image/x-jp2-codestream; others (TIFF, HEIF) have no order that a reader without seeking could follow, and
 * are metadata as a whole. */
void image_init(struct image *i, const char *mime);

/* Takes bytes from the start of `in`, at least one or a break, and says what they are; returns how many. Call
 * while in.n > 0. */
size_t image_step(struct image *i, struct bytes in, struct image_piece *out);

/* `n` bytes are missing. Inside a run they are stepped over, else the place is lost. */
void image_skip(struct image *i, uint64_t n);

#endif
