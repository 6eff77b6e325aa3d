/* SPDX-License-Identifier: Apache-2.0 */
#include "examine/formats/pdf/pdf.h"

#include <stdio.h>
#include <stdlib.h>

/* Pictures. What is a JPEG or JPEG 2000 file within the document is that file; a fax is given the head of a
 * TIFF file, and bare pixels that of a Netpbm picture, so that they are known for what they are. */

static void give_image(struct pdf *d, int id, const char *end, struct bytes head, struct bytes body) {
    struct bytes fact[FACT_COUNT] = {{NULL, 0}};
    char name[64];
    snprintf(name, sizeof name, "image-%d.%s", id, end);
    fact[FACT_NAME] = bytes_text(name);
    struct filter *child =
        head.n ? examined_text(d->examined, fact) : examined_begin(d->examined, fact, body.n);
    if (!child)
        return;
    bool whole = (head.n == 0 || examined_data(d->examined, child, head.p, head.n)) &&
                 (body.n == 0 || examined_data(d->examined, child, body.p, body.n));
    filter_end(child, whole ? TRANSFER_DONE : TRANSFER_CUT);
}

static size_t put_entry(uint8_t *to, uint16_t tag, uint32_t value) {
    const uint8_t entry[12] = {(uint8_t)tag,
                               (uint8_t)(tag >> 8),
                               4,
                               0,
                               1,
                               0,
                               0,
                               0,
                               (uint8_t)value,
                               (uint8_t)(value >> 8),
                               (uint8_t)(value >> 16),
                               (uint8_t)(value >> 24)};
    memcpy(to, entry, sizeof entry);
    return sizeof entry;
}

/* TIFF 6.0, sections 2 and 11: one strip, fax of group 3 or 4. */
static void give_fax(struct pdf *d, int id, qpdf_oh dict, struct bytes body, int64_t width, int64_t height) {
    enum { ENTRIES = 8, HEAD = 8 + 2 + ENTRIES * 12 + 4 };
    qpdf_oh p = qpdf_oh_get_key(d->q, dict, "/DecodeParms");
    if (qpdf_oh_is_array(d->q, p))
        p = qpdf_oh_get_array_item(d->q, p, qpdf_oh_get_array_n_items(d->q, p) - 1);
    uint8_t head[HEAD] = {'I', 'I', 42, 0, 8, 0, 0, 0, ENTRIES, 0};
    bool four = pdf_number(d, p, "/K", 0) < 0;
    size_t at = 10;
    at += put_entry(head + at, 256, (uint32_t)pdf_number(d, p, "/Columns", width));
    at += put_entry(head + at, 257, (uint32_t)height);
    at += put_entry(head + at, 258, 1);
    at += put_entry(head + at, 259, four ? 4 : 3);
    at += put_entry(head + at, 262, 0);
    at += put_entry(head + at, 273, HEAD);
    at += put_entry(head + at, 278, (uint32_t)height);
    put_entry(head + at, 279, (uint32_t)body.n);
    give_image(d, id, "tif", bytes_of(head, sizeof head), body);
}

/* Fewer pixels without a file of their own are drawings: logos, rules, signs of a font. */
enum { PIXELS_MIN = 320 * 240 };

static void give_pixels(struct pdf *d, int id, struct pdf_bytes *b, int64_t width, int64_t height) {
    char head[64];
    uint64_t line = (uint64_t)(width + 7) / 8, all = (uint64_t)width * (uint64_t)height;
    const char *kind = b->n >= 3 * all                   ? "P6"
                       : b->n >= all                     ? "P5"
                       : b->n >= line * (uint64_t)height ? "P4"
                                                         : NULL;
    if (!kind || b->n == 0 || all < PIXELS_MIN)
        return;
    bool bits = kind[1] == '4';
    for (size_t i = 0; bits && i < b->n; i++)
        b->p[i] ^= 0xff; /* white is 1 there, and 0 here */
    int n = snprintf(head, sizeof head, "%s\n%lld %lld\n%s", kind, (long long)width, (long long)height,
                     bits ? "" : "255\n");
    give_image(d, id,
               bits             ? "pbm"
               : kind[1] == '5' ? "pgm"
                                : "ppm",
               bytes_of(head, (size_t)n), bytes_of(b->p, b->n));
}

static bool is_mask(const struct pdf *d, int id) {
    for (unsigned i = 0; i < d->masks_n; i++)
        if (d->masks[i] == id)
            return true;
    return false;
}

void pdf_take_image(struct pdf *d, int id, qpdf_oh stream, qpdf_oh dict) {
    int64_t width = pdf_number(d, dict, "/Width", 0), height = pdf_number(d, dict, "/Height", 0);
    struct pdf_bytes b;
    if (is_mask(d, id) || width < 1 || height < 1 || width > 1 << 20 || height > 1 << 20)
        return;
    if (!pdf_read_stream(d, stream, &b)) {
        examined_broken(d->examined);
        return;
    }
    struct bytes none = bytes_of(NULL, 0), body = bytes_of(b.p, b.n);
    switch (b.filter) {
    case PDF_JPEG:
        give_image(d, id, "jpg", none, body);
        break;
    case PDF_JPEG2000:
        give_image(d, id, "jp2", none, body);
        break;
    case PDF_JBIG2:
        give_image(d, id, "jb2", none, body);
        break;
    case PDF_FAX:
        give_fax(d, id, dict, body, width, height);
        break;
    default:
        give_pixels(d, id, &b, width, height);
    }
    free(b.p);
}
