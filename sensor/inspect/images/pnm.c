/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/images/format.h"

/* Netpbm (pbm, pgm, ppm of netpbm's manual): a header of text with remarks, and pixels as octets (P4 to P6).
 * Those of P1 to P3 are text, and are matched like it. */

struct pnm_state {
    uint32_t number[3]; /* width, height, greatest value */
    uint8_t numbers;    /* of which so many were begun */
    bool remark, digits;
};
_Static_assert(sizeof(struct pnm_state) <= IMAGE_STATE_MAX, "a format's state has a bound");

enum { NUMBER_MAX = 999999 };

static uint64_t pixel_bytes(const struct image *i) {
    const struct pnm_state *s = (const void *)i->state;
    uint64_t width = s->number[0], height = s->number[1], wide = s->number[2] > 255 ? 2 : 1;
    if (i->header[1] == '4')
        return (width + 7) / 8 * height;
    return width * height * wide * (i->header[1] == '6' ? 3 : 1);
}

/* One octet of the header: digits, blanks, and remarks up to the line's end. Behind the last number stands
 * one blank. */
static bool read_header_octet(struct image *i, uint8_t c) {
    struct pnm_state *s = (void *)i->state;
    unsigned all = i->header[1] == '4' ? 2 : 3;
    bool digit = c >= '0' && c <= '9' && !s->remark, begins = digit && !s->digits;
    if (s->digits && !digit && s->numbers == all)
        return true;
    s->remark = c == '#' || (s->remark && c != '\n');
    s->digits = digit;
    s->numbers += begins;
    if (digit)
        s->number[s->numbers - 1] = s->number[s->numbers - 1] * 10 + (unsigned)(c - '0');
    if (digit && s->number[s->numbers - 1] > NUMBER_MAX)
        s->number[s->numbers - 1] = NUMBER_MAX;
    return false;
}

static void note_picture(struct image *i) {
    const struct pnm_state *s = (const void *)i->state;
    uint32_t sample = s->number[2] > 255 ? 16 : 8, depth = i->header[1] == '6' ? 3 * sample : sample;
    image_note_size(i, s->number[0], s->number[1], i->header[1] == '4' ? 1 : depth);
}

static size_t walk_header(struct image *i, struct bytes in, struct image_piece *out) {
    size_t at = 0;
    bool over = false;
    while (at < in.n && !over)
        over = read_header_octet(i, in.p[at++]);
    *out = (struct image_piece){IMAGE_METADATA, bytes_of(in.p, at)};
    if (over)
        note_picture(i);
    if (over)
        image_run(i, IMAGE_PIXELS, pixel_bytes(i), 0, image_end);
    return at;
}

static void read_start(struct image *i) {
    if (i->header[0] == 'P' && i->header[1] >= '4' && i->header[1] <= '6')
        image_walk(i, walk_header);
    else
        image_lost(i);
}

const struct image_format image_pnm = {
    .mimes = {"image/x-portable-bitmap", "image/x-portable-greymap", "image/x-portable-pixmap"},
    .need = 2,
    .read = read_start};
