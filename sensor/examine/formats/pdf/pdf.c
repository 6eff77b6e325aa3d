/* SPDX-License-Identifier: Apache-2.0 */
#include "examine/formats/pdf/pdf.h"

#include "base/hex.h"

#include <stdio.h>
#include <stdlib.h>

/* PDF documents: their text as one text, pictures and embedded files as files. */

enum { EMBEDDED_MAX = 1024, NAME_ROOM = 300, STRING_SHOWN_MAX = 4096 };

static bool matches_pdf(const struct file_type *type) {
    return bytes_equal(bytes_text(type->mime), bytes_text("application/pdf"));
}

/* A file that was embedded, by its stream, and what it is called. */
struct embedded {
    int id;
    char name[NAME_ROOM];
};

struct lists {
    struct embedded embedded[EMBEDDED_MAX];
    unsigned embedded_n;
};

/* --- First look: who says what of whom --- */

static void note_embedded(struct pdf *d, struct lists *l, qpdf_oh spec) {
    static const char *const kinds[] = {"/UF", "/F", "/DOS", "/Mac", "/Unix"};
    qpdf_oh files = qpdf_oh_get_key_if_dict(d->q, spec, "/EF");
    if (!qpdf_oh_is_dictionary(d->q, files) || l->embedded_n == EMBEDDED_MAX)
        return;
    struct embedded *e = &l->embedded[l->embedded_n];
    *e = (struct embedded){.id = 0};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        qpdf_oh stream = qpdf_oh_get_key(d->q, files, kinds[i]), name = qpdf_oh_get_key(d->q, spec, kinds[i]);
        if (!e->id && qpdf_oh_is_stream(d->q, stream))
            e->id = qpdf_oh_get_object_id(d->q, stream);
        if (!e->name[0] && qpdf_oh_is_string(d->q, name)) {
            const char *text = qpdf_oh_get_utf8_value(d->q, name);
            size_t n = text ? strlen(text) : 0;
            memcpy(e->name, text ? text : "", n < NAME_ROOM ? n : NAME_ROOM - 1);
        }
    }
    l->embedded_n += e->id != 0;
}

static void note_mask(struct pdf *d, qpdf_oh dict) {
    static const char *const kinds[] = {"/SMask", "/Mask"};
    for (size_t i = 0; i < 2 && d->masks_n < PDF_LISTED_MAX; i++) {
        qpdf_oh mask = qpdf_oh_get_key_if_dict(d->q, dict, kinds[i]);
        if (qpdf_oh_is_stream(d->q, mask))
            d->masks[d->masks_n++] = qpdf_oh_get_object_id(d->q, mask);
    }
}

/* What forms were filled in with, and remarks. */
static void show_value(struct pdf *d, qpdf_oh dict, const char *of, const char *key) {
    qpdf_oh v = qpdf_oh_get_key(d->q, dict, key);
    if (!qpdf_oh_has_key(d->q, dict, of) || !qpdf_oh_is_string(d->q, v))
        return;
    const char *text = qpdf_oh_get_utf8_value(d->q, v);
    if (!text || !*text)
        return;
    pdf_put_text(d, text, strnlen(text, STRING_SHOWN_MAX));
    pdf_put_text(d, "\n", 1);
}

static void look_at_object(struct pdf *d, struct lists *l, int id) {
    qpdf_oh o = qpdf_get_object_by_id(d->q, id, 0);
    if (qpdf_oh_is_stream(d->q, o)) {
        note_mask(d, qpdf_oh_get_dict(d->q, o));
        return;
    }
    if (!qpdf_oh_is_dictionary(d->q, o))
        return;
    note_embedded(d, l, o);
    show_value(d, o, "/FT", "/V");
    show_value(d, o, "/Subtype", "/Contents");
}

/* --- Second look: streams --- */

static const struct embedded *find_embedded(const struct lists *l, int id) {
    for (unsigned i = 0; i < l->embedded_n; i++)
        if (l->embedded[i].id == id)
            return &l->embedded[i];
    return NULL;
}

static void take_embedded(struct pdf *d, const char *name, qpdf_oh stream) {
    struct bytes fact[FACT_COUNT] = {{NULL, 0}};
    char room[NAME_ROOM];
    struct pdf_bytes b;
    if (!pdf_read_stream(d, stream, &b)) {
        examined_broken(d->examined);
        return;
    }
    fact[FACT_NAME] = examined_name(name, room, sizeof room);
    struct filter *child = examined_begin(d->examined, fact, b.n);
    if (child) {
        bool whole = b.n == 0 || examined_data(d->examined, child, b.p, b.n);
        filter_end(child, whole ? TRANSFER_DONE : TRANSFER_CUT);
    }
    free(b.p);
}

