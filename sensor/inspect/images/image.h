/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_IMAGES_IMAGE_H
#define GANTRY_INSPECT_IMAGES_IMAGE_H

#include "base/bytes.h"

#include <stdalign.h>

/* The structure of images, step by step over chunks of any size: which bytes are metadata, files of their own
 * (thumbnails) or hidden behind the end, which are entropy-coded pixels, and what the picture is. Nothing is
 * copied but a few header bytes, and nothing is allocated. What does not follow its format is called metadata
 * from there on: rather matched than stepped over. How a format is described to the engine stands in
 * images/format.h. */
enum image_part {
    IMAGE_PIXELS,   /* and the structure's own lengths and tables: not to be matched */
    IMAGE_METADATA, /* EXIF, XMP, IPTC, comments, text chunks, unknown segments */
    IMAGE_DEFLATED, /* metadata as a zlib stream (PNG zTXt and iTXt) */
    IMAGE_CHILD,    /* a file of its own: a thumbnail, a second picture. struct image says which */
    IMAGE_BREAK,    /* no bytes: one piece of metadata, or one file, ends here */
    IMAGE_TRAILER,  /* behind the end of the picture */
};

struct image_piece {
    enum image_part part;
    struct bytes bytes; /* inside the chunk or inside the struct image; until the next step */
};

/* --- What is known of the picture --- */

enum image_note {
    IMAGE_NOTE_HIDDEN = 1,   /* octets that no part of the structure names */
    IMAGE_NOTE_TRAILING = 2, /* another picture behind the end, which the first does not announce */
    IMAGE_NOTE_BEHIND = 4,   /* a directory or a table lies before the place that names it: not read */
    IMAGE_NOTE_BOUND = 8,    /* more parts than are followed */
    IMAGE_NOTE_BROKEN = 16,  /* the octets do not follow the format */
};

enum image_holds {
    IMAGE_HOLDS_EXIF = 1,
    IMAGE_HOLDS_XMP = 2,
    IMAGE_HOLDS_IPTC = 4,
    IMAGE_HOLDS_COMMENT = 8,
    IMAGE_HOLDS_PLACE = 16 /* coordinates (GPS) */
};

enum { IMAGE_NAME_MAX = 32 };

struct image_facts {
    uint32_t width, height; /* pixels; 0: not known */
    uint32_t frames;        /* pictures, where there may be several */
    uint16_t depth;         /* bits a pixel, all channels together; 0: not known */
    uint8_t holds;          /* bits of enum image_holds */
    uint8_t notes;          /* bits of enum image_note */
    uint8_t make_n, model_n;
    char make[IMAGE_NAME_MAX], model[IMAGE_NAME_MAX]; /* of the camera: from the wire, any octet */
};

enum {
    IMAGE_HEADER_MAX = 32, /* octets that a format may ask for at once */
    IMAGE_STATE_MAX = 144, /* octets that a format may keep between two headers */
    IMAGE_PLACES_MAX = 40, /* places ahead that may be known */
};

struct image;
struct image_format;

/* Reads what was gathered in i->header and says what comes next. */
typedef void image_reader(struct image *i);
/* Takes bytes from the start of `in`, at least one, and returns how many; `out` is told as pixels if it is
 * left alone. */
typedef size_t image_walker(struct image *i, struct bytes in, struct image_piece *out);

/* A place ahead that a table names: tables of TIFF, items of HEIF. */
struct image_place {
    uint64_t at, n; /* offset in the file, octets */
    uint32_t key;   /* the format's own; so is the kind, */
    uint8_t kind;   /* of which those of a block that stands within another format are less than 0x80 */
};

/* TIFF directories, of a file or of an EXIF block within another format: tiff.h. */
struct tiff_walk {
    uint64_t base, end;  /* offsets of the block in the file */
    image_reader *after; /* behind an embedded block; NULL: it is the file */
    uint8_t after_need;
    bool active, big, little, panasonic;
    uint8_t kind;         /* of the directory that is being read */
    uint16_t directories; /* read so far */
    uint32_t entries, all_entries;
    uint64_t pixels, pixels_end; /* area that strips and tiles take; 0, 0: none known */
    uint64_t unclaimed, claimed; /* octets that nothing named when they passed; named once they had passed */
    struct tiff_directory {
        uint64_t jpeg, jpeg_n, strip, strip_n;
        uint64_t strips;
        uint32_t width, height, depth, compression;
        bool reduced, sliced;
    } directory;
    struct tiff_array { /* of offsets, or of sizes, that is being read */
        uint64_t left;  /* octets */
        uint8_t kind, size;
        bool last_is_most;
    } array;
    uint64_t strip_last, count_most; /* the furthest strip; the longest one, or the last one */
};

/* One image's walk. Only the engine and the formats look inside. */
struct image {
    const struct image_format *format; /* NULL: everything is metadata */
    image_reader *read;                /* of the header that is gathered, now or behind the run */
    image_walker *walk;                /* IMAGE_WALK */
    enum image_mode { IMAGE_GATHER, IMAGE_RUN, IMAGE_WALK, IMAGE_REST } mode;
    enum image_part part; /* of the run, or of the rest */
    bool open;            /* the piece goes on behind the run */
    bool inner;           /* all octets are those of a child, whose structure is walked to find its end */
    bool coded;           /* the format's own beside its state: the pixels have come */
    uint64_t left;        /* octets of the run */
    uint64_t offset;      /* octets consumed, missing ones included */
    struct image_piece told;
    const char *child;                                /* what the child is: "thumbnail"; static text */
    uint64_t child_n;                                 /* its octets; UINT64_MAX: nobody said */
    uint32_t child_key;                               /* of a frame: its number */
    alignas(uint64_t) uint8_t state[IMAGE_STATE_MAX]; /* the format's own; zero at the start */
    uint8_t have, need;                               /* of the header, octets */
    uint8_t header[IMAGE_HEADER_MAX];
    struct image_facts facts;
    struct tiff_walk tiff;
    unsigned places; /* ahead, sorted by their offset */
    struct image_place place[IMAGE_PLACES_MAX];
};

/* `mime` is a type that content/ found in the bytes. One that no format names is metadata as a whole. */
void image_init(struct image *i, const char *mime);

/* Takes bytes from the start of `in` and says what they are; returns how many. It may take none a few times
 * in a row, as for a break. Call while in.n > 0. */
size_t image_step(struct image *i, struct bytes in, struct image_piece *out);

/* Of `n` missing bytes, so many lie in the child that is being told. */
uint64_t image_skip_child(const struct image *i, uint64_t n);

/* Nothing of the child that is being told is missing yet, should the file end here. */
bool image_child_is_whole(const struct image *i);

/* `n` bytes are missing, perhaps the picture's first. Where their place is known they are stepped over, else
 * the place is lost. */
void image_skip(struct image *i, uint64_t n);

#endif
