/* SPDX-License-Identifier: Apache-2.0 */
#include "report/event/standing.h"

/* Hundredths of all that a standing keeps whatever comes. */
static const uint8_t kept[STANDING_COUNT] = {[STANDING_SMALL] = 10, [STANDING_LARGE] = 20};

enum standing standing_of(const struct standing_facts *f) {
    if (f->partner)
        return f->denied ? STANDING_DENIED : STANDING_PARTNER;
    bool large = f->severity >= STANDING_SEVERE || f->objects >= STANDING_OBJECTS ||
                 f->bytes >= STANDING_BYTES || f->days >= STANDING_DAYS;
    return large ? STANDING_LARGE : STANDING_SMALL;
}

static uint64_t sum_all(const uint64_t used[STANDING_COUNT]) {
    uint64_t all = 0;
    for (int s = 0; s < STANDING_COUNT; s++)
        all += used[s];
    return all;
}

static bool is_over(const uint64_t used[STANDING_COUNT], int standing, uint64_t all) {
    return used[standing] > all / 100 * kept[standing];
}

enum standing standing_gives_way(const uint64_t used[STANDING_COUNT]) {
    uint64_t all = sum_all(used);
    for (int s = 0; s < STANDING_COUNT; s++)
        if (used[s] && is_over(used, s, all))
            return (enum standing)s;
    return STANDING_SMALL;
}

void ranking_remove(struct ranking *r, struct ranked *e) {
    if (!e->listed)
        return;
    age_remove(&r->lists[e->standing], &e->age);
    r->used[e->standing] -= e->weight;
    e->listed = false;
}

void ranking_put(struct ranking *r, struct ranked *e, enum standing standing, uint64_t weight) {
    ranking_remove(r, e);
    e->standing = (uint8_t)standing;
    e->weight = weight;
    e->listed = true;
    age_add(&r->lists[standing], &e->age);
    r->used[standing] += weight;
}

void ranking_weigh(struct ranking *r, struct ranked *e, uint64_t weight) {
    r->used[e->standing] += weight - e->weight;
    e->weight = weight;
}

struct ranked *ranking_first_out(const struct ranking *r, const struct ranked *spared) {
    uint64_t all = sum_all(r->used);
    for (int pass = 0; pass < 2; pass++)
        for (int s = 0; s < STANDING_COUNT; s++) {
            struct ranked *e = AGE_ENTRY(r->lists[s].oldest, struct ranked, age);
            if (e && e == spared)
                e = AGE_ENTRY(e->age.newer, struct ranked, age);
            if (e && (pass || is_over(r->used, s, all)))
                return e;
        }
    return NULL;
}
