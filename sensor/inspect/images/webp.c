/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/images/format.h"

/* WebP: RFC 9649. */

struct webp_state {
    uint64_t end; /* offset, as the file's header says */
};
_Static_assert(sizeof(struct webp_state) <= IMAGE_STATE_MAX, "a format's state has a bound");

static void read_chunk(struct image *i) {
    const struct webp_state *s = (const void *)i->state;
    uint64_t length = image_u32le(i->header + 4);
    bool pixels = image_code_in(i->header, "VP8 VP8LALPHANMF");
    length += length & 1;
    bool last = i->offset + length >= s->end;
    image_run(i, pixels ? IMAGE_PIXELS : IMAGE_METADATA, length, last ? 0 : 8, last ? image_end : read_chunk);
}

static void read_start(struct image *i) {
    struct webp_state *s = (void *)i->state;
    if (memcmp(i->header, "RIFF", 4) != 0 || memcmp(i->header + 8, "WEBP", 4) != 0) {
        image_lost(i);
        return;
    }
    s->end = (uint64_t)image_u32le(i->header + 4) + 8;
    image_gather(i, 0, 8, read_chunk);
}

const struct image_format image_webp = {.mimes = {"image/webp"}, .need = 12, .read = read_start};
