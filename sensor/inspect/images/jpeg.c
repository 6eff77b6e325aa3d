/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/images/tiff.h"

#include "base/octets.h"

/* JPEG: ITU-T T.81 annex B; EXIF, MPF (CIPA DC-007): further pictures behind the end of the first. */

struct jpeg_state {
    bool marker;    /* in a scan: the last byte was FF */
    bool announced; /* other pictures follow (MPF) */
    uint16_t left;  /* octets of the segment behind what was gathered of it */
    uint16_t segments;
    uint16_t stretches; /* of octets between segments */
};
_Static_assert(sizeof(struct jpeg_state) <= IMAGE_STATE_MAX, "a format's state has a bound");

enum {
    TEM = 0x01,
    SOF0 = 0xc0,
    DHT = 0xc4,
    JPG = 0xc8,
    DAC = 0xcc,
    SOF15 = 0xcf,
    RST0 = 0xd0,
    RST7 = 0xd7,
    SOI = 0xd8,
    EOI = 0xd9,
    SOS = 0xda,
    APP0 = 0xe0,
    APP1,
    APP2,
    APP13 = 0xed,
    COM = 0xfe,
    FILL = 0xff
};
enum {
    MARK = 6,            /* octets by which an application's segment is told */
    SEGMENTS_MAX = 4096, /* of a file; more of them are read as if they were text */
    STRETCHES_MAX = 64,
};

static void read_marker(struct image *i);

/* Behind the end another JPEG may begin (multi-picture format), which is a file of its own. */
static void read_behind_end(struct image *i) {
    const struct jpeg_state *s = (const void *)i->state;
    if (memcmp(i->header, "\xff\xd8\xff", 3) == 0) {
        if (!s->announced)
            image_note(i, IMAGE_NOTE_TRAILING);
        i->facts.frames += i->facts.frames ? 1 : 2;
        i->inner = true;
        i->child = "picture";
        i->child_n = UINT64_MAX;
        image_tell_header(i, IMAGE_CHILD, 0);
        image_gather(i, 1, 2, read_marker); /* whose first octet is there */
        return;
    }
    image_tell_header(i, IMAGE_TRAILER, 0);
    image_end(i);
}

static void end_picture(struct image *i) {
    if (i->inner) /* nothing: the end of a piece */
        image_run(i, IMAGE_CHILD, 0, 3, read_behind_end);
    else
        image_gather(i, 0, 3, read_behind_end);
    i->inner = false;
}

