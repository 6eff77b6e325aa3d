/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/images/format.h"

/* BMP: a file header, an information header with a colour table, pixels. */

enum { FILE_HEADER = 14 };

struct bmp_state {
    uint32_t pixels; /* octets */
};
_Static_assert(sizeof(struct bmp_state) <= IMAGE_STATE_MAX, "a format's state has a bound");

static void enter_pixels(struct image *i) {
    const struct bmp_state *s = (const void *)i->state;
    image_run(i, IMAGE_PIXELS, s->pixels, 0, image_end);
}

static void read_start(struct image *i) {
    struct bmp_state *s = (void *)i->state;
    uint32_t size = image_u32le(i->header + 2), pixels = image_u32le(i->header + 10);
    if (memcmp(i->header, "BM", 2) != 0 || pixels < FILE_HEADER || size <= pixels) {
        image_lost(i);
        return;
    }
    s->pixels = size - pixels;
    image_run(i, IMAGE_METADATA, pixels - FILE_HEADER, 0, enter_pixels);
}

const struct image_format image_bmp = {.mimes = {"image/bmp"}, .need = FILE_HEADER, .read = read_start};
