/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/images/format.h"

/* JPEG 2000 in boxes: ISO/IEC 15444-1 annex I. Only the codestream is stepped over. */

enum { BOX = 8, LONG_BOX = 16 };

static void read_box(struct image *i) {
    uint64_t length = image_u32(i->header), header = i->have;
    enum image_part part = image_code_in(i->header + 4, "jp2c") ? IMAGE_PIXELS : IMAGE_METADATA;
    if (length == 1 && header == BOX) {
        image_gather(i, BOX, LONG_BOX, read_box);
        return;
    }
    if (length == 1)
        length = (uint64_t)image_u32(i->header + 8) << 32 | image_u32(i->header + 12);
    if (length == 0)
        image_rest(i, part);
    else if (length < header)
        image_lost(i);
    else
        image_run(i, part, length - header, BOX, read_box);
}

const struct image_format image_jp2 = {.mimes = {"image/jp2"}, .need = BOX, .read = read_box};
