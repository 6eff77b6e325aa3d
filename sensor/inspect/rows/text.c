/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/rows/reader.h"

/* Lines of text: names with their values, and cells between signs or blanks. */

static bool is_name_byte(uint8_t c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80 ||
           c == '_' || c == '-' || c == '.';
}

static bool is_letter(uint8_t c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
}

/* --- names with their values --- */

/* Where the name that ends before `to` begins; `to` itself if there is none. */
static size_t find_name(struct bytes line, size_t to) {
    size_t from = to;
    while (from > 0 && to - from < ROW_NAME_MAX && is_name_byte(line.p[from - 1]))
        from--;
    while (from < to && (line.p[from] == '-' || line.p[from] == '.' || line.p[from] == '_'))
        from++;
    return from < to && is_letter(line.p[from]) ? from : to;
}

/* "number" says more with the words before it. */
static int find_longer(struct row_reader *r, struct bytes line, size_t from, size_t to, int column) {
    size_t begin = from;
    for (unsigned words = 0; words < 3; words++) {
        if (begin < 2 || line.p[begin - 1] != ' ' || !is_name_byte(line.p[begin - 2]))
            break;
        size_t word = find_name(line, begin - 1);
        if (word == begin - 1 || to - word > ROW_NAME_MAX)
            break;
        begin = word;
        struct bytes name = bytes_of(line.p + begin, to - begin);
        enum row_name is = row_name_of(name);
        if (is == ROW_NAME_PLATE || is == ROW_NAME_DOCUMENT || is == ROW_NAME_BIRTH)
            column = reader_key(r, name);
    }
    return column;
}

static bool ends_value(uint8_t c) {
    return c == ',' || c == ';' || c == '|' || c == '&' || c == '\t' || c == '"' || c == '\'' || c == '}' ||
           c == ']' || c == ')' || c == '>' || c == '<' || c == '\r';
}

static bool is_plate_column(const struct row_reader *r, int column) {
    uint8_t name = r->keyed.column[column].name;
    return name == ROW_NAME_PLATE || name == ROW_NAME_PLATE_WEAK;
}

static bool has_digit(struct bytes line, size_t from, size_t to) {
    for (; from < to; from++)
        if (line.p[from] >= '0' && line.p[from] <= '9')
            return true;
    return false;
}

static bool has_letter(struct bytes line, size_t from, size_t to) {
    for (; from < to; from++)
        if (is_letter(line.p[from]))
            return true;
    return false;
}

/* "12 August 1974": up to two words more that are no names of their own. */
static size_t find_date_end(struct bytes line, size_t end) {
    for (unsigned words = 0; words < 2 && end < line.n && line.p[end] == ' '; words++) {
        size_t more = end + 1;
        while (more < line.n && !ends_value(line.p[more]) && line.p[more] != ' ' && line.p[more] != '=' &&
               line.p[more] != ':')
            more++;
        if (more < line.n && (line.p[more] == '=' || line.p[more] == ':'))
            break;
        end = more;
    }
    return end;
}

/* "ABC 1234" is one plate, unless what follows the blank is another name. Of a value that is longer than any
 * that is looked at the beginning is enough: in "a=a=a=" each one would go on to the line's end. */
static size_t find_value_end(const struct row_reader *r, struct bytes line, size_t from, int column) {
    enum { VALUE_MOST = 68 }; /* names of persons have 64 at most */
    size_t end = from;
    line.n = line.n - from > VALUE_MOST ? from + VALUE_MOST : line.n;
    while (end < line.n && !ends_value(line.p[end]) && line.p[end] != ' ')
        end++;
    if (r->keyed.column[column].name == ROW_NAME_BIRTH)
        return find_date_end(line, end);
    if (end == line.n || line.p[end] != ' ' || !is_plate_column(r, column))
        return end;
    size_t more = end + 1;
    while (more < line.n && !ends_value(line.p[more]) && line.p[more] != ' ' && line.p[more] != '=' &&
           line.p[more] != ':')
        more++;
    struct cell cell;
    cell_read(bytes_of(line.p + from, more - from), &cell);
    bool ends = more == line.n || ends_value(line.p[more]);
    bool halves = !has_digit(line, from, end) && !has_letter(line, end, more);
    return cell.is & CELL_SHAPED || ((ends || halves) && cell.is & CELL_WIDE && cell.is & CELL_DIGIT) ? more
                                                                                                      : end;
}

