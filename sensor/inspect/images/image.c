/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/images/format.h"

/* --- what a format may say --- */

void image_gather(struct image *i, uint8_t kept, uint8_t need, image_reader *read) {
    i->mode = IMAGE_GATHER;
    i->have = kept;
    i->need = need;
    i->read = read;
}

void image_run(struct image *i, enum image_part part, uint64_t n, uint8_t need, image_reader *read) {
    image_gather(i, 0, need, read);
    i->mode = IMAGE_RUN;
    i->part = part;
    i->left = n;
    i->open = false;
}

void image_run_open(struct image *i, enum image_part part, uint64_t n, uint8_t need, image_reader *read) {
    image_run(i, part, n, need, read);
    i->open = true;
}

void image_walk(struct image *i, image_walker *walk) {
    i->mode = IMAGE_WALK;
    i->walk = walk;
}

void image_tell_header(struct image *i, enum image_part part, uint8_t from) {
    i->told = (struct image_piece){part, bytes_of(i->header + from, (size_t)(i->have - from))};
}

void image_rest(struct image *i, enum image_part part) {
    i->mode = IMAGE_REST;
    i->part = part;
}

void image_end(struct image *i) {
    image_rest(i, IMAGE_TRAILER);
}

void image_lost(struct image *i) {
    image_rest(i, IMAGE_METADATA);
}

/* --- steps --- */

void image_init(struct image *i, const char *mime) {
    *i = (struct image){.format = image_format_of(mime)};
    if (i->format)
        image_gather(i, 0, i->format->need, i->format->read);
    else
        image_lost(i);
}

static size_t step_gather(struct image *i, struct bytes in, struct image_piece *out) {
    size_t n = (size_t)(i->need - i->have);
    n = n < in.n ? n : in.n;
    memcpy(i->header + i->have, in.p, n);
    i->have = (uint8_t)(i->have + n);
    i->offset += n;
    if (i->have == i->need) {
        i->told = *out;
        i->read(i);
        *out = i->told;
    }
    return n;
}

/* Behind the run a header is gathered; a piece of metadata ends before it. */
static size_t step_run(struct image *i, struct bytes in, struct image_piece *out) {
    size_t n = in.n < i->left ? in.n : (size_t)i->left;
    bool metadata = i->part == IMAGE_METADATA || i->part == IMAGE_DEFLATED;
    if (i->left == 0) {
        i->mode = IMAGE_GATHER;
        if (metadata && !i->open)
            out->part = IMAGE_BREAK;
        return 0;
    }
    *out = (struct image_piece){i->part, bytes_of(in.p, n)};
    i->left -= n;
    i->offset += n;
    return n;
}

size_t image_step(struct image *i, struct bytes in, struct image_piece *out) {
    size_t n;
    *out = (struct image_piece){.part = IMAGE_PIXELS};
    switch (i->mode) {
    case IMAGE_GATHER:
        return step_gather(i, in, out);
    case IMAGE_RUN:
        return step_run(i, in, out);
    case IMAGE_WALK:
        n = i->walk(i, in, out);
        i->offset += n;
        return n;
    case IMAGE_REST:
        break;
    }
    *out = (struct image_piece){i->part, in};
    return in.n;
}

void image_skip(struct image *i, uint64_t n) {
    i->offset += n;
    if (i->mode == IMAGE_REST)
        return;
    if (i->mode == IMAGE_RUN && n <= i->left)
        i->left -= n;
    else if (!i->format->skip || !i->format->skip(i, n))
        image_lost(i);
}
