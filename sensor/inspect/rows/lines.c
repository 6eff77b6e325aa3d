/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/rows/reader.h"

enum {
    AT_FIRST = 128, /* lines that are read at the beginning, */
    A_VALUE = 8,    /* behind what may be a plate, */
    A_NAME = 3,     /* and behind a line of words one of which may name it */
};

size_t row_reader_size(void) {
    return sizeof(struct row_reader);
}

static void begin_cleared(struct row_reader *r, uint64_t seed) {
    r->judge.seed = seed;
    r->awake = AT_FIRST;
    json_reset(&r->json);
    markup_reset(&r->markup);
}

void row_reader_init(struct row_reader *r, uint64_t seed) {
    memset(&r->judge, 0, offsetof(struct row_judge, backlog));
    memset(&r->keyed, 0, offsetof(struct row_reader, line) - offsetof(struct row_reader, keyed));
    begin_cleared(r, seed);
}

/* Tables that have ended are zero, and no suspect has one: nine tenths of the state. */
void row_reader_again(struct row_reader *r, uint64_t seed) {
    memset(&r->judge, 0, offsetof(struct row_judge, suspect));
    for (unsigned i = 0; i < OPEN_TABLES; i++)
        memset((uint8_t *)&r->open[i] + sizeof r->open[i].table, 0,
               sizeof r->open[i] - sizeof r->open[i].table);
    memset(&r->current, 0, offsetof(struct row_reader, line) - offsetof(struct row_reader, current));
    begin_cleared(r, seed);
}

void row_reader_expect_strays(struct row_reader *r) {
    r->judge.strays = true;
}

const struct row_facts *row_reader_facts(const struct row_reader *r) {
    return &r->judge.facts;
}

/* --- which format --- */

/* A quote, blanks, a colon: the end of a key. */
static bool holds_key(struct bytes line) {
    const uint8_t *at = line.p, *end = line.p + line.n;
    while ((at = memchr(at, ':', (size_t)(end - at)))) {
        const uint8_t *before = at;
        while (before > line.p && (before[-1] == ' ' || before[-1] == '\t'))
            before--;
        if (before > line.p && before[-1] == '"')
            return true;
        at++;
    }
    return false;
}

static bool is_json(const struct row_reader *r, struct bytes line) {
    const struct json_reader *j = &r->json;
    struct bytes rest = bytes_trim(bytes_of(line.p + 1, line.n - 1));
    uint8_t c = line.p[0], d = rest.n > 0 ? rest.p[0] : 0;
    if (j->in_string && r->midst)
        return true;
    if (c == '}' || (c == '{' && (d == 0 || d == '"' || d == '{' || d == '[' || d == '}' || d == '\'' ||
                                  d == '_' || (d | 32) >= 'a')))
        return true;
    if (c == '[' && (d == 0 || d == '"' || d == '[' || d == '{' || d == '\''))
        return true;
    bool goes_on = c == '"' || c == ',' || c == '[' || c == ']' || r->midst || (c >= '0' && c <= '9') ||
                   c == '-' || ((c == 't' || c == 'f' || c == 'n') && line.n <= 6);
    return j->depth > 0 ? goes_on : (c == '"' || r->midst) && holds_key(line);
}

static bool is_markup(const struct row_reader *r, struct bytes line) {
    if (r->markup.in_tag || r->markup.in_cell || r->markup.element >= 0)
        return true;
    const uint8_t *at = memchr(line.p, '<', line.n);
    size_t left = at ? line.n - (size_t)(at - line.p) : 0;
    return left > 2 && memchr(at, '>', left) &&
           ((at[1] >= 'a' && at[1] <= 'z') || (at[1] >= 'A' && at[1] <= 'Z') || at[1] == '/' ||
            at[1] == '!' || at[1] == '?');
}

static bool is_tuple(const struct row_reader *r, struct bytes line) {
    uint8_t c = line.p[0] | 32;
    if (r->tuple.open || r->tuple.creating || (r->midst && r->tuple.statement))
        return true;
    if (line.p[0] == '(')
        return r->tuple.statement != 0 || memchr(line.p, ',', line.n);
    return (c == 'i' && bytes_starts_nocase(line, "insert into ")) ||
           (c == 'r' && bytes_starts_nocase(line, "replace into ")) ||
           (c == 'c' && (bytes_starts_nocase(line, "copy ") || bytes_starts_nocase(line, "create table "))) ||
           (c == 'v' && bytes_starts_nocase(line, "values"));
}