static bool is_wrapper(uint8_t c) {
    return c == '"' || c == '\'' || c == '\\' || c == '#' || c == '*';
}

/* Where the name before `to` ends: behind what may stand between it and its sign. */
static size_t find_name_end(struct bytes line, size_t to) {
    size_t most = to;
    while (to > 0 && most - to < 40 && (line.p[to - 1] == ' ' || line.p[to - 1] == '\t'))
        to--;
    for (most = to; to > 0 && most - to < 4 && is_wrapper(line.p[to - 1]);)
        to--;
    return to;
}

/* "plate[3]=" is a plate, "reads[0][plate]=" too. */
static size_t step_over_brackets(struct bytes line, size_t to, size_t *name_end) {
    size_t open = to - 1;
    while (open > 0 && to - open < ROW_NAME_MAX && line.p[open] != '[')
        open--;
    if (line.p[open] != '[')
        return to;
    *name_end = is_letter(line.p[open + 1]) ? to - 1 : open;
    return open;
}

static size_t find_value(struct bytes line, size_t at) {
    size_t from = at + 1;
    if (from < line.n && line.p[at] == '=' && line.p[from] == '>')
        from++;
    while (from < line.n && from - at < 24 &&
           (line.p[from] == ' ' || line.p[from] == '\\' || line.p[from] == '"' || line.p[from] == '\'' ||
            line.p[from] == '\t' || line.p[from] == '*'))
        from++;
    return from;
}

/* "cs1Label=plate cs1=KXR4471", as in CEF. */
static void take_label(struct row_reader *r, struct bytes key, struct bytes label) {
    enum row_name name = row_name_of(label);
    int column = name != ROW_NAME_OTHER ? reader_key(r, key) : -1;
    if (column >= 0 && r->keyed.column[column].name == ROW_NAME_OTHER)
        r->keyed.column[column].name = (uint8_t)name;
}

static bool is_one_cell(struct bytes line, size_t from, size_t to) {
    while (from < to && line.p[from] != ' ' && !ends_value(line.p[from]))
        from++;
    return from == to;
}

/* The sign at `at` stands between a name and its value? */
static bool read_pair(struct row_reader *r, struct bytes line, size_t at) {
    size_t to = find_name_end(line, at), from = find_value(line, at);
    if (to > 0 && line.p[to - 1] == ']')
        step_over_brackets(line, to, &to);
    size_t name = find_name(line, to);
    if (name == to || from == line.n || line.p[from] == '/' || line.p[from] == '=' || line.p[from] == ':')
        return false;
    /* "a:b:c" are cells. */
    const uint8_t *next =
        line.p[at] == ':' && from == at + 1 ? memchr(line.p + from, ':', line.n - from) : NULL;
    if (name > 0 && line.p[name - 1] == ':' && from == at + 1)
        return false;
    if (next && is_letter(line.p[from]) && is_one_cell(line, from, (size_t)(next - line.p)))
        return false;
    int column = reader_key(r, bytes_of(line.p + name, to - name));
    if (column >= 0 && r->keyed.column[column].tail)
        column = find_longer(r, line, name, to, column);
    if (column < 0)
        return true;
    bool quoted = line.p[from - 1] == '"' || line.p[from - 1] == '\'';
    const uint8_t *quote = quoted ? memchr(line.p + from, line.p[from - 1], line.n - from) : NULL;
    size_t end = quote ? (size_t)(quote - line.p) : find_value_end(r, line, from, column);
    struct bytes value = bytes_of(line.p + from, end - from);
    if (to - name > 5 && memcmp(line.p + to - 5, "Label", 5) == 0)
        take_label(r, bytes_of(line.p + name, to - 5 - name), value);
    table_cell(&r->judge, &r->keyed, (unsigned)column, value);
    return true;
}

