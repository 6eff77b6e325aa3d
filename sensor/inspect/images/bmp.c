/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/images/format.h"

/* BMP: a file header, an information header with a colour table, pixels. */

enum { FILE_HEADER = 14, INFORMATION = 20, CORE = 12, JPEG = 4, PNG = 5 };

struct bmp_state {
    uint64_t pixels; /* octets */
    uint32_t header; /* those before them that are not gathered */
    bool file;       /* the pixels are a JPEG or a PNG */
};
_Static_assert(sizeof(struct bmp_state) <= IMAGE_STATE_MAX, "a format's state has a bound");

static void enter_pixels(struct image *i) {
    const struct bmp_state *s = (const void *)i->state;
    if (s->file)
        image_run_child(i, "picture", s->pixels, 0, image_end);
    else
        image_run(i, IMAGE_PIXELS, s->pixels, 0, image_end);
}

/* Octets of rows that are filled up to a multiple of 4; what is packed has no size of its own. */
static uint64_t plain_size(uint32_t width, uint32_t height, uint32_t depth) {
    return ((uint64_t)width * depth + 31) / 32 * 4 * height;
}

/* A file that says it is larger than its pixels hides nothing by it. */
static void read_information(struct image *i) {
    struct bmp_state *s = (void *)i->state;
    const uint8_t *p = i->header + 4; /* behind the header's size */
    bool core = image_u32le(i->header) == CORE;
    uint32_t width = core ? image_u16le(p) : image_u32le(p),
             height = core ? image_u16le(p + 2) : image_u32le(p + 4);
    uint32_t depth = core ? image_u16le(p + 6) : image_u16le(p + 10), packed = core ? 0 : image_u32le(p + 12);
    if (height >> 31) /* from the top down */
        height = 0 - height;
    image_note_size(i, width, height, depth);
    s->file = packed == JPEG || packed == PNG;
    if ((packed == 0 || packed == 3) && plain_size(width, height, depth) < s->pixels)
        s->pixels = plain_size(width, height, depth);
    image_tell_header(i, IMAGE_METADATA, 0);
    image_run(i, IMAGE_METADATA, s->header, 0, enter_pixels);
}

static void read_start(struct image *i) {
    struct bmp_state *s = (void *)i->state;
    uint32_t size = image_u32le(i->header + 2), pixels = image_u32le(i->header + 10);
    if (memcmp(i->header, "BM", 2) != 0 || pixels < FILE_HEADER || size <= pixels) {
        image_lost(i);
        return;
    }
    s->pixels = size - pixels;
    if (pixels < FILE_HEADER + INFORMATION) {
        image_run(i, IMAGE_METADATA, pixels - FILE_HEADER, 0, enter_pixels);
        return;
    }
    s->header = pixels - FILE_HEADER - INFORMATION;
    image_gather(i, 0, INFORMATION, read_information);
}

const struct image_format image_bmp = {.mimes = {"image/bmp"}, .need = FILE_HEADER, .read = read_start};
