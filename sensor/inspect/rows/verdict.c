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
    bool where;  /* coordinates */
    bool when_or_where;
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
    unsigned known;  /* have a shape of North America */
    unsigned shapes; /* of these that are no exceptions */
    unsigned looked; /* rows of which all cells were looked at, and those of them that hold such a cell: */
    unsigned times, states, makes, readers, wheres;
    uint64_t firsts;
};

static bool is_no_exception(unsigned part, unsigned all) {
    return part > 0 && part * 12 >= all;
}

static void look_through(const struct suspect *s, struct window *w) {
    uint8_t shape[PLATE_SHAPES] = {0};
    *w = (struct window){.n = s->kept};
    for (unsigned i = 0; i < s->kept; i++) {
        const struct kept_value *v = &s->value[i];
        unsigned row_is = v->looked ? v->row_is : 0;
        shape[v->shape]++;
        w->strange += v->strange;
        w->others += v->others;
        w->twins += v->twin;
        w->postcodes += (v->is & CELL_POSTCODE) != 0;
        w->apart += (v->is & CELL_APART) != 0;
        w->looked += v->looked;
        w->times += (row_is & CELL_TIME) != 0;
        w->states += (row_is & CELL_STATE) != 0;
        w->makes += (row_is & CELL_MAKE) != 0;
        w->readers += (row_is & CELL_READER) != 0;
        w->wheres += (row_is & CELL_WHERE) != 0;
        w->firsts |= 1ull << (v->sign[0] & 63);
    }
    w->known = w->n - shape[0];
    for (unsigned i = 1; i < PLATE_SHAPES; i++)
        w->shapes += is_no_exception(shape[i], w->n);
}

/* In how many ways the values are built that are no exceptions; *shared: how many values are. */
static unsigned count_builds(const struct suspect *s, unsigned *shared) {
    enum { FEW = 3, BUILDS = 1 << 9 /* of up to 8 signs */ };
    uint8_t count[BUILDS] = {0};
    unsigned builds = 0;
    *shared = 0;
    for (unsigned i = 0; i < s->kept; i++)
        count[s->value[i].build % BUILDS]++;
    for (unsigned i = 0; i < s->kept; i++) {
        uint8_t *alike = &count[s->value[i].build % BUILDS];
        if (*alike < FEW || !is_no_exception(*alike, s->kept))
            continue;
        *shared += *alike;
        builds++;
        *alike = 0;
    }
    return builds;
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
    /* Marks of aircraft begin with one letter; so do plates in their order, but those stand beside lanes. */
    unsigned firsts = count_bits(s->firsts);
    if (!(x->reader && x->time) && s->fits >= 3 && (firsts < 2 || (s->fits >= 10 && firsts < 4)))
        return false;
    bool shaped = s->fits < ENOUGH
                      ? c->shaped * 10 >= c->cells * 9 || (s->fits >= 8 && c->likely * 10 >= c->cells * 9)
                      : most_of(c->shaped, c->cells);
    return n->letters * 2 >= n->fits &&
           (shaped || x->reader || (x->state && x->vehicle) || (x->time && x->state));
}

/* Many letters, many beginnings. `surely_read`: what stands beside them is what readers of plates say, and
 * some series begin as the town does. */
static bool vary_as_plates_do(const struct window *w, bool surely_read) {
    if (w->n < ENOUGH || w->others > w->n * 8)
        return false;
    return surely_read ? w->twins * 3 <= w->n && count_bits(w->firsts) >= 2
                       : w->twins * 8 <= w->n && count_bits(w->firsts) >= 4;
}

/* It has a name that says something, and none that plates have. */
static bool is_called_otherwise(const struct suspect *s) {
    return !s->strays && (s->table->named || s->table->titled || s->table->column[s->column].key);
}

/* Letters and then digits are what orders and stocks are numbered by: are others among them? */
static bool holds_odd(const struct suspect *s) {
    unsigned odd = 0;
    for (unsigned i = 0; i < s->kept; i++) {
        unsigned digits = s->value[i].build & ((1u << s->value[i].n) - 1);
        odd += (digits & (digits + 1)) != 0;
    }
    return odd * 5 >= s->kept;
}

/* Lines whose words are not kept apart by more than a blank have plates in the same place, each of them. */
static bool holds_loose(const struct window *w, const struct context *x) {
    if (x->state || x->lanes)
        return w->shapes >= 2 && (x->state || x->time);
    return x->time && w->shapes >= 3 && w->known * 10 >= w->n * 8 && (w->others + w->strange) * 10 <= w->n;
}

/* By more letters than could be without one by chance. */
static bool leaves_vowels_out(const struct suspect *s) {
    enum { LETTERS = 66 };
    unsigned n = s->value[0].n, letters = n - count_bits(s->value[0].build & ((1u << n) - 1));
    return s->lately.vowels * 50 <= s->lately.fits && letters * s->lately.fits >= LETTERS;
}

