/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/rows/table.h"

enum { ENOUGH = 20 /* plates that make a column without a name */, COUNT_MAX = 60000 };

static bool is_plate_name(uint8_t name) {
    return name == ROW_NAME_PLATE || name == ROW_NAME_PLATE_WEAK;
}

static uint32_t digest_signs(const struct row_judge *j, const uint8_t *p, size_t n) {
    uint64_t h = j->seed ^ 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * 0x100000001b3u;
    h ^= h >> 29;
    h *= 0xbf58476d1ce4e5b9u;
    return (uint32_t)(h >> 32);
}

/* --- what stands beside a column --- */

static bool most_of(unsigned part, unsigned all) {
    return part > 0 && part * 10 >= all * 6;
}

static bool is_time_column(const struct row_column *c) {
    return c->name != ROW_NAME_BIRTH && most_of(c->times, c->cells);
}

struct context {
    bool time, state, reader, vehicle, makes, person, birth, nationality;
};

static struct context look_around(const struct row_table *t, unsigned except) {
    struct context x = {.reader = t->reads};
    for (unsigned i = 0; i < t->used; i++) {
        const struct row_column *c = &t->column[i];
        if (c->cells == 0 || i == except)
            continue;
        x.time |= is_time_column(c);
        x.state |= most_of(c->states, c->cells);
        x.reader |= c->name == ROW_NAME_READER;
        x.vehicle |= c->name == ROW_NAME_VEHICLE || most_of(c->makes, c->cells);
        x.makes |= most_of(c->makes, c->cells);
        x.person |= c->name == ROW_NAME_PERSON && most_of(c->persons, c->cells);
        x.birth |= c->name == ROW_NAME_BIRTH && most_of(c->times, c->cells);
        x.nationality |= c->name == ROW_NAME_NATIONALITY && most_of(c->persons, c->cells);
    }
    return x;
}

/* --- jurisdictions --- */

#define SHAPE(n) (1u << (n))
const char *const row_jurisdictions[] = {"CA", "AZ", "NM", "TX", "NY", "FL", "IL", "CO", "NV", "MA", "MD",
                                         "NJ", "OH", "MI", "WA", "MX", "ON", "AB", "MB", "OR", "MT", NULL};
static const uint32_t series[] = {
    SHAPE(2) | SHAPE(5) | SHAPE(6),
    SHAPE(1),
    SHAPE(11) | SHAPE(12),
    SHAPE(1) | SHAPE(3) | SHAPE(13) | SHAPE(11),
    SHAPE(1),
    SHAPE(14) | SHAPE(15) | SHAPE(13) | SHAPE(19),
    SHAPE(4) | SHAPE(11) | SHAPE(9),
    SHAPE(11) | SHAPE(12) | SHAPE(14),
    SHAPE(12),
    SHAPE(17) | SHAPE(18) | SHAPE(19),
    SHAPE(17) | SHAPE(18),
    SHAPE(13) | SHAPE(20),
    SHAPE(1) | SHAPE(16),
    SHAPE(1) | SHAPE(17),
    SHAPE(1) | SHAPE(12),
    SHAPE(1) | SHAPE(13) | SHAPE(7) | SHAPE(4) | SHAPE(19),
    SHAPE(8),
    SHAPE(1) | SHAPE(11),
    SHAPE(11),
    SHAPE(11) | SHAPE(12),
    SHAPE(9),
};

static uint32_t find_jurisdictions(const struct suspect *s) {
    uint32_t out = 0;
    for (unsigned k = 0; row_jurisdictions[k]; k++) {
        unsigned covered = 0;
        for (unsigned n = 1; n < PLATE_SHAPES; n++)
            covered += series[k] & SHAPE(n) ? s->shape[n] : 0;
        if (covered > 0 && covered * 10 >= s->fits * 9u)
            out |= 1u << k;
    }
    return out;
}

/* --- what its values have in common --- */

static unsigned count_bits(const uint64_t *bits, size_t n) {
    unsigned count = 0;
    for (size_t i = 0; i < n; i++)
        count += (unsigned)__builtin_popcountll(bits[i]);
    return count;
}

