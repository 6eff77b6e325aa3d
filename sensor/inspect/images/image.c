/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/images/image.h"

struct image_format {
    const char *mime;
    uint8_t need;                    /* bytes before the first call of `headed` */
    void (*headed)(struct image *i); /* i->head holds what was asked for: says what follows */
};

/* --- what a format may say --- */

static void gather(struct image *i, uint8_t need) {
    i->mode = IMAGE_GATHER;
    i->have = 0;
    i->need = need;
}

/* Keeps what was gathered and asks for more behind it. */
static void gather_more(struct image *i, uint8_t need) {
    i->mode = IMAGE_GATHER;
    i->need = need;
}

/* `n` bytes of `part`, then `need` header bytes. */
static void run(struct image *i, enum image_part part, uint64_t n, uint8_t need) {
    gather(i, need);
    i->mode = IMAGE_RUN;
    i->then = IMAGE_GATHER;
    i->part = part;
    i->left = n;
}

static void rest(struct image *i, enum image_part part) {
    i->mode = IMAGE_REST;
    i->part = part;
}

/* The bytes do not follow the format: from here on everything is matched. */
static void lost(struct image *i) {
    rest(i, IMAGE_METADATA);
}

static uint32_t be32(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t le32(const uint8_t *p) {
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static bool is_one_of(const uint8_t *code, const char *list) {
    for (; *list; list += 4)
        if (memcmp(code, list, 4) == 0)
            return true;
    return false;
}

/* --- JPEG: ITU-T T.81 annex B --- */

enum { JPEG_START, JPEG_MARKER, JPEG_SEGMENT, JPEG_SCAN_HEADER };

static void jpeg_segment(struct image *i) {
    unsigned code = i->head[1], length = (unsigned)i->head[2] << 8 | i->head[3];
    /* Application data, comments and reserved segments; tables and frame headers say nothing. */
    bool metadata = code >= 0xe0;
    if (length < 2) {
        lost(i);
        return;
    }
    run(i, metadata ? IMAGE_METADATA : IMAGE_PIXELS, length - 2, 2);
    i->phase = JPEG_MARKER;
    if (code == 0xda)
        i->then = IMAGE_SCAN;
}

static void jpeg_marker(struct image *i) {
    unsigned code = i->head[1];
    if (i->head[0] != 0xff)
        lost(i);
    else if (code == 0xff) { /* B.1.1.2: fill bytes may stand before a marker */
        i->have = 1;
        gather_more(i, 2);
    } else if (code == 0xd9) {
        gather(i, 3);
        i->mode = IMAGE_PEEK;
    } else if ((code >= 0xd0 && code <= 0xd8) || code == 0x01)
        gather(i, 2);
    else {
        i->phase = JPEG_SEGMENT;
        gather_more(i, 4);
    }
}

static void jpeg_headed(struct image *i) {
    if (i->phase == JPEG_SEGMENT)
        jpeg_segment(i);
    else if (i->phase == JPEG_MARKER)
        jpeg_marker(i);
    else if (i->head[0] == 0xff && i->head[1] == 0xd8) {
        i->phase = JPEG_MARKER;
        gather(i, 2);
    } else
        lost(i);
}

/* Entropy-coded data: up to the next FF that is neither stuffed (00), nor a restart (D0-D7), nor fill. */
static size_t jpeg_scan(struct image *i, struct bytes in) {
    size_t at = 0;
    while (at < in.n) {
        if (!i->marker) {
            const uint8_t *ff = memchr(in.p + at, 0xff, in.n - at);
            if (!ff)
                return in.n;
            at = (size_t)(ff - in.p) + 1;
            i->marker = true;
            continue;
        }
        uint8_t code = in.p[at++];
        i->marker = code == 0xff;
        if (code != 0xff && code != 0 && !(code >= 0xd0 && code <= 0xd7)) {
            i->head[0] = 0xff;
            i->head[1] = code;
            i->have = 2;
            jpeg_marker(i);
            return at;
        }
    }
    return at;
}

/* Behind the end another JPEG may begin (multi-picture format): its pixels are stepped over too. */
static void jpeg_peeked(struct image *i) {
    if (memcmp(i->head, "\xff\xd8\xff", 3) == 0) {
        i->head[0] = 0xff;
        i->have = 1;
        gather_more(i, 2);
    } else
        rest(i, IMAGE_TRAILER);
}

/* --- PNG: ISO/IEC 15948 --- */

/* Behind the eight bytes of the signature, or the four of the last chunk's CRC: length and type. */
static void png_headed(struct image *i) {
    const uint8_t *chunk = i->head + (i->phase ? 4 : 8);
    uint32_t length = be32(chunk);
    if (length > 0x7fffffff || (!i->phase && memcmp(i->head, "\x89PNG\r\n\x1a\n", 8) != 0)) {
        lost(i);
        return;
    }
    i->phase = 1;
    if (is_one_of(chunk + 4, "zTXtiTXt")) {
        i->flag = chunk[4] == 'z';
        i->nuls = i->skip = 0;
        run(i, IMAGE_METADATA, length, 12);
        i->mode = IMAGE_TEXT;
    } else if (is_one_of(chunk + 4, "IEND")) {
        run(i, IMAGE_PIXELS, (uint64_t)length + 4, 0);
        i->then = IMAGE_REST;
    } else
        run(i, is_one_of(chunk + 4, "IDATfdATPLTE") ? IMAGE_PIXELS : IMAGE_METADATA, length, 12);
}

/* The header of a text chunk (11.3.4): zTXt is keyword NUL method, iTXt is keyword NUL compressed method
 * language NUL translated NUL. Returns how many bytes of it `in` holds, and goes on as a run behind it. */
static size_t png_text(struct image *i, struct bytes in) {
    bool international = !(i->flag & 1);
    size_t at = 0, n = in.n < i->left ? in.n : (size_t)i->left;
    unsigned skip = international ? 2 : 1, nuls = international ? 3 : 1;
    while (at < n && (i->nuls < nuls || i->skip < skip)) {
        uint8_t c = in.p[at++];
        if (i->nuls == 0 || i->skip >= skip)
            i->nuls += c == 0;
        else if (i->skip++ == 0 && international && c == 1)
            i->flag |= 2;
    }
    i->left -= at;
    if (i->nuls >= nuls && i->skip >= skip) {
        i->part = i->flag ? IMAGE_DEFLATED : IMAGE_METADATA;
        i->mode = IMAGE_RUN;
    } else if (i->left == 0)
        i->mode = IMAGE_RUN;
    return at;
}

/* --- GIF89a --- */

enum { GIF_START, GIF_BLOCK, GIF_LABEL, GIF_IMAGE, GIF_DATA };

static uint64_t gif_table(uint8_t packed) {
    return packed & 0x80 ? UINT64_C(3) << ((packed & 7) + 1) : 0;
}

static void gif_block(struct image *i) {
    uint8_t code = i->head[0];
    i->phase = code == 0x21 ? GIF_LABEL : GIF_IMAGE;
    if (code == 0x3b)
        rest(i, IMAGE_TRAILER);
    else if (code == 0x21)
        gather_more(i, 2);
    else if (code == 0x2c)
        gather_more(i, 10);
    else
        lost(i);
}

/* A sub-block: its length stood in the one byte gathered. Text goes on over sub-blocks. */
static void gif_data(struct image *i) {
    enum image_part part = i->flag ? IMAGE_METADATA : IMAGE_PIXELS;
    if (i->head[0] == 0) {
        i->phase = GIF_BLOCK;
        run(i, IMAGE_METADATA, 0, 1); /* an empty run ends the piece */
        return;
    }
    run(i, part, i->head[0], 1);
}

static void gif_headed(struct image *i) {
    switch (i->phase) {
    case GIF_START:
        if (memcmp(i->head, "GIF8", 4) != 0) {
            lost(i);
            return;
        }
        i->phase = GIF_BLOCK;
        run(i, IMAGE_PIXELS, gif_table(i->head[10]), 1);
        break;
    case GIF_BLOCK:
        gif_block(i);
        break;
    case GIF_LABEL: /* F9 is the graphic control: four bytes of no text */
        i->flag = i->head[1] != 0xf9;
        i->phase = GIF_DATA;
        gather(i, 1);
        break;
    case GIF_IMAGE:
        i->flag = 0;
        i->phase = GIF_DATA;
        run(i, IMAGE_PIXELS, gif_table(i->head[9]) + 1, 1);
        break;
    default:
        gif_data(i);
    }
}

/* --- WebP: RFC 9649 --- */

static void webp_headed(struct image *i) {
    if (i->phase == 0) {
        if (memcmp(i->head, "RIFF", 4) != 0 || memcmp(i->head + 8, "WEBP", 4) != 0) {
            lost(i);
            return;
        }
        i->phase = 1;
        i->end = (uint64_t)le32(i->head + 4) + 8;
        gather(i, 8);
        return;
    }
    uint64_t length = le32(i->head + 4);
    length += length & 1;
    run(i, is_one_of(i->head, "VP8 VP8LALPHANMF") ? IMAGE_PIXELS : IMAGE_METADATA, length, 8);
    if (i->offset + length >= i->end)
        i->then = IMAGE_REST;
}

/* --- BMP, JPEG 2000 --- */

static void bmp_headed(struct image *i) {
    uint32_t size = le32(i->head + 2), pixels = le32(i->head + 10);
    if (i->phase == 1) { /* one byte of the pixels was gathered */
        run(i, IMAGE_PIXELS, i->end, 0);
        i->then = IMAGE_REST;
        return;
    }
    if (memcmp(i->head, "BM", 2) != 0 || pixels < 14 || size <= pixels) {
        lost(i);
        return;
    }
    run(i, IMAGE_METADATA, pixels - 14, 1);
    i->phase = 1;
    i->end = size - pixels - 1;
}

/* Boxes of ISO/IEC 15444-1 annex I: only the codestream is stepped over. */
static void jp2_headed(struct image *i) {
    uint64_t length = be32(i->head);
    enum image_part part = is_one_of(i->head + 4, "jp2c") ? IMAGE_PIXELS : IMAGE_METADATA;
    uint8_t header = 8;
    if (length == 1 && i->need == 8) {
        gather_more(i, 16);
        return;
    }
    if (length == 1) {
        length = (uint64_t)be32(i->head + 8) << 32 | be32(i->head + 12);
        header = 16;
    }
    if (length == 0)
        rest(i, part);
    else if (length < header)
        lost(i);
    else
        run(i, part, length - header, 8);
}

/* A bare codestream, annex A: markers up to the first tile part, tile parts by their length. */
static void j2k_headed(struct image *i) {
    const uint8_t *marker = i->head + (i->phase == 0 ? 2 : 0);
    unsigned code = marker[1], length = (unsigned)marker[2] << 8 | marker[3];
    if (marker[0] != 0xff || (i->phase == 0 && memcmp(i->head, "\xff\x4f", 2) != 0)) {
        lost(i);
    } else if (i->need == 12) { /* SOT: Psot counts from its marker, 0 for up to the end */
        uint32_t part = be32(i->head + 6);
        if (part >= 14)
            run(i, IMAGE_PIXELS, part - 12, 2);
        else
            rest(i, IMAGE_PIXELS);
    } else if (code == 0xd9)
        rest(i, IMAGE_TRAILER);
    else if (i->need == 2)
        gather_more(i, 4);
    else if (code == 0x90)
        gather_more(i, 12);
    else if (length < 2)
        lost(i);
    else
        run(i, code == 0x64 ? IMAGE_METADATA : IMAGE_PIXELS, length - 2, 2);
    i->phase = 1;
}

/* --- the engine --- */

static const struct image_format formats[] = {
    {"image/jpeg", 2, jpeg_headed},
    {"image/png", 16, png_headed},
    {"image/gif", 13, gif_headed},
    {"image/webp", 12, webp_headed},
    {"image/bmp", 14, bmp_headed},
    {"image/jp2", 8, jp2_headed},
    {"image/x-jp2-codestream", 6, j2k_headed},
};

void image_init(struct image *i, const char *mime) {
    *i = (struct image){.mode = IMAGE_REST, .part = IMAGE_METADATA};
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++)
        if (strcmp(formats[f].mime, mime) == 0) {
            i->format = &formats[f];
            gather(i, formats[f].need);
        }
}

/* The run is over: what comes next, and a break if it was metadata. */
static enum image_part run_over(struct image *i) {
    bool metadata = i->part == IMAGE_METADATA || i->part == IMAGE_DEFLATED;
    /* A GIF's text goes on in the next sub-block; its empty last one ends it. */
    bool goes_on = i->phase == GIF_DATA && i->format->headed == gif_headed;
    i->mode = i->then;
    if (i->mode == IMAGE_REST)
        i->part = IMAGE_TRAILER;
    i->marker = false;
    return metadata && !goes_on ? IMAGE_BREAK : IMAGE_PIXELS;
}

static size_t step_gather(struct image *i, struct bytes in) {
    size_t n = (size_t)(i->need - i->have);
    n = n < in.n ? n : in.n;
    memcpy(i->head + i->have, in.p, n);
    i->have = (uint8_t)(i->have + n);
    i->offset += n;
    if (i->have == i->need)
        i->format->headed(i);
    return n;
}

static size_t step_peek(struct image *i, struct bytes in, struct image_piece *out) {
    size_t n = (size_t)(i->need - i->have);
    n = n < in.n ? n : in.n;
    memcpy(i->head + i->have, in.p, n);
    i->have = (uint8_t)(i->have + n);
    if (i->have == i->need) {
        jpeg_peeked(i);
        if (i->mode == IMAGE_REST)
            *out = (struct image_piece){IMAGE_TRAILER, bytes_of(i->head, i->need)};
    }
    return n;
}

static size_t step_run(struct image *i, struct bytes in, struct image_piece *out) {
    size_t n = in.n < i->left ? in.n : (size_t)i->left;
    if (i->left == 0) {
        out->part = run_over(i);
        return 0;
    }
    *out = (struct image_piece){i->part, bytes_of(in.p, n)};
    i->left -= n;
    i->offset += n;
    return n;
}

size_t image_step(struct image *i, struct bytes in, struct image_piece *out) {
    *out = (struct image_piece){.part = IMAGE_PIXELS};
    switch (i->mode) {
    case IMAGE_GATHER:
        return step_gather(i, in);
    case IMAGE_RUN:
        return step_run(i, in, out);
    case IMAGE_SCAN:
        return jpeg_scan(i, in);
    case IMAGE_TEXT: {
        size_t n = png_text(i, in);
        *out = (struct image_piece){IMAGE_METADATA, bytes_of(in.p, n)};
        return n;
    }
    case IMAGE_PEEK:
        return step_peek(i, in, out);
    case IMAGE_REST:
        break;
    }
    *out = (struct image_piece){i->part, in};
    return in.n;
}

void image_skip(struct image *i, uint64_t n) {
    if (i->mode == IMAGE_RUN && n <= i->left)
        i->left -= n, i->offset += n;
    else if (i->mode == IMAGE_SCAN)
        i->marker = false; /* the next marker is found again: FF is always stuffed in the data */
    else if (i->mode != IMAGE_REST)
        lost(i);
}
