/* SPDX-License-Identifier: Apache-2.0 */
#include "examine/formats/pdf/pdf.h"

#include <math.h>
#include <stdlib.h>

/* Content streams (ISO 32000-1 sections 7.8.2, 8.4 and 9.4), as far as text needs them: where on the page it
 * is shown tells what stands in one line, and what in one cell of it. */

enum { NUMBERS_MAX = 6, SAVED_MAX = 32, WORD_MAX = 64, STRING_MAX = 4096 };

struct matrix {
    double a, b, c, d, e, f;
};

struct page {
    struct pdf *doc;
    qpdf_oh fonts;
    struct bytes rest;
    double number[NUMBERS_MAX];
    unsigned numbers;
    char name[WORD_MAX];
    const struct pdf_font *font;
    double size, leading, spacing, word_spacing, scale;
    struct matrix now, saved[SAVED_MAX], text, line;
    unsigned saves;
    bool shown;               /* something, */
    double x, y;              /* which ended there */
    struct bytes string[256]; /* of an array, or one */
    double gap[256];          /* before each, thousandths to the left */
    unsigned strings;
    uint8_t room[STRING_MAX];
    size_t used;
};

void pdf_flush_text(struct pdf *d) {
    if (d->text && d->room_n > 0)
        examined_data(d->examined, d->text, (const uint8_t *)d->room, d->room_n);
    d->room_n = 0;
}

void pdf_put_text(struct pdf *d, const char *text, size_t n) {
    for (size_t take; n > 0; text += take, n -= take) {
        if (d->room_n == PDF_TEXT_ROOM)
            pdf_flush_text(d);
        if (!d->text && d->room_n == 0)
            d->text = examined_text(d->examined, NULL);
        take = PDF_TEXT_ROOM - d->room_n < n ? PDF_TEXT_ROOM - d->room_n : n;
        memcpy(d->room + d->room_n, text, take);
        d->room_n += take;
    }
}

static struct matrix multiply_matrices(struct matrix m, struct matrix n) {
    return (struct matrix){m.a * n.a + m.b * n.c, m.a * n.b + m.b * n.d,       m.c * n.a + m.d * n.c,
                           m.c * n.b + m.d * n.d, m.e * n.a + m.f * n.c + n.e, m.e * n.b + m.f * n.d + n.f};
}

static const struct matrix one = {1, 0, 0, 1, 0, 0};

/* --- Showing --- */

static void put_gap(struct page *p, double x, double y, double height) {
    double em = height > 0.01 ? height : 1;
    if (p->shown && fabs(y - p->y) > em * 0.5)
        pdf_put_text(p->doc, "\n", 1);
    else if (p->shown && (x - p->x > em * 0.9 || x < p->x - em * 2))
        pdf_put_text(p->doc, "\t", 1);
    else if (p->shown && x - p->x > em * 0.15)
        pdf_put_text(p->doc, " ", 1);
}

static void show_string(struct page *p, struct bytes s) {
    struct pdf_glyph g;
    struct matrix at = multiply_matrices(p->text, p->now);
    double height = fabs(p->size) * hypot(at.c, at.d);
    bool begun = false;
    while (s.n > 0) {
        size_t n = pdf_font_next(p->font, s, &g);
        at = multiply_matrices(p->text, p->now);
        if (!begun && g.n > 0)
            put_gap(p, at.e, at.f, height);
        begun |= g.n > 0;
        pdf_put_text(p->doc, g.text, g.n);
        double move = (g.width / 1000 * p->size + p->spacing + (g.blank ? p->word_spacing : 0)) * p->scale;
        p->text = multiply_matrices((struct matrix){1, 0, 0, 1, move, 0}, p->text);
        s = bytes_of(s.p + n, s.n - n);
        if (g.n > 0) {
            at = multiply_matrices(p->text, p->now);
            p->shown = true;
            p->x = at.e;
            p->y = at.f;
        }
    }
}

static void show_strings(struct page *p) {
    for (unsigned i = 0; i < p->strings; i++) {
        double move = -p->gap[i] / 1000 * p->size * p->scale;
        p->text = multiply_matrices((struct matrix){1, 0, 0, 1, move, 0}, p->text);
        show_string(p, p->string[i]);
    }
}

/* --- Operators --- */