static bool ends_line(uint8_t c) {
    return c == '\n' || c == '\r' || c == '\v' || c == '\f' || c == 0 || c == 0x1e || c == 0x85;
}

/* Octets of the end of a line that stands at `at`; 0: none does. U+2028 and U+2029 are such ends. */
static size_t line_end_size(struct bytes line, size_t at) {
    const uint8_t *p = line.p + at;
    if (ends_line(*p))
        return 1;
    return *p == 0xe2 && line.n - at >= 3 && p[1] == 0x80 && (p[2] | 1) == 0xa9 ? 3 : 0;
}

static void read_part(struct row_reader *r, struct bytes piece, unsigned classes);

/* What stands in a string of JSON is text of its own, line by line, when its line ends are escaped. */
static void read_inside(struct row_reader *r, struct bytes line) {
    struct bytes trimmed = bytes_trim(line);
    const uint8_t *quote = r->json.in_string ? memchr(line.p, '"', line.n) : NULL;
    if (trimmed.n == 0)
        return;
    if (!r->json.in_string || (quote && (size_t)(quote - line.p) + 8 > line.n)) {
        read_part(r, line, line_classes(line));
    } else if (is_markup(r, trimmed))
        markup_read(r, trimmed);
    else if (is_tuple(r, trimmed))
        tuple_read(r, trimmed);
    else
        text_read(r, line, line_classes(line));
}

/* What was kept of lines without digits may be the names of columns. */
static void read_head(struct row_reader *r) {
    struct bytes head = bytes_of(r->head, r->head_n);
    r->head_n = 0;
    r->heading = true;
    if (head.n > 0)
        text_read(r, head, line_classes(head));
    r->heading = false;
}

/* A line of text without a digit holds no plate that anybody told from a word. */
static void keep_head(struct row_reader *r, struct bytes line) {
    if (text_is_ruler(line)) /* below the names */
        return;
    r->head_n = line.n <= sizeof r->head ? (uint16_t)line.n : 0;
    memmove(r->head, line.p, r->head_n); /* which no compiler turns into a loop of its own */
}

/* --- which lines are read --- */

/* After so many octets of lines that were not read some lines are, whatever stands in them: nobody outside
 * knows which. 0: they are due. */
static uint32_t octets_to_turn(const struct row_reader *r) {
    enum { APART = 12288, MORE_BITS = 12 };
    uint32_t apart = APART + (uint32_t)(judge_mix(&r->judge, r->turn) >> (64 - MORE_BITS));
    return r->passed < apart ? apart - r->passed : 0;
}

static bool is_in_turn(struct row_reader *r) {
    enum { TURN = 4 };
    if (octets_to_turn(r) > 0)
        return false;
    r->passed = 0;
    r->turn++;
    r->awake = TURN;
    return true;
}

/* Is it a line of those that are skimmed? What may be a plate wakes the reader for some lines. */
static bool is_asleep(struct row_reader *r) {
    if (r->judge.hopeless)
        r->awake = 0;
    else if (r->judge.likely && r->awake < A_VALUE)
        r->awake = A_VALUE;
    if (r->judge.likely && r->skims)
        memset(r->skim.met, 0, sizeof r->skim.met);
    r->judge.likely = r->judge.hopeless = false;
    r->judge.sparse = r->awake == 0;
    if (r->awake > 0 || is_in_turn(r)) {
        r->awake--;
        return false;
    }
    if (!r->skims)
        memset(&r->skim, 0, sizeof r->skim);
    r->skims = true;
    return true;
}

/* What was opened goes on: a line says less by itself. */
static bool is_in_midst(const struct row_reader *r) {
    return r->midst || r->json.in_string || r->markup.in_tag || r->markup.in_cell || r->markup.element >= 0 ||
           r->tuple.open || r->tuple.creating;
}

/* So many lines of so many octets are not read. */
static void pass_lines(struct row_reader *r, size_t lines, size_t octets) {
    r->judge.passed += (uint32_t)lines;
    r->passed += (uint32_t)octets;
    if (r->json.depth > 0) { /* what they open or close is not known */
        table_row_end(&r->judge, &r->keyed);
        json_reset(&r->json);
    }
}

