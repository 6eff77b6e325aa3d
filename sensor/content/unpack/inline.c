/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/unpack.h"

#include "base/base64.h"
#include "base/counter.h"
#include "base/octets.h"
#include "base/pool.h"
#include "base/utf8.h"
#include "content/seal/seal.h"
#include "content/unpack/sign_escape.h"

/* Files that stand in a text in base64, or base64 of URLs: values of forms and of JSON, elements of XML,
 * data: URLs, mails. A run of its signs, in one line or in lines of one length, perhaps with blanks before
 * each, whose first octets are those of a file or of a text, is a child. Shorter runs are text. What escapes
 * the signs is undone (sign_escape.h), and so is UTF-16. */

enum {
    FILE_MIN = 340, /* signs of a file of 256 octets, */
    TEXT_MIN = 512, /* and of a text */
    PIECE = 256,
    LINE_LEAST = 61, /* signs of a line that is not the last (those of uuencode have fewer), */
    LINE_MOST = PIECE,
    SOFT_LEAST = 70, /* and before a soft break of quoted-printable */
    SOFT_MOST = 75,
    PADDING_MAX = 2,
    WIDE_LOOK = 16, /* octets by which UTF-16 is known */
};

struct inline_text {
    struct filter filter;
    struct pool *pool;
    struct unpack *unpack;
    struct filter *file;                 /* NULL: none */
    enum { TEXT, RUN, INSIDE, SKIP } at; /* between runs, in one that may be, is, is no file */
    struct sign_escape escape;
    uint8_t padding;             /* "=" so far */
    uint8_t line_end;            /* the last sign was this one; 0: none was */
    bool soft;                   /* it stood behind a padding that may have been a soft break */
    bool begun, wide;            /* its first octets were seen; it is in UTF-16 */
    uint32_t lines;              /* that have ended */
    uint32_t line_n, line_first; /* signs of the present line; of each one before */
    uint64_t signs;              /* of the run, in lines that have ended */
    uint16_t run_n, piece_n;
    uint8_t piece[PIECE]; /* signs that the file has not yet got: of this line, if it is not the first */
    uint8_t run[TEXT_MIN];
};

static struct inline_text *inline_of(struct filter *f) {
    return (struct inline_text *)f;
}

/* --- files --- */

/* What is no base64 often decodes to what might be text in Latin-1. The last character may be cut. */
static bool is_utf8(struct bytes text) {
    enum { LONGEST = 4 };
    uint32_t c;
    for (size_t at = 0, n; at + LONGEST <= text.n; at += n) {
        n = utf8_next(bytes_of(text.p + at, text.n - at), &c);
        if (c == UTF8_REPLACEMENT)
            return false;
    }
    return true;
}

static bool is_encrypted(struct bytes first) {
    static struct seal look; /* large, and used within this call alone */
    return seal_begin(&look, first);
}

/* An image, an archive, a document, a text, or what is encrypted: of anything else nobody can tell. */
static bool begins_file(struct bytes signs) {
    uint8_t first[TEXT_MIN];
    struct base64 s = {0};
    bool enough = signs.n == TEXT_MIN;
    size_t n = base64_decode(&s, &signs, first, sizeof first);
    enum file_kind kind = type_of_bytes(bytes_of(first, n))->kind;
    if (kind == KIND_TEXT)
        return enough && is_utf8(bytes_of(first, n));
    return kind != KIND_BINARY || is_encrypted(bytes_of(first, n));
}

static void flush_piece(struct inline_text *t) {
    if (t->file && t->piece_n > 0)
        filter_data(t->file, t->piece, t->piece_n);
    t->piece_n = 0;
}

/* Of a run in lines a short one is the last: where some of the text is missing it may be so by chance. */
static bool is_end_sure(const struct inline_text *t) {
    return t->padding > 0 || t->lines == 0 || unpack_object(t->unpack)->missing == 0;
}