/* "04:11" */
static bool is_in_time(struct bytes line, size_t at) {
    return line.p[at - 1] >= '0' && line.p[at - 1] <= '9' && at + 1 < line.n && line.p[at + 1] >= '0' &&
           line.p[at + 1] <= '9' && line.p[at] == ':' &&
           (at < 3 || !is_letter(line.p[at - 3]) || line.p[at - 3] == 'T');
}

static unsigned read_pairs(struct row_reader *r, struct bytes line) {
    unsigned pairs = 0;
    for (size_t at = 1; (at = octets_find(line, at, OCTETS_PAIR)) < line.n; at++)
        if (!is_in_time(line, at))
            pairs += read_pair(r, line, at);
    if (pairs > 0)
        table_row_end(&r->judge, &r->keyed);
    return pairs;
}

/* --- sentences --- */

/* A word of five letters or more, or of three. */
static bool names_plate(struct bytes line, size_t from, size_t to) {
    if (has_digit(line, from, to) || (to - from < 5 && to - from != 3))
        return false;
    enum row_name name = row_name_of(bytes_of(line.p + from, to - from));
    return name == ROW_NAME_PLATE || name == ROW_NAME_PLATE_WEAK;
}

/* Where the next blank may stand that is read: a digit follows its word, or stands in it. */
static size_t skip_words(struct bytes line, size_t at) {
    enum { WORD = 12, FAR = WORD + 1 /* behind the blanks */ };
    size_t digit = octets_find(line, at, OCTETS_DIGIT);
    if (digit == line.n || digit < FAR + 1)
        return digit == line.n ? line.n : at;
    size_t blank = digit - FAR - 1; /* the last one of a run, at least */
    while (blank > at && line.p[blank] == ' ')
        blank--;
    return blank > at ? blank : at;
}

/* "Kennzeichen K-E 3237 erkannt": a word with digits behind one that names a plate. */
static bool read_sentence(struct row_reader *r, struct bytes line) {
    bool any = false;
    for (size_t at = 1; (at = skip_words(line, at)) < line.n; at++) {
        const uint8_t *blank = memchr(line.p + at, ' ', line.n - at);
        if (!blank)
            break;
        at = (size_t)(blank - line.p);
        size_t from = at + 1, to = from;
        while (from < line.n && line.p[from] == ' ')
            from++;
        for (to = from; to < line.n && line.p[to] != ' ' && to - from <= 12;)
            to++;
        size_t name_end = at, name = find_name(line, at);
        at = from - 1; /* the last blank of a run */
        if (to == from || to - from > 12 ||
            !(has_digit(line, from, to) ||
              (to + 1 < line.n && line.p[to + 1] >= '0' && line.p[to + 1] <= '9')))
            continue;
        if (name == name_end || !names_plate(line, name, name_end))
            continue;
        int column = reader_key(r, bytes_of(line.p + name, name_end - name));
        if (column < 0)
            continue;
        if (r->keyed.column[column].tail)
            column = find_longer(r, line, name, name_end, column);
        size_t end = find_value_end(r, line, from, column);
        table_cell(&r->judge, &r->keyed, (unsigned)column, bytes_of(line.p + from, end - from));
        any = true;
        at = end - 1;
    }
    if (any)
        table_row_end(&r->judge, &r->keyed);
    return any;
}

/* --- cells between signs --- */

enum { BY_NOTHING, BY_BLANK, BY_BLANKS, BY_SIGN };

/* In the order in which they are taken. Those of the second half stand inside of cells too, so they count
 * only where none of the first half stands. */
static const char *const delimiters[] = {"\t",
                                         "|",
                                         ";",
                                         ",",
                                         "\x1f",
                                         "\x01",
                                         "^",
                                         "~",
                                         "\x1e",
                                         "\xc2\xa7",
                                         "\xef\xbc\x8c",
                                         "\xd8\x8c",
                                         "\xc2\xb7",
                                         "\xe2\x94\x82",
                                         "&",
                                         "#",
                                         "!",
                                         "$",
                                         "*",
                                         "+",
                                         "@",
                                         "/",
                                         "=",
                                         ":",
                                         "_"};