/* Bits of 256 that so many different values set, in sixteenths. */
static unsigned expected_bits(unsigned values) {
    unsigned sixteenths = 0;
    for (unsigned i = 0; i < values && i < 2048; i++)
        sixteenths += (256 * 16 - sixteenths) / 256;
    return sixteenths;
}

/* `tenths` of the values differ in their letters. */
static bool letters_vary(const struct suspect *s, unsigned tenths) {
    return count_bits(s->skeletons, 4) * 16 >= expected_bits(s->fits * tenths / 10);
}

/* They count up, or share few beginnings. */
static bool is_series(const struct suspect *s) {
    return s->fits >= 3 &&
           (s->counted * 2u >= s->fits || (s->fits >= 10 && s->letters * 2 >= s->fits &&
                                           count_bits(s->skeletons, 4) * 8 <= (s->fits < 64 ? s->fits : 64)));
}

static unsigned count_shapes(const struct suspect *s) {
    unsigned n = 0;
    for (unsigned i = 1; i < PLATE_SHAPES; i++)
        n += s->shape[i] > 0 && s->shape[i] * 12u >= s->fits;
    return n;
}

/* --- verdicts --- */

static bool holds_named(const struct suspect *s, const struct row_column *c, const struct context *x) {
    if (!most_of(c->wide, c->cells) || s->digits * 2 < s->fits || is_series(s))
        return false;
    if (c->name == ROW_NAME_PLATE)
        return true;
    /* Marks of aircraft begin with one letter. */
    unsigned firsts = count_bits(&s->firsts, 1);
    if (s->fits >= 3 && (firsts < 2 || (s->fits >= 10 && firsts < 4)))
        return false;
    return s->letters * 2 >= s->fits &&
           (most_of(c->shaped, c->cells) || x->reader || (x->state && x->vehicle) || (x->time && x->state));
}

static bool holds_shaped(const struct suspect *s, const struct row_column *c, const struct context *x) {
    if (s->fits < ENOUGH || s->kept < ENOUGH || c->shaped * 10 < c->cells * 7 || s->counted * 4 >= s->fits ||
        s->postcodes * 2 >= s->fits || count_bits(&s->firsts, 1) < 4 || !letters_vary(s, 9))
        return false;
    bool sure = s->unsure * 20 <= s->fits, apart = s->apart * 10 >= s->fits * 9;
    unsigned shapes = count_shapes(s);
    /* One shape with any letter in it is what orders and vouchers have: a plate's letters are fewer. */
    bool plain = shapes >= 2 || (sure && s->vowels * 50 <= s->fits);
    bool called_otherwise = s->table->named || c->key;
    if (s->table->loose && !x->state)
        return false;
    if (x->state || x->makes)
        return plain || x->time || x->reader;
    if (x->time || x->reader)
        return called_otherwise ? shapes >= 3 || (plain && x->time && x->reader) : plain;
    return (apart && sure) || (s->table->alone && shapes >= 4 && c->shaped * 20 >= c->cells * 19);
}

static bool holds_document(const struct suspect *s, const struct row_column *c, const struct context *x) {
    return s->fits * 10 >= c->cells * 6 && x->birth && (x->nationality || x->person);
}

static void hand_on(struct row_judge *j, const struct suspect *s, const uint8_t *sign, size_t n) {
    struct row_facts *f = &j->facts;
    if (f->plates + f->documents >= ROW_CELLS_MAX)
        return;
    *(s->kind == ROW_CELL_DOCUMENT ? &f->documents : &f->plates) += 1;
    f->more |= f->plates + f->documents == ROW_CELLS_MAX;
    j->sink->cell(j->sink->context, (enum row_cell)s->kind, bytes_of(sign, n));
}

static void note_facts(struct row_judge *j, const struct suspect *s, const struct context *x) {
    struct row_facts *f = &j->facts;
    uint32_t rows = s->table->rows > s->fits ? s->table->rows : s->fits;
    f->rows = rows > f->rows ? rows : f->rows;
    f->time |= x->time;
    f->state |= x->state;
    f->reader |= x->reader;
    f->named |= s->kind == ROW_CELL_PLATE;
    f->shaped |= s->kind == ROW_CELL_SHAPE;
    if (s->kind != ROW_CELL_DOCUMENT)
        f->jurisdictions |= find_jurisdictions(s);
}

