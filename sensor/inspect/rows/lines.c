/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/rows/reader.h"

size_t row_reader_size(void) {
    return sizeof(struct row_reader);
}

void row_reader_init(struct row_reader *r, uint64_t seed) {
    memset(r, 0, offsetof(struct row_reader, line));
    r->judge.seed = seed;
    json_reset(&r->json);
    markup_reset(&r->markup);
}

void row_reader_expect_strays(struct row_reader *r) {
    r->judge.strays = true;
}

const struct row_facts *row_reader_facts(const struct row_reader *r) {
    return &r->judge.facts;
}

/* --- what the formats share --- */

/* One that is free; one in which nothing is that may be a plate; the one that was not read for longest. */
static unsigned find_oldest(const struct row_reader *r) {
    unsigned best = 0;
    for (unsigned i = 0; i < OPEN_TABLES; i++) {
        const struct open_table *a = &r->open[i], *b = &r->open[best];
        bool idle = a->table.suspects == 0, best_idle = b->table.suspects == 0;
        if (idle != best_idle ? idle : a->used < b->used)
            best = i;
    }
    return best;
}

bool reader_open(struct row_reader *r, uint8_t delimiter, size_t width, uint32_t names) {
    for (unsigned i = 0; i < OPEN_TABLES; i++) {
        struct open_table *o = &r->open[i];
        if (o->used > 0 && o->delimiter == delimiter && o->width == width && o->names == names) {
            r->current = (uint8_t)i;
            o->used = ++r->turns;
            return true;
        }
    }
    r->current = (uint8_t)find_oldest(r);
    struct open_table *o = &r->open[r->current];
    table_begin(&r->judge, &o->table);
    o->delimiter = delimiter;
    o->ragged = 0;
    o->width = (uint16_t)width;
    o->names = names;
    o->used = ++r->turns;
    return false;
}

static bool is_name_byte(uint8_t c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80;
}

int reader_key(struct row_reader *r, struct bytes name) {
    uint32_t h = 2166136261u;
    if (name.n == 0 || name.n > ROW_NAME_MAX)
        return -1;
    for (size_t i = 0; i < name.n; i++)
        if (is_name_byte(name.p[i]))
            h = (h ^ (name.p[i] | 32)) * 16777619u;
    return table_find(&r->keyed, h, name);
}

static void name_columns(struct row_reader *r, const struct bytes *cell, size_t n) {
    bool half = false; /* the column before is the first half of a plate */
    for (size_t i = 0; i < n; i++) {
        struct bytes text = cell_trim(cell[i]);
        enum row_name name = row_name_of(text);
        if (name == ROW_NAME_OTHER && i + 1 < n && row_name_is_series(text, cell_trim(cell[i + 1])))
            name = ROW_NAME_SERIES;
        int at = table_place(reader_placed(r), (unsigned)i, half ? ROW_NAME_PLATE : name, text);
        if (at >= 0)
            table_name(&r->judge, reader_placed(r), (unsigned)at, half ? ROW_NAME_PLATE_WEAK : name);
        half = name == ROW_NAME_SERIES;
    }
}

/* "KXR", "4471": one plate. */
static struct bytes join_cells(struct bytes first, struct bytes second, uint8_t room[CELL_SIGNS * 2]) {
    first = cell_trim(first);
    second = cell_trim(second);
    if (first.n + second.n > CELL_SIGNS * 2)
        return bytes_of(NULL, 0);
    memcpy(room, first.p, first.n);
    memcpy(room + first.n, second.p, second.n);
    return bytes_of(room, first.n + second.n);
}

static size_t join_halves(struct row_reader *r, unsigned column, struct bytes first, struct bytes second) {
    uint8_t room[CELL_SIGNS * 2];
    struct bytes both = join_cells(first, second, room);
    if (both.n == 0 || column + 1 >= TABLE_COLUMNS)
        return 0;
    table_cell(&r->judge, reader_placed(r), column + 1, both);
    return 1;
}

static bool holds_letter(struct bytes text) {
    for (size_t i = 0; i < text.n; i++)
        if ((text.p[i] | 32) >= 'a' && (text.p[i] | 32) <= 'z')
            return true;
    return false;
}

static bool joins(struct bytes first, struct bytes second, uint8_t room[CELL_SIGNS * 2]) {
    enum { LONGEST = 6 /* with quotes */ };
    struct cell cell;
    if (first.n == 0 || second.n == 0 || first.n > LONGEST || second.n > LONGEST ||
        !(holds_letter(first) || holds_letter(second)))
        return false;
    struct bytes both = join_cells(first, second, room);
    if (both.n < 6)
        return false;
    cell_read(both, &cell);
    return (cell.is & CELL_LIKELY) != 0;
}

