/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_IMAGES_BOX_H
#define GANTRY_INSPECT_IMAGES_BOX_H

#include "inspect/images/format.h"

/* Boxes of ISO/IEC 14496-12 and 15444-1: a length of 4 octets, which counts from itself, and a code; a length
 * of 1 says that one of 8 octets stands behind the code, 0 that the box goes to the file's end. */
enum { BOX = 8, LONG_BOX = 16 };

struct box {
    const uint8_t *code; /* four letters */
    uint64_t n;          /* octets behind the header; UINT64_MAX: to the end */
};

enum box_result { BOX_READ, BOX_MORE, BOX_BROKEN };

/* The box whose header was gathered. BOX_MORE: `read` is called again with a longer one. */
static inline enum box_result box_read(struct image *i, image_reader *read, struct box *b) {
    uint64_t length = image_u32(i->header), header = i->have;
    *b = (struct box){i->header + 4, UINT64_MAX};
    if (length == 1 && header == BOX) {
        image_gather(i, BOX, LONG_BOX, read);
        return BOX_MORE;
    }
    if (length == 1)
        length = image_u64(i->header + 8);
    if (length == 0)
        return BOX_READ;
    b->n = length - header;
    return length < header ? BOX_BROKEN : BOX_READ;
}

static inline bool box_is(const struct box *b, const char *codes) {
    return image_code_in(b->code, codes);
}

/* All of the box is `part`; behind it `read` is given the next one's header. */
static inline void box_run(struct image *i, const struct box *b, enum image_part part, image_reader *read) {
    if (b->n == UINT64_MAX)
        image_rest(i, part);
    else
        image_run(i, part, b->n, BOX, read);
}

#endif
