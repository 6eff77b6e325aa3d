/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/extent/format.h"
#include "protocol/structure.h"

/* JPEG: ITU-T T.81 annex B. Segments up to a scan, octets of the scan up to a marker, and so on up to EOI. */

struct jpeg_state {
    bool marker; /* in a scan: the last octet was FF */
    bool framed; /* a frame header was seen */
};
EXTENT_STATE(struct jpeg_state);

enum {
    TEM = 0x01,
    SOF0 = 0xc0,
    DHT = 0xc4,
    SOF15 = 0xcf,
    RST0 = 0xd0,
    RST7 = 0xd7,
    EOI = 0xd9,
    SOS = 0xda,
    DQT = 0xdb,
    EXP = 0xdf,
    APP0 = 0xe0,
    APP15 = 0xef,
    COM = 0xfe,
    FILL = 0xff,
    JPEG_NEED = 16
};

static void read_marker(struct extent *e);

/* Entropy-coded data: up to the next FF that is neither stuffed (00), nor a restart, nor fill. */
static size_t walk_scan(struct extent *e, struct bytes in) {
    struct jpeg_state *s = (void *)e->state;
    size_t at = 0;
    while (at < in.n) {
        if (!s->marker) {
            const uint8_t *ff = memchr(in.p + at, FILL, in.n - at);
            if (!ff)
                return in.n;
            at = (size_t)(ff - in.p) + 1;
            s->marker = true;
            continue;
        }
        uint8_t code = in.p[at++];
        s->marker = code == FILL;
        if (code != FILL && code != 0 && !(code >= RST0 && code <= RST7)) {
            s->marker = false;
            e->header[0] = FILL;
            e->header[1] = code;
            extent_gather(e, 2, 2, read_marker);
            read_marker(e);
            return at;
        }
    }
    return at;
}

/* A marker and its segment's length. */
static void read_segment(struct extent *e) {
    struct jpeg_state *s = (void *)e->state;
    unsigned code = e->header[1], length = extent_u16(e->header + 2);
    if (length < 2 || (code == SOS && !s->framed))
        extent_break(e);
    else if (code == SOS)
        extent_skip_walk(e, length - 2, walk_scan);
    else
        extent_skip(e, length - 2, 2, read_marker);
}

static void read_marker(struct extent *e) {
    struct jpeg_state *s = (void *)e->state;
    unsigned code = e->header[1];
    s->framed |= code >= SOF0 && code <= SOF15 && code != DHT;
    if (e->header[0] != FILL)
        extent_break(e);
    else if (code == FILL) /* B.1.1.2: fill octets may stand before a marker */
        extent_gather(e, 1, 2, read_marker);
    else if (code == EOI)
        extent_end(e);
    else if ((code >= RST0 && code <= RST7) || code == TEM)
        extent_gather(e, 0, 2, read_marker);
    else if ((code >= SOF0 && code <= SOF15) || (code >= SOS && code <= EXP) ||
             (code >= APP0 && code <= APP15) || code == COM)
        extent_gather(e, 2, 4, read_segment);
    else
        extent_break(e);
}

/* SOI, and the marker of the first segment. */
static void read_start(struct extent *e) {
    e->header[0] = e->header[2];
    e->header[1] = e->header[3];
    extent_gather(e, 2, 2, read_marker);
    read_marker(e);
}

static bool fits(const uint8_t *p) {
    return structure_signature(bytes_of(p, JPEG_NEED)) == STRUCTURE_FOUND;
}

/* In a scan the next marker is found again: FF is always stuffed in the data. */
static bool skip_gap(struct extent *e, uint64_t n) {
    struct jpeg_state *s = (void *)e->state;
    s->marker = false;
    return e->walk != NULL;
}

const struct extent_format extent_jpeg = {
    EXTENT_MAGIC("\xff\xd8\xff"), .need = JPEG_NEED, .fits = fits, .first = 4,
    .read = read_start,           .gap = skip_gap};
