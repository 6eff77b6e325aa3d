/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/images/format.h"

/* DICOM files (PS3.10, PS3.5): elements of a tag, a length and a value, which may be elements themselves.
 * Their values are metadata but for the pixels; a picture in JPEG or JPEG 2000 is a file of its own, in one
 * fragment or in several. */

enum {
    PREAMBLE = 128,
    ELEMENT = 8,
    LONG_ELEMENT = 12,
    MARK = 4,
    VALUE = 24,         /* octets of a value that are kept to be read */
    TEXT_MAX = 1 << 20, /* octets of a value that is told; a larger one may be pixels */
};
static const uint32_t endless = UINT32_MAX;

enum tag {
    TRANSFER_SYNTAX = 0x00020010,
    MAKER = 0x00080070,
    MODEL = 0x00081090,
    SAMPLES = 0x00280002,
    FRAMES = 0x00280008,
    ROWS = 0x00280010,
    COLUMNS = 0x00280011,
    BITS = 0x00280100,
    PIXELS = 0x7fe00010,
    ITEM = 0xfffee000,
    ITEM_END = 0xfffee00d,
    SEQUENCE_END = 0xfffee0dd,
};

struct dicom_state {
    uint64_t left; /* octets of the value behind what was gathered */
    uint32_t tag;
    uint16_t rows, columns, samples;
    bool big;     /* byte order, behind the first group */
    bool is_file; /* the fragments since the last mark are one file */
    bool pixels;  /* have been seen */
    bool implicit;
};
_Static_assert(sizeof(struct dicom_state) <= IMAGE_STATE_MAX, "a format's state has a bound");

static struct dicom_state *state_of(struct image *i) {
    return (struct dicom_state *)(void *)i->state;
}

static void read_element(struct image *i);
static void read_fragment(struct image *i);

static uint32_t number_at(struct image *i, unsigned at, unsigned size) {
    const uint8_t *p = i->header + at;
    bool big = state_of(i)->big;
    if (size == 2)
        return big ? image_u16(p) : image_u16le(p);
    return big ? image_u32(p) : image_u32le(p);
}

static void enter_next(struct image *i) {
    image_gather(i, 0, ELEMENT, read_element);
}

/* --- Fragments of pixels --- */

static void read_mark(struct image *i) {
    struct dicom_state *s = state_of(i);
    bool file = memcmp(i->header, "\xff\xd8\xff", 3) == 0 || memcmp(i->header, "\xff\x4f\xff\x51", MARK) == 0;
    if (s->is_file && file) { /* nothing: the file before ends; the mark is looked at again */
        image_run(i, IMAGE_CHILD, 0, 0, read_mark);
        s->is_file = false;
        i->have = i->need = MARK;
        return;
    }
    s->is_file |= file;
    if (file) {
        i->child_n = UINT64_MAX;
        i->child = "picture";
    }
    image_tell_header(i, s->is_file ? IMAGE_CHILD : IMAGE_PIXELS, 0);
    image_run_open(i, s->is_file ? IMAGE_CHILD : IMAGE_PIXELS, s->left, ELEMENT, read_fragment);
}

static void read_fragment(struct image *i) {
    struct dicom_state *s = state_of(i);
    uint32_t tag = number_at(i, 0, 2) << 16 | number_at(i, 2, 2), n = number_at(i, 4, 4);
    if (tag == ITEM && n >= MARK) {
        s->left = n - MARK;
        image_gather(i, 0, MARK, read_mark);
    } else if (tag == ITEM) {
        image_run_open(i, IMAGE_PIXELS, n, ELEMENT, read_fragment);
    } else {
        image_run(i, s->is_file ? IMAGE_CHILD : IMAGE_PIXELS, 0, tag == SEQUENCE_END ? ELEMENT : 0,
                  tag == SEQUENCE_END ? read_element : image_lost);
        s->is_file = false;
    }
}

/* --- Values --- */

static void keep_name(struct image *i, struct bytes text) {
    bool make = state_of(i)->tag == MAKER;
    text = bytes_trim(bytes_until(text, '\0'));
    memcpy(make ? i->facts.make : i->facts.model, text.p, text.n);
    *(make ? &i->facts.make_n : &i->facts.model_n) = (uint8_t)text.n;
}