/* Columns side by side whose values may be the halves of plates. Two are tried until they do not fit. */
static void join_columns(struct row_reader *r, const struct bytes *cell, size_t n) {
    enum { FIRST = 12, MISSES = 8 };
    struct row_table *t = reader_placed(r);
    uint8_t room[CELL_SIGNS * 2];
    if (t->joined == 0 && t->skips)
        return;
    size_t from = t->joined > 0 ? t->joined - 1u : 0;
    size_t to = t->joined > 0 && t->joined_misses < MISSES ? from + 1 : FIRST;
    for (size_t i = from + (t->joined_misses >= MISSES); i < to && i + 1 < n; i++)
        if (joins(cell[i], cell[i + 1], room)) {
            t->joined = (uint8_t)(i + 1);
            t->joined_misses = 0;
            table_cell(&r->judge, t, TABLE_JOINED, join_cells(cell[i], cell[i + 1], room));
            return;
        }
    if (t->joined_misses >= MISSES)
        t->joined = t->joined_misses = 0;
    else
        t->joined_misses += t->joined > 0;
}

/* Values of one column that stand in one line. */
static bool is_list(const struct bytes *cell, size_t n) {
    enum { SHORTEST = 10, LOOKED_AT = 4 };
    struct cell read;
    for (size_t i = 0; i < LOOKED_AT && n >= SHORTEST; i++) {
        cell_read(cell_trim(cell[i]), &read);
        if (!(read.is & CELL_LIKELY))
            return false;
    }
    return n >= SHORTEST;
}

static void read_list(struct row_reader *r, const struct bytes *cell, size_t n) {
    reader_open(r, OPEN_LIST, 0, 0);
    struct row_table *t = reader_placed(r);
    t->alone = true;
    for (size_t i = 0; i < n; i++) {
        table_cell(&r->judge, t, 0, cell[i]);
        table_row_end(&r->judge, t);
    }
}

static uint32_t digest_names(const struct bytes *cell, size_t n) {
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < n; i++) {
        struct bytes name = cell_trim(cell[i]);
        for (size_t k = 0; k < name.n; k++)
            h = (h ^ name.p[k]) * 16777619u;
        h = (h ^ ',') * 16777619u;
    }
    return h | 1;
}

/* Names that come again, on each page or between two tables in turn, go on with their table. */
static bool hold_wanted(const struct bytes *cell, size_t n) {
    for (size_t i = 0; i < n; i++) {
        enum row_name name = row_name_of(cell_trim(cell[i]));
        if (row_name_is_plate(name) || name == ROW_NAME_DOCUMENT)
            return true;
    }
    return false;
}

static void read_header(struct row_reader *r, const struct bytes *cell, size_t n) {
    struct open_table *o = &r->open[r->current];
    uint32_t names = digest_names(cell, n);
    if (o->names == names)
        return;
    if (o->table.rows > 0 && (table_is_wanted(&o->table) || hold_wanted(cell, n))) {
        if (reader_open(r, o->delimiter, n, names))
            return;
        o = &r->open[r->current];
    }
    table_rename(&r->judge, &o->table);
    o->names = names;
    name_columns(r, cell, n);
}

void reader_row(struct row_reader *r, const struct bytes *cell, size_t n) {
    if ((reader_placed(r)->rows == 0 || r->heading) && table_is_header(cell, n)) {
        read_header(r, cell, n);
        return;
    }
    if (r->heading) { /* words */
        reader_placed(r)->titled |= reader_placed(r)->rows == 0 && n > 1;
        return;
    }
    if (is_list(cell, n)) {
        read_list(r, cell, n);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        int at = table_place(reader_placed(r), (unsigned)i, ROW_NAME_OTHER, cell[i]);
        if (at >= 0 && reader_placed(r)->column[at].name == ROW_NAME_SERIES && i + 1 < n)
            i += join_halves(r, (unsigned)at, cell[i], cell[i + 1]);
        else if (at >= 0)
            table_cell(&r->judge, reader_placed(r), (unsigned)at, cell[i]);
    }
    if (n > 2 && !reader_placed(r)->loose)
        join_columns(r, cell, n);
    table_row_end(&r->judge, reader_placed(r));
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
        text_read(r, line);
}

static bool is_wanted(uint8_t name) {
    return name == ROW_NAME_PLATE || name == ROW_NAME_PLATE_WEAK || name == ROW_NAME_DOCUMENT;
}

/* What was kept of lines without digits may be the names of columns. */
static void read_head(struct row_reader *r) {
    struct bytes head = bytes_of(r->head, r->head_n);
    r->head_n = 0;
    r->heading = true;
    if (head.n > 0)
        text_read(r, head);
    r->heading = false;
}

