/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/images/tiff.h"

/* WebP: RFC 9649. */

struct webp_state {
    uint64_t end;  /* offset, as the file's header says */
    uint64_t left; /* octets of the chunk behind what was gathered of it */
    uint8_t kind;
};
_Static_assert(sizeof(struct webp_state) <= IMAGE_STATE_MAX, "a format's state has a bound");

enum { CHUNK = 8, SIZE = 10, EXIF = 6 };

static void read_chunk(struct image *i);

/* Behind a chunk another one follows, or the end. */
static bool is_last(const struct image *i, uint64_t length) {
    const struct webp_state *s = (const void *)i->state;
    return i->offset + length >= s->end;
}

static void run_chunk(struct image *i, enum image_part part, uint64_t length) {
    bool last = is_last(i, length);
    image_run(i, part, length, last ? 0 : CHUNK, last ? image_end : read_chunk);
}

/* The size of the canvas (VP8X), of a lossy frame behind its start code (VP8), of a lossless one (VP8L). */
static void read_size(struct image *i) {
    const struct webp_state *s = (const void *)i->state;
    const uint8_t *p = i->header;
    uint32_t bits = image_u32le(p + 1);
    if (s->kind == 'X') {
        image_note_size(i, (image_u32le(p + 4) & 0xffffff) + 1, (image_u32le(p + 6) >> 8) + 1, 0);
        image_tell_header(i, IMAGE_METADATA, 0);
    } else if (s->kind == 'L')
        image_note_size(i, (bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1, 0);
    else
        image_note_size(i, image_u16le(p + 6) & 0x3fff, image_u16le(p + 8) & 0x3fff, 0);
    run_chunk(i, s->kind == 'X' ? IMAGE_METADATA : IMAGE_PIXELS, s->left);
}

/* Some write the block's name before it, as in JPEG. */
static void read_exif(struct image *i) {
    const struct webp_state *s = (const void *)i->state;
    bool last = is_last(i, s->left);
    tiff_enter_named_block(i, s->left, last ? 0 : CHUNK, last ? image_end : read_chunk);
}

static void read_chunk(struct image *i) {
    struct webp_state *s = (void *)i->state;
    uint64_t length = image_u32le(i->header + 4);
    bool pixels = image_code_in(i->header, "VP8 VP8LALPHANMF");
    bool size = image_code_in(i->header, "VP8 VP8LVP8X") && length >= SIZE;
    bool exif = image_code_in(i->header, "EXIF") && length >= EXIF;
    length += length & 1;
    s->kind = i->header[3] == ' ' ? 'V' : i->header[3];
    s->left = length - (size ? (unsigned)SIZE : exif ? (unsigned)EXIF : 0);
    i->facts.frames += image_code_in(i->header, "ANMF");
    if (image_code_in(i->header, "XMP "))
        image_holds(i, IMAGE_HOLDS_XMP);
    if (size || exif)
        image_gather(i, 0, size ? SIZE : EXIF, size ? read_size : read_exif);
    else
        run_chunk(i, pixels ? IMAGE_PIXELS : IMAGE_METADATA, length);
}

/* A chunk of which the first octets are gathered is a run like another one. */
static bool skip_gap(struct image *i, uint64_t n) {
    const struct webp_state *s = (const void *)i->state;
    if (i->tiff.active)
        return tiff_skip(i, n);
    if (i->mode != IMAGE_GATHER || (i->read != read_size && i->read != read_exif))
        return false;
    uint64_t left = s->left + i->need - i->have;
    if (n > left)
        return false;
    run_chunk(i, i->read == read_exif ? IMAGE_METADATA : IMAGE_PIXELS, left - n);
    return true;
}

static void read_start(struct image *i) {
    struct webp_state *s = (void *)i->state;
    if (memcmp(i->header, "RIFF", 4) != 0 || memcmp(i->header + 8, "WEBP", 4) != 0) {
        image_lost(i);
        return;
    }
    s->end = (uint64_t)image_u32le(i->header + 4) + 8;
    image_gather(i, 0, CHUNK, read_chunk);
}

const struct image_format image_webp = {
    .mimes = {"image/webp"}, .need = 12, .read = read_start, .skip = skip_gap};
