/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/inspection.h"

/* Names that a text lists are matched together, a line each, as many as come with one piece of it. */

static bool holds_share(const struct inspection *n, const struct tally *tally, const struct tally_state *t) {
    return t->set && t->set->count >= tally->distinct && t->spread_count >= tally->spread &&
           (uint64_t)t->names * 100 >= (uint64_t)tally->share * n->names;
}

/* Shares are looked at after so many names, and not where a piece is over, so that it does not matter how the
 * bytes come. */
static void judge_shares(struct inspection *n) {
    const struct ruleset *r = n->inspector->rules;
    for (size_t t = 0; t < r->tally_count; t++) {
        struct tally_state *s = &n->tallies[t];
        if (r->tallies[t].share == 0 || s->agreed || !holds_share(n, &r->tallies[t], s))
            continue;
        s->agreed = true;
        n->dirty = true;
    }
}

void listed_flush(struct inspection *n) {
    struct listed *l = &n->inspector->listed;
    if (l->count == 0)
        return;
    inspection_match(n, SCOPE_LISTING, bytes_of(l->text, l->n));
    n->names += l->count;
    l->count = l->n = 0;
    if (n->names % LISTED_NAMES == 0)
        judge_shares(n);
}

static void take_name(void *context, struct bytes name) {
    struct inspection *n = context;
    struct listed *l = &n->inspector->listed;
    n->named++;
    if (n->named > NAMES_ALL && n->named % NAMES_STEP != 0)
        return;
    memcpy(l->text + l->n, name.p, name.n);
    l->n += (unsigned)name.n;
    l->text[l->n++] = '\n';
    l->end[l->count++] = l->n;
    if ((n->names + l->count) % LISTED_NAMES == 0)
        listed_flush(n);
}

void listed_take(struct inspection *n, struct bytes text) {
    listing_push(&n->listing, text, take_name, n);
}

void listed_end(struct inspection *n) {
    listing_end(&n->listing, take_name, n);
    listed_flush(n);
    if (n->names > 0)
        judge_shares(n);
}

void listed_met(struct inspection *n, struct tally_state *t, uint64_t at) {
    const struct listed *l = &n->inspector->listed;
    uint32_t name = n->names + 1; /* from 1 */
    for (unsigned i = 0; i + 1 < l->count && at >= l->end[i]; i++)
        name++;
    t->names += t->last_name != name;
    t->last_name = name;
}
