/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/extent/format.h"

/* RIFF: WebP (RFC 9649), AVI, WAVE. Its size stands at its beginning. */

enum { HEADER = 12 };

static void read_start(struct extent *e) {
    uint64_t size = extent_u32le(e->header + 4);
    extent_skip_to_end(e, size + (size & 1) + 8 - HEADER);
}

static bool fits(const uint8_t *p) {
    return extent_code_in(p + 8, "WEBPAVI WAVE") && extent_u32le(p + 4) > HEADER;
}

const struct extent_format extent_riff = {EXTENT_MAGIC("RIFF"), .need = HEADER, .fits = fits, .first = HEADER,
                                          .read = read_start};