static void read_value(struct image *i) {
    struct dicom_state *s = state_of(i);
    struct bytes text = bytes_of(i->header, i->have);
    uint64_t frames = 0;
    uint16_t number = (uint16_t)number_at(i, 0, 2);
    if (s->tag == TRANSFER_SYNTAX)
        s->big = bytes_equal(bytes_until(text, '\0'), bytes_text("1.2.840.10008.1.2.2"));
    else if (s->tag == MAKER || s->tag == MODEL)
        keep_name(i, text);
    else if (s->tag == FRAMES && bytes_number(bytes_trim(bytes_until(text, '\0')), &frames))
        i->facts.frames = (uint32_t)frames;
    else if (s->tag == SAMPLES)
        s->samples = number;
    else if (s->tag == ROWS)
        s->rows = number;
    else if (s->tag == COLUMNS)
        s->columns = number;
    else if (s->tag == BITS)
        image_note_size(i, s->columns, s->rows, (uint32_t)number * s->samples);
    image_tell_header(i, IMAGE_METADATA, 0);
    image_run(i, IMAGE_METADATA, s->left, ELEMENT, read_element);
}

static bool is_kept(uint32_t tag) {
    static const uint32_t tags[] = {TRANSFER_SYNTAX, MAKER, MODEL, SAMPLES, FRAMES, ROWS, COLUMNS, BITS};
    for (size_t k = 0; k < sizeof tags / sizeof *tags; k++)
        if (tags[k] == tag)
            return true;
    return false;
}

static void enter_value(struct image *i, uint32_t n, bool sequence) {
    struct dicom_state *s = state_of(i);
    if (s->tag == PIXELS && n == endless)
        image_gather(i, 0, ELEMENT, read_fragment);
    else if (sequence || n == endless)
        enter_next(i); /* the elements in it come like others */
    else if (s->tag == PIXELS)
        image_run(i, IMAGE_PIXELS, n, ELEMENT, read_element);
    else if (is_kept(s->tag) && n >= 2) {
        uint8_t need = n < VALUE ? (uint8_t)n : VALUE;
        s->left = n - need;
        image_gather(i, 0, need, read_value);
    } else if (n <= TEXT_MAX)
        image_run(i, IMAGE_METADATA, n, ELEMENT, read_element);
    else
        image_run_unknown(i, n, enter_next);
}

/* --- Elements --- */

static bool is_letters(const uint8_t *p) {
    return p[0] >= 'A' && p[0] <= 'Z' && p[1] >= 'A' && p[1] <= 'Z';
}

/* What is none ends the file, if its pixels have come. */
static void end_elements(struct image *i) {
    if (state_of(i)->pixels) {
        image_tell_header(i, IMAGE_TRAILER, 0);
        image_end(i);
        return;
    }
    image_tell_header(i, IMAGE_METADATA, 0);
    image_lost(i);
}

static void read_element(struct image *i) {
    static const char wide[] = "OBOWOFODOLOVSQUTUNUCURSVUV";
    struct dicom_state *s = state_of(i);
    const uint8_t *kind = i->header + 4;
    bool first = image_u16le(i->header) == 2, big = s->big, long_length = false;
    s->big = big && !first;
    s->tag = number_at(i, 0, 2) << 16 | number_at(i, 2, 2);
    bool bare = s->tag >> 16 == 0xfffe, letters = is_letters(kind);
    if (!letters && !bare && !first && !s->pixels && image_u16le(i->header) == 8)
        s->implicit = true; /* the first element of all behind the first group */
    for (size_t k = 0; k + 1 < sizeof wide; k += 2)
        long_length |= memcmp(kind, wide + k, 2) == 0;
    if (bare || s->implicit) {
        uint32_t n = number_at(i, 4, 4);
        s->pixels |= s->tag == PIXELS;
        enter_value(i, n, bare);
    } else if (!letters) {
        end_elements(i);
    } else if (long_length && i->have == ELEMENT) {
        image_gather(i, ELEMENT, LONG_ELEMENT, read_element);
    } else {
        uint32_t n = long_length ? number_at(i, 8, 4) : number_at(i, 6, 2);
        s->pixels |= s->tag == PIXELS;
        enter_value(i, n, memcmp(kind, "SQ", 2) == 0);
    }
    s->big = big;
}

static void read_prefix(struct image *i) {
    if (memcmp(i->header, "DICM", MARK) == 0)
        enter_next(i);
    else
        image_lost(i);
}

static void read_start(struct image *i) {
    image_tell_header(i, IMAGE_METADATA, 0);
    image_run(i, IMAGE_METADATA, PREAMBLE - 1, MARK, read_prefix);
}

const struct image_format image_dicom = {.mimes = {"application/dicom"}, .need = 1, .read = read_start};
