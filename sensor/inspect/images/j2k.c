/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/images/j2k.h"

#include "base/octets.h"

/* A codestream of JPEG 2000: ISO/IEC 15444-1 annex A. Segments up to the first tile part, tile parts by
 * their length. */

enum {
    SIZ = 0x51,
    COM = 0x64,
    SOT = 0x90,
    EOC = 0xd9,
    SOT_SEGMENT = 12,
    SIZ_SEGMENT = 22,
    TILE_PART_MIN = 14
};

struct j2k_state {
    uint64_t end; /* offset of its box's end; UINT64_MAX: it ends where it says */
    image_reader *after;
    uint8_t need;
    bool marker; /* in the last tile part: the last octet was FF */
    uint16_t left;
};
_Static_assert(sizeof(struct j2k_state) <= IMAGE_STATE_MAX, "a format's state has a bound");

static void read_marker(struct image *i);

/* In its box nothing follows. */
static void end_codestream(struct image *i) {
    const struct j2k_state *s = (const void *)i->state;
    if (s->end == UINT64_MAX) {
        image_end(i);
        return;
    }
    if (i->offset > s->end) {
        image_lost(i);
        return;
    }
    if (i->offset < s->end)
        image_note(i, IMAGE_NOTE_HIDDEN);
    image_run(i, IMAGE_METADATA, s->end - i->offset, s->need, s->after);
}

/* What stands between FF and FF 8F is data (B.10.1): the first greater one is the end. */
static size_t walk_last_part(struct image *i, struct bytes in, struct image_piece *out) {
    struct j2k_state *s = (void *)i->state;
    size_t at = 0;
    while (at < in.n) {
        if (s->marker && in.p[at] == EOC) {
            image_gather(i, 0, 0, end_codestream);
            return at + 1;
        }
        s->marker = false;
        at = octets_find_pair(in, at, 0xff, EOC);
        if (at == in.n)
            return in.n;
        at++;
        s->marker = true;
    }
    return at;
}

/* Psot counts from the marker of its tile part, 0 for up to the end. */
static void read_tile_part(struct image *i) {
    struct j2k_state *s = (void *)i->state;
    uint32_t length = image_u32(i->header + 6);
    s->marker = false;
    if (length >= TILE_PART_MIN)
        image_run(i, IMAGE_PIXELS, length - SOT_SEGMENT, 2, read_marker);
    else
        image_walk(i, walk_last_part);
}

/* The reference grid, and where the picture begins on it. */
static void read_size(struct image *i) {
    const struct j2k_state *s = (const void *)i->state;
    const uint8_t *p = i->header + 6;
    uint32_t width = image_u32(p), height = image_u32(p + 4), x = image_u32(p + 8), y = image_u32(p + 12);
    image_note_size(i, width > x ? width - x : 0, height > y ? height - y : 0, 0);
    image_run(i, IMAGE_PIXELS, s->left, 2, read_marker);
}

static void read_segment(struct image *i) {
    struct j2k_state *s = (void *)i->state;
    unsigned code = i->header[1], length = image_u16(i->header + 2);
    if (code == COM)
        image_holds(i, IMAGE_HOLDS_COMMENT);
    if (code == SOT)
        image_gather(i, 4, SOT_SEGMENT, read_tile_part);
    else if (length < 2)
        image_lost(i);
    else if (code == SIZ && length + 2 >= SIZ_SEGMENT) {
        s->left = (uint16_t)(length + 2 - SIZ_SEGMENT);
        image_gather(i, 4, SIZ_SEGMENT, read_size);
    } else
        image_run(i, code == COM ? IMAGE_METADATA : IMAGE_PIXELS, length - 2, 2, read_marker);
}

static void read_marker(struct image *i) {
    if (i->header[0] != 0xff)
        image_lost(i);
    else if (i->header[1] == EOC)
        end_codestream(i);
    else
        image_gather(i, 2, 4, read_segment);
}

bool j2k_begins(const uint8_t *two) {
    return memcmp(two, "\xff\x4f", 2) == 0;
}

void j2k_enter(struct image *i, uint64_t end, uint8_t need, image_reader *after) {
    struct j2k_state *s = (void *)i->state;
    *s = (struct j2k_state){.end = end, .need = need, .after = after};
    if (j2k_begins(i->header))
        image_gather(i, 0, 2, read_marker);
    else
        image_lost(i);
}

static void read_start(struct image *i) {
    j2k_enter(i, UINT64_MAX, 0, image_end);
}

const struct image_format image_j2k = {.mimes = {"image/x-jp2-codestream"}, .need = 2, .read = read_start};
