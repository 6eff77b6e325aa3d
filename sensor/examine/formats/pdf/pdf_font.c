/* SPDX-License-Identifier: Apache-2.0 */
#include "examine/formats/pdf/pdf.h"

#include "base/utf8.h"

#include <stdlib.h>

/* Fonts, as far as text needs them (ISO 32000-1 section 9): how many octets a code has, what it stands for
 * (ToUnicode, section 9.10.3; without it what Latin-1 has), and how wide it is. */

enum { RANGES_MAX = 1 << 16, WIDTHS_MAX = 1 << 16, PRESET_WIDTH = 500 };

/* What a font and a width of it cost beside the octets of its map (pdf_spend()): few octets of a page ask for
 * them. */
enum { A_FONT = 8 << 10, AN_ITEM = 16 };

struct range {
    uint32_t from, to, unicode;
    uint32_t more[2]; /* of one code that stands for several: what follows; 0: nothing */
};

struct pdf_font {
    bool wide; /* codes of two octets */
    bool mapped;
    struct range *range; /* by `from` */
    size_t ranges, room;
    uint16_t *width; /* by code */
    double preset;
};

/* --- ToUnicode --- */

struct cmap {
    struct bytes rest;
};

/* The next token: a word, "<...>" as its octets, or a bracket. */
struct token {
    enum { TOKEN_END, TOKEN_WORD, TOKEN_HEX, TOKEN_OPEN, TOKEN_CLOSE } kind;
    struct bytes word;
    uint8_t hex[16];
    size_t hex_n;
};

static bool is_blank(uint8_t c) {
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0;
}

