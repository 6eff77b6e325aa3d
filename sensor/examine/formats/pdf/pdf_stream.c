/* SPDX-License-Identifier: Apache-2.0 */
#include "examine/formats/pdf/pdf.h"

#include <stdlib.h>
#include <zlib.h>

/* Streams (ISO 32000-1 section 7.4): deflate with the predictors of PNG is undone here, since libqpdf knows
 * no bound for what comes out; the rest by libqpdf, where little goes in. */

enum { FILTERS_MAX = 4, OTHER_MOST = 1 << 20 };

int64_t pdf_number(struct pdf *d, qpdf_oh dict, const char *key, int64_t preset) {
    qpdf_oh v = qpdf_oh_get_key_if_dict(d->q, dict, key);
    return qpdf_oh_is_integer(d->q, v) ? qpdf_oh_get_int_value(d->q, v) : preset;
}

bool pdf_is(struct pdf *d, qpdf_oh dict, const char *key, const char *name) {
    return qpdf_oh_is_name_and_equals(d->q, qpdf_oh_get_key_if_dict(d->q, dict, key), name);
}

static const struct {
    const char *name;
    enum pdf_filter filter;
} names[] = {
    {"/DCTDecode", PDF_JPEG},     {"/DCT", PDF_JPEG}, {"/JPXDecode", PDF_JPEG2000},
    {"/CCITTFaxDecode", PDF_FAX}, {"/CCF", PDF_FAX},  {"/JBIG2Decode", PDF_JBIG2},
};

struct steps {
    unsigned deflated; /* times */
    bool known;        /* nothing but deflate, and at the end a picture's coding */
    enum pdf_filter last;
    int64_t predictor, colors, bits, columns;
};

