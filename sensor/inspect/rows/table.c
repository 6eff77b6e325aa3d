/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/rows/table.h"

enum { LATELY = 64 /* cells after which the counts of a column are halved */ };

static void halve_column(struct row_column *c) {
    uint8_t *counts[] = {&c->cells, &c->wide,   &c->numbers, &c->shaped,  &c->likely,
                         &c->times, &c->states, &c->readers, &c->persons, &c->makes};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        *counts[i] /= 2;
    traveller_halve(&c->counts);
}

static bool is_wanted(const struct row_column *c) {
    return row_name_is_plate(c->name) || c->name == ROW_NAME_DOCUMENT;
}

/* A column that is known and holds neither plates nor documents. */
static bool is_dull(const struct row_judge *j, const struct row_column *c) {
    return c->seen >= 64 && !c->suspect && !j->sparse && !is_wanted(c);
}

/* Of dull columns it is enough to see an eighth; half of them, if something beside them may be plates and
 * waits for its verdict. Nobody outside knows which rows these are, lest the others hold plates. */
static bool skips_row(const struct row_judge *j, const struct row_table *t) {
    return judge_mix(j, t->rows) >> (t->suspects > t->settled ? 63 : 61) != 0;
}

static bool is_state(struct bytes text) {
    struct cell cell;
    if (text.n != 2 && text.n != 3)
        return false;
    cell_read(text, &cell);
    return (cell.is & CELL_STATE) != 0;
}

/* "KXR4471-TX", "TX KXR4471" */
static struct bytes cut_state(struct row_table *t, struct bytes text) {
    enum { SHORTEST = 5 + 1 + 2 /* a plate, a joint, a state */ };
    for (unsigned k = 2; k <= 3 && text.n >= SHORTEST && text.n <= 14; k++) {
        struct bytes behind = bytes_of(text.p + text.n - k, k), before = bytes_of(text.p, k);
        uint8_t a = text.p[text.n - k - 1], b = text.p[k];
        bool ends = (a == '-' || a == ' ' || a == '_') && is_state(behind);
        if (!ends && !((b == '-' || b == ' ' || b == '_') && is_state(before)))
            continue;
        struct bytes rest = bytes_of(text.p + (ends ? 0 : k + 1), text.n - k - 1);
        struct cell cell;
        cell_read(rest, &cell);
        if (!(cell.is & CELL_LIKELY))
            continue;
        t->row_is |= CELL_STATE;
        return rest;
    }
    return text;
}

/* "KXR4471 (TX)" is a plate and its state, "PASSPORT L898902C3" a document and its number. */
static struct bytes cut_cell(struct row_table *t, const struct row_column *c, struct bytes text) {
    if (text.n < 8 || text.n > 40)
        return text;
    const uint8_t *bracket = memchr(text.p, '(', text.n);
    if (bracket)
        return cell_trim(bytes_of(text.p, (size_t)(bracket - text.p)));
    if (c->name != ROW_NAME_DOCUMENT)
        return c->name == ROW_NAME_OTHER || row_name_is_plate(c->name) ? cut_state(t, text) : text;
    size_t from = text.n;
    while (from > 0 && text.p[from - 1] != ' ')
        from--;
    return bytes_of(text.p + from, text.n - from);
}

static void count_cell(struct row_table *t, struct row_column *c, const struct cell *cell,
                       struct bytes trimmed) {
    c->seen += c->seen < UINT8_MAX;
    if (++c->cells >= LATELY)
        halve_column(c);
    c->times += cell->is & CELL_TIME || (c->name == ROW_NAME_BIRTH && traveller_is_short_date(trimmed));
    c->makes += (cell->is & CELL_MAKE) != 0;
    c->states += (cell->is & CELL_STATE) != 0;
    unsigned is = cell->is;
    if (t->loose && !(is & CELL_DIGIT)) /* "in" stands in any sentence */
        is &= ~(unsigned)CELL_READER;
    c->readers += (is & CELL_READER) != 0;
    c->wide += (cell->is & CELL_WIDE) != 0;
    c->numbers += (cell->is & CELL_NUMBER) != 0;
    c->shaped += (cell->is & CELL_SHAPED) != 0;
    c->likely += (cell->is & CELL_LIKELY) != 0;
    if (c->name == ROW_NAME_PERSON || c->name == ROW_NAME_NATIONALITY)
        c->persons += cell_is_person(trimmed);
    if (c->name == ROW_NAME_OTHER && c->key == 0 && !t->named && !t->loose)
        traveller_count(&c->counts, cell, trimmed);
    t->row_is |= c->name == ROW_NAME_BIRTH ? is & ~(unsigned)CELL_TIME : is;
}

void table_cell(struct row_judge *j, struct row_table *t, unsigned column, struct bytes text) {
    struct cell cell;
    struct row_column *c = &t->column[column];
    if (t->skips && is_dull(j, c)) {
        t->skipped = true;
        return;
    }
    t->used = column >= t->used ? (uint8_t)(column + 1) : t->used;
    struct bytes trimmed = cut_cell(t, c, cell_trim(text));
    if (cell_is_void(trimmed))
        return;
    cell_read(trimmed, &cell);
    count_cell(t, c, &cell, trimmed);
    unsigned fit = c->name == ROW_NAME_DOCUMENT ? CELL_NUMBER
                   : row_name_is_plate(c->name) ? CELL_WIDE
                                                : CELL_LIKELY;
    struct suspect *s = cell.is & fit ? suspect_find(j, t, column, &cell) : NULL;
    if (s)
        suspect_take(j, s, &cell);
    else if (c->suspect)
        suspect_skip(j, &j->suspect[c->suspect - 1], &cell);
}

