/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/unpack.h"

#include "base/base64.h"
#include "base/counter.h"
#include "base/pool.h"
#include "mime/mime.h"

/* Files that stand in a text as uuencode (IEEE Std 1003.1, also with base64) or yEnc writes them, from the
 * line that begins one to the line that ends it: each is a child, of which the coding undoes the rest. What
 * begins as such a line and is not followed by one of data is text. */

enum {
    LINE_MAX_BYTES = 256,
    NAME_ROOM = 256,
    KEPT_MAX = 512, /* a file of fewer encoded bytes is paid for */
};

static const struct form {
    const char *begin, *end, *coding;
} forms[] = {
    {"begin ", "end", "x-uuencode"},
    {"begin-base64 ", "====", "base64"},
    {"=ybegin ", "=yend", "yenc"},
};
enum { FORMS = sizeof forms / sizeof *forms, UUENCODE = 0, BASE64, YENC };

struct encoded {
    struct filter filter;
    struct pool *pool;
    struct unpack *unpack;
    struct filter *file;                   /* NULL: none, or it is left out or waits */
    const struct form *form;               /* in which a file is being written, or may be */
    enum { AT_LINE, AT_TEXT, AT_LONG } at; /* in a line: kept, of no use, or too long to be kept */
    bool inside;                           /* behind the line that begins a file and a line of data */
    bool waits;                            /* the file is not worth an object yet */
    uint16_t line_n, begin_n, kept_n;
    uint8_t begin[LINE_MAX_BYTES]; /* the line that begins it, with its end */
    uint8_t line[LINE_MAX_BYTES];
    uint8_t kept[KEPT_MAX];
};

/* --- Lines --- */

