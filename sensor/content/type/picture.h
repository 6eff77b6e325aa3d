/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CONTENT_PICTURE_H
#define GANTRY_CONTENT_PICTURE_H

#include "content/content.h"

/* Internal to content/: a picture that does not begin where its object does, since other bytes stand before
 * it or its first ones are missing. Looked for in the first PICTURE_REACH bytes, by structure alone: what a
 * format writes at its beginning, tables of a JPEG whose lengths lead from one to the next, or a JPEG's scan,
 * in which no FF stands without its stuffing. */
enum {
    PICTURE_REACH = 64 << 10,
    PICTURE_LOOK = 48,  /* bytes that a beginning is judged by */
    PICTURE_CHAINS = 4, /* of JPEG segments that are followed at once */
};

struct picture_finder {
    uint64_t at; /* offset of the next byte */
    struct picture_chain {
        uint64_t next; /* offset at which its next segment must begin */
        unsigned score;
    } chains[PICTURE_CHAINS];
    unsigned turn;     /* of the chains: which one gives way */
    unsigned stuffed;  /* FF with what stands behind it in a scan, */
    uint8_t behind[8]; /* which it was for the last one; */
    bool unstuffed;    /* and an FF with something else */
    uint8_t held;      /* of the last bytes */
    uint8_t last[PICTURE_LOOK - 1];
};

struct picture {
    const struct file_type *type; /* NULL: none was found yet */
    uint64_t offset;              /* of its first byte */
    struct bytes before; /* of it, those that came before the bytes that were given; until the next call */
};

static inline bool picture_finder_works(const struct picture_finder *f) {
    return f->at < PICTURE_REACH;
}

/* The object's next bytes; `any`: a format other than JPEG counts too. */
struct picture picture_find(struct picture_finder *f, struct bytes in, bool any);
/* So many bytes are missing. */
void picture_skip(struct picture_finder *f, uint64_t n);

/* The picture that these first bytes of an object are, once exclusive or with one byte is undone; NULL: none.
 */
const struct file_type *picture_masked(struct bytes first, uint8_t *mask);

/* The image type of this name in the table of types, or of a file whose name ends so; NULL: it is none. */
const struct file_type *picture_type(struct bytes mime);
const struct file_type *picture_named(struct bytes name);

#endif
