/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/extent/format.h"

/* BMP: its size stands in the file header. */

enum { FILE_HEADER = 14, NEED = 30 };

static void read_start(struct extent *e) {
    extent_skip_to_end(e, extent_u32le(e->header + 2) - FILE_HEADER);
}

/* The sizes of file and headers, the reserved fields, one plane, and bits a pixel. */
static bool fits(const uint8_t *p) {
    uint32_t size = extent_u32le(p + 2), pixels = extent_u32le(p + 10), header = extent_u32le(p + 14);
    bool known =
        header == 40 || header == 52 || header == 56 || header == 64 || header == 108 || header == 124;
    unsigned planes = extent_u16le(p + 26), bits = extent_u16le(p + 28);
    return known && extent_u32le(p + 6) == 0 && pixels >= FILE_HEADER + header && pixels < 1 << 16 &&
           size > pixels && planes == 1 && bits <= 64;
}

const struct extent_format extent_bmp = {EXTENT_MAGIC("BM"), .need = NEED, .fits = fits, .first = FILE_HEADER,
                                         .read = read_start};
