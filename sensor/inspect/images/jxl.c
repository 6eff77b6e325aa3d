/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/images/box.h"
#include "inspect/images/tiff.h"

/* JPEG XL: ISO/IEC 18181-2's boxes, or the codestream of 18181-1 alone. */

enum { SIZE = 11, SHORT_SIZE = 4, OFFSET = 4 };

struct jxl_state {
    uint64_t left; /* octets of the box behind what was gathered of it; UINT64_MAX: to the end */
    bool sized;
};
_Static_assert(sizeof(struct jxl_state) <= IMAGE_STATE_MAX, "a format's state has a bound");

static void read_box(struct image *i);

static void run_left(struct image *i, enum image_part part) {
    const struct jxl_state *s = (const void *)i->state;
    if (s->left == UINT64_MAX)
        image_rest(i, part);
    else
        image_run(i, part, s->left, BOX, read_box);
}

/* --- The header of the codestream: 18181-1, annex D.2 --- */

struct bits {
    const uint8_t *p;
    unsigned at;
};

static uint32_t take_bits(struct bits *b, unsigned n) {
    uint32_t value = 0;
    for (unsigned k = 0; k < n; k++, b->at++)
        value |= (uint32_t)(b->p[b->at / 8] >> b->at % 8 & 1) << k;
    return value;
}

static uint32_t take_length(struct bits *b, bool small) {
    static const uint8_t widths[] = {9, 13, 18, 30};
    if (small)
        return 8 * (take_bits(b, 5) + 1);
    return take_bits(b, widths[take_bits(b, 2)]) + 1;
}

/* A part may hold fewer octets than a long size takes: those of a short one are there. */
static void note_size(struct image *i, const uint8_t *codestream) {
    uint8_t room[SIZE] = {0};
    static const uint8_t ratios[8][2] = {{1, 1}, {1, 1}, {12, 10}, {4, 3}, {3, 2}, {16, 9}, {5, 4}, {2, 1}};
    struct bits b = {room + 2, 0};
    memcpy(room, codestream, (size_t)(i->header + i->have - codestream));
    if (memcmp(codestream, "\xff\x0a", 2) != 0)
        return;
    bool small = take_bits(&b, 1);
    uint32_t height = take_length(&b, small), ratio = take_bits(&b, 3);
    uint64_t width = ratio ? (uint64_t)height * ratios[ratio][0] / ratios[ratio][1] : take_length(&b, small);
    image_note_size(i, (uint32_t)(width < UINT32_MAX ? width : 0), height, 0);
}

/* --- Boxes --- */

static void read_codestream(struct image *i) {
    note_size(i, i->header);
    run_left(i, IMAGE_PIXELS);
}

/* A part of it has its number before it. */
static void read_part(struct image *i) {
    note_size(i, i->header + 4);
    run_left(i, IMAGE_PIXELS);
}

/* Where the block begins stands before it. */
static void read_exif(struct image *i) {
    const struct jxl_state *s = (const void *)i->state;
    uint64_t before = image_u32(i->header);
    if (before == 0)
        tiff_enter_block(i, s->left, BOX, read_box);
    else
        run_left(i, IMAGE_METADATA);
}

static void gather_box(struct image *i, const struct box *b, uint8_t need, image_reader *read) {
    struct jxl_state *s = (void *)i->state;
    s->left = b->n == UINT64_MAX ? b->n : b->n - need;
    image_gather(i, 0, need, read);
}

static void read_box(struct image *i) {
    struct jxl_state *s = (void *)i->state;
    struct box b;
    enum box_result result = box_read(i, read_box, &b);
    if (result == BOX_MORE)
        return;
    if (result == BOX_BROKEN || !box_is(&b, "JXL ftypjxlljxlcjxlpjxliExifxml jumbbrobjbrdfreeskipuuid")) {
        image_tell_header(i, IMAGE_TRAILER, 0);
        image_end(i);
        return;
    }
    if (box_is(&b, "xml "))
        image_holds(i, IMAGE_HOLDS_XMP);
    if (box_is(&b, "jxlc") && b.n >= SHORT_SIZE)
        gather_box(i, &b, b.n < SIZE ? (uint8_t)b.n : SIZE, read_codestream);
    else if (box_is(&b, "jxlp") && b.n >= SHORT_SIZE + 4 && !s->sized) {
        s->sized = true;
        gather_box(i, &b, b.n < SIZE + 4 ? (uint8_t)b.n : SIZE + 4, read_part);
    } else if (box_is(&b, "Exif") && b.n >= OFFSET && b.n != UINT64_MAX)
        gather_box(i, &b, OFFSET, read_exif);
    else
        box_run(i, &b, box_is(&b, "jxlcjxlpjbrd") ? IMAGE_PIXELS : IMAGE_METADATA, read_box);
}

/* Two octets alone say that it is one, and nothing where it ends: what it may not be is matched. */
static void read_bare(struct image *i) {
    note_size(i, i->header);
    image_tell_header(i, IMAGE_METADATA, 0);
    image_rest(i, IMAGE_METADATA);
}

static void read_start(struct image *i) {
    if (memcmp(i->header, "\xff\x0a", 2) == 0)
        image_gather(i, BOX, SIZE, read_bare);
    else
        read_box(i);
}

static bool skip_gap(struct image *i, uint64_t n) {
    return i->tiff.active && tiff_skip(i, n);
}

const struct image_format image_jxl = {
    .mimes = {"image/jxl"}, .need = BOX, .read = read_start, .skip = skip_gap};
