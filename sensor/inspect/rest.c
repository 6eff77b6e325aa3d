/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/inspection.h"
#include "inspect/validate.h"

/* Tables of the same few values, or of what a validator refuses, cost most of all texts. A count that has
 * what its rules ask for stops there. One that has not rests, which hides nothing: it goes on looking
 * wherever another identifier of a rule shows itself, and wherever fields stand that may be values and were
 * not counted yet; the look at the fields of a piece costs a fiftieth of matching it. */
enum {
    REPEATS_MAX = 1024,     /* matches that bring nothing new before a count rests or stops */
    REPEATS_A_VALUE = 64,   /* of them that a new value makes up for */
    FRESH = 2,              /* fields of a piece that are worth a look */
    EARNS = 16,             /* of so many bytes one may be looked at, */
    SAVINGS_MAX = 64 << 10, /* and these at once: so what looks like values and is none costs little */
    ANNOUNCED = 16 << 10,   /* bytes behind another identifier that are looked at, */
    GRANTS_MAX = 64,        /* whatever was saved, so often in an object */
};

/* Other scans match many things at once and never rest as a whole. A match that brings nothing new costs some
 * bytes; as long as a scan owes more than it may, pieces are left out, each of which pays for itself. Text of
 * records owes nothing for long; of a wall of keys a part is looked at, and all behind it. */
enum {
    MATCH_BYTES = 64,      /* that a match costs */
    DEBT_MOST = 128 << 10, /* bytes; */
    DEBT_CAP = 256 << 10,  /* beyond these nothing is added, or one long piece would hide all behind it */
    NEW_PAYS = 64,         /* matches for which one pays that brings something new */
};

/* Does this rule, as it stands, wait for more of the count? */
static bool rule_awaits(const struct inspection *n, size_t rule, unsigned tally) {
    const struct rule_condition *c = n->inspector->rules->rules[rule].condition;
    for (size_t k = 0; k < c->count_count && n->states[rule] == RULE_OPEN; k++)
        if (c->counts[k].tally == tally)
            return true;
    return false;
}

static bool is_awaited(const struct inspection *n, unsigned tally) {
    for (size_t i = 0; i < n->inspector->rules->rule_count; i++)
        if (rule_awaits(n, i, tally))
            return true;
    return false;
}

/* How a field is told from one that cannot be a value of this count; NULL: by its matches alone. */
static const struct validator *field_validator(const struct inspection *n, unsigned tally) {
    const struct ruleset *r = n->inspector->rules;
    const struct tally *t = &r->tallies[tally];
    int first = t->count ? r->identifiers[t->identifiers[0]].validator : -1;
    for (size_t i = 0; i < t->count; i++)
        if (r->identifiers[t->identifiers[i]].validator != first)
            return NULL;
    return first >= 0 && validator_table[first].may_be ? &validator_table[first] : NULL;
}

static void set_rest(struct inspection *n, struct rest *r, bool on) {
    n->resting += on;
    n->resting -= r->on;
    n->settling |= on != r->on;
    r->on = on;
}

bool rest_note_match(struct inspection *n, unsigned tally, bool refused) {
    struct rest *r = &n->tallies[tally].rest;
    /* What is refused says that nothing is new only where fields can be looked at instead. */
    if (r->repeats >= REPEATS_MAX || (refused && !field_validator(n, tally)) || ++r->repeats < REPEATS_MAX)
        return false;
    if (!is_awaited(n, tally))
        return true;
    set_rest(n, r, true);
    r->savings = SAVINGS_MAX;
    return false;
}

/* Counts that share a scan pay its debts. */
static void pay_debts(struct inspection *n, unsigned tally) {
    const struct ruleset *r = n->inspector->rules;
    for (size_t i = 0; i < n->plan->scan_count && n->owes && r->tallies[tally].shared; i++)
        if (r->scans[n->plan->scans[i]].kind == SCAN_VALUES)
            debt_note_match(n, &r->scans[n->plan->scans[i]], true);
}

void rest_note_new(struct inspection *n, unsigned tally) {
    struct rest *r = &n->tallies[tally].rest;
    r->repeats -= r->repeats < REPEATS_A_VALUE ? r->repeats : REPEATS_A_VALUE;
    set_rest(n, r, false);
    pay_debts(n, tally);
}

void debt_note_match(struct inspection *n, const struct scan *scan, bool fresh) {
    struct debt *d = &n->debts[scan - n->inspector->rules->scans];
    uint32_t pays = fresh ? NEW_PAYS * MATCH_BYTES : 0;
    if (scan->scope != n->bulk) /* a short text by itself */
        return;
    d->bytes -= pays < d->bytes ? pays : d->bytes;
    d->bytes += !fresh && d->bytes < DEBT_CAP ? MATCH_BYTES : 0;
    n->owes |= d->bytes > DEBT_MOST / 2;
}

bool debt_looks_at(struct inspection *n, size_t scan, struct bytes piece) {
    struct debt *d = &n->debts[scan];
    d->bytes -= piece.n < d->bytes ? (uint32_t)piece.n : d->bytes;
    if (d->bytes <= DEBT_MOST)
        return true;
    d->broken = true;
    n->stepped |= n->inspector->rules->scans[scan].kind == SCAN_VALUES;
    return false;
}