/* Is the line done with, since nothing can be in it? */
static bool skim_line(struct row_reader *r, struct bytes line, unsigned classes) {
    if (r->hit || !is_asleep(r) || is_in_midst(r))
        return false;
    r->hit = skim_find(&r->skim, &r->judge, line).is != SKIM_NOTHING;
    if (r->hit)
        return false;
    r->head_n = 0;
    if (!(classes & LINE_DIGIT))
        keep_head(r, line);
    pass_lines(r, 1, line.n + 1);
    return true;
}

/* The next <br>, <br/> or <BR clear=all>, and the octet behind it; NULL: there is none. */
static const uint8_t *find_break(struct bytes line, const uint8_t **behind) {
    const uint8_t *end = line.p + line.n, *at = line.p;
    while ((at = memchr(at, '<', (size_t)(end - at)))) {
        if (end - at > 3 && (at[1] | 32) == 'b' && (at[2] | 32) == 'r' &&
            (at[3] == '>' || at[3] == '/' || at[3] == ' ')) {
            const uint8_t *close = memchr(at, '>', (size_t)(end - at));
            *behind = close ? close + 1 : end;
            return at;
        }
        at++;
    }
    return NULL;
}

/* Lines that a tag ends; within a cell of a table it ends none. */
static bool read_broken_lines(struct row_reader *r, struct bytes line) {
    const uint8_t *behind, *at;
    if (r->markup.in_tag || r->markup.in_cell || !find_break(line, &behind))
        return false;
    while ((at = find_break(line, &behind))) {
        struct bytes part = bytes_of(line.p, (size_t)(at - line.p));
        read_part(r, part, line_classes(part));
        r->markup.element = -1;
        line = bytes_of(behind, line.n - (size_t)(behind - line.p));
    }
    read_part(r, line, line_classes(line));
    return true;
}

static void read_part(struct row_reader *r, struct bytes piece, unsigned classes) {
    struct bytes trimmed = bytes_trim(piece);
    if (trimmed.n >= 3 && memcmp(trimmed.p, "\xef\xbb\xbf", 3) == 0)
        trimmed = piece = bytes_of(trimmed.p + 3, trimmed.n - 3);
    if (trimmed.n == 0)
        return;
    if (skim_line(r, trimmed, classes))
        return;
    if ((classes & (LINE_QUOTE | LINE_BRACE) || r->json.depth > 0 || r->json.in_string) &&
        is_json(r, trimmed)) {
        json_read(r, trimmed);
    } else if (((classes & LINE_SIGN) || r->markup.in_tag || r->markup.in_cell || r->markup.element >= 0) &&
               is_markup(r, trimmed)) {
        if (!read_broken_lines(r, trimmed))
            markup_read(r, trimmed);
    } else if (is_tuple(r, trimmed))
        tuple_read(r, trimmed);
    else if (!(classes & LINE_DIGIT)) {
        keep_head(r, piece);
        if (r->hit && r->awake < A_NAME)
            r->awake = A_NAME;
    } else {
        read_head(r);
        text_read(r, piece, classes);
    }
}

/* Zeros end lines; in lines that end by themselves they stand between cells. */
static bool has_zeros_between(struct bytes line) {
    enum { SHORT = 512, LEAST = 2 };
    unsigned zeros = 0;
    for (size_t i = 0; i < line.n && line.n <= SHORT; i++)
        zeros += line.p[i] == 0;
    return zeros >= LEAST && line.p[line.n - 1] != 0;
}

static void read_line(struct row_reader *r, struct bytes line) {
    uint8_t room[LINE_MAX_BYTES];
    unsigned classes = line_classes(line);
    size_t n = line.n;
    if (classes & LINE_END && has_zeros_between(line)) {
        for (size_t i = 0; i < n; i++)
            room[i] = line.p[i] ? line.p[i] : 0x1f;
        read_part(r, bytes_of(room, n), classes);
        return;
    }
    bool escaped = classes & (LINE_SPECIAL | LINE_BACK) && unescape_piece(line, room, &n);
    if (escaped) {
        line = bytes_of(room, n);
        classes = line_classes(line) | LINE_END;
    }
    if (!(classes & (LINE_END | LINE_RARE))) {
        read_part(r, line, classes);
        return;
    }
    bool midst = r->midst;
    for (size_t from = 0, at = 0; at <= line.n; at++) {
        at = octets_find(line, at, OCTETS_BREAK);
        size_t size = at < line.n ? line_end_size(line, at) : 1;
        if (size == 0)
            continue;
        struct bytes part = bytes_of(line.p + from, at - from);
        r->midst = midst && from == 0;
        if (escaped && from > 0)
            read_inside(r, part);
        else
            read_part(r, part, classes);
        if (escaped && from == 0 && at < line.n && r->json.in_string) {
            const uint8_t *quote = memrchr(part.p, '"', part.n);
            if (quote)
                read_inside(r, bytes_of(quote + 1, part.n - (size_t)(quote + 1 - part.p)));
        }
        from = at + size;
        at += size - 1;
    }
    r->midst = midst;
}