enum {
    DELIMITERS = sizeof delimiters / sizeof *delimiters,
    COMMON = 4,
    MIDDLE_DOT = 12, /* which may stand between the signs of a plate */
    SECOND = 15
};

/* By octet: 1 + the delimiter that ends with it, 0 for none. */
static const uint8_t delimiter_of[256] = {
    ['\t'] = 1, ['|'] = 2,   [';'] = 3,   [','] = 4,   [0x1f] = 5,  [0x01] = 6, ['^'] = 7,  ['~'] = 8,
    [0x1e] = 9, [0xa7] = 10, [0x8c] = 11, [0xb7] = 13, [0x82] = 14, ['&'] = 15, ['#'] = 16, ['!'] = 17,
    ['$'] = 18, ['*'] = 19,  ['+'] = 20,  ['@'] = 21,  ['/'] = 22,  ['='] = 23, [':'] = 24};

/* Of UTF-8 as many octets as the first one says. */
static size_t sign_size(const char *sign) {
    uint8_t c = (uint8_t)*sign;
    return c < 0x80 ? 1 : c < 0xe0 ? 2 : 3;
}

static size_t delimiter_size(unsigned d) {
    return d < BY_SIGN ? 1 : sign_size(delimiters[d - BY_SIGN]);
}

static bool is_delimiter_at(const uint8_t *at, const uint8_t *begin, unsigned d) {
    size_t n = sign_size(delimiters[d]);
    return (size_t)(at + 1 - begin) >= n && memcmp(at + 1 - n, delimiters[d], n) == 0;
}

/* What keeps the cells of this line apart, by this line alone. */
static unsigned guess_delimiter(struct bytes line) {
    uint8_t count[DELIMITERS + 1] = {0};
    unsigned blanks = 0, alone = 0, runs = 0, best = DELIMITERS;
    for (size_t from = 0; from < line.n; from += 64)
        for (uint64_t bits = octets_mask(line, from, OCTETS_APART); bits; bits &= bits - 1) {
            size_t i = from + (unsigned)__builtin_ctzll(bits);
            if (line.p[i] == ' ') {
                bool inside = i > 0 && i + 1 < line.n && line.p[i + 1] != ' ';
                blanks++;
                alone += inside && line.p[i - 1] != ' ';
                runs += inside && line.p[i - 1] == ' ';
                continue;
            }
            unsigned d = delimiter_of[line.p[i]];
            if (d == 11 && line.p[i] == 0x8c && i > 0 && line.p[i - 1] == 0xd8)
                d = 12;
            if (d && count[d - 1] < UINT8_MAX &&
                (line.p[i] < 0x80 || is_delimiter_at(line.p + i, line.p, d - 1)))
                count[d - 1]++;
        }
    for (unsigned d = 0; d < SECOND; d++)
        if (count[d] > 0 &&
            (best == DELIMITERS || (d >= COMMON && d != MIDDLE_DOT && count[d] > count[best])))
            best = d;
    if (best < DELIMITERS)
        return BY_SIGN + best;
    if (runs >= 1 && (runs >= 3 || runs * 2 >= alone))
        return BY_BLANKS;
    for (unsigned d = SECOND; d < DELIMITERS; d++)
        if (count[d] > 0 && (best == DELIMITERS || count[d] > count[best]))
            best = d;
    /* A date has as many signs as this. */
    if (best < DELIMITERS && count[best] >= 3 && count[best] * 2u >= blanks)
        return BY_SIGN + best;
    return blanks > 0 ? BY_BLANK : BY_NOTHING;
}