/* `last`: no more cells come, so that few are enough. */
static void judge(struct row_judge *j, struct suspect *s, bool last) {
    const struct row_column *c = &s->table->column[s->column];
    struct context x = look_around(s->table, s->column);
    if (!s->settled) {
        bool enough = s->fits >= 3 || (last && s->fits >= 1);
        if (s->document)
            s->settled = enough && holds_document(s, c, &x), s->kind = ROW_CELL_DOCUMENT;
        else if (is_plate_name(c->name) && enough && holds_named(s, c, &x))
            s->settled = true, s->kind = ROW_CELL_PLATE;
        else if (s->table->reads && enough && most_of(c->shaped, c->cells) && !is_series(s))
            s->settled = true, s->kind = ROW_CELL_PLATE;
        else
            s->settled = holds_shaped(s, c, &x), s->kind = ROW_CELL_SHAPE;
        for (unsigned i = 0; i < s->kept && s->settled; i++)
            hand_on(j, s, s->kept_cell[i].sign, s->kept_cell[i].n);
    }
    if (!s->settled)
        return;
    j->facts.more |= s->lost;
    note_facts(j, s, &x);
}

static bool is_due(unsigned fits) {
    return fits <= 8 || (fits <= 64 && fits % 4 == 0) || (fits & (fits - 1)) == 0;
}

/* --- suspects --- */

static struct suspect *take_suspect(struct row_judge *j, struct row_table *t, unsigned column) {
    struct suspect *worst = NULL;
    for (unsigned i = 0; i < SUSPECTS; i++) {
        struct suspect *s = &j->suspect[i];
        if (!s->table || (!s->settled && t->column[column].name == ROW_NAME_PLATE &&
                          s->table->column[s->column].name == ROW_NAME_OTHER)) {
            worst = s;
            if (!s->table)
                break;
        }
    }
    if (!worst)
        return NULL;
    j->suspects += !worst->table;
    if (worst->table)
        worst->table->column[worst->column].suspect = 0;
    memset(worst, 0, sizeof *worst);
    worst->table = t;
    worst->column = (uint8_t)column;
    worst->document = t->column[column].name == ROW_NAME_DOCUMENT;
    t->column[column].suspect = (uint8_t)(worst - j->suspect + 1);
    return worst;
}

static void drop_suspect(struct row_judge *j, struct row_column *c) {
    if (c->suspect) {
        j->suspect[c->suspect - 1].table = NULL;
        j->suspects--;
    }
    c->suspect = 0;
}

/* The suspect of a column that is worth one. */
static struct suspect *find_suspect(struct row_judge *j, struct row_table *t, unsigned column,
                                    const struct cell *cell) {
    struct row_column *c = &t->column[column];
    if (c->suspect)
        return &j->suspect[c->suspect - 1];
    bool named = is_plate_name(c->name) || c->name == ROW_NAME_DOCUMENT;
    if (!named && c->rest > 0) {
        c->rest--;
        return NULL;
    }
    if (!named && (!(cell->is & CELL_SHAPED) || c->shaped * 3 < c->cells))
        return NULL;
    return take_suspect(j, t, column);
}

/* Letters and digits apart: what it is without its digits, and which number it has. */
static void note_value(const struct row_judge *j, struct suspect *s, const struct cell *cell) {
    uint8_t letters[CELL_SIGNS];
    uint32_t number = 0;
    bool digit = false, letter = false;
    for (unsigned i = 0; i < cell->n; i++) {
        bool is_digit = cell->sign[i] <= '9';
        letters[i] = is_digit ? '#' : cell->sign[i];
        number = is_digit ? number * 10 + (cell->sign[i] - '0') : number;
        digit |= is_digit;
        letter |= !is_digit;
    }
    uint32_t digest = digest_signs(j, letters, cell->n), ahead = number - s->last_number;
    s->skeletons[digest >> 6 & 3] |= 1ull << (digest & 63);
    s->firsts |= 1ull << (cell->sign[0] & 63);
    s->counted += s->fits > 0 && digest == s->last_letters && digit && (ahead <= 9 || ahead >= (uint32_t)-9);
    s->last_letters = digest;
    s->last_number = number;
    s->fits++;
    s->digits += digit;
    s->letters += letter;
    s->unsure += (cell->is & CELL_UNSURE) != 0;
    s->vowels += (cell->is & CELL_VOWEL) != 0;
    s->postcodes += (cell->is & CELL_POSTCODE) != 0;
    s->apart += (cell->is & CELL_APART) != 0;
    s->shape[cell->shape] += cell->is & CELL_SHAPED ? 1 : 0;
}

