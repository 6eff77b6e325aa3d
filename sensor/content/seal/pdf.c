/* SPDX-License-Identifier: Apache-2.0 */
#include "content/seal/format.h"

/* PDF (ISO 32000-1, 7.5.5 and 7.6): the trailer, or the dictionary of a stream of references, names the
 * encryption dictionary, or holds it. Looked for wherever it stands, since each update of a file has one. */

enum { KEY = 8, REACH = 32 }; /* octets of "/Encrypt", and with the reference behind it */

struct pdf {
    uint8_t last[REACH];
    uint8_t last_n;
};

static bool begins_pdf(struct bytes first) {
    return first.n > 8 && memcmp(first.p, "%PDF-", 5) == 0;
}

static bool is_blank(uint8_t c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0;
}

static size_t step_blanks(struct bytes b, size_t at) {
    while (at < b.n && is_blank(b.p[at]))
        at++;
    return at;
}

static size_t step_digits(struct bytes b, size_t at) {
    while (at < b.n && b.p[at] >= '0' && b.p[at] <= '9')
        at++;
    return at;
}

/* "12 0 R", or a dictionary. */
static bool is_value(struct bytes b) {
    size_t at = step_blanks(b, 0), digits = at, end;
    if (at + 1 < b.n && b.p[at] == '<' && b.p[at + 1] == '<')
        return true;
    for (int number = 0; number < 2; number++) {
        end = step_digits(b, digits);
        if (end == digits || (digits = step_blanks(b, end)) == end)
            return false;
    }
    return digits < b.n && b.p[digits] == 'R';
}

/* A key that the end of `in` cuts is left to what follows: `sure` octets of it may begin one. */
static bool holds_key(struct bytes in, size_t sure) {
    while (in.n >= KEY) {
        const uint8_t *at = memmem(in.p, in.n, "/Encrypt", KEY);
        if (!at)
            return false;
        size_t before = (size_t)(at - in.p);
        if (before >= sure)
            return false;
        size_t behind = in.n - before - KEY;
        if (is_value(bytes_of(at + KEY, behind < REACH - KEY ? behind : REACH - KEY)))
            return true;
        in = bytes_of(at + 1, in.n - before - 1);
        sure -= before + 1;
    }
    return false;
}

static void keep_last(struct pdf *p, struct bytes in) {
    size_t take = in.n < REACH ? in.n : REACH, keep = p->last_n < REACH - take ? p->last_n : REACH - take;
    memmove(p->last, p->last + p->last_n - keep, keep);
    memcpy(p->last + keep, in.p + in.n - take, take);
    p->last_n = (uint8_t)(keep + take);
}

static bool pdf_data(struct seal *s, struct bytes in) {
    struct pdf *p = (struct pdf *)(void *)s->state;
    uint8_t seam[2 * REACH];
    size_t n = in.n < REACH ? in.n : REACH;
    memcpy(seam, p->last, p->last_n);
    memcpy(seam + p->last_n, in.p, n);
    if (holds_key(bytes_of(seam, p->last_n + n), p->last_n) || holds_key(in, in.n))
        s->word = "pdf";
    keep_last(p, in);
    return !s->word;
}

static bool pdf_gap(struct seal *s, uint64_t n) {
    ((struct pdf *)(void *)s->state)->last_n = 0;
    return true;
}

const struct seal_format seal_pdf = {
    .state = sizeof(struct pdf), .begins = begins_pdf, .data = pdf_data, .gap = pdf_gap};