static void show_form(struct pdf *d, qpdf_oh stream, qpdf_oh dict) {
    struct pdf_bytes b;
    if (!pdf_read_stream(d, stream, &b))
        return;
    if (b.filter == PDF_PLAIN)
        pdf_show(d, bytes_of(b.p, b.n), qpdf_oh_get_key(d->q, dict, "/Resources"));
    free(b.p);
}

static void take_stream(struct pdf *d, const struct lists *l, int id) {
    qpdf_oh stream = qpdf_get_object_by_id(d->q, id, 0);
    if (!qpdf_oh_is_stream(d->q, stream))
        return;
    qpdf_oh dict = qpdf_oh_get_dict(d->q, stream);
    const struct embedded *e = find_embedded(l, id);
    if (e || pdf_is(d, dict, "/Type", "/EmbeddedFile"))
        take_embedded(d, e ? e->name : NULL, stream);
    else if (pdf_is(d, dict, "/Subtype", "/Image"))
        pdf_take_image(d, id, stream, dict);
    else if (pdf_is(d, dict, "/Subtype", "/Form"))
        show_form(d, stream, dict);
}

/* --- Pages --- */

/* Resources may be those of a page above (section 7.7.3.4). */
static qpdf_oh resources_of(struct pdf *d, qpdf_oh page) {
    enum { LEVELS_MAX = 32 };
    for (int level = 0; level < LEVELS_MAX && qpdf_oh_is_dictionary(d->q, page); level++) {
        if (qpdf_oh_has_key(d->q, page, "/Resources"))
            return qpdf_oh_get_key(d->q, page, "/Resources");
        page = qpdf_oh_get_key(d->q, page, "/Parent");
    }
    return qpdf_oh_new_null(d->q);
}

/* The parts of a page's content are one stream, cut between words (section 7.8.2). */
static void show_page(struct pdf *d, qpdf_oh page) {
    qpdf_oh contents = qpdf_oh_get_key(d->q, page, "/Contents");
    bool list = qpdf_oh_is_array(d->q, contents);
    int n = list ? qpdf_oh_get_array_n_items(d->q, contents) : 1;
    struct pdf_bytes all = {.p = NULL}, b;
    for (int i = 0; i < n && all.n < PDF_STREAM_MAX; i++) {
        qpdf_oh part = list ? qpdf_oh_get_array_item(d->q, contents, i) : contents;
        if (!qpdf_oh_is_stream(d->q, part) || !pdf_read_stream(d, part, &b))
            continue;
        uint8_t *more = realloc(all.p, all.n + b.n + 1);
        if (more) {
            all.p = more;
            memcpy(all.p + all.n, b.p, b.n);
            all.n += b.n;
            all.p[all.n++] = '\n';
        }
        free(b.p);
    }
    if (all.p)
        pdf_show(d, bytes_of(all.p, all.n), resources_of(d, page));
    free(all.p);
}

static void show_pages(struct pdf *d) {
    int pages = qpdf_get_num_pages(d->q);
    for (int i = 0; i < pages && !d->examined->over; i++) {
        show_page(d, qpdf_get_page_n(d->q, (size_t)i));
        qpdf_oh_release_all(d->q);
    }
}

/* --- The document --- */

static void look_at_objects(struct pdf *d) {
    struct lists *l = calloc(1, sizeof *l);
    int64_t size = pdf_number(d, qpdf_get_trailer(d->q), "/Size", 0);
    int64_t most = (int64_t)d->examined->image.n < PDF_OBJECTS_MAX - PDF_OBJECTS_LEAST
                       ? (int64_t)d->examined->image.n + PDF_OBJECTS_LEAST
                       : PDF_OBJECTS_MAX; /* each takes an octet or more */
    d->objects = (int)(size < most ? size : most);
    for (int id = 1; l && id <= d->objects; id++) {
        look_at_object(d, l, id);
        qpdf_oh_release_all(d->q);
    }
    show_pages(d);
    for (int id = 1; l && id <= d->objects && !d->examined->over; id++) {
        take_stream(d, l, id);
        qpdf_oh_release_all(d->q);
    }
    if (size > PDF_OBJECTS_MAX)
        examined_broken(d->examined);
    free(l);
}