static void reset_run(struct inline_text *t) {
    t->file = NULL;
    t->at = TEXT;
    t->run_n = t->piece_n = t->padding = t->line_end = 0;
    t->soft = false;
    t->line_n = t->line_first = t->lines = 0;
    t->signs = 0;
}

static void end_run(struct inline_text *t, enum transfer_end how) {
    flush_piece(t);
    if (how == TRANSFER_DONE && !is_end_sure(t))
        how = TRANSFER_CUT;
    if (t->file)
        filter_end(t->file, how);
    reset_run(t);
}

/* The line that has begun belongs to what stands behind the run: a word, a key. */
static void end_before_line(struct inline_text *t) {
    t->piece_n = 0;
    end_run(t, TRANSFER_DONE);
}

/* The last line of a run ends as a line: in lines base64 has four signs for each three octets, with padding,
 * or without it two or three at the end; what is a few signs more is a word. */
static void end_line_run(struct inline_text *t) {
    enum { WORD = 12 };
    unsigned rest = (t->signs + t->line_n) % 4;
    if (t->lines > 0 && t->padding == 0 && (rest == 1 || (rest > 0 && t->line_n < WORD)))
        end_before_line(t);
    else
        end_run(t, TRANSFER_DONE);
}

/* Its hosts pay for it as for the file in any text. */
static void judge_run(struct inline_text *t) {
    const struct bytes fact[FACT_COUNT] = {{NULL, 0}};
    const struct unpack_child child = {
        .fact = fact, .codings = bytes_text("base64"), .total = LENGTH_UNKNOWN};
    bool begins = begins_file(bytes_of(t->run, t->run_n));
    if (!begins && t->run_n < TEXT_MIN)
        return;
    t->at = SKIP;
    if (!begins || !unpack_pays(t->unpack))
        return;
    t->file = unpack_begin(t->unpack, &child);
    if (!t->file)
        return;
    counter_one(COUNTER_INLINE_FILES);
    t->at = INSIDE;
    filter_data(t->file, t->run, t->run_n);
}

/* --- signs --- */