/* The next cell of *line, which is taken off it; false: there is none. */
static bool next_cell(struct bytes *line, unsigned delimiter, struct bytes *cell) {
    if (!line->p)
        return false;
    size_t at = 0, n = delimiter_size(delimiter);
    const char *text = delimiter >= BY_SIGN ? delimiters[delimiter - BY_SIGN] : " ";
    while (at < line->n && line->p[at] == ' ')
        at++;
    if (at < line->n && line->p[at] == '"' && delimiter >= BY_SIGN) {
        const uint8_t *quote = memchr(line->p + at + 1, '"', line->n - at - 1);
        at = quote ? (size_t)(quote - line->p) : at;
    } else if (delimiter >= BY_SIGN)
        at = 0;
    size_t from = delimiter >= BY_SIGN ? 0 : at;
    for (; at < line->n; at++) {
        const uint8_t *found = memchr(line->p + at, text[0], line->n - at);
        at = found ? (size_t)(found - line->p) : line->n;
        bool all = found && (n == 1 || (line->n - at >= n && memcmp(found, text, n) == 0));
        if (all && (delimiter != BY_BLANKS || (at + 1 < line->n && line->p[at + 1] == ' ')))
            break;
    }
    at = at < line->n ? at : line->n;
    *cell = bytes_of(line->p + from, at - from);
    *line = at < line->n ? bytes_of(line->p + at + n, line->n - at - n) : bytes_of(NULL, 0);
    return delimiter >= BY_SIGN || cell->n > 0;
}

enum { WORDS = 16 /* more of them are a sentence */ };

static size_t split_line(struct bytes line, unsigned delimiter, struct bytes cell[TABLE_PLACES]) {
    size_t n = 0, most = delimiter == BY_BLANK ? WORDS + 1 : TABLE_PLACES;
    if (delimiter == BY_NOTHING) {
        cell[0] = line;
        return 1;
    }
    while (n < most && next_cell(&line, delimiter, &cell[n]))
        n++;
    return n;
}

bool text_is_ruler(struct bytes line) {
    for (size_t i = 0; i < line.n; i++) {
        uint8_t c = line.p[i];
        if (c == 0xe2 && line.n - i > 2 && (line.p[i + 1] == 0x94 || line.p[i + 1] == 0x95))
            i += 2;
        else if (c != '-' && c != '|' && c != '+' && c != ':' && c != ' ' && c != '=' && c != '\t' &&
                 c != '\r')
            return false;
    }
    return true;
}

/* "ABC 1234" and nothing else. */
static bool is_plate_alone(struct bytes line) {
    struct cell cell;
    if (line.n > 14)
        return false;
    cell_read(cell_trim(line), &cell);
    return (cell.is & CELL_WIDE) != 0;
}

/* Has a table of this kind rows of so many cells? Of words between blanks there are any number; and where no
 * names are, the signs between the cells may change from row to row. */
static bool has_width(const struct open_table *o, unsigned delimiter, size_t n) {
    if (o->used == 0 || o->delimiter >= OPEN_LIST)
        return false;
    if (o->delimiter != delimiter &&
        (o->delimiter < BY_SIGN || delimiter < BY_SIGN || o->table.named || n < 3))
        return false;
    return o->width == n || delimiter == BY_BLANK;
}

/* Some rows have a cell or two more or fewer; where these follow each other they are another table. */
static bool nearly_has_width(struct open_table *o, size_t n) {
    enum { RAGGED = 3 };
    if (o->used == 0 || o->delimiter < BY_SIGN || o->delimiter >= OPEN_LIST || n < 2 || n + 2 < o->width ||
        n > o->width + 2u)
        return false;
    o->ragged = o->ragged_width == n ? o->ragged + 1 : 1;
    o->ragged_width = (uint16_t)n;
    return o->ragged < RAGGED;
}

/* The same signs between the cells, then the one that was read last. */
static bool is_better(const struct open_table *a, const struct open_table *b, unsigned delimiter) {
    bool same = a->delimiter == delimiter, best_same = b->delimiter == delimiter;
    return same != best_same ? same : a->used > b->used;
}