static void halve_suspect(struct suspect *s) {
    uint16_t *counts[] = {&s->fits,   &s->digits, &s->letters,   &s->counted,
                          &s->unsure, &s->vowels, &s->postcodes, &s->apart};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        *counts[i] /= 2;
    for (size_t i = 0; i < PLATE_SHAPES; i++)
        s->shape[i] /= 2;
}

/* A value that is not one of the last ones. */
static bool is_fresh(const struct row_judge *j, struct suspect *s, const struct cell *cell) {
    uint32_t digest = digest_signs(j, cell->sign, cell->n);
    uint32_t *recent = &s->recent[digest % SUSPECT_RECENT];
    if (*recent == digest)
        return false;
    *recent = digest;
    return true;
}

static void suspect_take(struct row_judge *j, struct suspect *s, const struct cell *cell) {
    if (!is_fresh(j, s, cell))
        return;
    note_value(j, s, cell);
    if (s->settled) {
        hand_on(j, s, cell->sign, cell->n);
    } else if (s->kept < SUSPECT_KEPT) {
        s->kept_cell[s->kept].n = cell->n;
        memcpy(s->kept_cell[s->kept++].sign, cell->sign, cell->n);
    } else
        s->lost = true;
    if (s->fits >= COUNT_MAX)
        halve_suspect(s);
}

static void halve_column(struct row_column *c) {
    uint16_t *counts[] = {&c->cells, &c->wide,   &c->shaped,  &c->times,
                          &c->days,  &c->states, &c->persons, &c->makes};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        *counts[i] /= 2;
}

/* Most columns hold neither plates nor documents: of these it is enough to see an eighth. */
static bool is_dull(const struct row_column *c) {
    return c->cells >= 64 && !c->suspect && !is_plate_name(c->name) && c->name != ROW_NAME_DOCUMENT;
}

/* "KXR4471 (TX)" is a plate and its state, "PASSPORT L898902C3" a document and its number. */
static struct bytes cut_cell(const struct row_column *c, struct bytes text) {
    if (text.n < 8 || text.n > 40)
        return text;
    const uint8_t *bracket = memchr(text.p, '(', text.n);
    if (bracket)
        return cell_trim(bytes_of(text.p, (size_t)(bracket - text.p)));
    if (c->name != ROW_NAME_DOCUMENT)
        return text;
    size_t from = text.n;
    while (from > 0 && text.p[from - 1] != ' ')
        from--;
    return bytes_of(text.p + from, text.n - from);
}

void table_cell(struct row_judge *j, struct row_table *t, unsigned column, struct bytes text) {
    struct cell cell;
    struct row_column *c = &t->column[column];
    if (is_dull(c) && ++c->turn % 8 != 0)
        return;
    t->used = column >= t->used ? (uint8_t)(column + 1) : t->used;
    struct bytes trimmed = cut_cell(c, cell_trim(text));
    if (cell_is_void(trimmed))
        return;
    if (++c->cells >= COUNT_MAX)
        halve_column(c);
    cell_read(trimmed, &cell);
    c->times += (cell.is & CELL_TIME) != 0;
    c->days += (cell.is & CELL_DAY) != 0;
    c->makes += (cell.is & CELL_MAKE) != 0;
    c->states += (cell.is & CELL_STATE) != 0;
    c->wide += (cell.is & CELL_WIDE) != 0;
    c->shaped += (cell.is & CELL_SHAPED) != 0;
    if (c->name == ROW_NAME_PERSON || c->name == ROW_NAME_NATIONALITY)
        c->persons += cell_is_person(trimmed);
    unsigned fit = c->name == ROW_NAME_DOCUMENT ? CELL_NUMBER
                   : is_plate_name(c->name)     ? CELL_WIDE
                                                : CELL_SHAPED;
    if (!(cell.is & fit))
        return;
    struct suspect *s = find_suspect(j, t, column, &cell);
    if (s)
        suspect_take(j, s, &cell);
}