/* NULL: it does not count it. */
static const struct count_condition *find_count(const struct rule *rule, unsigned tally) {
    for (size_t k = 0; k < rule->condition->count_count; k++)
        if (rule->condition->counts[k].tally == tally)
            return &rule->condition->counts[k];
    return NULL;
}

/* Does a rule hold that counts cells, of this class and at least as many? */
static bool cells_cover(const struct inspection *n, const char *class, uint32_t values) {
    const struct ruleset *r = n->inspector->rules;
    for (size_t i = 0; i < r->rule_count; i++) {
        const struct rule_condition *c = r->rules[i].condition;
        if (n->states[i] != RULE_HOLDS || !(c->scopes & 1u << SCOPE_CELLS) ||
            strcmp(r->rules[i].class, class) != 0)
            continue;
        for (size_t k = 0; k < c->count_count; k++) {
            const struct value_set *set = n->tallies[c->counts[k].tally].set;
            if (set && set->count >= values)
                return true;
        }
    }
    return false;
}

bool rest_is_covered(const struct inspection *n, unsigned tally) {
    enum { STEP = 64 /* values between two looks */ };
    const struct ruleset *r = n->inspector->rules;
    const struct tally_state *t = &n->tallies[tally];
    bool covered = false;
    for (size_t i = 0; i < r->rule_count && t->set->count % STEP == 0; i++) {
        const struct count_condition *c = find_count(&r->rules[i], tally);
        if (!c || n->states[i] == RULE_OUT)
            continue;
        if (t->set->count < c->distinct || t->spread_count < c->spread)
            return false;
        bool by_cells = !(r->rules[i].condition->scopes & 1u << SCOPE_CELLS) &&
                        cells_cover(n, r->rules[i].class, t->set->count);
        if (n->states[i] == RULE_HOLDS && !by_cells)
            return false;
        covered |= by_cells; /* one that does not hold waits for something else */
    }
    return covered;
}

static bool is_announced(const struct inspection *n, unsigned tally, unsigned identifier) {
    const struct ruleset *r = n->inspector->rules;
    for (size_t i = 0; i < r->rule_count; i++) {
        const struct rule_condition *c = r->rules[i].condition;
        if (rule_awaits(n, i, tally) && (identifiers_hold(c->all.items, c->all.count, identifier) ||
                                         identifiers_hold(c->any.items, c->any.count, identifier)))
            return true;
    }
    return false;
}

void rest_note_hit(struct inspection *n, unsigned identifier) {
    for (unsigned t = 0; t < n->inspector->rules->tally_count; t++) {
        struct rest *r = &n->tallies[t].rest;
        if (!r->on || r->grants == GRANTS_MAX || r->awake > n->offset || !is_announced(n, t, identifier))
            continue;
        r->grants++;
        r->awake = n->offset + ANNOUNCED;
        r->savings += ANNOUNCED;
    }
}

/* How many fields that may be values, and were not counted, end in this piece? They may begin before it. */
static unsigned count_fresh(const struct inspection *n, unsigned tally, const struct validator *v,
                            struct bytes piece) {
    enum { BEFORE = 16 };
    uint8_t room[BEFORE + PIECE_BYTES];
    size_t before = n->tail_n < BEFORE ? n->tail_n : BEFORE;
    memcpy(room, n->tail + n->tail_n - before, before);
    memcpy(room + before, piece.p, piece.n);
    struct bytes left = bytes_of(room, before + piece.n), field, value;
    unsigned fresh = 0;
    while (fresh < FRESH && (field = field_next(&left)).n > 0) {
        value = field;
        if (field.p + field.n > room + before)
            fresh += v->may_be(field, &value) && values_fresh(n, tally, value);
    }
    return fresh;
}

static void look_for_fresh(struct inspection *n, unsigned tally, const struct validator *v,
                           struct bytes piece) {
    struct rest *r = &n->tallies[tally].rest;
    unsigned fresh = count_fresh(n, tally, v, piece);
    if (fresh == 0)
        return;
    if (n->offset - r->seen > PIECE_BYTES)
        r->fresh = 0;
    r->seen = n->offset;
    r->fresh = (uint8_t)(r->fresh + fresh < FRESH ? r->fresh + fresh : FRESH);
    if (r->fresh == FRESH && r->awake < n->offset + PIECE_BYTES)
        r->awake = n->offset + PIECE_BYTES;
}

bool rest_looks_at(struct inspection *n, unsigned tally, struct bytes piece) {
    struct rest *r = &n->tallies[tally].rest;
    const struct validator *v = field_validator(n, tally);
    if (!r->on)
        return true;
    r->savings += r->savings < SAVINGS_MAX ? (uint32_t)(piece.n / EARNS) : 0;
    if (v && r->savings >= piece.n)
        look_for_fresh(n, tally, v, piece);
    if (r->savings >= piece.n && (n->offset < r->awake || !v)) {
        r->savings -= (uint32_t)piece.n;
        return true;
    }
    r->rested = r->broken = true;
    return false;
}