/* The table with this width; -1: none. */
static int find_open(const struct row_reader *r, unsigned delimiter, size_t n) {
    int best = -1;
    for (int i = 0; i < OPEN_TABLES; i++)
        if (has_width(&r->open[i], delimiter, n) &&
            (best < 0 || is_better(&r->open[i], &r->open[best], delimiter)))
            best = i;
    return best;
}

static int find_ragged(struct row_reader *r, unsigned delimiter, size_t n) {
    for (int i = 0; i < OPEN_TABLES; i++)
        if (r->open[i].delimiter == delimiter && nearly_has_width(&r->open[i], n))
            return i;
    return -1;
}

/* Names were told before any row came, and may be those of such a row: by other means than a line of text, by
 * as many words, or of columns that blanks keep apart. */
static bool is_named_already(const struct open_table *o, unsigned delimiter, size_t n) {
    if (o->table.rows > 0 || !o->table.named)
        return false;
    if (o->used == 0 || o->delimiter >= OPEN_LIST || o->width == n)
        return true;
    return o->delimiter == delimiter || (o->delimiter < BY_SIGN && delimiter < BY_SIGN);
}

static void take_named(struct row_reader *r, unsigned delimiter, size_t n) {
    struct open_table *o = &r->open[r->current];
    o->delimiter = (uint8_t)delimiter;
    o->width = (uint16_t)n;
    o->used = ++r->turns;
}

/* Makes the table current in which such a row belongs. */
static void find_table(struct row_reader *r, unsigned delimiter, size_t n) {
    if (is_named_already(&r->open[r->current], delimiter, n)) {
        take_named(r, delimiter, n);
    } else {
        int found = find_open(r, delimiter, n);
        if (found >= 0)
            r->open[found].ragged = 0;
        else
            found = find_ragged(r, delimiter, n);
        if (found >= 0) {
            r->current = (uint8_t)found;
            r->open[found].delimiter = (uint8_t)delimiter;
            r->open[found].used = ++r->turns;
            return;
        }
        reader_open(r, (uint8_t)delimiter, n, 0);
    }
    reader_placed(r)->loose = delimiter == BY_BLANK;
    reader_placed(r)->alone = delimiter == BY_NOTHING;
}

/* "plate    | KXR4471": a name and its value, a line each. */
static bool read_named_line(struct row_reader *r, const struct bytes *cell, size_t n) {
    struct bytes name = n == 2 ? cell_trim(cell[0]) : bytes_of(NULL, 0),
                 value = n == 2 ? cell_trim(cell[1]) : name;
    if (reader_placed(r)->named || name.n == 0 || value.n == 0 || name.p[0] <= '9' ||
        row_name_of(name) == ROW_NAME_OTHER || !has_digit(value, 0, value.n))
        return false;
    int column = reader_key(r, name);
    if (column >= 0)
        table_cell(&r->judge, &r->keyed, (unsigned)column, value);
    table_row_end(&r->judge, &r->keyed);
    return true;
}

static void read_cells(struct row_reader *r, struct bytes line) {
    struct open_table *o = &r->open[r->current];
    struct bytes cell[TABLE_PLACES];
    bool goes_on =
        o->used > 0 && o->delimiter < OPEN_LIST && (o->delimiter != BY_NOTHING || is_plate_alone(line));
    size_t n = goes_on ? split_line(line, o->delimiter, cell) : 0;
    if (n == 2 && o->width == 2 && read_named_line(r, cell, n))
        return;
    if (n > 0 && n == o->width) {
        o->ragged = 0;
        reader_row(r, cell, n);
        return;
    }
    unsigned delimiter = is_plate_alone(line) ? BY_NOTHING : guess_delimiter(line);
    if (!goes_on || delimiter != o->delimiter)
        n = split_line(line, delimiter, cell);
    if (delimiter == BY_BLANK && n > WORDS)
        return;
    if (n == 2 && read_named_line(r, cell, n))
        return;
    find_table(r, delimiter, n);
    reader_row(r, cell, n);
}

