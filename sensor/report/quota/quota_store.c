/* SPDX-License-Identifier: Apache-2.0 */
#include "report/quota/quota_account.h"

static const char since_name[] = "contract.since";

/* --- out --- */

static bool save_slot(const struct account *a, int span, int at, struct store *store) {
    const struct slot *s = &a->slots[span][at];
    const struct store_value v[] = {
        STORE_T(bytes_text(a->contract->id)), STORE_N(span),           STORE_N(at), STORE_N(s->index),
        STORE_N(s->amount.objects),           STORE_N(s->amount.bytes)};
    return store_run(store, STORE_CONTRACT_SPAN_PUT, v, sizeof v / sizeof v[0]);
}

static bool save_account(const struct account *a, struct store *store) {
    const struct store_value v[] = {STORE_T(bytes_text(a->contract->id)), STORE_N(a->first), STORE_N(a->last),
                                    STORE_N(a->all.objects), STORE_N(a->all.bytes)};
    bool ok = store_run(store, STORE_CONTRACT_PUT, v, sizeof v / sizeof v[0]);
    for (int i = 0; i < SPAN_COUNT * SLOTS && ok; i++)
        if (a->slots[i / SLOTS][i % SLOTS].changed)
            ok = save_slot(a, i / SLOTS, i % SLOTS, store);
    return ok;
}

bool quotas_save(struct quotas *q, struct store *store) {
    const struct store_value since[] = {STORE_T(bytes_text(since_name)), STORE_N(q->since)};
    bool ok = !q->since_changed || store_run(store, STORE_META_PUT, since, 2);
    for (size_t i = 0; i < q->count && ok; i++)
        if (q->accounts[i].changed)
            ok = save_account(&q->accounts[i], store);
    return ok && seen_save(q->seen, store);
}

void quotas_saved(struct quotas *q) {
    q->since_changed = false;
    for (size_t i = 0; i < q->count; i++) {
        struct account *a = &q->accounts[i];
        if (!a->changed)
            continue;
        a->changed = false;
        for (int k = 0; k < SPAN_COUNT * SLOTS; k++)
            a->slots[k / SLOTS][k % SLOTS].changed = false;
    }
    seen_saved(q->seen);
}

void quotas_spoil(struct quotas *q) {
    q->since_changed = q->since != 0;
    for (size_t i = 0; i < q->count; i++) {
        struct account *a = &q->accounts[i];
        a->changed = a->last != 0;
        for (int k = 0; k < SPAN_COUNT * SLOTS; k++)
            a->slots[k / SLOTS][k % SLOTS].changed = a->slots[k / SLOTS][k % SLOTS].used;
    }
    seen_spoil(q->seen);
}

/* --- in --- */

static struct account *by_id(struct quotas *q, struct bytes id) {
    for (size_t i = 0; i < q->count; i++)
        if (bytes_equal(id, bytes_text(q->accounts[i].contract->id)))
            return &q->accounts[i];
    return NULL;
}

static void load_account(void *context, const struct store_value *v) {
    struct account *a = by_id(context, v[0].bytes);
    if (!a)
        return;
    a->first = v[1].number;
    a->last = v[2].number;
    a->all = (struct contract_amount){(uint64_t)v[3].number, (uint64_t)v[4].number};
}

static void load_slot(void *context, const struct store_value *v) {
    struct account *a = by_id(context, v[0].bytes);
    if (!a || v[1].number < 0 || v[1].number >= SPAN_COUNT || v[2].number < 0 || v[2].number >= SLOTS)
        return;
    a->slots[v[1].number][v[2].number] =
        (struct slot){.index = (int32_t)v[3].number,
                      .used = true,
                      .amount = {(uint64_t)v[4].number, (uint64_t)v[5].number}};
}

static void load_since(void *context, const struct store_value *v) {
    struct quotas *q = context;
    if (bytes_equal(v[0].bytes, bytes_text(since_name)))
        q->since = v[1].number;
}

bool quotas_load(struct quotas *q, struct store *store, bool same_run) {
    bool ok = store_each(store, STORE_CONTRACT_EACH, load_account, q) &&
              store_each(store, STORE_CONTRACT_SPAN_EACH, load_slot, q) &&
              store_each(store, STORE_META_EACH, load_since, q);
    if (ok && same_run)
        ok = seen_load(q->seen, store);
    seen_saved(q->seen);
    return ok;
}