static void move_line(struct page *p, double x, double y) {
    p->text = p->line = multiply_matrices((struct matrix){1, 0, 0, 1, x, y}, p->line);
}

static struct matrix matrix_of(const struct page *p) {
    const double *n = p->number;
    return (struct matrix){n[0], n[1], n[2], n[3], n[4], n[5]};
}

static void choose_font(struct page *p) {
    qpdf_oh font = qpdf_oh_get_key_if_dict(p->doc->q, p->fonts, p->name);
    p->size = p->numbers ? p->number[p->numbers - 1] : 1;
    p->font = pdf_font_of(p->doc, font);
    qpdf_oh_release(p->doc->q, font);
}

static bool is_word(struct bytes w, const char *word) {
    return bytes_equal(w, bytes_text(word));
}

static void restore_state(struct page *p) {
    if (p->saves > 0)
        p->now = p->saved[--p->saves];
}

static void save_state(struct page *p) {
    if (p->saves < SAVED_MAX)
        p->saved[p->saves++] = p->now;
}

/* An image within the stream: up to a word of its own, "EI". */
static void skip_image(struct page *p) {
    for (size_t i = 1; i + 2 < p->rest.n; i++)
        if (p->rest.p[i] == 'E' && p->rest.p[i + 1] == 'I' && p->rest.p[i - 1] <= ' ' &&
            p->rest.p[i + 2] <= ' ') {
            p->rest = bytes_of(p->rest.p + i + 2, p->rest.n - i - 2);
            return;
        }
    p->rest.n = 0;
}

static void position_text(struct page *p, struct bytes w) {
    double last = p->numbers ? p->number[p->numbers - 1] : 0;
    if (is_word(w, "BT"))
        p->text = p->line = one;
    else if (is_word(w, "Tm") && p->numbers == 6)
        p->text = p->line = matrix_of(p);
    else if ((is_word(w, "Td") || is_word(w, "TD")) && p->numbers >= 2) {
        if (w.p[1] == 'D')
            p->leading = -p->number[1];
        move_line(p, p->number[0], p->number[1]);
    } else if (is_word(w, "T*"))
        move_line(p, 0, -p->leading);
    else if (is_word(w, "TL"))
        p->leading = last;
    else if (is_word(w, "Tc"))
        p->spacing = last;
    else if (is_word(w, "Tw"))
        p->word_spacing = last;
    else if (is_word(w, "Tz"))
        p->scale = last / 100;
    else if (is_word(w, "Tf"))
        choose_font(p);
}

static void run_word(struct page *p, struct bytes w) {
    if (is_word(w, "q"))
        save_state(p);
    else if (is_word(w, "Q"))
        restore_state(p);
    else if (is_word(w, "cm") && p->numbers == 6)
        p->now = multiply_matrices(matrix_of(p), p->now);
    else if (is_word(w, "ID"))
        skip_image(p);
    else if (is_word(w, "'") || is_word(w, "\"")) {
        move_line(p, 0, -p->leading);
        show_strings(p);
    } else if (is_word(w, "Tj") || is_word(w, "TJ"))
        show_strings(p);
    else
        position_text(p, w);
    p->numbers = p->strings = 0;
    p->used = 0;
}

/* --- Tokens (section 7.2) --- */

static bool is_regular(uint8_t c) {
    return c > ' ' && !memchr("()<>[]{}/%", c, 10);
}

static void add_string(struct page *p, size_t from) {
    enum { STRINGS = sizeof p->string / sizeof *p->string };
    if (p->strings == STRINGS)
        return;
    if (p->strings == 0 || p->gap[p->strings] == 0)
        p->gap[p->strings] = 0;
    p->string[p->strings++] = bytes_of(p->room + from, p->used - from);
    if (p->strings < STRINGS)
        p->gap[p->strings] = 0;
}

static void put_octet(struct page *p, unsigned c) {
    if (p->used < sizeof p->room)
        p->room[p->used++] = (uint8_t)c;
}

