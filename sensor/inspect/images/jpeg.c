/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/images/format.h"

/* JPEG: ITU-T T.81 annex B. */

struct jpeg_state {
    bool marker; /* in a scan: the last byte was FF */
};
_Static_assert(sizeof(struct jpeg_state) <= IMAGE_STATE_MAX, "a format's state has a bound");

enum { TEM = 0x01, RST0 = 0xd0, RST7 = 0xd7, SOI = 0xd8, EOI = 0xd9, SOS = 0xda, APP0 = 0xe0, FILL = 0xff };

static void read_marker(struct image *i);

/* Behind the end another JPEG may begin (multi-picture format): its pixels are stepped over too. */
static void read_behind_end(struct image *i) {
    if (memcmp(i->header, "\xff\xd8\xff", 3) == 0) {
        i->header[0] = 0xff;
        image_gather(i, 1, 2, read_marker);
        return;
    }
    image_tell_header(i, IMAGE_TRAILER, 0);
    image_end(i);
}

/* Entropy-coded data: up to the next FF that is neither stuffed (00), nor a restart, nor fill. */
static size_t walk_scan(struct image *i, struct bytes in, struct image_piece *out) {
    struct jpeg_state *s = (void *)i->state;
    size_t at = 0;
    while (at < in.n) {
        if (!s->marker) {
            const uint8_t *ff = memchr(in.p + at, 0xff, in.n - at);
            if (!ff)
                return in.n;
            at = (size_t)(ff - in.p) + 1;
            s->marker = true;
            continue;
        }
        uint8_t code = in.p[at++];
        s->marker = code == FILL;
        if (code != FILL && code != 0 && !(code >= RST0 && code <= RST7)) {
            i->header[0] = 0xff;
            i->header[1] = code;
            read_marker(i);
            return at;
        }
    }
    return at;
}

static void begin_scan(struct image *i) {
    struct jpeg_state *s = (void *)i->state;
    s->marker = false;
    image_walk(i, walk_scan);
}

/* A marker and its segment's length. Application data, comments and reserved segments are metadata; tables
 * and frame headers say nothing. */
static void read_segment(struct image *i) {
    unsigned code = i->header[1], length = (unsigned)i->header[2] << 8 | i->header[3];
    if (length < 2)
        image_lost(i);
    else if (code == SOS)
        image_run(i, IMAGE_PIXELS, length - 2, 0, begin_scan);
    else
        image_run(i, code >= APP0 ? IMAGE_METADATA : IMAGE_PIXELS, length - 2, 2, read_marker);
}

static void read_marker(struct image *i) {
    unsigned code = i->header[1];
    if (i->header[0] != 0xff)
        image_lost(i);
    else if (code == FILL) /* B.1.1.2: fill bytes may stand before a marker */
        image_gather(i, 1, 2, read_marker);
    else if (code == EOI)
        image_gather(i, 0, 3, read_behind_end);
    else if ((code >= RST0 && code <= SOI) || code == TEM)
        image_gather(i, 0, 2, read_marker);
    else
        image_gather(i, 2, 4, read_segment);
}

/* SOI, but the first bytes may be missing: any other marker, or a scan's stuffing. */
static void read_start(struct image *i) {
    unsigned code = i->header[1];
    if (i->header[0] == 0xff && (code == 0 || (code >= RST0 && code <= RST7)))
        begin_scan(i);
    else
        read_marker(i);
}

/* In a scan the next marker is found again: FF is always stuffed in the data. Where the start is missing that
 * is where most of a picture's bytes are. */
static bool skip_gap(struct image *i, uint64_t n) {
    struct jpeg_state *s = (void *)i->state;
    if (i->mode == IMAGE_GATHER && i->read == read_start)
        begin_scan(i);
    s->marker = false;
    return i->mode == IMAGE_WALK;
}

const struct image_format image_jpeg = {
    .mimes = {"image/jpeg"}, .need = 2, .read = read_start, .skip = skip_gap};