/* "X-Vehicle=KXR4471;2026-05-31T04:11:58": cells behind a name, of which the first one is its value. */
static struct bytes skip_name(struct bytes line) {
    const uint8_t *sign = memchr(line.p, '=', line.n < ROW_NAME_MAX ? line.n : ROW_NAME_MAX);
    size_t at = sign ? (size_t)(sign - line.p) : 0;
    if (!sign || find_name(line, at) > 0)
        return line;
    line = bytes_of(sign + 1, line.n - at - 1);
    line.n -= line.n > 0 && line.p[line.n - 1] == ';';
    return line;
}

static bool has_separator(struct bytes line) {
    return memchr(line.p, ',', line.n) || memchr(line.p, ';', line.n) || memchr(line.p, '\t', line.n);
}

/* "KXR4471=TX=4=97" and "KXR4471 : TX : 4 : 97" are cells: names with their values have other signs between
 * them. */
static bool is_chain(struct bytes line) {
    enum { LEAST = 3 };
    unsigned equal = 0, colons = 0;
    for (size_t at = 1; (at = octets_find(line, at, OCTETS_PAIR)) + 1 < line.n; at++) {
        equal += line.p[at] == '=';
        colons += line.p[at] == ':' && line.p[at - 1] == ' ' && line.p[at + 1] == ' ';
    }
    if (equal < LEAST && colons < LEAST)
        return false;
    for (size_t at = 0; at < line.n; at++)
        if (ends_value(line.p[at]) || (line.p[at] == ' ' && colons < LEAST))
            return false;
    return true;
}

static unsigned count_sign(struct bytes text, uint8_t sign) {
    unsigned n = 0;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == sign;
    return n;
}

/* "KXR4471,TX,4;KXS4472,NM,1;": rows that such a sign ends, each of as many cells. "48,20;16,37;" are
 * numbers. */
static bool ends_rows(struct bytes line, uint8_t sign) {
    enum { LOOKED_AT = 4 };
    unsigned cells = 0;
    for (unsigned rows = 0; rows < LOOKED_AT; rows++) {
        struct bytes row = bytes_until(line, sign);
        unsigned commas = row.n < line.n ? count_sign(row, ',') : 0;
        if (commas == 0 || (rows > 0 && commas != cells) || !has_letter(row, 0, row.n))
            return false;
        cells = commas;
        line = bytes_of(line.p + row.n + 1, line.n - row.n - 1);
    }
    return true;
}

static void read_text(struct row_reader *r, struct bytes line, unsigned classes);

static bool read_rows(struct row_reader *r, struct bytes line) {
    uint8_t sign = ends_rows(line, ';') ? ';' : ends_rows(line, '|') ? '|' : 0;
    while (sign && line.n > 0) {
        struct bytes row = bytes_until(line, sign);
        size_t took = row.n < line.n ? row.n + 1 : row.n;
        read_text(r, row, line_classes(row));
        line = bytes_of(line.p + took, line.n - took);
    }
    return sign;
}

void text_read(struct row_reader *r, struct bytes line, unsigned classes) {
    if (!(classes & LINE_ROWS) || !read_rows(r, line))
        read_text(r, line, classes);
}

static void read_text(struct row_reader *r, struct bytes line, unsigned classes) {
    while (line.n > 0 && (line.p[line.n - 1] == '\r' || line.p[line.n - 1] == ' '))
        line.n--;
    if (line.n == 0 || text_is_ruler(line))
        return;
    static const char fields[] = "#Fields: "; /* W3C's extended logs */
    if (*line.p == '#' && bytes_starts_nocase(line, fields))
        line = bytes_of(line.p + sizeof fields - 1, line.n - (sizeof fields - 1));
    if (classes & LINE_PAIR && is_chain(line)) {
        read_cells(r, line);
        return;
    }
    unsigned pairs = classes & LINE_PAIR ? read_pairs(r, line) : 0;
    if (classes & LINE_BLANK && read_sentence(r, line))
        return;
    if (pairs >= 2 || (pairs == 1 && !has_separator(line)))
        return;
    read_cells(r, pairs == 1 ? skip_name(line) : line);
}