/* Behind a backslash: an octet by its digits, or by a letter. Returns how many octets that took. */
static size_t read_escape(struct page *p, struct bytes b) {
    static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
    const char *letter = b.n ? memchr(from, b.p[0], sizeof from - 1) : NULL;
    unsigned octet = 0;
    size_t n = 0;
    while (n < 3 && n < b.n && b.p[n] >= '0' && b.p[n] <= '7')
        octet = octet * 8 + (b.p[n++] - '0');
    if (n > 0)
        put_octet(p, octet);
    else if (letter)
        put_octet(p, (uint8_t)to[letter - from]);
    else if (b.n && b.p[0] != '\n' && b.p[0] != '\r')
        put_octet(p, b.p[0]);
    return n > 0 ? n : b.n > 0;
}

static size_t read_literal(struct page *p, struct bytes b) {
    size_t from = p->used, at = 1;
    unsigned depth = 1;
    while (at < b.n) {
        uint8_t c = b.p[at++];
        if (c == '\\') {
            at += read_escape(p, bytes_of(b.p + at, b.n - at));
            continue;
        }
        depth += (c == '(') - (c == ')');
        if (depth == 0)
            break;
        put_octet(p, c);
    }
    add_string(p, from);
    return at;
}

static int digit_of(uint8_t c) {
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

static size_t read_hex(struct page *p, struct bytes b) {
    size_t from = p->used, at = 1;
    int high = -1;
    for (; at < b.n && b.p[at] != '>'; at++) {
        int v = digit_of(b.p[at]);
        if (v < 0)
            continue;
        if (high >= 0)
            put_octet(p, (unsigned)(high << 4 | v));
        high = high >= 0 ? -1 : v;
    }
    if (high >= 0)
        put_octet(p, (unsigned)high << 4);
    add_string(p, from);
    return at < b.n ? at + 1 : b.n;
}

static size_t regular_length(struct bytes b, size_t at) {
    while (at < b.n && is_regular(b.p[at]))
        at++;
    return at;
}

static void add_number(struct page *p, double v) {
    enum { STRINGS = sizeof p->gap / sizeof *p->gap };
    if (p->strings > 0 && p->strings < STRINGS)
        p->gap[p->strings] += v; /* within an array */
    if (p->numbers == NUMBERS_MAX) {
        memmove(p->number, p->number + 1, (NUMBERS_MAX - 1) * sizeof *p->number);
        p->numbers--;
    }
    p->number[p->numbers++] = v;
}

static bool read_number(struct bytes w, double *out) {
    char text[WORD_MAX], *end;
    if (w.n == 0 || w.n >= sizeof text || !memchr("+-.0123456789", w.p[0], 13))
        return false;
    memcpy(text, w.p, w.n);
    text[w.n] = '\0';
    *out = strtod(text, &end);
    return *end == '\0' && isfinite(*out);
}

static size_t read_name(struct page *p, struct bytes b) {
    size_t n = regular_length(b, 1), keep = n < sizeof p->name ? n : sizeof p->name - 1;
    memcpy(p->name, b.p, keep);
    p->name[keep] = '\0';
    return n;
}

static size_t step_token(struct page *p) {
    struct bytes b = p->rest;
    double number;
    switch (b.p[0]) {
    case '(':
        return read_literal(p, b);
    case '<':
        return b.n > 1 && b.p[1] == '<' ? 2 : read_hex(p, b);
    case '/':
        return read_name(p, b);
    case '%':
        for (size_t i = 1; i < b.n; i++)
            if (b.p[i] == '\n' || b.p[i] == '\r')
                return i;
        return b.n;
    }
    size_t n = regular_length(b, 0);
    if (n == 0)
        return 1;
    struct bytes word = bytes_of(b.p, n);
    p->rest = bytes_of(b.p + n, b.n - n);
    if (read_number(word, &number))
        add_number(p, number);
    else
        run_word(p, word);
    return 0;
}

void pdf_show(struct pdf *d, struct bytes content, qpdf_oh resources) {
    struct page *p = calloc(1, sizeof *p);
    if (!p)
        return;
    p->doc = d;
    p->fonts = qpdf_oh_get_key_if_dict(d->q, resources, "/Font");
    p->rest = content;
    p->scale = p->size = 1;
    p->now = p->text = p->line = one;
    while (p->rest.n > 0 && !d->examined->over) {
        size_t n = step_token(p);
        p->rest = bytes_of(p->rest.p + n, p->rest.n - n);
    }
    if (p->shown)
        pdf_put_text(d, "\n", 1);
    free(p);
}