static bool holds_known(const struct suspect *s, const struct window *w, const struct context *x) {
    const struct value_counts *n = &s->lately;
    if (w->known * 10 < (w->n + w->strange) * 7 || n->known * 2 < n->fits + n->strange)
        return false;
    bool sure = n->unsure * 20 <= n->fits, apart = w->apart * 10 >= w->n * 9;
    /* One shape with any letter in it is what orders and vouchers have: a plate's letters are fewer. */
    bool plain = w->shapes >= 2 || (sure && leaves_vowels_out(s));
    if (s->table->loose)
        return holds_loose(w, x);
    if (s->column == TABLE_JOINED)
        return x->when_or_where && (w->shapes >= 3 || (plain && (x->state || x->lanes)));
    if (is_called_otherwise(s)) {
        bool beside = x->when_or_where || x->reader || x->state || x->makes;
        if (w->shapes >= 3 && beside && holds_odd(s))
            return true;
        return plain && x->when_or_where && (x->reader || ((x->state || x->makes) && holds_odd(s)));
    }
    if (x->state || x->makes)
        return plain || x->when_or_where || x->reader;
    if (x->when_or_where || x->reader)
        return plain || x->lanes;
    return (apart && sure) || (s->table->alone && w->shapes >= 4 && w->strange * 19 <= w->n);
}

/* Of other countries: the same few ways to build them, again and again, beside what readers of plates add. */
static bool holds_built(const struct suspect *s, const struct window *w, const struct context *x) {
    unsigned shared, builds, all = w->n + w->strange;
    if (s->table->loose || !(x->when_or_where || x->lanes || x->makes))
        return false;
    builds = count_builds(s, &shared);
    if (shared * 4 < all * 3)
        return false;
    if (is_called_otherwise(s) || s->column == TABLE_JOINED)
        return x->when_or_where && x->reader && builds >= 2 && shared * 10 >= all * 9;
    if (x->lanes || x->makes || x->state)
        return builds >= 2 ? x->when_or_where || x->state : x->when_or_where && x->lanes;
    return builds >= 2 && shared * 20 >= all * 19 && s->lately.unsure * 20 <= s->lately.fits;
}

static bool holds_shaped(const struct suspect *s, const struct context *around) {
    enum { LOOKED = 4 };
    struct window w;
    struct context x = *around;
    look_through(s, &w);
    if (s->table->column[s->column].key == 0) /* its rows are whole: what stood in others says nothing */
        x.time = x.state = x.makes = x.lanes = false;
    if (w.looked >= LOOKED) {
        x.time |= most_of(w.times, w.looked);
        x.state |= most_of(w.states, w.looked);
        x.makes |= most_of(w.makes, w.looked);
        x.lanes |= most_of(w.readers, w.looked);
        x.reader |= x.lanes;
        x.where |= most_of(w.wheres, w.looked);
    }
    x.when_or_where = x.time || x.where;
    if (!vary_as_plates_do(&w, x.time && x.lanes && x.state && !is_called_otherwise(s)) ||
        (w.postcodes * 2 >= w.n && !(x.time && x.lanes)))
        return false;
    return holds_known(s, &w, &x) || holds_built(s, &w, &x);
}

static bool holds_document(const struct suspect *s, const struct row_column *c, const struct context *x) {
    if (c->by_values && is_series(s))
        return false;
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
        return enough && holds_document(s, c, x);
    if (row_name_is_plate(c->name) && enough && holds_named(s, c, x))
        return true;
    if (s->table->reads && enough && most_of(c->shaped, c->cells) && !is_series(s))
        return true;
    s->kind = ROW_CELL_SHAPE;
    return s->kept >= ENOUGH && holds_shaped(s, x);
}

/* Nothing but the number of its values may say that it holds plates. */
static bool is_too_small(const struct suspect *s) {
    return !s->settled && s->kept < ENOUGH && !s->document && !s->table->reads &&
           !row_name_is_plate(s->table->column[s->column].name);
}

/* What came before the verdict. */
static void hand_on_all(struct row_judge *j, struct suspect *s) {
    backlog_hand_on(j, s);
    for (unsigned i = 0; i < s->kept; i++) {
        const struct kept_value *v = &s->value[(s->oldest + i) % SUSPECT_KEPT];
        suspect_hand_on(j, s, v->sign, v->n);
    }
}

void suspect_judge(struct row_judge *j, struct suspect *s, bool last) {
    if (is_too_small(s))
        return;
    struct context x = look_around(s->table, s->column);
    if (!s->settled) {
        if (!(s->settled = settle(s, &x, last)))
            return;
        s->table->settled++;
        hand_on_all(j, s);
    }
    j->facts.more |= s->lost;
    note_facts(j, s, &x);
}
