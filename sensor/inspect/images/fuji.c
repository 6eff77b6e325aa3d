/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/images/format.h"

/* Fujifilm's raw images: a header of fixed places, one of which names a whole JPEG. */

enum { MARK = 28, MODEL = 32, BEFORE_JPEG = 84, JPEG = 8, PLACE_JPEG = 0x80 };

static void read_next(struct image *i) {
    const struct image_place *p = image_next_place(i);
    if (p && p->at == i->offset) {
        uint64_t n = p->n;
        image_drop_place(i);
        image_run_child(i, "preview", n, 0, read_next);
    } else
        image_run_unknown(i, p ? p->at - i->offset : UINT64_MAX, read_next);
}

static void read_places(struct image *i) {
    uint64_t at = image_u32(i->header), n = image_u32(i->header + 4);
    if (n > 0)
        image_add_place(i, (struct image_place){at, n, 0, PLACE_JPEG});
    read_next(i);
}

static void read_model(struct image *i) {
    struct bytes text = bytes_trim(bytes_until(bytes_of(i->header, MODEL), '\0'));
    memcpy(i->facts.make, "FUJIFILM", i->facts.make_n = 8);
    memcpy(i->facts.model, text.p, text.n);
    i->facts.model_n = (uint8_t)text.n;
    image_tell_header(i, IMAGE_METADATA, 0);
    image_run(i, IMAGE_METADATA, BEFORE_JPEG - MARK - MODEL, JPEG, read_places);
}

static void read_start(struct image *i) {
    image_tell_header(i, IMAGE_METADATA, 0);
    image_gather(i, 0, MODEL, read_model);
}

static bool skip_gap(struct image *i, uint64_t n) {
    if (i->offset < BEFORE_JPEG + JPEG)
        return false;
    read_next(i);
    return true;
}

const struct image_format image_fuji = {
    .mimes = {"image/x-fuji-raf"}, .need = MARK, .read = read_start, .skip = skip_gap};
