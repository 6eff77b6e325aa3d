/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/inspection.h"

#include "base/counter.h"

/* Who has a reader of rows. They are few: one that has rested longest gives way to whoever begins, so that
 * texts that never end do not keep the others from being read. */

enum {
    FEW = 875, /* thousandths in use, beyond which a pair of hosts has no more than half of all */
    LOOK = 64, /* at so many of those that have rested longest */
};

static void put_newest(struct inspector *i, struct inspection *n) {
    n->older = i->newest;
    n->newer = NULL;
    *(i->newest ? &i->newest->newer : &i->oldest) = n;
    i->newest = n;
}

static void take_out(struct inspector *i, struct inspection *n) {
    *(n->older ? &n->older->newer : &i->oldest) = n->newer;
    *(n->newer ? &n->newer->older : &i->newest) = n->older;
}

static uint32_t held_by(const struct allowance *a) {
    return a ? a->readers : 0;
}

static bool is_greedy(const struct inspector *i, const struct allowance *a) {
    return held_by(a) >= i->readers.limit / 2 && pool_fill(&i->readers) >= FEW;
}

/* Of those that have rested longest, that of whoever holds most, or of `only` hosts. */
static struct inspection *find_idle(const struct inspector *i, const struct allowance *only) {
    struct inspection *idle = NULL;
    unsigned looks = 0;
    for (struct inspection *n = i->oldest; n && looks < LOOK; n = n->newer, looks++) {
        const struct allowance *a = n->object->allowance;
        if (n->reads || (only && a != only))
            continue;
        if (!idle || held_by(a) > held_by(idle->object->allowance))
            idle = n;
    }
    return idle;
}

static void give_own(struct inspection *n, struct row_reader *reader) {
    struct allowance *a = n->object->allowance;
    n->rows = reader;
    if (a)
        a->readers++;
    put_newest(n->inspector, n);
}

bool readers_take(struct inspection *n, bool from_others) {
    struct inspector *i = n->inspector;
    bool greedy = is_greedy(i, n->object->allowance);
    struct row_reader *reader = greedy ? NULL : pool_take(&i->readers);
    struct inspection *idle =
        !reader && from_others ? find_idle(i, greedy ? n->object->allowance : NULL) : NULL;
    if (idle) {
        readers_drop(idle);
        idle->rows_lost = true;
        counter_one(COUNTER_INSPECT_ROWS_SHED);
        reader = pool_take(&i->readers);
    }
    if (reader)
        give_own(n, reader);
    return reader;
}

void readers_touch(struct inspection *n) {
    if (n->inspector->newest == n)
        return;
    take_out(n->inspector, n);
    put_newest(n->inspector, n);
}

void readers_drop(struct inspection *n) {
    if (!n->rows)
        return;
    if (n->object->allowance)
        n->object->allowance->readers--;
    take_out(n->inspector, n);
    pool_give(&n->inspector->readers, n->rows);
    n->rows = NULL;
}
