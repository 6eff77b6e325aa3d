/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/extent/format.h"

/* PDF (ISO 32000-1): up to %%EOF and the end of its line, unless what was added later follows (section
 * 7.5.6): an object, a table. A linearised one says its length in its first octets (annex F). */

enum { MARK = 5, NEXT = 1, NEXT_MAX = 24, FIRST_OCTETS = 1024 };

struct pdf_state {
    uint64_t length; /* as a linearised one says; 0: it does not */
    uint8_t matched; /* octets of the mark */
    uint8_t said;    /* octets of what the length follows */
    bool linear, in_number;
};
EXTENT_STATE(struct pdf_state);

static const char mark[] = "%%EOF", linear[] = "/Linearized", length[] = "/L ";

static size_t walk_lines(struct extent *e, struct bytes in);
static void read_behind(struct extent *e);

/* --- the first octets --- */

/* A third percent sign in a row leaves two. */
static void match_text(uint8_t *matched, const char *text, uint8_t c) {
    if (c == (uint8_t)text[*matched])
        ++*matched;
    else if (!(c == (uint8_t)text[0] && *matched == 2 && text[1] == text[0]))
        *matched = c == (uint8_t)text[0];
}

static void take_first(struct pdf_state *s, uint8_t c) {
    if (s->in_number && c >= '0' && c <= '9' && s->length < UINT32_MAX)
        s->length = s->length * 10 + (uint64_t)(c - '0');
    else if (s->in_number && s->length > 0)
        s->in_number = false;
    if (s->linear && s->length > 0)
        return;
    match_text(&s->said, s->linear ? length : linear, c);
    if (s->said == (s->linear ? sizeof length : sizeof linear) - 1) {
        s->in_number = s->linear;
        s->linear = true;
        s->said = 0;
    }
}

/* --- the end --- */

enum added { GOES_ON, MAY_GO_ON, IS_OTHER };

/* "12 0 obj", "xref", "trailer", "startxref": does that go on so? */

static enum added judge_added(struct bytes b) {
    static const char *const words[] = {"xref", "trailer", "startxref"};
    size_t i = 0;
    unsigned numbers = 0;
    for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
        size_t n = strlen(words[w]);
        if (memcmp(b.p, words[w], b.n < n ? b.n : n) == 0)
            return b.n < n ? MAY_GO_ON : GOES_ON;
    }
    for (; numbers < 2; numbers++) {
        size_t begin = i;
        while (i < b.n && b.p[i] >= '0' && b.p[i] <= '9')
            i++;
        if (i == b.n)
            return MAY_GO_ON;
        if (i == begin || b.p[i++] != ' ')
            return IS_OTHER;
    }
    size_t n = b.n - i < 3 ? b.n - i : 3;
    if (memcmp(b.p + i, "obj", n) != 0)
        return IS_OTHER;
    return n == 3 ? GOES_ON : MAY_GO_ON;
}

static void read_added(struct extent *e) {
    enum added how = judge_added(bytes_of(e->header, e->have));
    if (how == GOES_ON)
        extent_walk(e, walk_lines);
    else if (how == MAY_GO_ON && e->have < NEXT_MAX)
        extent_ahead(e, e->have, e->have + 1u, read_added);
    else
        extent_end(e);
}

static void read_feed(struct extent *e) {
    if (e->header[0] == '\n')
        extent_ahead(e, 0, NEXT, read_added);
    else
        read_added(e);
}

static void read_behind(struct extent *e) {
    if (e->header[0] == '\r')
        extent_ahead(e, 0, NEXT, read_feed);
    else
        read_feed(e);
}

static void judge_mark(struct extent *e, uint64_t at) {
    const struct pdf_state *s = (const void *)e->state;
    if (s->length > at)
        extent_skip_to_end(e, s->length - at);
    else
        extent_ahead(e, 0, NEXT, read_behind);
}

static size_t walk_lines(struct extent *e, struct bytes in) {
    struct pdf_state *s = (void *)e->state;
    for (size_t i = 0; i < in.n; i++) {
        if (e->at + i < FIRST_OCTETS) {
            take_first(s, in.p[i]);
        } else if (s->matched == 0) {
            const uint8_t *p = memchr(in.p + i, mark[0], in.n - i);
            if (!p)
                return in.n;
            i = (size_t)(p - in.p);
        }
        match_text(&s->matched, mark, in.p[i]);
        if (s->matched == MARK) {
            s->matched = 0;
            judge_mark(e, e->at + i + 1);
            return i + 1;
        }
    }
    return in.n;
}

static void read_start(struct extent *e) {
    extent_walk(e, walk_lines);
}

/* Behind the version a line ends, and a remark or an object begins. */
static bool fits(const uint8_t *p) {
    unsigned at = 8;
    if (p[5] < '1' || p[5] > '2' || p[6] != '.' || p[7] < '0' || p[7] > '9')
        return false;
    while (at < 12 && (p[at] == '\r' || p[at] == '\n' || p[at] == ' '))
        at++;
    return at > 8 && (p[at] == '%' || (p[at] >= '0' && p[at] <= '9'));
}

const struct extent_format extent_pdf = {EXTENT_MAGIC("%PDF-"), .need = 16, .fits = fits, .first = MARK,
                                         .read = read_start};
