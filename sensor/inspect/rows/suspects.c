/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/rows/table.h"

/* Columns that are looked at value by value. */
enum {
    LATELY = 128,  /* values after which the counts are halved */
    APART = 64,    /* cells that do not fit: what stands before them is another table's */
    HOPELESS = 64, /* values, or cells that do not fit, after which others may have a suspect's place */
    TIRED = 256,   /* values after which it is left alone for a while */
    REST = 24,     /* cells that are looked at meanwhile */
    RESTS_LONG = UINT8_MAX,
    FORGOTTEN = 200,           /* cells that do not fit after which it is none any more */
    NAMED_MOST = SUSPECTS - 4, /* places of columns whose names say that they are wanted */
    PATIENCE = 16, /* rows without a value for it, of any table, after which others may have its place */
};

/* Of a cell, whose signs zeros follow. */
static uint32_t digest_signs(const struct row_judge *j, const uint8_t *p) {
    uint64_t first, rest = 0;
    memcpy(&first, p, sizeof first);
    memcpy(&rest, p + sizeof first, CELL_SIGNS - sizeof first);
    uint64_t h = (j->seed ^ first) * 0x9e3779b97f4a7c15u;
    h = (h ^ h >> 29 ^ rest) * 0xbf58476d1ce4e5b9u;
    h = (h ^ h >> 32) * 0x94d049bb133111ebu;
    return (uint32_t)(h >> 32);
}

static bool is_wanted(const struct row_column *c) {
    return row_name_is_plate(c->name) || c->name == ROW_NAME_DOCUMENT;
}

/* --- which columns --- */

void suspect_drop(struct row_judge *j, struct row_column *c) {
    if (c->suspect) {
        struct suspect *s = &j->suspect[c->suspect - 1];
        s->table->suspects--;
        s->table->settled -= s->settled;
        s->table = NULL;
        j->suspects--;
    }
    c->suspect = 0;
}

/* May a column whose name says that it is wanted, or any other, have its place? */
static bool gives_place(const struct suspect *s, bool wanted) {
    if (s->settled || is_wanted(&s->table->column[s->column]))
        return false;
    return wanted || s->fits >= HOPELESS || s->others >= HOPELESS || s->strange >= HOPELESS;
}

static bool is_named(const struct suspect *s) {
    return s->table && is_wanted(&s->table->column[s->column]);
}

static unsigned count_named(const struct row_judge *j) {
    unsigned out = 0;
    for (unsigned i = 0; i < SUSPECTS; i++)
        out += is_named(&j->suspect[i]);
    return out;
}

static struct suspect *take_place(struct row_judge *j, struct suspect *s) {
    struct row_column *c = &s->table->column[s->column];
    c->rest = REST;
    suspect_drop(j, c);
    return s;
}

/* Those that found no place take turns. */
static struct suspect *find_place(struct row_judge *j, bool wanted) {
    for (unsigned i = 0; i < SUSPECTS; i++)
        if (!j->suspect[i].table)
            return &j->suspect[i];
    for (unsigned i = 0; i < SUSPECTS; i++) {
        struct suspect *s = &j->suspect[j->turn++ % SUSPECTS];
        if (gives_place(s, wanted))
            return take_place(j, s);
    }
    return NULL;
}

/* The place of one that gets no more values; `named`: of a column whose name says that it is wanted. */
static struct suspect *find_idle(struct row_judge *j, bool named) {
    for (unsigned i = 0; i < SUSPECTS; i++) {
        struct suspect *s = &j->suspect[i];
        if (!s->table || j->rows - s->row < PATIENCE || (named && !is_named(s)))
            continue;
        suspect_judge(j, s, true);
        j->facts.more |= s->settled;
        return take_place(j, s);
    }
    return NULL;
}

static struct suspect *begin_suspect(struct row_judge *j, struct row_table *t, unsigned column) {
    bool wanted = is_wanted(&t->column[column]);
    bool most = wanted && count_named(j) >= NAMED_MOST;
    struct suspect *s = most ? NULL : find_place(j, wanted);
    s = s ? s : find_idle(j, most);
    j->facts.more |= !s && wanted;
    if (!s)
        return NULL;
    memset(s, 0, offsetof(struct suspect, value));
    backlog_begin(j, s);
    s->table = t;
    s->column = (uint8_t)column;
    s->row = j->rows;
    s->passed = j->passed;
    s->strays = j->strays;
    s->document = t->column[column].name == ROW_NAME_DOCUMENT;
    t->column[column].suspect = (uint8_t)(s - j->suspect + 1);
    t->suspects++;
    j->suspects++;
    return s;
}

