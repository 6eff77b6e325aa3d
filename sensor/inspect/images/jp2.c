/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/images/box.h"
#include "inspect/images/j2k.h"
#include "inspect/images/tiff.h"

/* JPEG 2000 in boxes: ISO/IEC 15444-1 annex I. */

enum { UUID = 16, IHDR = 14 };

struct jp2_state {
    uint64_t left; /* octets of the box behind what was gathered of it; UINT64_MAX: to the end */
};
_Static_assert(sizeof(struct jp2_state) <= IMAGE_STATE_MAX, "a format's state has a bound");

static void read_box(struct image *i);

static void run_left(struct image *i, enum image_part part) {
    const struct jp2_state *s = (const void *)i->state;
    if (s->left == UINT64_MAX)
        image_rest(i, part);
    else
        image_run(i, part, s->left, BOX, read_box);
}

static void read_codestream(struct image *i) {
    const struct jp2_state *s = (const void *)i->state;
    if (j2k_begins(i->header))
        j2k_enter(i, s->left == UINT64_MAX ? s->left : add_sizes(i->offset, s->left), BOX, read_box);
    else
        run_left(i, IMAGE_PIXELS);
}

/* ihdr: height, width, components, bits of each less one. */
static void read_picture(struct image *i) {
    const uint8_t *p = i->header;
    image_note_size(i, image_u32(p + 4), image_u32(p), image_u16(p + 8) * ((p[10] & 0x7fu) + 1));
    image_tell_header(i, IMAGE_METADATA, 0);
    run_left(i, IMAGE_METADATA);
}

/* Boxes of others are told by 16 octets: two of them are known. */
static void read_uuid(struct image *i) {
    static const char xmp[] = "\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac";
    const struct jp2_state *s = (const void *)i->state;
    image_tell_header(i, IMAGE_METADATA, 0);
    if (memcmp(i->header, "JpgTiffExif->JP2", UUID) == 0 && s->left != UINT64_MAX) {
        tiff_enter_block(i, s->left, BOX, read_box);
        return;
    }
    if (memcmp(i->header, xmp, UUID) == 0)
        image_holds(i, IMAGE_HOLDS_XMP);
    run_left(i, IMAGE_METADATA);
}

static void read_part(struct image *i, const struct box *b, uint8_t need, image_reader *read) {
    struct jp2_state *s = (void *)i->state;
    s->left = b->n == UINT64_MAX ? b->n : b->n - need;
    image_gather(i, 0, need, read);
}

static void read_box(struct image *i) {
    struct box b;
    enum box_result result = box_read(i, read_box, &b);
    if (result == BOX_MORE)
        return;
    if (i->coded && (result == BOX_BROKEN || !box_is(&b, "jp2cjp2iuuiduinfxml asocnlstlbl freeresc"))) {
        image_tell_header(i, IMAGE_TRAILER, 0);
        image_end(i);
        return;
    }
    i->coded |= box_is(&b, "jp2c");
    if (result == BOX_BROKEN)
        image_lost(i);
    else if (box_is(&b, "jp2h")) /* boxes within */
        image_gather(i, 0, BOX, read_box);
    else if (box_is(&b, "ihdr") && b.n >= IHDR)
        read_part(i, &b, IHDR, read_picture);
    else if (box_is(&b, "uuid") && b.n >= UUID && b.n != UINT64_MAX)
        read_part(i, &b, UUID, read_uuid);
    else if (box_is(&b, "jp2c") && b.n >= 2)
        read_part(i, &b, 2, read_codestream);
    else
        box_run(i, &b, IMAGE_METADATA, read_box);
}

static bool skip_gap(struct image *i, uint64_t n) {
    return i->tiff.active && tiff_skip(i, n);
}

const struct image_format image_jp2 = {
    .mimes = {"image/jp2"}, .need = BOX, .read = read_box, .skip = skip_gap};
