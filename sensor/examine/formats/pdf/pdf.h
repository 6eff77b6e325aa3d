/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_EXAMINE_PDF_H
#define GANTRY_EXAMINE_PDF_H

#include "examine/examine.h"

#include <qpdf/qpdf-c.h>

/* One document (ISO 32000-1). libqpdf finds its objects, also where its table of them is damaged, and undoes
 * encryption that asks for no password; what its streams hold is undone here, bounded. */

enum {
    PDF_OBJECTS_MAX = 1 << 20,
    PDF_OBJECTS_LEAST = 1 << 10,
    PDF_STREAM_MAX = 64 << 20, /* octets of a stream, undone */
    PDF_FONTS_MAX = 64,
    PDF_LISTED_MAX = 4096,
    PDF_TEXT_ROOM = 4096,
};

struct pdf_font; /* pdf_font.c */

struct pdf {
    struct examined *examined;
    qpdf_data q;
    int objects;
    bool sealed;         /* it asks for a password */
    uint64_t left;       /* octets that may still be undone, or work that is worth as much */
    bool spent;          /* more was asked for */
    struct filter *text; /* the child that takes all text; NULL: none yet */
    char room[PDF_TEXT_ROOM];
    size_t room_n; /* of text that it has not taken yet */
    struct {
        int id; /* of the font's object */
        struct pdf_font *font;
    } font[PDF_FONTS_MAX];
    unsigned fonts;
    int masks[PDF_LISTED_MAX]; /* ids of pictures that are others' transparency */
    unsigned masks_n;
};

/* --- pdf_stream.c --- */

enum pdf_filter { PDF_PLAIN, PDF_JPEG, PDF_JPEG2000, PDF_FAX, PDF_JBIG2, PDF_OTHER };
/* What a stream holds once all is undone but a picture's own coding, which is the filter that is left; freed
 * by the caller. False: it is broken, or too large. */
struct pdf_bytes {
    uint8_t *p;
    size_t n;
    enum pdf_filter filter;
};
bool pdf_read_stream(struct pdf *d, qpdf_oh stream, struct pdf_bytes *out);
/* False: so much is not left, which is told. Streams are shown and fonts read by whatever refers to them, so
 * that a document's size does not bound what that takes. */
bool pdf_spend(struct pdf *d, uint64_t n);
int64_t pdf_number(struct pdf *d, qpdf_oh dict, const char *key, int64_t preset);
/* The value is this name. */
bool pdf_is(struct pdf *d, qpdf_oh dict, const char *key, const char *name);

/* --- pdf_image.c --- */
void pdf_take_image(struct pdf *d, int id, qpdf_oh stream, qpdf_oh dict);

/* --- pdf_font.c --- */
/* Of this object; NULL: no memory. Lives as long as the document. */
const struct pdf_font *pdf_font_of(struct pdf *d, qpdf_oh font);
void pdf_fonts_free(struct pdf *d);
/* The next code of a shown string: what it stands for, in UTF-8, and its width in thousandths of the size.
 * Returns the octets of the code, never 0. */
struct pdf_glyph {
    char text[16];
    size_t n;
    double width;
    bool blank;
};
size_t pdf_font_next(const struct pdf_font *f, struct bytes string, struct pdf_glyph *out);

/* --- pdf_text.c --- */
/* What a content stream shows, in lines as they stand on the page; `resources`: its dictionary of them. */
void pdf_show(struct pdf *d, struct bytes content, qpdf_oh resources);
void pdf_put_text(struct pdf *d, const char *text, size_t n);
void pdf_flush_text(struct pdf *d);

#endif