/* A numbered series, or words with numbers: others may have its place, and it a second chance. */
static void rest_suspect(struct row_judge *j, struct suspect *s) {
    enum { MANY = 64, REST = 2048 };
    struct row_column *c = &s->table->column[s->column];
    if (s->settled || s->document || is_plate_name(c->name) || s->table->rows < MANY)
        return;
    c->rest = REST;
    drop_suspect(j, c);
}

/* Judged at a row's end, when its other columns have come too. */
void table_row_end(struct row_judge *j, struct row_table *t) {
    t->rows++;
    if (j->suspects == 0)
        return;
    for (unsigned i = 0; i < SUSPECTS; i++) {
        struct suspect *s = &j->suspect[i];
        if (s->table == t && s->fits > 0 && is_due(t->rows)) {
            judge(j, s, false);
            rest_suspect(j, s);
        }
    }
}

void table_begin(struct row_judge *j, struct row_table *t) {
    for (unsigned i = 0; i < t->used; i++)
        if (t->column[i].suspect) {
            judge(j, &j->suspect[t->column[i].suspect - 1], true);
            drop_suspect(j, &t->column[i]);
        }
    memset(t->column, 0, t->used * sizeof *t->column);
    memset(t->far, 0, sizeof *t - offsetof(struct row_table, far));
    t->used = 0;
}

void table_name(struct row_judge *j, struct row_table *t, unsigned column, enum row_name name) {
    struct row_column *c = &t->column[column];
    t->named = true;
    t->used = column >= t->used ? (uint8_t)(column + 1) : t->used;
    drop_suspect(j, c);
    *c = (struct row_column){.name = (uint8_t)name};
}

int table_place(struct row_table *t, unsigned place, enum row_name name, struct bytes text) {
    struct cell cell = {0};
    if (place < TABLE_NEAR)
        return (int)place;
    for (unsigned i = 0; i < TABLE_FAR; i++)
        if (t->far[i] == place)
            return (int)(TABLE_NEAR + i);
    if (name == ROW_NAME_OTHER && t->far[TABLE_FAR / 2 - 1])
        return -1; /* half of them are kept for names */
    if (name == ROW_NAME_OTHER)
        cell_read(cell_trim(text), &cell);
    if (name == ROW_NAME_OTHER && !(cell.is & (CELL_SHAPED | CELL_TIME)))
        return -1;
    for (unsigned i = 0; i < TABLE_FAR; i++)
        if (t->far[i] == 0) {
            t->far[i] = (uint16_t)place;
            return (int)(TABLE_NEAR + i);
        }
    return -1;
}

int table_find(struct row_table *t, uint32_t key, struct bytes name) {
    unsigned at = key % TABLE_COLUMNS, tries = 0;
    key += key == 0;
    while (t->column[at].key != key && t->column[at].key != 0) {
        if (++tries == 8)
            return -1;
        at = (at + 1) % TABLE_COLUMNS;
    }
    if (t->column[at].key == 0) {
        t->column[at].key = key;
        t->used = at >= t->used ? (uint8_t)(at + 1) : t->used;
        t->column[at].name = (uint8_t)row_name_of(name);
        t->column[at].tail = row_name_is_tail(name);
    }
    return (int)at;
}

bool table_is_header(const struct bytes *cell, size_t n) {
    bool known = false;
    for (size_t i = 0; i < n; i++)
        if (cell[i].n > 2 * ROW_NAME_MAX)
            return false;
    for (size_t i = 0; i < n; i++) {
        struct bytes t = cell_trim(cell[i]);
        if (t.n > 0 && t.p[0] >= '0' && t.p[0] <= '9')
            return false;
        known = known || row_name_of(t) != ROW_NAME_OTHER;
    }
    return known;
}