/* --- lines --- */

static bool ends_value(uint8_t c) {
    return c == ',' || c == '}' || c == '>' || c == ')' || c == ';' || c == ' ' || c == '&' || c == '\n';
}

/* Behind the last sign in the second half that ends a line, if it is an escape's; 0: there is none. */
static size_t find_line_cut(struct bytes in) {
    enum { STEP = 64, LEAST = LINE_MAX_BYTES / 2 };
    for (size_t end = in.n; end > LEAST; end -= STEP) {
        uint64_t mask = octets_mask(bytes_of(in.p, end), end - STEP, OCTETS_LINE_END);
        for (unsigned bit; mask; mask ^= 1ull << bit) {
            bit = 63 - (unsigned)__builtin_clzll(mask);
            size_t at = end - STEP + bit;
            if (in.p[at] != '\\')
                return at + 1;
            if (at + 1 < in.n && in.p[at + 1] == 'n')
                return at + 2;
        }
    }
    return 0;
}

/* Where a line of LINE_MAX_BYTES and more is cut: there, or behind the last sign that ends a value. */
static size_t find_cut(const uint8_t *p) {
    struct bytes in = bytes_of(p, LINE_MAX_BYTES);
    size_t line = find_line_cut(in), value = octets_find_last(in, in.n / 2, in.n, OCTETS_VALUE_END);
    return line ? line : value < in.n ? value + 1 : in.n;
}

static const uint8_t *find_line_end(struct bytes in) {
    return memchr(in.p, '\n', in.n);
}

/* Behind the last line that has ended. */
static const uint8_t *find_whole(struct bytes in) {
    const uint8_t *end = memrchr(in.p, '\n', in.n);
    return end ? end + 1 : in.p;
}

/* The last one of whole lines that is not empty, without its end: those are stepped over, and leave what may
 * be names of columns as it is. */
static struct bytes last_line(struct bytes text) {
    while (text.n > 0 && text.p[text.n - 1] == '\n')
        text.n--;
    const uint8_t *end = memrchr(text.p, '\n', text.n);
    size_t from = end ? (size_t)(end + 1 - text.p) : 0;
    return bytes_of(text.p + from, text.n - from);
}

/* Those of the lines, which are whole, that begin before some are in turn. */
static struct bytes lines_before_turn(struct bytes lines, size_t to_turn) {
    if (to_turn >= lines.n)
        return lines;
    const uint8_t *end = find_line_end(bytes_of(lines.p + to_turn - 1, lines.n - to_turn + 1));
    return bytes_of(lines.p, (size_t)(end + 1 - lines.p));
}

/* Passes over whole lines in which nothing is, and stops before the one in which something may be, or that is
 * in turn: it is taken as such where it is read. `end`: behind the last whole line. True: some were passed,
 * and nothing was found behind them. */
static bool pass_dull(struct row_reader *r, struct bytes *in, const uint8_t *end) {
    if (end <= in->p || is_in_midst(r) || octets_to_turn(r) == 0 || !is_asleep(r))
        return false;
    /* a line that is read in pieces is skimmed in them */
    struct bytes lines = bytes_of(in->p, (size_t)(end - in->p));
    if (lines.n > LINE_MAX_BYTES)
        lines.n = (size_t)(find_whole(bytes_of(in->p, LINE_MAX_BYTES)) - in->p);
    if (lines.n == 0)
        return false;
    struct skim_hit hit = skim_find(&r->skim, &r->judge, lines_before_turn(lines, octets_to_turn(r)));
    size_t n = hit.line;
    r->hit = hit.is == SKIM_PLATE || hit.is == SKIM_NAME;
    if (n == 0)
        return false;
    struct bytes last = last_line(bytes_of(in->p, n));
    if (last.n > 0)
        r->head_n = 0;
    if (last.n > 0 && !(line_classes(last) & LINE_DIGIT))
        keep_head(r, last);
    pass_lines(r, hit.lines, n);
    in->p += n;
    in->n -= n;
    return hit.is == SKIM_NOTHING;
}