/* Letters and digits apart: a value is letters without digits, and a number. */
struct parts {
    uint32_t letters, number;
    bool digit, letter;
};

static struct parts take_apart(const struct row_judge *j, const struct cell *cell) {
    uint8_t letters[CELL_SIGNS] = {0};
    struct parts out = {0};
    for (unsigned i = 0; i < cell->n; i++) {
        bool is_digit = cell->sign[i] <= '9';
        letters[i] = is_digit ? '#' : cell->sign[i];
        out.number = is_digit ? out.number * 10 + (cell->sign[i] - '0') : out.number;
        out.digit |= is_digit;
        out.letter |= !is_digit;
    }
    out.letters = digest_signs(j, letters);
    return out;
}

/* A column that held no plates for long is left alone, lest text that is full of codes costs too much: for a
 * while, or, where its values have the letters of a few, until there are others. */
static bool is_at_rest(const struct row_judge *j, struct row_column *c, const struct cell *cell) {
    if (c->rest == 0)
        return false;
    if (c->rest != RESTS_LONG) {
        c->rest--;
        return true;
    }
    uint16_t letters = (uint16_t)take_apart(j, cell).letters;
    for (unsigned i = 0; i < c->letters_n; i++)
        if (c->letters[i] == letters)
            return true;
    c->rest = 0;
    return false;
}

static void let_rest(struct row_judge *j, struct suspect *s) {
    struct row_column *c = &s->table->column[s->column];
    bool few = s->kept <= LETTERS_KNOWN;
    c->rest = few ? RESTS_LONG : REST;
    c->letters_n = few ? s->kept : 0;
    for (unsigned i = 0; i < c->letters_n; i++)
        c->letters[i] = (uint16_t)s->value[i].letters;
    j->hopeless = true;
    suspect_drop(j, c);
}

struct suspect *suspect_find(struct row_judge *j, struct row_table *t, unsigned column,
                             const struct cell *cell) {
    struct row_column *c = &t->column[column];
    if (c->suspect)
        return &j->suspect[c->suspect - 1];
    if (is_wanted(c))
        return begin_suspect(j, t, column);
    if (is_at_rest(j, c, cell))
        return NULL;
    j->likely = true; /* others may follow: lines are worth a look, and what stands beside it */
    c->seen = 0;
    return c->likely * 12 >= c->cells ? begin_suspect(j, t, column) : NULL;
}

/* --- its values --- */

/* A value that is not one of the last ones. */
static bool is_fresh(const struct row_judge *j, struct suspect *s, const struct cell *cell) {
    uint32_t digest = digest_signs(j, cell->sign);
    uint32_t *recent = &s->recent[digest % SUSPECT_RECENT];
    if (*recent == digest)
        return false;
    *recent = digest;
    return true;
}

static bool follows(uint32_t number, uint32_t last) {
    uint32_t ahead = number - last;
    return ahead <= 9 || ahead >= (uint32_t)-9;
}

static struct kept_value *find_letters(struct suspect *s, uint32_t letters) {
    for (unsigned i = 0; i < s->kept; i++)
        if (s->value[i].letters == letters)
            return &s->value[i];
    return NULL;
}

static void halve_counts(struct value_counts *n) {
    uint8_t *count = (uint8_t *)n;
    for (size_t i = 0; i < sizeof *n; i++)
        count[i] /= 2;
}

static void count_value(struct suspect *s, const struct cell *cell, const struct parts *p, bool various) {
    struct value_counts *n = &s->lately;
    s->fits += s->fits < UINT32_MAX;
    s->due += s->due < UINT8_MAX;
    n->fits++;
    n->digits += p->digit;
    n->letters += p->letter;
    n->various += various;
    n->counted +=
        s->fits > 1 && p->letters == s->last_letters && p->digit && follows(p->number, s->last_number);
    n->known += (cell->is & CELL_SHAPED) != 0;
    n->vowels += (cell->is & CELL_VOWEL) != 0;
    n->unsure += (cell->is & CELL_UNSURE) != 0;
    s->firsts |= 1ull << (cell->sign[0] & 63);
    s->last_letters = p->letters;
    s->last_number = p->number;
    if (n->fits >= LATELY)
        halve_counts(n);
}