/* Entropy-coded data: up to the next FF that is neither stuffed (00), nor a restart, nor fill. */
static size_t walk_scan(struct image *i, struct bytes in, struct image_piece *out) {
    struct jpeg_state *s = (void *)i->state;
    size_t at = 0;
    while (at < in.n) {
        if (!s->marker) {
            at = octets_find_unpaired(in, at, FILL, 0);
            if (at == in.n)
                return in.n;
            at++;
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

/* --- Segments --- */

static void run_segment(struct image *i, enum image_part part, unsigned n) {
    image_run(i, part, n, 2, read_marker);
}

/* Octets that tell what an application's segment is. */
static void read_mark(struct image *i) {
    struct jpeg_state *s = (void *)i->state;
    image_tell_header(i, IMAGE_METADATA, 0);
    if (memcmp(i->header, "Exif\0", 5) == 0) {
        tiff_enter_block(i, s->left, 2, read_marker);
        return;
    }
    if (memcmp(i->header, "http:/", MARK) == 0)
        image_holds(i, IMAGE_HOLDS_XMP);
    if (memcmp(i->header, "Photos", MARK) == 0)
        image_holds(i, IMAGE_HOLDS_IPTC);
    s->announced |= memcmp(i->header, "MPF\0", 4) == 0;
    run_segment(i, IMAGE_METADATA, s->left);
}

/* Precision, lines, samples a line, components. */
static void read_frame(struct image *i) {
    struct jpeg_state *s = (void *)i->state;
    const uint8_t *p = i->header;
    image_note_size(i, image_u16(p + 3), image_u16(p + 1), (uint32_t)p[0] * p[5]);
    run_segment(i, IMAGE_PIXELS, s->left);
}

static bool is_frame(unsigned code) {
    return code >= SOF0 && code <= SOF15 && code != DHT && code != JPG && code != DAC;
}

/* Application data, comments and reserved segments are metadata; tables and frame headers say nothing. */
static void enter_segment(struct image *i, unsigned code, unsigned n) {
    struct jpeg_state *s = (void *)i->state;
    bool told = code >= APP0;
    if (code == COM && n > 0)
        image_holds(i, IMAGE_HOLDS_COMMENT);
    if (code == SOS)
        image_run(i, IMAGE_PIXELS, n, 0, begin_scan);
    else if (!i->inner && n >= MARK && (is_frame(code) || (code >= APP1 && code <= APP13))) {
        s->left = (uint16_t)(n - MARK);
        image_gather(i, 0, MARK, told ? read_mark : read_frame);
    } else
        run_segment(i, told ? IMAGE_METADATA : IMAGE_PIXELS, n);
}

/* A marker and its segment's length. */
static void read_segment(struct image *i) {
    struct jpeg_state *s = (void *)i->state;
    unsigned code = i->header[1], length = image_u16(i->header + 2);
    if (s->segments == SEGMENTS_MAX)
        image_note(i, IMAGE_NOTE_BOUND);
    if (length < 2 || s->segments++ >= SEGMENTS_MAX)
        image_lost(i);
    else
        enter_segment(i, code, length - 2);
}

/* Octets between segments, up to what may be a marker: decoders step over them. */
static size_t walk_stray(struct image *i, struct bytes in, struct image_piece *out) {
    const uint8_t *ff = memchr(in.p, FILL, in.n);
    size_t n = ff ? (size_t)(ff - in.p) : in.n;
    *out = (struct image_piece){IMAGE_METADATA, bytes_of(in.p, n)};
    if (ff)
        image_run(i, IMAGE_METADATA, 0, 2, read_marker);
    return n;
}

static void read_code(struct image *i) {
    i->header[1] = i->header[0];
    i->header[0] = FILL;
    read_marker(i);
}

static void read_stray(struct image *i) {
    struct jpeg_state *s = (void *)i->state;
    image_note(i, IMAGE_NOTE_HIDDEN);
    image_tell_header(i, IMAGE_METADATA, 0);
    if (s->stretches++ >= STRETCHES_MAX)
        image_lost(i);
    else if (i->header[1] == FILL)
        image_run(i, IMAGE_METADATA, 0, 1, read_code);
    else
        image_walk(i, walk_stray);
}

static void read_marker(struct image *i) {
    unsigned code = i->header[1];
    if (i->header[0] != 0xff || (code < SOF0 && code != TEM)) /* of no marker that JPEG has */
        read_stray(i);
    else if (code == FILL) /* B.1.1.2: fill bytes may stand before a marker */
        image_gather(i, 1, 2, read_marker);
    else if (code == EOI)
        end_picture(i);
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
    else if (i->header[0] == 0xff)
        read_marker(i);
    else
        image_lost(i);
}

/* In a scan the next marker is found again: FF is always stuffed in the data. Where the start is missing that
 * is where most of a picture's bytes are. */
static bool skip_gap(struct image *i, uint64_t n) {
    struct jpeg_state *s = (void *)i->state;
    if (i->tiff.active)
        return tiff_skip(i, n);
    if (i->mode == IMAGE_GATHER && i->read == read_start)
        begin_scan(i);
    s->marker = false;
    return i->mode == IMAGE_WALK;
}

const struct image_format image_jpeg = {
    .mimes = {"image/jpeg"}, .need = 2, .read = read_start, .skip = skip_gap};
