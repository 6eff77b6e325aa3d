/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/rows/table.h"

enum { ENOUGH = 20 /* plates that make a column without a name */ };

bool row_name_is_plate(uint8_t name) {
    return name == ROW_NAME_PLATE || name == ROW_NAME_PLATE_WEAK;
}

/* --- what stands beside a column --- */

static bool most_of(unsigned part, unsigned all) {
    return part > 0 && part * 10 >= all * 6;
}

static bool is_time_column(const struct row_column *c) {
    return c->name != ROW_NAME_BIRTH && most_of(c->times, c->cells);
}

struct context {
    bool time, state, vehicle, makes, person, birth, nationality;
    bool reader; /* what readers of plates add stands there, by a name or by the values */
    bool lanes;  /* by the values */
};

static struct context look_around(const struct row_table *t, unsigned except) {
    struct context x = {.reader = t->reads};
    for (unsigned i = 0; i < t->used; i++) {
        const struct row_column *c = &t->column[i];
        if (c->cells == 0 || i == except)
            continue;
        x.time |= is_time_column(c);
        x.state |= most_of(c->states, c->cells);
        x.lanes |= t->column[i].key && most_of(c->readers, c->cells);
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

/* By the last values. */
static uint32_t find_jurisdictions(const struct suspect *s) {
    uint32_t out = 0;
    for (unsigned k = 0; row_jurisdictions[k]; k++) {
        unsigned covered = 0;
        for (unsigned i = 0; i < s->kept; i++)
            covered += s->value[i].shape && series[k] & SHAPE(s->value[i].shape);
        if (covered > 0 && covered * 10 >= s->kept * 9u)
            out |= 1u << k;
    }
    return out;
}

/* --- what its values have in common --- */

static unsigned count_bits(uint64_t bits) {
    return (unsigned)__builtin_popcountll(bits);
}

/* Of the last values that were kept. */
struct window {
    unsigned n;
    unsigned strange, others; /* cells between them */
    unsigned twins, unsure, vowels, postcodes, apart;
    unsigned known;                         /* have a shape of North America */
    unsigned shared;                        /* are built as another one is */
    unsigned builds;                        /* ways to build them that are no exceptions */
    unsigned shapes;                        /* the same of shapes */
    unsigned times, states, makes, readers; /* rows that hold such a cell */
    uint64_t firsts;
};

/* How often the value's letters and digits stand in this order. */
static unsigned count_alike(const struct suspect *s, const struct kept_value *v, bool *first) {
    unsigned alike = 0;
    *first = true;
    for (unsigned i = 0; i < s->kept; i++) {
        alike += s->value[i].build == v->build;
        *first &= !(s->value[i].build == v->build && &s->value[i] < v);
    }
    return alike;
}

static void look_through(const struct suspect *s, struct window *w) {
    *w = (struct window){.n = s->kept};
    for (unsigned i = 0; i < s->kept; i++) {
        const struct kept_value *v = &s->value[i];
        bool first;
        unsigned alike = count_alike(s, v, &first);
        w->shared += alike > 1;
        w->builds += first && alike * 12 >= s->kept;
        w->shapes += first && v->shape && alike * 12 >= s->kept;
        w->strange += v->strange;
        w->others += v->others;
        w->twins += v->twin;
        w->unsure += (v->is & CELL_UNSURE) != 0;
        w->vowels += (v->is & CELL_VOWEL) != 0;
        w->postcodes += (v->is & CELL_POSTCODE) != 0;
        w->apart += (v->is & CELL_APART) != 0;
        w->known += v->shape > 0;
        w->times += (v->row_is & CELL_TIME) != 0;
        w->states += (v->row_is & CELL_STATE) != 0;
        w->makes += (v->row_is & CELL_MAKE) != 0;
        w->readers += (v->row_is & CELL_READER) != 0;
        w->firsts |= 1ull << (v->sign[0] & 63);
    }
}

/* They count up, or share few beginnings. */
static bool is_series(const struct suspect *s) {
    const struct value_counts *n = &s->lately;
    return n->fits >= 3 && (n->counted * 2 >= n->fits ||
                            (n->fits >= 10 && n->letters * 2 >= n->fits && n->various * 8 <= n->fits));
}

/* --- verdicts --- */

static bool holds_named(const struct suspect *s, const struct row_column *c, const struct context *x) {
    const struct value_counts *n = &s->lately;
    if (!most_of(c->wide, c->cells) || n->digits * 2 < n->fits || is_series(s))
        return false;
    if (c->name == ROW_NAME_PLATE)
        return true;
    /* Marks of aircraft begin with one letter. */
    unsigned firsts = count_bits(s->firsts);
    if (s->fits >= 3 && (firsts < 2 || (s->fits >= 10 && firsts < 4)))
        return false;
    return n->letters * 2 >= n->fits &&
           (most_of(c->shaped, c->cells) || x->reader || (x->state && x->vehicle) || (x->time && x->state));
}

/* Values of few shapes, none of which leads the others far behind it, with many beginnings. */
static bool vary_as_plates_do(const struct window *w) {
    return w->n >= ENOUGH && w->others <= w->n * 8 && w->twins * 8 <= w->n && count_bits(w->firsts) >= 4;
}

static bool holds_known(const struct suspect *s, const struct window *w, const struct context *x) {
    const struct row_column *c = &s->table->column[s->column];
    const struct value_counts *n = &s->lately;
    if (w->known * 10 < (w->n + w->strange) * 7 || n->known * 2 < n->fits + n->strange)
        return false;
    bool sure = n->unsure * 20 <= n->fits, apart = w->apart * 10 >= w->n * 9;
    /* One shape with any letter in it is what orders and vouchers have: a plate's letters are fewer. */
    bool plain = w->shapes >= 2 || (sure && n->vowels * 50 <= n->fits);
    bool called_otherwise = s->table->named || c->key;
    if (s->table->loose && !x->state)
        return false;
    if (x->state || x->makes)
        return plain || x->time || x->reader;
    if (x->time || x->reader)
        return called_otherwise ? w->shapes >= 3 || (plain && x->time && x->reader) : plain || x->lanes;
    return (apart && sure) || (s->table->alone && w->shapes >= 4 && w->strange * 19 <= w->n);
}

/* Of other countries: the same few ways to build them, again and again, beside what readers of plates add. */
static bool holds_built(const struct suspect *s, const struct window *w, const struct context *x) {
    if (w->shared * 10 < (w->n + w->strange) * 8 || s->table->loose)
        return false;
    if (s->table->named || s->table->column[s->column].key)
        return x->time && x->reader && w->builds >= 2;
    return (x->time && x->lanes) || (x->state && (x->time || x->lanes) && w->builds >= 2);
}

static bool holds_shaped(const struct suspect *s, const struct context *around) {
    struct window w;
    struct context x = *around;
    if (s->kept < ENOUGH)
        return false;
    look_through(s, &w);
    if (s->table->column[s->column].key == 0) /* its rows are whole: what stood in others says nothing */
        x.time = x.state = x.makes = x.lanes = false;
    x.time |= most_of(w.times, w.n);
    x.state |= most_of(w.states, w.n);
    x.makes |= most_of(w.makes, w.n);
    x.lanes |= most_of(w.readers, w.n);
    x.reader |= x.lanes;
    if (!vary_as_plates_do(&w) || (w.postcodes * 2 >= w.n && !(x.time && x.lanes)))
        return false;
    return holds_known(s, &w, &x) || holds_built(s, &w, &x);
}

static bool holds_document(const struct row_column *c, const struct context *x) {
    return c->numbers * 10 >= c->cells * 6 && x->birth && (x->nationality || x->person);
}

void suspect_hand_on(struct row_judge *j, const struct suspect *s, const uint8_t *sign, size_t n) {
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

static bool settle(struct suspect *s, const struct context *x, bool last) {
    const struct row_column *c = &s->table->column[s->column];
    bool enough = s->fits >= 3 || (last && s->fits >= 1);
    s->kind = s->document ? ROW_CELL_DOCUMENT : ROW_CELL_PLATE;
    if (s->document)
        return enough && holds_document(c, x);
    if (row_name_is_plate(c->name) && enough && holds_named(s, c, x))
        return true;
    if (s->table->reads && enough && most_of(c->shaped, c->cells) && !is_series(s))
        return true;
    s->kind = ROW_CELL_SHAPE;
    return holds_shaped(s, x);
}

void suspect_judge(struct row_judge *j, struct suspect *s, bool last) {
    struct context x = look_around(s->table, s->column);
    if (!s->settled && (s->settled = settle(s, &x, last)))
        for (unsigned i = 0; i < s->kept; i++) {
            const struct kept_value *v = &s->value[(s->oldest + i) % SUSPECT_KEPT];
            suspect_hand_on(j, s, v->sign, v->n);
        }
    if (!s->settled)
        return;
    j->facts.more |= s->lost;
    note_facts(j, s, &x);
}