/* Errors are told by ourselves; one that nobody has asked for libqpdf would print. */
static void close_document(struct pdf *d) {
    while (qpdf_more_warnings(d->q))
        qpdf_next_warning(d->q);
    if (qpdf_has_error(d->q))
        qpdf_get_error(d->q);
    qpdf_cleanup(&d->q);
}

static bool open_document(struct pdf *d, struct bytes image) {
    d->q = qpdf_init();
    qpdf_silence_errors(d->q);
    qpdf_set_suppress_warnings(d->q, QPDF_TRUE);
    if (!(qpdf_read_memory(d->q, "", (const char *)image.p, image.n, "") & QPDF_ERRORS))
        return true;
    d->sealed = qpdf_has_error(d->q) && qpdf_get_error_code(d->q, qpdf_get_error(d->q)) == qpdf_e_password;
    close_document(d);
    return false;
}

/* One that was cut has no trailer, without which libqpdf looks for no object: it is given one. */
static uint8_t *mend_document(struct bytes image, size_t *n) {
    enum { AHEAD = 256, ROOM = 128 };
    uint64_t most = 0, root = 1, id;
    for (const uint8_t *p = image.p, *end = p + image.n; (p = memmem(p, (size_t)(end - p), " 0 obj", 6));
         p += 6) {
        const uint8_t *digits = p;
        while (digits > image.p && digits[-1] >= '0' && digits[-1] <= '9' && p - digits < 9)
            digits--;
        if (!bytes_number(bytes_of(digits, (size_t)(p - digits)), &id))
            continue;
        size_t ahead = (size_t)(end - p) < AHEAD ? (size_t)(end - p) : AHEAD;
        most = id > most ? id : most;
        if (memmem(p, ahead, "/Catalog", 8))
            root = id;
    }
    uint8_t *mended = most ? malloc(image.n + ROOM) : NULL;
    if (!mended)
        return NULL;
    memcpy(mended, image.p, image.n);
    *n = image.n +
         (size_t)snprintf((char *)mended + image.n, ROOM,
                          "\nendobj\ntrailer << /Size %llu /Root %llu 0 R >>\nstartxref\n0\n%%%%EOF\n",
                          (unsigned long long)most + 1, (unsigned long long)root);
    return mended;
}

static void take_document(struct pdf *d) {
    look_at_objects(d);
    pdf_flush_text(d);
    if (d->text)
        filter_end(d->text, d->examined->over ? TRANSFER_CUT : TRANSFER_DONE);
    pdf_fonts_free(d);
    close_document(d);
}

/* What has no object at all is none, and broken is nothing of it. */
static void take_mended(struct pdf *d) {
    size_t n;
    uint8_t *mended = d->sealed ? NULL : mend_document(d->examined->image, &n);
    if (mended && open_document(d, bytes_of(mended, n)))
        take_document(d);
    if (d->sealed || d->examined->begun > 0)
        examined_broken(d->examined);
    free(mended);
}

static void examine_a_document(struct examined *x) {
    struct pdf *d = calloc(1, sizeof *d);
    if (!d) {
        examined_broken(x);
        return;
    }
    d->examined = x;
    d->left = x->output;
    if (open_document(d, x->image))
        take_document(d);
    else
        take_mended(d);
    free(d);
}

/* A sign of a name may stand as "#" and two digits (section 7.3.5). */
static bool is_called(struct bytes name, const char *text) {
    for (; *text; text++) {
        bool escaped = name.n > 2 && name.p[0] == '#';
        int sign = name.n == 0 ? -1 : escaped ? hex_value(name.p[1]) * 16 | hex_value(name.p[2]) : name.p[0];
        if (sign != *text)
            return false;
        name = bytes_of(name.p + (escaped ? 3 : 1), name.n - (escaped ? 3 : 1));
    }
    return true;
}

static bool names_encryption(struct bytes image) {
    const uint8_t *slash;
    while (image.n > 0 && (slash = memchr(image.p, '/', image.n))) {
        image = bytes_of(slash + 1, image.n - (size_t)(slash + 1 - image.p));
        if (is_called(image, "Encrypt"))
            return true;
    }
    return false;
}

/* The key of an encrypted one, though no password is needed for it, is made in a hundred rounds and more of
 * ciphers and digests (ISO 32000-2 section 7.6.4). */
static size_t price_of_document(struct bytes image) {
    return names_encryption(image) ? ALLOWANCE_UNLOCKED : ALLOWANCE_EXAMINED;
}

const struct examine_format examine_pdf = {
    .name = "pdf", .matches = matches_pdf, .examine = examine_a_document, .price = price_of_document};