static struct bytes present_line(const struct encoded *e) {
    struct bytes line = bytes_of(e->line, e->line_n);
    while (line.n > 0 && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
        line.n--;
    return line;
}

static bool starts_with(struct bytes line, const char *text) {
    size_t n = strlen(text);
    return line.n >= n && memcmp(line.p, text, n) == 0;
}

/* "644 name": three or four digits of a mode. */
static bool has_mode(struct bytes rest) {
    size_t n = 0;
    while (n < rest.n && rest.p[n] >= '0' && rest.p[n] <= '7')
        n++;
    return (n == 3 || n == 4) && n + 1 < rest.n && rest.p[n] == ' ';
}

static const struct form *find_form(struct bytes line) {
    for (size_t i = 0; i < FORMS; i++) {
        size_t n = strlen(forms[i].begin);
        if (starts_with(line, forms[i].begin) && (i == YENC || has_mode(bytes_of(line.p + n, line.n - n))))
            return &forms[i];
    }
    return NULL;
}

/* A line of uuencode holds as many characters as its first one says, one or two more where a checksum is
 * added; of the later ones transport may have taken blanks off. */
static bool is_uuencode(struct bytes line, bool first) {
    size_t bytes = line.n > 0 ? (size_t)(line.p[0] - ' ') & 63 : 0, text = line.n > 0 ? line.n - 1 : 0;
    for (size_t i = 0; i < line.n; i++)
        if (line.p[i] < ' ' || line.p[i] > '`')
            return false;
    return text <= (bytes + 2) / 3 * 4 + 2 && (!first || (bytes > 0 && text >= (bytes * 4 + 2) / 3));
}

static bool is_base64(struct bytes line, bool first) {
    size_t n = line.n;
    while (n > 0 && line.p[n - 1] == '=')
        n--;
    for (size_t i = 0; i < n; i++)
        if (base64_value(line.p[i]) < 0)
            return false;
    return line.n % 4 == 0 && (n > 0 || !first);
}

static bool is_data(const struct encoded *e, bool first) {
    struct bytes line = present_line(e);
    size_t form = (size_t)(e->form - forms);
    return form == YENC || (form == BASE64 ? is_base64(line, first) : is_uuencode(line, first));
}

/* --- Files --- */

/* What stands behind the mode, or behind "name=". */
static struct bytes name_file(const struct encoded *e, char *out, size_t size) {
    struct bytes line = bytes_trim(bytes_of(e->begin, e->begin_n));
    bool yenc = e->form == &forms[YENC];
    const char *mark = yenc ? " name=" : " ";
    size_t skip = yenc ? 0 : strlen(e->form->begin);
    const uint8_t *at = memmem(line.p + skip, line.n - skip, mark, strlen(mark));
    if (!at)
        return bytes_of(NULL, 0);
    at += strlen(mark);
    return mime_file_name(bytes_of(at, (size_t)(line.p + line.n - at)), false, out, size);
}

static void open_file(struct encoded *e) {
    char name[NAME_ROOM];
    struct bytes fact[FACT_COUNT] = {{NULL, 0}};
    fact[FACT_NAME] = name_file(e, name, sizeof name);
    const struct unpack_child child = {
        .fact = fact, .codings = bytes_text(e->form->coding), .total = LENGTH_UNKNOWN};
    e->waits = false;
    e->file = unpack_begin(e->unpack, &child);
    counter_one(COUNTER_ENCODED_FILES);
    if (e->file && e->form != &forms[BASE64])
        filter_data(e->file, e->begin, e->begin_n);
    if (e->file && e->kept_n > 0)
        filter_data(e->file, e->kept, e->kept_n);
}

static void feed_file(struct encoded *e, const uint8_t *p, size_t n) {
    if (e->waits && n <= (size_t)(KEPT_MAX - e->kept_n)) {
        memcpy(e->kept + e->kept_n, p, n);
        e->kept_n = (uint16_t)(e->kept_n + n);
        return;
    }
    if (e->waits)
        open_file(e);
    if (e->file)
        filter_data(e->file, p, n);
}

static void begin_file(struct encoded *e) {
    e->inside = true;
    e->kept_n = 0;
    e->waits = !unpack_pays(e->unpack);
    if (!e->waits)
        open_file(e);
}

/* One that its hosts did not pay for is still text of the object, and nothing more. */
static void end_file(struct encoded *e, enum transfer_end how) {
    if (e->waits) {
        counter_one(COUNTER_ENCODED_SMALL);
        unpack_bounded(e->unpack);
    }
    if (e->file)
        filter_end(e->file, how);
    e->file = NULL;
    e->form = NULL;
    e->inside = e->waits = false;
}

/* --- The text, a line at a time --- */

static void keep_begin(struct encoded *e) {
    e->form = find_form(present_line(e));
    if (!e->form)
        return;
    memcpy(e->begin, e->line, e->line_n);
    e->begin_n = e->line_n;
}

/* A line that is whole, with its end, in `line`. */
static void take_line(struct encoded *e) {
    bool ends = e->inside && starts_with(present_line(e), e->form->end);
    if (e->form && (ends || is_data(e, !e->inside))) {
        if (!e->inside)
            begin_file(e);
        if (!ends || e->form != &forms[BASE64])
            feed_file(e, e->line, e->line_n);
        if (ends)
            end_file(e, TRANSFER_DONE);
    } else {
        end_file(e, TRANSFER_CUT);
        keep_begin(e);
    }
}

/* Does a line need to be kept that begins with this byte? */
static bool is_of_use(const struct encoded *e, uint8_t first) {
    return e->form || first == 'b' || first == '=';
}

/* A line is longer than those of uuencode: of yEnc it is, else the file is over. */
static void begin_long(struct encoded *e) {
    bool yenc = e->form == &forms[YENC];
    if (yenc && !e->inside)
        begin_file(e);
    if (yenc)
        feed_file(e, e->line, e->line_n);
    else
        end_file(e, TRANSFER_CUT);
    e->at = yenc ? AT_LONG : AT_TEXT;
    e->line_n = 0;
}

static void store_line(struct encoded *e, const uint8_t *p, size_t n, bool whole) {
    size_t room = (size_t)(LINE_MAX_BYTES - e->line_n), take = n < room ? n : room;
    memcpy(e->line + e->line_n, p, take);
    e->line_n = (uint16_t)(e->line_n + take);
    if (take < n) {
        begin_long(e);
        if (e->at == AT_LONG)
            feed_file(e, p + take, n - take);
    } else if (whole) {
        take_line(e);
        e->line_n = 0;
    }
}

static void encoded_data(struct filter *f, const uint8_t *p, size_t n) {
    struct encoded *e = (struct encoded *)f;
    for (size_t take; n > 0; p += take, n -= take) {
        const uint8_t *lf = memchr(p, '\n', n);
        take = lf ? (size_t)(lf - p) + 1 : n;
        if (e->at == AT_LINE && e->line_n == 0 && !is_of_use(e, *p))
            e->at = AT_TEXT;
        if (e->at == AT_LINE)
            store_line(e, p, take, lf != NULL);
        else if (e->at == AT_LONG)
            feed_file(e, p, take);
        if (lf)
            e->at = AT_LINE;
    }
}

/* What is missing may be the end of the file, but most often it is not. */
static void encoded_gap(struct filter *f, uint64_t n) {
    struct encoded *e = (struct encoded *)f;
    if (e->waits)
        open_file(e);
    if (e->file)
        filter_gap(e->file, n);
    if (!e->inside)
        e->form = NULL;
    e->line_n = 0;
    e->at = e->form == &forms[YENC] ? AT_LONG : AT_TEXT;
}

static void encoded_end(struct filter *f, enum transfer_end how) {
    struct encoded *e = (struct encoded *)f;
    if (e->line_n > 0 && e->form)
        take_line(e);
    end_file(e, TRANSFER_CUT);
    pool_give(e->pool, e);
}

static void encoded_bounded(struct filter *f) {
    struct encoded *e = (struct encoded *)f;
    if (e->file)
        filter_bounded(e->file);
}

static const struct filter_ops encoded_ops = {
    .data = encoded_data, .gap = encoded_gap, .end = encoded_end, .bounded = encoded_bounded};

/* --- Life --- */

/* Texts; and what is declared as text, as yEnc has any byte. */
static bool matches_text(const struct file_type *type, struct bytes declared) {
    return type->kind == KIND_TEXT || (type->kind == KIND_BINARY && bytes_starts_nocase(declared, "text/"));
}

static struct filter *create_encoded(struct unpack *u) {
    struct encoded *e = pool_take(unpack_state(u));
    if (!e) {
        counter_one(COUNTER_ENCODED_SHED);
        return NULL;
    }
    memset(e, 0, offsetof(struct encoded, begin)); /* the rooms behind are written before they are read */
    e->filter.ops = &encoded_ops;
    e->pool = unpack_state(u);
    e->unpack = u;
    return &e->filter;
}

static void *start_encoded(size_t objects) {
    return unpack_start_pool(sizeof(struct encoded), objects);
}

const struct unpacker unpacker_encoded = {
    .name = "encoded",
    .kind = UNPACK_TEXT,
    .matches = matches_text,
    .create = create_encoded,
    .start = start_encoded,
    .stop = unpack_stop_pool,
};
