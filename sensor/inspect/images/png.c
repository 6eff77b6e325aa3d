/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/images/tiff.h"

/* PNG: ISO/IEC 15948, with the chunks of APNG; eXIf is an EXIF block. */

enum { HEADER = 13, CONTROL = 8, CRC = 4, CHUNK = 8 /* length and type */, SIGNATURE = 8 };

struct png_state {
    uint32_t left; /* octets of a text chunk */
    uint8_t nuls, skipped;
    bool international, deflated;
};
_Static_assert(sizeof(struct png_state) <= IMAGE_STATE_MAX, "a format's state has a bound");

static void read_chunk(struct image *i);

/* The header of a text chunk (11.3.4): zTXt is keyword NUL method, iTXt is keyword NUL compressed method
 * language NUL translated NUL. Behind it the text runs to the chunk's end. */
static size_t walk_text_header(struct image *i, struct bytes in, struct image_piece *out) {
    struct png_state *s = (void *)i->state;
    size_t at = 0, n = in.n < s->left ? in.n : s->left;
    unsigned skip = s->international ? 2 : 1, nuls = s->international ? 3 : 1;
    while (at < n && (s->nuls < nuls || s->skipped < skip)) {
        uint8_t c = in.p[at++];
        if (s->nuls == 0 || s->skipped >= skip)
            s->nuls += c == 0;
        else if (s->skipped++ == 0 && s->international)
            s->deflated = c == 1;
    }
    s->left -= (uint32_t)at;
    *out = (struct image_piece){IMAGE_METADATA, bytes_of(in.p, at)};
    if (s->left == 0 || (s->nuls >= nuls && s->skipped >= skip))
        image_run(i, s->deflated ? IMAGE_DEFLATED : IMAGE_METADATA, s->left, CRC + CHUNK, read_chunk);
    return at;
}

/* IHDR (11.2.2): width, height, bits a sample, kind of colour. */
static void read_picture(struct image *i) {
    static const uint8_t samples[] = {1, 0, 3, 1, 2, 0, 4};
    unsigned colour = i->header[9];
    image_note_size(i, image_u32(i->header), image_u32(i->header + 4),
                    colour < sizeof samples ? (uint32_t)i->header[8] * samples[colour] : 0);
    image_tell_header(i, IMAGE_METADATA, 0);
    image_run(i, IMAGE_METADATA, 0, CRC + CHUNK, read_chunk);
}

/* acTL: how many pictures. */
static void read_control(struct image *i) {
    i->facts.frames = image_u32(i->header);
    image_tell_header(i, IMAGE_METADATA, 0);
    image_run(i, IMAGE_METADATA, 0, CRC + CHUNK, read_chunk);
}

static void enter_text(struct image *i, const uint8_t *type, uint32_t length) {
    struct png_state *s = (void *)i->state;
    *s = (struct png_state){.left = length, .international = type[0] == 'i', .deflated = type[0] == 'z'};
    if (length > 0)
        image_walk(i, walk_text_header);
    else
        image_gather(i, 0, CRC + CHUNK, read_chunk);
}

static void enter_chunk(struct image *i, const uint8_t *chunk) {
    uint32_t length = image_u32(chunk);
    const uint8_t *type = chunk + 4;
    bool pixels = image_code_in(type, "IDATfdATPLTE");
    if (image_code_in(type, "tEXtzTXtiTXt"))
        image_holds(i, IMAGE_HOLDS_COMMENT);
    if (length > 0x7fffffff)
        image_lost(i);
    else if (image_code_in(type, "IHDR") && length == HEADER)
        image_gather(i, 0, HEADER, read_picture);
    else if (image_code_in(type, "acTL") && length == CONTROL)
        image_gather(i, 0, CONTROL, read_control);
    else if (image_code_in(type, "eXIf"))
        tiff_enter_block(i, length, CRC + CHUNK, read_chunk);
    else if (image_code_in(type, "zTXtiTXt"))
        enter_text(i, type, length);
    else if (image_code_in(type, "IEND"))
        image_run(i, IMAGE_PIXELS, (uint64_t)length + CRC, 0, image_end);
    else
        image_run(i, pixels ? IMAGE_PIXELS : IMAGE_METADATA, length, CRC + CHUNK, read_chunk);
}

/* The CRC of the last chunk, length and type of the next. */
static void read_chunk(struct image *i) {
    enter_chunk(i, i->header + CRC);
}

static bool skip_gap(struct image *i, uint64_t n) {
    return i->tiff.active && tiff_skip(i, n);
}

static void read_start(struct image *i) {
    if (memcmp(i->header, "\x89PNG\r\n\x1a\n", SIGNATURE) == 0)
        enter_chunk(i, i->header + SIGNATURE);
    else
        image_lost(i);
}

const struct image_format image_png = {
    .mimes = {"image/png"}, .need = SIGNATURE + CHUNK, .read = read_start, .skip = skip_gap};