/* A line of text without a digit holds no plate that anybody told from a word. */
static void keep_head(struct row_reader *r, struct bytes line) {
    if (text_is_ruler(line)) /* below the names */
        return;
    r->head_n = line.n <= sizeof r->head ? (uint16_t)line.n : 0;
    memmove(r->head, line.p, r->head_n); /* which no compiler turns into a loop of its own */
}

/* Does the head that is kept name a plate or a document? Then what follows it is looked at. */
static bool has_plate_name(struct row_reader *r) {
    if (r->head_n == 0)
        return false;
    read_head(r);
    for (unsigned i = 0; i < reader_placed(r)->used; i++)
        if (is_wanted(reader_placed(r)->column[i].name)) {
            r->boring = 0;
            return true;
        }
    return false;
}

/* In text in which nothing was worth a look for long, an eighth is looked at, in turns so short that no table
 * stands between two of them. */
static bool is_boring(struct row_reader *r) {
    enum { LONG = 512, AGAIN = 12, TURN = 4 };
    if (r->judge.suspects > 0)
        r->boring = 0;
    else if (r->judge.hopeless)
        r->boring = LONG;
    else if (r->judge.likely && r->boring > LONG - AGAIN)
        r->boring = LONG - AGAIN;
    r->judge.likely = r->judge.hopeless = false;
    r->boring += r->boring < LONG;
    r->judge.sparse = r->boring == LONG;
    return r->judge.sparse && r->lines / TURN % 8 != 0;
}

static bool is_whole_object(struct bytes line) {
    return line.p[0] == '{' && line.p[line.n - 1] == '}';
}

static void read_part(struct row_reader *r, struct bytes piece, unsigned classes) {
    struct bytes trimmed = bytes_trim(piece);
    if (trimmed.n >= 3 && memcmp(trimmed.p, "\xef\xbb\xbf", 3) == 0)
        trimmed = piece = bytes_of(trimmed.p + 3, trimmed.n - 3);
    if (trimmed.n == 0)
        return;
    bool boring = is_boring(r);
    if ((classes & (LINE_QUOTE | LINE_BRACE) || r->json.depth > 0 || r->json.in_string) &&
        is_json(r, trimmed)) {
        if (!boring || r->midst || r->json.depth > 0 || !is_whole_object(trimmed))
            json_read(r, trimmed);
    } else if (((classes & LINE_SIGN) || r->markup.in_tag || r->markup.in_cell || r->markup.element >= 0) &&
               is_markup(r, trimmed))
        markup_read(r, trimmed);
    else if (is_tuple(r, trimmed))
        tuple_read(r, trimmed);
    else if (!(classes & LINE_DIGIT))
        keep_head(r, piece);
    else if (!boring || has_plate_name(r)) {
        read_head(r);
        text_read(r, piece);
    }
}

static void read_line(struct row_reader *r, struct bytes line) {
    uint8_t room[LINE_MAX_BYTES];
    unsigned classes = line_classes(line);
    size_t n = line.n;
    r->lines++;
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
        if (at < line.n && !ends_line(line.p[at]))
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
        from = at + 1;
    }
    r->midst = midst;
}

/* --- lines --- */

static bool ends_value(uint8_t c) {
    return c == ',' || c == '}' || c == '>' || c == ')' || c == ';' || c == ' ' || c == '&' || c == '\n';
}

/* Where a line of LINE_MAX_BYTES and more is cut: behind the last sign that ends a value. */
static size_t find_cut(const uint8_t *p) {
    for (size_t n = LINE_MAX_BYTES; n > LINE_MAX_BYTES / 2; n--)
        if (ends_line(p[n - 1]) || (p[n - 1] == 'n' && p[n - 2] == '\\'))
            return n;
    for (size_t n = LINE_MAX_BYTES; n > LINE_MAX_BYTES / 2; n--)
        if (ends_value(p[n - 1]))
            return n;
    return LINE_MAX_BYTES;
}

static const uint8_t *find_line_end(struct bytes in) {
    return memchr(in.p, '\n', in.n);
}

/* Cuts and reads as much as is there of the line that begins at in->p and ends behind `n` octets; false: it
 * has not ended, and what is left is too little to say. */
static void take_lines(struct row_reader *r, struct bytes *in) {
    while (in->n > 0) {
        if (*in->p == '\n') { /* walls of them */
            r->midst = false;
            in->p++, in->n--;
            continue;
        }
        size_t most = in->n < LINE_MAX_BYTES ? in->n : LINE_MAX_BYTES;
        const uint8_t *end = find_line_end(bytes_of(in->p, most));
        if (!end && most < LINE_MAX_BYTES)
            return;
        size_t n = end ? (size_t)(end - in->p) : find_cut(in->p);
        read_line(r, bytes_of(in->p, n));
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