/* Judged at a row's end, when its other columns have come too. */
void table_row_end(struct row_judge *j, struct row_table *t) {
    j->rows++;
    if (traveller_is_due(++t->rows) && !t->named)
        traveller_name(j, t);
    for (unsigned i = 0; i < SUSPECTS && t->suspects > 0; i++)
        if (j->suspect[i].table == t && j->suspect[i].in_row)
            suspect_row_end(j, &j->suspect[i]);
    t->row_is = 0;
    t->skipped = false;
    t->skips = skips_row(j, t);
}

void table_begin(struct row_judge *j, struct row_table *t) {
    for (unsigned i = 0; i < t->used; i++)
        if (t->column[i].suspect) {
            suspect_judge(j, &j->suspect[t->column[i].suspect - 1], true);
            suspect_drop(j, &t->column[i]);
        }
    memset(t->column, 0, t->used * sizeof *t->column);
    memset(t->far, 0, sizeof *t - offsetof(struct row_table, far));
    t->used = 0;
}

bool table_is_wanted(const struct row_table *t) {
    for (unsigned i = 0; i < t->used; i++)
        if (is_wanted(&t->column[i]))
            return true;
    return false;
}

static void end_column(struct row_judge *j, struct row_column *c) {
    if (c->suspect)
        suspect_judge(j, &j->suspect[c->suspect - 1], true);
    suspect_drop(j, c);
    *c = (struct row_column){0};
}

void table_rename(struct row_judge *j, struct row_table *t) {
    for (unsigned i = 0; i < t->used; i++) {
        struct row_column *c = &t->column[i];
        if (is_wanted(c) || (c->suspect && j->suspect[c->suspect - 1].settled))
            end_column(j, c);
        c->name = ROW_NAME_OTHER;
    }
}

void table_name(struct row_judge *j, struct row_table *t, unsigned column, enum row_name name) {
    struct row_column *c = &t->column[column];
    t->named = true;
    t->used = column >= t->used ? (uint8_t)(column + 1) : t->used;
    if (row_name_is_plate(name) || name == ROW_NAME_DOCUMENT || is_wanted(c))
        end_column(j, c);
    c->name = (uint8_t)name;
}

int table_place_far(struct row_table *t, unsigned place, enum row_name name, struct bytes text) {
    struct cell cell = {0};
    for (unsigned i = 0; i < TABLE_FAR; i++)
        if (t->far[i] == place)
            return (int)(TABLE_NEAR + i);
    if (name == ROW_NAME_OTHER && t->far[TABLE_FAR / 2 - 1])
        return -1; /* half of them are kept for names */
    if (name == ROW_NAME_OTHER)
        cell_read(cell_trim(text), &cell);
    if (name == ROW_NAME_OTHER && !(cell.is & (CELL_LIKELY | CELL_TIME)))
        return -1;
    for (unsigned i = 0; i < TABLE_FAR; i++)
        if (t->far[i] == 0) {
            t->far[i] = (uint16_t)place;
            return (int)(TABLE_NEAR + i);
        }
    return -1;
}

/* Where many keys stand, those whose names say nothing and whose values are no plates give their place to
 * others: at once to names that say something. */
static int take_place(struct row_table *t, unsigned from, unsigned tries, bool named) {
    for (unsigned i = 0; i < tries; i++) {
        struct row_column *c = &t->column[(from + i) % TABLE_COLUMNS];
        if (c->name != ROW_NAME_OTHER || c->suspect || (!named && ++c->refused < UINT8_MAX))
            continue;
        *c = (struct row_column){0};
        return (int)((from + i) % TABLE_COLUMNS);
    }
    return -1;
}

int table_find(struct row_table *t, uint32_t key, struct bytes name) {
    enum { TRIES = 8 };
    unsigned from = key % TABLE_COLUMNS, tries = 0;
    key += key == 0;
    while (tries < TRIES && t->column[(from + tries) % TABLE_COLUMNS].key != key &&
           t->column[(from + tries) % TABLE_COLUMNS].key != 0)
        tries++;
    enum row_name is = ROW_NAME_OTHER;
    int at = (int)((from + tries) % TABLE_COLUMNS);
    if (tries == TRIES) {
        is = row_name_of(name);
        at = take_place(t, from, TRIES, is != ROW_NAME_OTHER);
    }
    if (at < 0 || t->column[at].key == key)
        return at;
    struct row_column *c = &t->column[at];
    c->key = key;
    t->used = at >= t->used ? (uint8_t)(at + 1) : t->used;
    c->name = (uint8_t)row_name_of(name);
    c->tail = row_name_is_tail(name);
    return at;
}

bool table_is_header(const struct bytes *cell, size_t n) {
    for (size_t i = 0; i < n; i++) {
        struct bytes t = cell_trim(cell[i]);
        if (cell[i].n > 2 * ROW_NAME_MAX || (t.n > 0 && t.p[0] >= '0' && t.p[0] <= '9'))
            return false;
    }
    for (size_t i = 0; i < n; i++)
        if (row_name_of(cell_trim(cell[i])) != ROW_NAME_OTHER)
            return true;
    return false;
}
