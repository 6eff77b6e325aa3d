/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/extent/format.h"

/* PNG: ISO/IEC 15948. Chunks up to IEND. */

enum { CRC = 4, CHUNK = 8 /* length and type */, SIGNATURE = 8 };

static void read_chunk(struct extent *e);

static bool is_type(const uint8_t *type) {
    for (unsigned i = 0; i < 4; i++)
        if ((type[i] | 0x20) < 'a' || (type[i] | 0x20) > 'z')
            return false;
    return true;
}

static void enter_chunk(struct extent *e, const uint8_t *chunk) {
    uint32_t length = extent_u32(chunk);
    if (length > 0x7fffffff || !is_type(chunk + 4))
        extent_break(e);
    else if (extent_code_in(chunk + 4, "IEND"))
        extent_skip_to_end(e, (uint64_t)length + CRC);
    else
        extent_skip(e, length, CRC + CHUNK, read_chunk);
}

/* The CRC of the last chunk, length and type of the next. */
static void read_chunk(struct extent *e) {
    enter_chunk(e, e->header + CRC);
}

static void read_start(struct extent *e) {
    enter_chunk(e, e->header + SIGNATURE);
}

static bool fits(const uint8_t *p) {
    return memcmp(p + SIGNATURE, "\0\0\0\x0dIHDR", CHUNK) == 0;
}

const struct extent_format extent_png = {EXTENT_MAGIC("\x89PNG\r\n\x1a\n"), .need = SIGNATURE + CHUNK,
                                         .fits = fits, .first = SIGNATURE + CHUNK, .read = read_start};
