/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/images/format.h"

/* Faces of travel documents: ISO/IEC 19794-5:2005, and the picture of each face within. */

enum {
    RECORD = 14, /* the file's header */
    FACE = 20,   /* a face's header: octets of its block, number of points of four octets twice, ... */
    POINT = 8,
    PICTURE = 12, /* kind of face, coding, width, height, ... */
};

struct face_state {
    uint64_t left; /* octets of the face's block behind what was gathered of it */
    uint16_t faces;
};
_Static_assert(sizeof(struct face_state) <= IMAGE_STATE_MAX, "a format's state has a bound");

static void read_face(struct image *i);

static void enter_face(struct image *i) {
    struct face_state *s = (void *)i->state;
    if (s->faces == 0) {
        image_end(i);
        return;
    }
    s->faces--;
    image_gather(i, 0, FACE, read_face);
}

static void read_picture(struct image *i) {
    const struct face_state *s = (const void *)i->state;
    image_note_size(i, image_u16(i->header + 2), image_u16(i->header + 4), 0);
    image_tell_header(i, IMAGE_METADATA, 0);
    image_run_child(i, "face", s->left, 0, enter_face);
}

static void read_face(struct image *i) {
    struct face_state *s = (void *)i->state;
    uint64_t block = image_u32(i->header), points = (uint64_t)image_u16(i->header + 4) * POINT;
    image_tell_header(i, IMAGE_METADATA, 0);
    if (block < FACE + points + PICTURE) {
        image_lost(i);
        return;
    }
    s->left = block - FACE - points - PICTURE;
    image_run(i, IMAGE_METADATA, points, PICTURE, read_picture);
}

static void read_record(struct image *i) {
    struct face_state *s = (void *)i->state;
    s->faces = (uint16_t)image_u16(i->header + 12);
    if (s->faces > 1)
        i->facts.frames = s->faces;
    image_tell_header(i, IMAGE_METADATA, 0);
    if (memcmp(i->header, "FAC\0", 4) == 0)
        enter_face(i);
    else
        image_lost(i);
}

const struct image_format image_face = {
    .mimes = {"application/x-iso19794-5"}, .need = RECORD, .read = read_record};