static int digit_of(uint8_t c) {
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

static size_t read_hex(struct bytes b, struct token *t) {
    size_t at = 1, digits = 0;
    for (; at < b.n && b.p[at] != '>'; at++) {
        int v = digit_of(b.p[at]);
        if (v < 0 || digits / 2 >= sizeof t->hex)
            continue;
        t->hex[digits / 2] = (uint8_t)(digits % 2 ? t->hex[digits / 2] | v : v << 4);
        digits++;
    }
    t->hex_n = (digits + 1) / 2;
    return at < b.n ? at + 1 : b.n;
}

static struct token next_token(struct bytes *b) {
    struct token t = {.kind = TOKEN_END};
    while (b->n > 0 && is_blank(b->p[0]))
        *b = bytes_of(b->p + 1, b->n - 1);
    if (b->n == 0)
        return t;
    size_t n = 1;
    if (b->p[0] == '<' && (b->n < 2 || b->p[1] != '<')) {
        t.kind = TOKEN_HEX;
        n = read_hex(*b, &t);
    } else if (b->p[0] == '[' || b->p[0] == ']') {
        t.kind = b->p[0] == '[' ? TOKEN_OPEN : TOKEN_CLOSE;
    } else {
        t.kind = TOKEN_WORD;
        while (n < b->n && !is_blank(b->p[n]) && b->p[n] != '<' && b->p[n] != '[' && b->p[n] != ']')
            n++;
    }
    t.word = bytes_of(b->p, n);
    *b = bytes_of(b->p + n, b->n - n);
    return t;
}

static uint32_t code_of(const struct token *t) {
    uint32_t code = 0;
    for (size_t i = 0; i < t->hex_n && i < 4; i++)
        code = code << 8 | t->hex[i];
    return code;
}

/* UTF-16, big-endian. */
static void put_unicode(struct range *r, const struct token *t) {
    uint32_t *out[] = {&r->unicode, &r->more[0], &r->more[1]};
    size_t n = 0;
    if (t->hex_n == 1)
        r->unicode = t->hex[0];
    for (size_t i = 0; i + 1 < t->hex_n && n < 3; i += 2, n++) {
        uint32_t c = (uint32_t)t->hex[i] << 8 | t->hex[i + 1];
        if (c >= 0xd800 && c < 0xdc00 && i + 3 < t->hex_n) {
            uint32_t low = (uint32_t)t->hex[i + 2] << 8 | t->hex[i + 3];
            c = 0x10000 + ((c & 0x3ff) << 10 | (low & 0x3ff));
            i += 2;
        }
        *out[n] = c;
    }
}

static void add_range(struct pdf_font *f, struct range r) {
    if (f->ranges == f->room) {
        size_t room = f->room ? 2 * f->room : 256;
        struct range *more = room <= RANGES_MAX ? realloc(f->range, room * sizeof r) : NULL;
        if (!more)
            return;
        f->range = more;
        f->room = room;
    }
    f->range[f->ranges++] = r;
}

static void read_chars(struct pdf_font *f, struct bytes *b) {
    struct token code, to;
    while ((code = next_token(b)).kind == TOKEN_HEX && (to = next_token(b)).kind == TOKEN_HEX) {
        struct range r = {.from = code_of(&code), .to = code_of(&code)};
        put_unicode(&r, &to);
        add_range(f, r);
    }
}

static void read_ranges(struct pdf_font *f, struct bytes *b) {
    struct token from, to, t;
    while ((from = next_token(b)).kind == TOKEN_HEX && (to = next_token(b)).kind == TOKEN_HEX) {
        struct range r = {.from = code_of(&from), .to = code_of(&to)};
        t = next_token(b);
        if (t.kind == TOKEN_HEX) {
            put_unicode(&r, &t);
            add_range(f, r);
            continue;
        }
        while (t.kind == TOKEN_OPEN && (to = next_token(b)).kind == TOKEN_HEX) {
            struct range one = {.from = r.from, .to = r.from};
            put_unicode(&one, &to);
            add_range(f, one);
            r.from++;
        }
    }
}

static int compare_ranges(const void *a, const void *b) {
    const struct range *x = a, *y = b;
    return x->from < y->from ? -1 : x->from > y->from;
}

static void read_cmap(struct pdf_font *f, struct bytes b) {
    struct token t, code;
    while ((t = next_token(&b)).kind != TOKEN_END) {
        if (t.kind != TOKEN_WORD)
            continue;
        if (bytes_equal(t.word, bytes_text("beginbfchar")))
            read_chars(f, &b);
        else if (bytes_equal(t.word, bytes_text("beginbfrange")))
            read_ranges(f, &b);
        else if (bytes_equal(t.word, bytes_text("begincodespacerange")) &&
                 (code = next_token(&b)).kind == TOKEN_HEX)
            f->wide = code.hex_n == 2;
    }
    f->mapped = f->ranges > 0;
    if (f->mapped)
        qsort(f->range, f->ranges, sizeof *f->range, compare_ranges);
}

/* --- Widths --- */

static bool is_code(int64_t code) {
    return code >= 0 && code < WIDTHS_MAX;
}

static void put_width(struct pdf_font *f, int64_t code, double width) {
    if (!f->width)
        f->width = calloc(WIDTHS_MAX, sizeof *f->width);
    if (f->width && is_code(code) && width >= 0 && width < UINT16_MAX)
        f->width[code] = (uint16_t)(width + 1);
}

/* The nth number of an array; 0: it is none. */
static double number_at(struct pdf *d, qpdf_oh array, int n) {
    qpdf_oh item = qpdf_oh_get_array_item(d->q, array, n);
    double number = qpdf_oh_is_number(d->q, item) ? qpdf_oh_get_numeric_value(d->q, item) : 0;
    qpdf_oh_release(d->q, item);
    return number;
}

/* The same as a code: below 0, or WIDTHS_MAX, it is none. */
static int code_at(struct pdf *d, qpdf_oh array, int n) {
    double number = number_at(d, array, n);
    return number < 0 ? -1 : number < WIDTHS_MAX ? (int)number : WIDTHS_MAX;
}

/* Of codes from this one on. */
static void read_widths(struct pdf *d, struct pdf_font *f, qpdf_oh widths, int64_t first) {
    int n = qpdf_oh_is_array(d->q, widths) ? qpdf_oh_get_array_n_items(d->q, widths) : 0;
    for (int i = 0; i < n && is_code(first) && is_code(first + i) && pdf_spend(d, AN_ITEM); i++)
        put_width(f, first + i, number_at(d, widths, i));
}

static void fill_widths(struct pdf *d, struct pdf_font *f, int from, int to, double width) {
    for (int c = from; c <= to && is_code(c) && pdf_spend(d, sizeof *f->width); c++)
        put_width(f, c, width);
}

/* "c [w1 w2 ...]" and "from to w" (section 9.7.4.3); codes are taken for what they choose (Identity-H). */
static void read_wide_widths(struct pdf *d, struct pdf_font *f, qpdf_oh font) {
    qpdf_oh below = qpdf_oh_get_key(d->q, font, "/DescendantFonts");
    if (!qpdf_oh_is_array(d->q, below) || qpdf_oh_get_array_n_items(d->q, below) < 1)
        return;
    qpdf_oh cid = qpdf_oh_get_array_item(d->q, below, 0), w = qpdf_oh_get_key_if_dict(d->q, cid, "/W");
    f->preset = (double)pdf_number(d, cid, "/DW", 1000);
    int n = qpdf_oh_is_array(d->q, w) ? qpdf_oh_get_array_n_items(d->q, w) : 0;
    for (int i = 0; i + 1 < n && pdf_spend(d, AN_ITEM);) {
        qpdf_oh next = qpdf_oh_get_array_item(d->q, w, i + 1);
        bool list = qpdf_oh_is_array(d->q, next);
        if (list)
            read_widths(d, f, next, code_at(d, w, i));
        else
            fill_widths(d, f, code_at(d, w, i), code_at(d, w, i + 1), i + 2 < n ? number_at(d, w, i + 2) : 0);
        qpdf_oh_release(d->q, next);
        i += list ? 2 : 3;
    }
}

/* --- Life --- */

static struct pdf_font *read_font(struct pdf *d, qpdf_oh font) {
    struct pdf_font *f = pdf_spend(d, A_FONT) ? calloc(1, sizeof *f) : NULL;
    struct pdf_bytes map;
    if (!f)
        return NULL;
    f->preset = PRESET_WIDTH;
    f->wide = pdf_is(d, font, "/Subtype", "/Type0");
    qpdf_oh to = qpdf_oh_get_key_if_dict(d->q, font, "/ToUnicode");
    if (qpdf_oh_is_stream(d->q, to) && pdf_read_stream(d, to, &map)) {
        read_cmap(f, bytes_of(map.p, map.n));
        free(map.p);
    }
    if (pdf_is(d, font, "/Subtype", "/Type0"))
        read_wide_widths(d, f, font);
    else
        read_widths(d, f, qpdf_oh_get_key(d->q, font, "/Widths"), pdf_number(d, font, "/FirstChar", 0));
    return f;
}

static void free_font(struct pdf_font *f) {
    if (f) {
        free(f->range);
        free(f->width);
    }
    free(f);
}

const struct pdf_font *pdf_font_of(struct pdf *d, qpdf_oh font) {
    int id = qpdf_oh_get_object_id(d->q, font);
    for (unsigned i = 0; i < d->fonts && id; i++)
        if (d->font[i].id == id)
            return d->font[i].font;
    if (d->fonts == PDF_FONTS_MAX) { /* the oldest gives way */
        free_font(d->font[0].font);
        memmove(d->font, d->font + 1, --d->fonts * sizeof *d->font);
    }
    struct pdf_font *f = qpdf_oh_is_dictionary(d->q, font) ? read_font(d, font) : NULL;
    if (f) {
        d->font[d->fonts].id = id;
        d->font[d->fonts++].font = f;
    }
    return f;
}

void pdf_fonts_free(struct pdf *d) {
    while (d->fonts > 0)
        free_font(d->font[--d->fonts].font);
}

/* --- Codes --- */

static const struct range *find_range(const struct pdf_font *f, uint32_t code) {
    size_t low = 0, high = f->ranges;
    while (low < high) { /* the last that begins at it, or before */
        size_t middle = (low + high) / 2;
        if (f->range[middle].from <= code)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && f->range[low - 1].to >= code ? &f->range[low - 1] : NULL;
}

static void put_character(struct pdf_glyph *g, uint32_t c) {
    if (c >= ' ' && c != 0xad && c <= 0x10ffff && g->n + 4 <= sizeof g->text)
        g->n += utf8_put(c, g->text + g->n);
}

size_t pdf_font_next(const struct pdf_font *f, struct bytes s, struct pdf_glyph *out) {
    size_t n = f && f->wide ? 2 : 1;
    uint32_t code = s.p[0];
    if (n == 2)
        code = code << 8 | (s.n > 1 ? s.p[1] : 0);
    const struct range *r = f ? find_range(f, code) : NULL;
    *out = (struct pdf_glyph){.width = f ? f->preset : PRESET_WIDTH};
    if (f && f->width && code < WIDTHS_MAX && f->width[code])
        out->width = f->width[code] - 1;
    if (r) {
        put_character(out, r->unicode + (code - r->from));
        for (size_t i = 0; i < 2 && r->more[i]; i++)
            put_character(out, r->more[i]);
    } else if (!f || (!f->wide && !f->mapped)) {
        put_character(out, code);
    }
    out->blank = out->n == 1 && out->text[0] == ' ';
    return n < s.n ? n : s.n;
}
