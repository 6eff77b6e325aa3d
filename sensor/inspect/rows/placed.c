/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/rows/reader.h"

/* Tables whose columns have places: which are open, their names, their rows. */

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

uint32_t reader_key_digest(struct bytes name) {
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < name.n && i < ROW_NAME_MAX; i++)
        if (is_name_byte(name.p[i]))
            h = (h ^ (name.p[i] | 32)) * 16777619u;
    return h;
}

int reader_key_of(struct row_reader *r, struct bytes name, uint32_t digest) {
    return name.n > 0 && name.n <= ROW_NAME_MAX ? table_find(&r->keyed, digest, name) : -1;
}

int reader_key(struct row_reader *r, struct bytes name) {
    return reader_key_of(r, name, reader_key_digest(name));
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