static struct kept_value *make_room(struct row_judge *j, struct suspect *s) {
    if (s->kept < SUSPECT_KEPT)
        return &s->value[s->kept++];
    struct kept_value *v = &s->value[s->oldest];
    backlog_keep(j, s, v->sign, v->n);
    s->oldest = (uint8_t)((s->oldest + 1) % SUSPECT_KEPT);
    return v;
}

static void keep_value(struct row_judge *j, struct suspect *s, const struct cell *cell,
                       const struct parts *p) {
    struct kept_value *v = make_room(j, s);
    *v = (struct kept_value){.n = cell->n,
                             .shape = cell->shape,
                             .build = cell->build,
                             .is = (uint16_t)cell->is,
                             .others = s->others,
                             .strange = s->strange,
                             .letters = p->letters,
                             .number = p->number};
    memcpy(v->sign, cell->sign, cell->n);
    s->others = s->strange = 0;
    s->in_row = true;
}

static void add_one(uint8_t *count) {
    *count += *count < UINT8_MAX;
}

/* What stands far behind other rows is a table of its own. */
static void begin_again(struct row_judge *j, struct suspect *s) {
    s->kept = s->oldest = 0;
    s->others = s->strange = 0;
    s->lately = (struct value_counts){0};
    backlog_begin(j, s);
}

/* Lines that were not read had no value for a column that has its place in each. */
static void note_passed(const struct row_judge *j, struct suspect *s) {
    uint32_t passed = j->passed - s->passed;
    s->passed = j->passed;
    if (s->table->column[s->column].key == 0)
        s->others = (uint8_t)(passed > UINT8_MAX - (uint32_t)s->others ? UINT8_MAX : s->others + passed);
}

/* Of a column without a name one value of the same letters counts: a numbered series is one value, however
 * long, and what stands between its numbers is seen. */
void suspect_take(struct row_judge *j, struct suspect *s, const struct cell *cell) {
    s->row = j->rows;
    if (!is_fresh(j, s, cell))
        return;
    struct parts p = take_apart(j, cell);
    struct kept_value *same = find_letters(s, p.letters);
    note_passed(j, s);
    if (s->settled || is_wanted(&s->table->column[s->column])) {
        j->likely = true;
        count_value(s, cell, &p, !same);
        s->in_row = true;
        if (s->settled)
            suspect_hand_on(j, s, cell->sign, cell->n);
        else
            keep_value(j, s, cell, &p);
        return;
    }
    if (same) {
        same->twin |= !follows(p.number, same->number);
        same->number = p.number;
        backlog_keep(j, s, cell->sign, cell->n);
        add_one(&s->others);
        if (s->others >= FORGOTTEN)
            let_rest(j, s);
        return;
    }
    j->likely = true;
    if (s->others >= APART || s->strange >= APART)
        begin_again(j, s);
    count_value(s, cell, &p, true);
    keep_value(j, s, cell, &p);
}

void suspect_skip(struct row_judge *j, struct suspect *s, const struct cell *cell) {
    struct row_column *c = &s->table->column[s->column];
    bool strange = cell->is & CELL_DIGIT && cell->is & CELL_LETTER && !(cell->is & CELL_TIME);
    add_one(strange ? &s->strange : &s->others);
    s->lately.strange += strange && s->lately.strange < UINT8_MAX;
    if ((s->others >= FORGOTTEN || s->strange >= FORGOTTEN) && !s->settled && !is_wanted(c))
        suspect_drop(j, c);
}

/* --- when it is judged --- */

static bool is_due(const struct suspect *s) {
    if (s->settled)
        return s->due >= 64;
    return s->fits <= 8 || s->due >= (s->fits <= 64 ? 4 : 8);
}

void suspect_row_end(struct row_judge *j, struct suspect *s) {
    struct kept_value *v = &s->value[(s->oldest + s->kept - 1) % SUSPECT_KEPT];
    if (s->in_row && !s->settled) {
        v->row_is = (uint16_t)s->table->row_is;
        v->looked = !s->table->skipped;
    }
    s->in_row = false;
    if (!is_due(s))
        return;
    s->due = 0;
    suspect_judge(j, s, false);
    if (!s->settled && s->fits >= TIRED && !is_wanted(&s->table->column[s->column]))
        let_rest(j, s);
}