static const bool signs[256] = {
    ['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['0' ... '9'] = true, ['+'] = true,
    ['/'] = true,         ['-'] = true,         ['_'] = true};

static bool is_sign(uint8_t c) {
    return signs[c];
}

static void keep_sign(struct inline_text *t, uint8_t c) {
    if (t->at == TEXT)
        t->at = RUN;
    if (t->at == RUN) {
        t->run[t->run_n++] = c;
        if (t->run_n == FILE_MIN || t->run_n == TEXT_MIN)
            judge_run(t);
    } else if (t->at == INSIDE) {
        t->piece[t->piece_n++] = c;
        if (t->piece_n == PIECE)
            flush_piece(t);
    }
}

static void take_sign(struct inline_text *t, uint8_t c) {
    if (t->soft) { /* the line goes on */
        t->soft = false;
        t->padding = 0;
        t->line_n = 0;
    }
    if (t->padding > 0)
        end_run(t, TRANSFER_DONE); /* behind the padding another run may begin */
    if (t->lines > 1 && t->line_n == t->line_first)
        end_before_line(t);
    t->line_end = 0;
    t->line_n++;
    keep_sign(t, c);
}

/* A padding at the end of such a line may be a soft break: what follows will tell. Before the first one
 * something else may stand. */
static bool is_soft(const struct inline_text *t) {
    bool first = t->run_n < FILE_MIN;
    return t->padding == 1 && t->lines == 0 && t->line_n <= SOFT_MOST && (first || t->line_n >= SOFT_LEAST);
}

/* Lines but the last have one length; a short one, or an empty one, ends the run. In the first one something
 * else may stand before it. */
static void take_line_end(struct inline_text *t, uint8_t c) {
    bool same = t->line_end == '\r', empty = t->line_end && !same;
    if (t->at == TEXT)
        return;
    if (empty) {
        end_run(t, TRANSFER_DONE);
        return;
    }
    t->line_end = c;
    if (same)
        return;
    if (t->padding > 0) {
        t->soft = is_soft(t);
        if (!t->soft)
            end_run(t, TRANSFER_DONE);
        return;
    }
    if (t->lines == 0 || (t->lines == 1 && t->line_n > t->line_first))
        t->line_first = t->line_n;
    if (t->line_n != t->line_first || t->line_n < LINE_LEAST || t->line_n > LINE_MOST) {
        end_line_run(t);
        return;
    }
    flush_piece(t);
    t->lines++;
    t->signs += t->line_n;
    t->line_n = 0;
}

/* What stands around values. A run in lines that ends within one at anything else was cut, or had ended. */
static bool is_quote(uint8_t c) {
    return c == '"' || c == '\'' || c == '<' || c == '`' || c == '&' || c == 0;
}

/* What stands behind a word. */
static bool ends_word(uint8_t c) {
    return c == ' ' || c == '\t' || c == ':' || c == ',' || c == '.' || c == ';' || c == '!' || c == '?' ||
           c == '|';
}

static void take_other(struct inline_text *t, uint8_t c) {
    bool indents = t->line_end && !t->soft && (c == ' ' || c == '\t');
    if (indents)
        return;
    if (t->lines == 0 || t->line_n == 0 || is_quote(c) || t->padding > 0)
        end_run(t, TRANSFER_DONE);
    else if (ends_word(c))
        end_before_line(t);
    else
        end_run(t, TRANSFER_CUT);
}

static void take_plain(struct inline_text *t, uint8_t c) {
    if (is_sign(c))
        take_sign(t, c);
    else if (c == '=' && t->at != TEXT && t->padding < PADDING_MAX)
        t->padding++;
    else if (c == '\r' || c == '\n')
        take_line_end(t, c);
    else if (t->at != TEXT)
        take_other(t, c);
}

static void take_octet(struct inline_text *t, uint8_t c);

/* It was no escape: its octets are what they are. */
static void take_again(struct inline_text *t) {
    struct sign_escape e = t->escape;
    t->escape.n = 0;
    take_plain(t, e.octets[0]);
    for (unsigned i = 1; i < e.n; i++)
        take_octet(t, e.octets[i]);
}

static void take_octet(struct inline_text *t, uint8_t c) {
    uint8_t sign;
    if (t->escape.n == 0 && sign_escape_begins(c)) {
        t->escape.octets[0] = c;
        t->escape.n = 1;
    } else if (t->escape.n == 0) {
        take_plain(t, c);
    } else {
        enum sign_escape_step step = sign_escape_take(&t->escape, c, &sign);
        if (step == ESCAPE_SIGN)
            take_plain(t, sign);
        else if (step == ESCAPE_NONE)
            take_again(t);
    }
}

/* --- Text --- */

/* How many of the last octets may be of a run. */
static size_t count_last(const struct inline_text *t, const uint8_t *p, size_t n) {
    size_t most = n, before;
    while ((before = octets_find_last(bytes_of(p, n), 0, most, OCTETS_OUTSIDE)) < most && t->wide &&
           p[before] == 0)
        most = before;
    return before < most ? n - before - 1 : n;
}

enum { STRIDE = LINE_LEAST };

/* Where no run is under way: octets in front of the next one that may be, of which STRIDE are as those of
 * one, or all that are left. A run that is long enough covers one octet of each so many. */
static size_t skip_text(const struct inline_text *t, struct bytes in) {
    size_t at = 0;
    for (size_t run; at + STRIDE <= in.n; at += STRIDE - run) {
        run = count_last(t, in.p + at, STRIDE);
        if (run == STRIDE)
            return at;
    }
    /* What is left may be the beginning of one. */
    return in.n - count_last(t, in.p + at, in.n - at);
}

/* Every other octet is zero, but for a mark. */
static bool is_wide(struct bytes first) {
    size_t even = 0, odd = 0, n = first.n < WIDE_LOOK ? first.n : WIDE_LOOK;
    for (size_t i = 2; i < n; i++)
        *(i % 2 ? &odd : &even) += first.p[i] == 0;
    return n == WIDE_LOOK && (even == 0) != (odd == 0) && even + odd >= WIDE_LOOK / 2 - 2;
}

/* Signs that go on with a file, or with what is none, in one line; returns how many. */
static size_t take_signs(struct inline_text *t, const uint8_t *p, size_t n) {
    bool plain = t->escape.n == 0 && !t->soft && t->padding == 0 && t->lines <= 1;
    if (!plain || (t->at != SKIP && t->at != INSIDE))
        return 0;
    size_t run = octets_find(bytes_of(p, n), 0, OCTETS_NO_SIGN);
    if (run == 0)
        return 0;
    t->line_end = 0;
    t->line_n += (uint32_t)run;
    if (t->at == INSIDE && t->lines == 0) { /* nothing of the first line waits for what follows it */
        flush_piece(t);
        filter_data(t->file, p, run);
        return run;
    }
    for (size_t at = 0, m; t->at == INSIDE && at < run; at += m) {
        m = run - at < (size_t)(PIECE - t->piece_n) ? run - at : (size_t)(PIECE - t->piece_n);
        memcpy(t->piece + t->piece_n, p + at, m);
        t->piece_n = (uint16_t)(t->piece_n + m);
        if (t->piece_n == PIECE)
            flush_piece(t);
    }
    return run;
}

static void inline_data(struct filter *f, const uint8_t *p, size_t n) {
    struct inline_text *t = inline_of(f);
    if (!t->begun)
        t->wide = is_wide(bytes_of(p, n));
    t->begun = true;
    for (size_t i = 0; i < n;) {
        size_t looked_at = 0; /* nothing is skipped in front of it */
        if (t->at == TEXT && t->escape.n == 0) {
            i += skip_text(t, bytes_of(p + i, n - i));
            looked_at = i + STRIDE;
        }
        while (i < n && (i < looked_at || t->at != TEXT || t->escape.n > 0)) {
            i += take_signs(t, p + i, n - i);
            if (i == n)
                break;
            if (p[i] != 0 || !t->wide)
                take_octet(t, p[i]);
            i++;
        }
    }
}

/* Within a file the signs behind it go on: which of four the next one is, nobody knows. */
static void inline_gap(struct filter *f, uint64_t n) {
    struct inline_text *t = inline_of(f);
    t->begun = true;
    t->escape.n = 0;
    flush_piece(t);
    if (t->file)
        filter_gap(t->file, n);
    else if (t->at != TEXT)
        end_run(t, TRANSFER_CUT);
}

static void inline_end(struct filter *f, enum transfer_end how) {
    struct inline_text *t = inline_of(f);
    if (t->escape.n > 0)
        take_again(t);
    t->escape.n = 0;
    if (how == TRANSFER_DONE && t->at != TEXT && t->lines > 0)
        end_line_run(t);
    else
        end_run(t, how);
    pool_give(t->pool, t);
}

static void inline_bounded(struct filter *f) {
    if (inline_of(f)->file)
        filter_bounded(inline_of(f)->file);
}

static const struct filter_ops inline_ops = {
    .data = inline_data, .gap = inline_gap, .end = inline_end, .bounded = inline_bounded};

/* --- life --- */

static bool matches_text(const struct file_type *type, struct bytes declared) {
    return type->kind == KIND_TEXT;
}

static struct filter *create_inline(struct unpack *u) {
    struct inline_text *t = pool_take(unpack_state(u));
    if (!t) {
        counter_one(COUNTER_INLINE_SHED);
        return NULL;
    }
    memset(t, 0, offsetof(struct inline_text, piece)); /* the rooms behind are written before they are read */
    t->filter.ops = &inline_ops;
    t->pool = unpack_state(u);
    t->unpack = u;
    return &t->filter;
}

static void *start_inline(size_t objects) {
    return unpack_start_pool(sizeof(struct inline_text), objects);
}

const struct unpacker unpacker_inline = {
    .name = "inline",
    .kind = UNPACK_TEXT,
    .matches = matches_text,
    .create = create_inline,
    .start = start_inline,
    .stop = unpack_stop_pool,
};
