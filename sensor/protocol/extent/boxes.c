/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/extent/format.h"

/* Files of boxes: HEIF, AVIF, MP4 (ISO/IEC 14496-12), JPEG 2000 (ISO/IEC 15444-1 annex I), JPEG XL (ISO/IEC
 * 18181-2); and the bare codestream of JPEG 2000 (annex A). Nothing says which box is the last: it is the one
 * behind which none stands that may. */

struct boxes_state {
    bool content; /* a box that holds pictures or frames was seen */
};
EXTENT_STATE(struct boxes_state);

enum {
    BOX = 8,
    LONG_BOX = 16,
    COM_MIN = 2,
    SOC = 0x4f,
    SOT = 0x90,
    EOC = 0xd9,
    SOT_SEGMENT = 12,
    TILE_PART_MIN = 14
};

static const char first_boxes[] = "ftypjP  JXL ";
static const char content_boxes[] = "mdatmoovjp2cjxlcjxlp";
static const char other_boxes[] =
    "metafreeskipwideuuidmoofmfrasidxssixstyppdinprftemsgjp2hxml jp2iuinfjumbresrassorreq"
    "jxllExifjbrdbrobjxli";

static void read_marker(struct extent *e);

/* --- a codestream --- */

/* Psot counts from the marker of its tile part, 0 for up to the end. */
static void read_tile_part(struct extent *e) {
    uint32_t length = extent_u32(e->header + 6);
    if (length >= TILE_PART_MIN)
        extent_skip(e, length - SOT_SEGMENT, 2, read_marker);
    else if (length == 0)
        extent_endless(e);
    else
        extent_break(e);
}

static void read_segment(struct extent *e) {
    unsigned code = e->header[1], length = extent_u16(e->header + 2);
    if (code == SOT)
        extent_gather(e, 4, SOT_SEGMENT, read_tile_part);
    else if (length < COM_MIN)
        extent_break(e);
    else
        extent_skip(e, length - COM_MIN, 2, read_marker);
}

static void read_marker(struct extent *e) {
    if (e->header[0] != 0xff || e->header[1] < SOC)
        extent_break(e);
    else if (e->header[1] == EOC)
        extent_end(e);
    else
        extent_gather(e, 2, 4, read_segment);
}

static void read_codestream(struct extent *e) {
    extent_gather(e, 0, 2, read_marker);
}

/* SOC, and SIZ with its length, which its number of components decides; capabilities are few bits. */
static bool codestream_fits(const uint8_t *p) {
    unsigned length = extent_u16(p + 4), components = extent_u16(p + 40);
    return components > 0 && components <= 16384 && length == 38 + 3 * components;
}

const struct extent_format extent_j2k = {EXTENT_MAGIC("\xff\x4f\xff\x51"), .need = 42,
                                         .fits = codestream_fits, .first = 2, .read = read_codestream};

/* --- boxes --- */

static void read_box(struct extent *e);

static void read_long_box(struct extent *e) {
    uint64_t length = (uint64_t)extent_u32(e->header + 8) << 32 | extent_u32(e->header + 12);
    if (length < LONG_BOX)
        extent_break(e);
    else
        extent_skip_ahead(e, length - LONG_BOX, BOX, read_box);
}

/* One that goes to the end of the file. */
static void enter_open_box(struct extent *e) {
    if (extent_code_in(e->header + 4, "jp2c"))
        extent_gather(e, 0, 2, read_codestream); /* SOC */
    else
        extent_endless(e);
}

static void enter_box(struct extent *e) {
    uint32_t length = extent_u32(e->header);
    if (length == 0)
        enter_open_box(e);
    else if (length == 1)
        extent_gather(e, BOX, LONG_BOX, read_long_box);
    else if (length < BOX)
        extent_break(e);
    else
        extent_skip_ahead(e, length - BOX, BOX, read_box);
}

static void read_box(struct extent *e) {
    struct boxes_state *s = (void *)e->state;
    const uint8_t *type = e->header + 4;
    bool has_content = extent_code_in(type, content_boxes);
    bool goes_on = has_content || extent_code_in(type, other_boxes) ||
                   (!s->content && extent_code_in(type, first_boxes));
    if (goes_on) {
        s->content |= has_content;
        enter_box(e);
    } else if (s->content) {
        extent_end(e);
    } else {
        extent_break(e);
    }
}

static void read_first(struct extent *e) {
    uint32_t length = extent_u32(e->header);
    extent_skip_ahead(e, length - BOX, BOX, read_box);
}

/* The brand is text, and brands are four octets each. */
static bool media_fits(const uint8_t *p) {
    uint32_t length = extent_u32(p);
    for (unsigned i = 8; i < 12; i++)
        if (p[i] < 0x20 || p[i] > 0x7e)
            return false;
    return length >= 16 && length <= 1024 && length % 4 == 0;
}

static bool signature_fits(const uint8_t *p) {
    return extent_u32(p) == 12;
}

const struct extent_format extent_media = {EXTENT_MAGIC("ftyp"), .at = 4,      .need = 12,
                                           .fits = media_fits,   .first = BOX, .read = read_first};
const struct extent_format extent_jp2 = {EXTENT_MAGIC("jP  \r\n\x87\n"), .at = 4,      .need = 12,
                                         .fits = signature_fits,         .first = BOX, .read = read_first};
const struct extent_format extent_jxl = {EXTENT_MAGIC("JXL \r\n\x87\n"), .at = 4,      .need = 12,
                                         .fits = signature_fits,         .first = BOX, .read = read_first};
