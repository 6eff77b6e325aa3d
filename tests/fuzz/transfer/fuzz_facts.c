/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer/facts.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Texts of three holders, of which each but the first has a parent, set, taken away and filled in any order.
 * A text that is kept is the beginning of what was given, and only what is set changes; with a room it is cut
 * at its longest alone. */

enum { HOLDERS = 3, ROOMS = 2, TEXT_MAX = 2304 };

struct plain {
    size_t n[FACT_COUNT];
    uint8_t text[FACT_COUNT][TEXT_MAX];
};

static struct plain plain[HOLDERS];
static struct fact_pool pool;

static void check(bool good) {
    if (!good)
        abort();
}

static void check_holder(const struct facts *f, const struct plain *m) {
    for (unsigned i = 0; i < FACT_COUNT; i++) {
        struct bytes have = facts_own(f, (enum fact)i);
        check(have.n == m->n[i] && (have.n == 0 || memcmp(have.p, m->text[i], have.n) == 0));
    }
}

/* Given by the nearest parent that has one. */
static void check_given(struct facts *const *f, unsigned holder) {
    for (unsigned i = 0; i < FACT_COUNT; i++) {
        unsigned k = holder;
        while (k > 0 && plain[k].n[i] == 0 && fact_rows[i].given)
            k--;
        check(facts_get(f[holder], (enum fact)i).n == plain[k].n[i]);
    }
}

/* What was kept of it; the caller has changed nothing else. */
static void note_kept(const struct facts *f, struct plain *m, enum fact which, struct bytes value) {
    struct bytes kept = facts_own(f, which);
    check(kept.n <= value.n && kept.n <= fact_rows[which].longest);
    check(kept.n == 0 || memcmp(kept.p, value.p, kept.n) == 0);
    m->n[which] = kept.n;
    if (kept.n)
        memcpy(m->text[which], kept.p, kept.n);
}

static void take_step(struct facts *const *f, const uint8_t *step, const uint8_t *text) {
    unsigned holder = step[0] % HOLDERS;
    enum fact which = (enum fact)(step[1] % FACT_COUNT);
    struct bytes value = bytes_of(text, (size_t)step[2] * 9);
    struct bytes values[FACT_COUNT] = {{NULL, 0}};
    values[which] = value;
    bool fills = step[0] & 0x80, known = plain[holder].n[which] > 0;
    if (fills)
        facts_fill(&pool, f[holder], values);
    else
        facts_set(&pool, f[holder], which, value);
    if (!fills || !known)
        note_kept(f[holder], &plain[holder], which, value);
    for (unsigned i = 0; i < HOLDERS; i++) {
        check_holder(f[i], &plain[i]);
        check_given(f, i);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static uint8_t text[255 * 9];
    struct facts *f[HOLDERS];
    memset(plain, 0, sizeof plain);
    check(fact_pool_init(&pool, HOLDERS, ROOMS));
    for (unsigned i = 0; i < HOLDERS; i++)
        f[i] = facts_create(&pool, i ? f[i - 1] : NULL);
    for (; size >= 4; data += 4, size -= 4) {
        for (size_t i = 0; i < sizeof text; i++)
            text[i] = (uint8_t)(data[3] + i % 3 * (data[3] >> 4));
        take_step(f, data, text);
    }
    for (unsigned i = 0; i < HOLDERS; i++)
        facts_release(&pool, f[i]);
    check(pool.holders.in_use == 0 && pool.rooms.in_use == 0);
    fact_pool_finish(&pool);
    return 0;
}
