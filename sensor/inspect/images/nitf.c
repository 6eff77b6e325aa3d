/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/images/format.h"

/* NITF 2.1 and NSIF 1.0 (MIL-STD-2500C): a header of decimal fields that says how long each picture and its
 * own header is. What follows the pictures (graphics, texts, extensions) is metadata up to the file's end. */

enum {
    MARK = 9,
    BEFORE_LENGTHS = 342, /* octets of the file's header before FL (12), HL (6), NUMI (3) */
    LENGTHS = 21,
    PICTURE = 16,      /* LISH (6), LI (10) of each picture */
    BEFORE_SIZE = 333, /* octets of a picture's header before NROWS and NCOLS (8 each) */
    SIZE = 16,
    PICTURES_MAX = IMAGE_PLACES_MAX / 2,
    FILE_MARK = 3,
};

enum place_kind { PLACE_HEADER = 0x80, PLACE_PICTURE };

struct nitf_state {
    uint64_t end;    /* of the file */
    uint64_t next;   /* offset of the next picture's header */
    uint64_t header; /* of the end of the file's header */
    uint64_t left;
    uint16_t pictures;
};
_Static_assert(sizeof(struct nitf_state) <= IMAGE_STATE_MAX, "a format's state has a bound");

static uint64_t read_decimal(const uint8_t *p, size_t n) {
    uint64_t value = 0;
    return bytes_number(bytes_of(p, n), &value) ? value : 0;
}

static void read_next(struct image *i);

static void read_size(struct image *i) {
    const struct nitf_state *s = (const void *)i->state;
    image_note_size(i, (uint32_t)read_decimal(i->header + 8, 8), (uint32_t)read_decimal(i->header, 8), 0);
    image_tell_header(i, IMAGE_METADATA, 0);
    image_run(i, IMAGE_METADATA, s->left, 0, read_next);
}

/* Pictures in JPEG and JPEG 2000 are files of their own. */
static void read_mark(struct image *i) {
    const struct nitf_state *s = (const void *)i->state;
    if (memcmp(i->header, "\xff\xd8\xff", FILE_MARK) != 0 &&
        memcmp(i->header, "\xff\x4f\xff", FILE_MARK) != 0) {
        image_run(i, IMAGE_PIXELS, s->left, 0, read_next);
        return;
    }
    image_tell_header(i, IMAGE_CHILD, 0);
    image_run_child(i, "picture", s->left, 0, read_next);
    i->child_n = s->left + FILE_MARK;
}

static void enter_place(struct image *i, const struct image_place *p) {
    struct nitf_state *s = (void *)i->state;
    bool header = p->kind == PLACE_HEADER;
    uint64_t need = header ? BEFORE_SIZE + SIZE : FILE_MARK;
    if (p->n < need) {
        image_run(i, IMAGE_METADATA, p->n, 0, read_next);
        return;
    }
    s->left = p->n - need;
    if (header)
        image_run_open(i, IMAGE_METADATA, BEFORE_SIZE, SIZE, read_size);
    else
        image_gather(i, 0, FILE_MARK, read_mark);
}

static void read_next(struct image *i) {
    const struct nitf_state *s = (const void *)i->state;
    const struct image_place *p = image_next_place(i);
    if (p && p->at == i->offset) {
        struct image_place here = *p;
        image_drop_place(i);
        enter_place(i, &here);
    } else if (p) {
        image_run(i, IMAGE_METADATA, p->at - i->offset, 0, read_next);
    } else if (i->offset < s->end) {
        image_run(i, IMAGE_METADATA, s->end - i->offset, 0, image_end);
    } else
        image_end(i);
}

static void read_picture(struct image *i) {
    struct nitf_state *s = (void *)i->state;
    uint64_t header = read_decimal(i->header, 6), n = read_decimal(i->header + 6, 10);
    image_tell_header(i, IMAGE_METADATA, 0);
    image_add_place(i, (struct image_place){s->next, header, 0, PLACE_HEADER});
    image_add_place(i, (struct image_place){s->next + header, n, 0, PLACE_PICTURE});
    s->next += header + n;
    if (--s->pictures > 0)
        image_gather(i, 0, PICTURE, read_picture);
    else
        read_next(i);
}

static void read_lengths(struct image *i) {
    struct nitf_state *s = (void *)i->state;
    s->end = read_decimal(i->header, 12);
    s->next = read_decimal(i->header + 12, 6);
    s->pictures = (uint16_t)read_decimal(i->header + 18, 3);
    image_tell_header(i, IMAGE_METADATA, 0);
    if (s->pictures > 1)
        i->facts.frames = s->pictures;
    if (s->pictures > PICTURES_MAX) {
        image_note(i, IMAGE_NOTE_BOUND);
        s->pictures = PICTURES_MAX;
    }
    if (s->next < BEFORE_LENGTHS || s->end < s->next)
        image_lost(i);
    else if (s->pictures > 0)
        image_gather(i, 0, PICTURE, read_picture);
    else
        read_next(i);
}

static void read_start(struct image *i) {
    image_tell_header(i, IMAGE_METADATA, 0);
    if (memcmp(i->header, "NITF02.10", MARK) == 0 || memcmp(i->header, "NSIF01.00", MARK) == 0)
        image_run_open(i, IMAGE_METADATA, BEFORE_LENGTHS - MARK, LENGTHS, read_lengths);
    else
        image_lost(i);
}

const struct image_format image_nitf = {.mimes = {"image/nitf"}, .need = MARK, .read = read_start};