/* Cuts and reads as much as is there of the line that begins at in->p and ends behind `n` octets; false: it
 * has not ended, and what is left is too little to say. */
static void take_lines(struct row_reader *r, struct bytes *in) {
    const uint8_t *whole = NULL;
    while (in->n > 0) {
        if (*in->p == '\n') {                     /* walls of them */
            if (r->awake == 0 && !is_in_midst(r)) /* as among others that are skimmed */
                pass_lines(r, 1, 1);
            r->midst = false;
            in->p++, in->n--;
            continue;
        }
        if (r->awake == 0) {
            whole = whole ? whole : find_whole(*in);
            if (pass_dull(r, in, whole))
                continue;
        }
        size_t most = in->n < LINE_MAX_BYTES ? in->n : LINE_MAX_BYTES;
        const uint8_t *end = find_line_end(bytes_of(in->p, most));
        if (!end && most < LINE_MAX_BYTES)
            return;
        size_t n = end ? (size_t)(end - in->p) : find_cut(in->p);
        read_line(r, bytes_of(in->p, n));
        r->hit = false;
        r->midst = !end;
        in->p += n + (end != NULL);
        in->n -= n + (end != NULL);
    }
}

/* The line that was kept goes on. */
static void take_kept(struct row_reader *r, struct bytes *in) {
    while (r->line_n > 0 && in->n > 0) {
        size_t room = sizeof r->line - r->line_n, take = in->n < room ? in->n : room;
        const uint8_t *end = memchr(in->p, '\n', take);
        if (end)
            take = (size_t)(end - in->p) + 1;
        memcpy(r->line + r->line_n, in->p, take);
        in->p += take;
        in->n -= take;
        r->line_n = (uint16_t)(r->line_n + take);
        if (!end && r->line_n < sizeof r->line)
            return;
        struct bytes kept = bytes_of(r->line, r->line_n);
        take_lines(r, &kept);
        memmove(r->line, kept.p, kept.n);
        r->line_n = (uint16_t)kept.n;
    }
}

static void skip_rest(struct row_reader *r, struct bytes *text) {
    while (r->skip && text->n > 0) {
        if (*text->p == '\n' || (r->skip == SKIP_VALUE && ends_value(*text->p)))
            r->skip = SKIP_NOTHING;
        text->p++;
        text->n--;
    }
}

void row_reader_push(struct row_reader *r, const struct row_sink *sink, struct bytes text) {
    const struct row_facts *f = &r->judge.facts;
    r->judge.sink = sink;
    if (f->plates + f->documents >= ROW_CELLS_MAX)
        return; /* nothing of what comes is handed on */
    skip_rest(r, &text);
    take_kept(r, &text);
    if (text.n == 0)
        return;
    take_lines(r, &text);
    memcpy(r->line, text.p, text.n);
    r->line_n = (uint16_t)text.n;
}

static void end_line(struct row_reader *r) {
    if (r->line_n > 0)
        read_line(r, bytes_of(r->line, r->line_n));
    r->line_n = 0;
    r->midst = false;
}

void row_reader_gap(struct row_reader *r, const struct row_sink *sink) {
    r->judge.sink = sink;
    /* The value that the gap cut is not what it was: neither its beginning nor its end counts. */
    while (r->line_n > 0 && !ends_value(r->line[r->line_n - 1]))
        r->line_n--;
    r->skip = r->json.depth > 0 || r->markup.in_tag || r->midst ? SKIP_VALUE : SKIP_LINE;
    end_line(r);
    json_reset(&r->json);
    markup_reset(&r->markup);
    r->tuple = (struct tuple_reader){0};
}

void row_reader_end(struct row_reader *r, const struct row_sink *sink) {
    r->judge.sink = sink;
    end_line(r);
    for (unsigned i = 0; i < OPEN_TABLES; i++)
        table_begin(&r->judge, &r->open[i].table);
    table_begin(&r->judge, &r->keyed);
}
