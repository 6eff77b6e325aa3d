/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/unpack.h"

#include "base/base64.h"
#include "base/counter.h"
#include "base/hex.h"
#include "base/pool.h"
#include "base/utf8.h"

/* Files that stand in a text in base64, or base64 of URLs: values of forms and of JSON, elements of XML,
 * data: URLs. A run of its signs, in one line or in lines of one length, whose first octets are those of a
 * file or of a text, is a child. Escapes of URLs ("%2B") and of JSON ("\/", "\n") are undone. Shorter runs
 * are text. */

enum { RUN_MIN = 512, PIECE = 256, LINE_LEAST = 60, PADDING_MAX = 2, ESCAPE_MAX = 3 };

struct inline_text {
    struct filter filter;
    struct pool *pool;
    struct unpack *unpack;
    struct filter *file;                 /* NULL: none */
    enum { TEXT, RUN, INSIDE, SKIP } at; /* between runs, in one that may be, is, is no file */
    uint8_t escape[ESCAPE_MAX];          /* the beginning of an escape */
    uint8_t escape_n;
    uint8_t padding;             /* "=" so far */
    bool ended_line;             /* the last sign was a line end */
    uint32_t line_n, line_first; /* signs of the present line, of the first one; 0: it has not ended */
    uint16_t run_n, piece_n;
    uint8_t piece[PIECE]; /* signs that the file has not yet got */
    uint8_t run[RUN_MIN];
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

/* An image, an archive, a document, or a text: of anything else nobody can tell. */
static bool begins_file(struct bytes signs) {
    uint8_t first[RUN_MIN];
    struct base64 s = {0};
    size_t n = base64_decode(&s, &signs, first, sizeof first);
    enum file_kind kind = type_of_bytes(bytes_of(first, n))->kind;
    return kind == KIND_TEXT ? is_utf8(bytes_of(first, n)) : kind != KIND_BINARY;
}

static void flush_piece(struct inline_text *t) {
    if (t->file && t->piece_n > 0)
        filter_data(t->file, t->piece, t->piece_n);
    t->piece_n = 0;
}

/* Of a run in lines a short one is the last: where some of the text is missing it may be so by chance. */
static bool is_end_sure(const struct inline_text *t) {
    return t->padding > 0 || t->line_first == 0 || unpack_object(t->unpack)->missing == 0;
}

static void end_run(struct inline_text *t, enum transfer_end how) {
    flush_piece(t);
    if (how == TRANSFER_DONE && !is_end_sure(t))
        how = TRANSFER_CUT;
    if (t->file)
        filter_end(t->file, how);
    t->file = NULL;
    t->at = TEXT;
    t->run_n = t->escape_n = t->padding = 0;
    t->line_n = t->line_first = 0;
    t->ended_line = false;
}

/* Its hosts pay for it as for the file in any text. */
static void judge_run(struct inline_text *t) {
    t->at = SKIP;
    if (!begins_file(bytes_of(t->run, t->run_n)) || !unpack_pays(t->unpack))
        return;
    const struct bytes fact[FACT_COUNT] = {{NULL, 0}};
    const struct unpack_child child = {
        .fact = fact, .codings = bytes_text("base64"), .total = LENGTH_UNKNOWN};
    t->file = unpack_begin(t->unpack, &child);
    if (!t->file)
        return;
    counter_one(COUNTER_INLINE_FILES);
    t->at = INSIDE;
    filter_data(t->file, t->run, t->run_n);
}

/* --- signs --- */

static bool is_sign(uint8_t c) {
    return base64_value(c) >= 0 || c == '-' || c == '_';
}

static void take_sign(struct inline_text *t, uint8_t c) {
    if (t->padding > 0) {
        end_run(t, TRANSFER_DONE); /* behind the padding another run may begin */
    }
    t->ended_line = false;
    t->line_n++;
    if (t->at == TEXT)
        t->at = RUN;
    if (t->at == RUN) {
        t->run[t->run_n++] = c;
        if (t->run_n == RUN_MIN)
            judge_run(t);
    } else if (t->at == INSIDE) {
        t->piece[t->piece_n++] = c;
        if (t->piece_n == PIECE)
            flush_piece(t);
    }
}

/* Lines but the last have one length; a short one ends the run. */
static void take_line_end(struct inline_text *t) {
    if (t->at == TEXT || t->ended_line)
        return;
    if (t->line_first == 0)
        t->line_first = t->line_n;
    if (t->line_n != t->line_first || t->line_n < LINE_LEAST) {
        end_run(t, TRANSFER_DONE);
        return;
    }
    t->line_n = 0;
    t->ended_line = true;
}

/* What stands around values. A run in lines that ends within one at anything else was cut. */
static bool is_quote(uint8_t c) {
    return c == '"' || c == '\'' || c == '<' || c == '`' || c == '&' || c == 0;
}

static void take_plain(struct inline_text *t, uint8_t c) {
    if (is_sign(c))
        take_sign(t, c);
    else if (c == '=' && t->at != TEXT && t->padding < PADDING_MAX)
        t->padding++;
    else if (c == '\r' || c == '\n')
        take_line_end(t);
    else if (t->at != TEXT)
        end_run(t, t->line_first == 0 || t->ended_line || is_quote(c) ? TRANSFER_DONE : TRANSFER_CUT);
}

/* What the escape stands for; 0: it is none, or one of something else. */
static uint8_t escaped_sign(const struct inline_text *t, uint8_t last) {
    uint8_t c = 0;
    if (t->escape[0] == '\\')
        return last == '/' ? '/' : last == 'n' || last == 'r' ? '\n' : 0;
    if (t->escape_n == 2 && hex_value(t->escape[1]) >= 0 && hex_value(last) >= 0)
        c = (uint8_t)(hex_value(t->escape[1]) << 4 | hex_value(last));
    return c == '+' || c == '/' || c == '=' || c == '\r' || c == '\n' ? c : 0;
}

static void take_octet(struct inline_text *t, uint8_t c) {
    if (t->escape_n == 0 && (c == '%' || c == '\\')) {
        t->escape[t->escape_n++] = c;
        return;
    }
    if (t->escape_n == 0) {
        take_plain(t, c);
        return;
    }
    if (t->escape[0] == '%' && t->escape_n == 1) {
        t->escape[t->escape_n++] = c;
        return;
    }
    uint8_t sign = escaped_sign(t, c);
    t->escape_n = 0;
    if (sign)
        take_plain(t, sign);
    else if (t->at != TEXT)
        end_run(t, TRANSFER_DONE);
}

/* Where no run is under way: octets in front of the next one that may be. A run that is long enough covers
 * one octet of each so many. */
static size_t skip_text(struct bytes in) {
    enum { STRIDE = 64 };
    size_t at = 0;
    while (at + STRIDE <= in.n) {
        size_t i = at + STRIDE;
        while (i > at && (is_sign(in.p[i - 1]) || in.p[i - 1] == '%' || in.p[i - 1] == '\\'))
            i--;
        if (i == at)
            return at;
        at = i;
    }
    /* What is left may be the beginning of one. */
    size_t i = in.n;
    while (i > at && (is_sign(in.p[i - 1]) || in.p[i - 1] == '%' || in.p[i - 1] == '\\'))
        i--;
    return i;
}

static void inline_data(struct filter *f, const uint8_t *p, size_t n) {
    struct inline_text *t = inline_of(f);
    for (size_t i = 0; i < n;) {
        if (t->at == TEXT && t->escape_n == 0)
            i += skip_text(bytes_of(p + i, n - i));
        for (bool more = true; i < n && more; more = t->at != TEXT || t->escape_n > 0)
            take_octet(t, p[i++]);
    }
}

/* Within a file the signs behind it go on: which of four the next one is, nobody knows. */
static void inline_gap(struct filter *f, uint64_t n) {
    struct inline_text *t = inline_of(f);
    flush_piece(t);
    if (t->file)
        filter_gap(t->file, n);
    else if (t->at != TEXT)
        end_run(t, TRANSFER_CUT);
}

static void inline_end(struct filter *f, enum transfer_end how) {
    struct inline_text *t = inline_of(f);
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