static void add_step(struct pdf *d, struct steps *s, qpdf_oh filter, qpdf_oh parameters) {
    if (s->last != PDF_PLAIN)
        s->known = false; /* something stands behind a picture's coding */
    if (qpdf_oh_is_name_and_equals(d->q, filter, "/FlateDecode") ||
        qpdf_oh_is_name_and_equals(d->q, filter, "/Fl")) {
        s->deflated++;
        s->predictor = pdf_number(d, parameters, "/Predictor", 1);
        s->colors = pdf_number(d, parameters, "/Colors", 1);
        s->bits = pdf_number(d, parameters, "/BitsPerComponent", 8);
        s->columns = pdf_number(d, parameters, "/Columns", 1);
        return;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (qpdf_oh_is_name_and_equals(d->q, filter, names[i].name)) {
            s->last = names[i].filter;
            return;
        }
    s->known = false;
}

static struct steps steps_of(struct pdf *d, qpdf_oh dict) {
    struct steps s = {.known = true, .last = PDF_PLAIN, .predictor = 1};
    qpdf_oh filter = qpdf_oh_get_key(d->q, dict, "/Filter"),
            parameters = qpdf_oh_get_key(d->q, dict, "/DecodeParms");
    if (qpdf_oh_is_name(d->q, filter))
        add_step(d, &s, filter, parameters);
    int n = qpdf_oh_is_array(d->q, filter) ? qpdf_oh_get_array_n_items(d->q, filter) : 0;
    for (int i = 0; i < n && i < FILTERS_MAX; i++)
        add_step(d, &s, qpdf_oh_get_array_item(d->q, filter, i),
                 qpdf_oh_is_array(d->q, parameters) ? qpdf_oh_get_array_item(d->q, parameters, i)
                                                    : parameters);
    s.known &= n <= FILTERS_MAX && s.deflated <= 2;
    return s;
}

/* --- Deflate --- */

static bool grow_room(uint8_t **p, size_t *room) {
    size_t wanted = *room ? *room * 4 : 1 << 16;
    uint8_t *more =
        *room < PDF_STREAM_MAX ? realloc(*p, wanted < PDF_STREAM_MAX ? wanted : PDF_STREAM_MAX) : NULL;
    if (!more)
        return false;
    *p = more;
    *room = wanted < PDF_STREAM_MAX ? wanted : PDF_STREAM_MAX;
    return true;
}

bool pdf_spend(struct pdf *d, uint64_t n) {
    if (n <= d->left) {
        d->left -= n;
        return true;
    }
    if (!d->spent)
        examined_broken(d->examined);
    d->spent = true;
    d->left = 0;
    return false;
}

/* What came before it breaks counts, as readers show it. */
static bool inflate_bytes(struct pdf *d, struct pdf_bytes *b) {
    z_stream z = {.next_in = b->p, .avail_in = (uInt)b->n};
    uint8_t *out = NULL;
    size_t room = 0;
    int status = inflateInit(&z);
    bool fits = status == Z_OK;
    while (status == Z_OK && fits) {
        fits = z.total_out < room || grow_room(&out, &room);
        z.next_out = out + z.total_out;
        z.avail_out = fits ? (uInt)(room - z.total_out) : 0;
        if (fits)
            status = inflate(&z, Z_NO_FLUSH);
    }
    free(b->p);
    b->p = out;
    b->n = z.total_out;
    inflateEnd(&z);
    return fits && pdf_spend(d, b->n) && (status == Z_STREAM_END || b->n > 0);
}

static uint8_t predict_paeth(int a, int b, int c) {
    int p = a + b - c, pa = abs(p - a), pb = abs(p - b), pc = abs(p - c);
    return (uint8_t)(pa <= pb && pa <= pc ? a : pb <= pc ? b : c);
}

/* PNG's filters (ISO/IEC 15948 section 9), a line's kind before it. */
static void undo_predictor(struct pdf_bytes *b, const struct steps *s) {
    if (s->predictor < 10 || s->colors < 1 || s->colors > 32 || s->bits < 1 || s->bits > 16 ||
        s->columns < 1 || s->columns > 1 << 24)
        return;
    int64_t pixel = (s->colors * s->bits + 7) / 8, line = (s->colors * s->bits * s->columns + 7) / 8;
    size_t out = 0, n = (size_t)line, bpp = (size_t)pixel;
    for (size_t at = 0; at + 1 < b->n; at += n + 1) {
        uint8_t kind = b->p[at], *to = b->p + out;
        size_t have = b->n - at - 1 < n ? b->n - at - 1 : n;
        const uint8_t *from = b->p + at + 1, *above = out ? to - n : NULL;
        for (size_t i = 0; i < have; i++) {
            int left = i >= bpp ? to[i - bpp] : 0, up = above ? above[i] : 0,
                corner = above && i >= bpp ? above[i - bpp] : 0;
            int add = kind == 1   ? left
                      : kind == 2 ? up
                      : kind == 3 ? (left + up) / 2
                      : kind == 4 ? predict_paeth(left, up, corner)
                                  : 0;
            to[i] = (uint8_t)(from[i] + add);
        }
        out += have;
    }
    b->n = out;
}

/* --- All --- */

static bool read_bytes(struct pdf *d, qpdf_oh stream, enum qpdf_stream_decode_level_e level,
                       struct pdf_bytes *out) {
    QPDF_BOOL filtered = QPDF_FALSE;
    unsigned char *p = NULL;
    size_t n = 0;
    QPDF_ERROR_CODE e = qpdf_oh_get_stream_data(d->q, stream, level, &filtered, &p, &n);
    *out = (struct pdf_bytes){
        .p = p, .n = n, .filter = level == qpdf_dl_none || filtered ? PDF_PLAIN : PDF_OTHER};
    if (!(e & QPDF_ERRORS) && p)
        return true;
    free(p);
    *out = (struct pdf_bytes){.p = NULL};
    return false;
}

/* How much it is, libqpdf tells only afterwards. */
static bool read_paid(struct pdf *d, qpdf_oh stream, enum qpdf_stream_decode_level_e level,
                      struct pdf_bytes *out) {
    if (!read_bytes(d, stream, level, out))
        return false;
    if (pdf_spend(d, out->n))
        return true;
    free(out->p);
    out->p = NULL;
    return false;
}

static bool read_other(struct pdf *d, qpdf_oh stream, struct pdf_bytes *out) {
    bool little = out->n <= OTHER_MOST;
    free(out->p);
    out->p = NULL;
    return little && read_paid(d, stream, qpdf_dl_generalized, out);
}

bool pdf_read_stream(struct pdf *d, qpdf_oh stream, struct pdf_bytes *out) {
    enum { READING = 1024 }; /* to find it, and what undoes it */
    struct steps s = steps_of(d, qpdf_oh_get_dict(d->q, stream));
    *out = (struct pdf_bytes){.p = NULL};
    if (!pdf_spend(d, READING) || !read_paid(d, stream, qpdf_dl_none, out))
        return false;
    if (!s.known)
        return read_other(d, stream, out);
    for (unsigned i = 0; i < s.deflated; i++)
        if (!inflate_bytes(d, out)) {
            free(out->p);
            out->p = NULL;
            return false;
        }
    undo_predictor(out, &s);
    out->filter = s.last;
    return true;
}
