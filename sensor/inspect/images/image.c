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

void image_run_child(struct image *i, const char *what, uint64_t n, uint8_t need, image_reader *read) {
    image_run(i, IMAGE_CHILD, n, need, read);
    i->child = what;
    i->child_n = n;
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
    image_note(i, IMAGE_NOTE_BROKEN);
    image_rest(i, IMAGE_METADATA);
}

/* --- Places --- */

bool image_add_place(struct image *i, struct image_place place) {
    unsigned k = i->places;
    if (place.at < i->offset)
        return false;
    if (k == IMAGE_PLACES_MAX) {
        image_note(i, IMAGE_NOTE_BOUND);
        return false;
    }
    for (; k > 0 && i->place[k - 1].at > place.at; k--)
        i->place[k] = i->place[k - 1];
    i->place[k] = place;
    i->places++;
    return true;
}

void image_drop_place(struct image *i) {
    i->places--;
    memmove(i->place, i->place + 1, i->places * sizeof *i->place);
}

const struct image_place *image_next_place(struct image *i) {
    while (i->places > 0 && i->place[0].at < i->offset) {
        image_note(i, IMAGE_NOTE_BEHIND);
        image_drop_place(i);
    }
    return i->places > 0 ? i->place : NULL;
}

/* --- Facts --- */

void image_note_size(struct image *i, uint32_t width, uint32_t height, uint32_t depth) {
    struct image_facts *f = &i->facts;
    if (i->inner || (uint64_t)width * height <= (uint64_t)f->width * f->height)
        return;
    f->width = width;
    f->height = height;
    f->depth = (uint16_t)(depth < UINT16_MAX ? depth : 0);
}

/* --- steps --- */

void image_init(struct image *i, const char *mime) {
    memset(i, 0, offsetof(struct image, place)); /* whose rooms are written before they are read */
    i->format = image_format_of(mime);
    if (i->format)
        image_gather(i, 0, i->format->need, i->format->read);
    else
        image_rest(i, IMAGE_METADATA);
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
    bool piece = i->part == IMAGE_METADATA || i->part == IMAGE_DEFLATED || i->part == IMAGE_CHILD;
    if (i->left == 0) {
        i->mode = IMAGE_GATHER;
        if (piece && !i->open)
            out->part = IMAGE_BREAK;
        return 0;
    }
    *out = (struct image_piece){i->part, bytes_of(in.p, n)};
    i->left -= n;
    i->offset += n;
    return n;
}

static size_t step_on(struct image *i, struct bytes in, struct image_piece *out) {
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

/* The octet that ends an inner file is its own. */
size_t image_step(struct image *i, struct bytes in, struct image_piece *out) {
    bool inner = i->inner;
    size_t n = step_on(i, in, out);
    if (inner && (out->part != IMAGE_BREAK || i->inner))
        *out = (struct image_piece){IMAGE_CHILD, bytes_of(in.p, n)};
    return n;
}

uint64_t image_skip_child(const struct image *i, uint64_t n) {
    if (i->inner)
        return n;
    if (i->mode != IMAGE_RUN || i->part != IMAGE_CHILD)
        return 0;
    return n < i->left ? n : i->left;
}

bool image_child_is_whole(const struct image *i) {
    return !i->inner && i->mode == IMAGE_RUN && i->part == IMAGE_CHILD && i->left == 0;
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
