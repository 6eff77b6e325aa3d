/* SPDX-License-Identifier: Apache-2.0 */
#include "report/traffic/traffic_line.h"

static const char since_name[] = "traffic.since";

#define SUM_VALUES(s) STORE_N((s).out), STORE_N((s).back), STORE_N((s).flows)

static bool save_line(const struct traffic_line *l, struct store *store) {
    const struct store_value v[] = {STORE_N(l->id),        STORE_B(bytes_of(l->key, l->key_size)),
                                    STORE_N(l->stranger),  STORE_N(l->last),
                                    STORE_N(l->day),       SUM_VALUES(l->today),
                                    SUM_VALUES(l->untold), SUM_VALUES(l->unledgered),
                                    STORE_N(l->told),      STORE_N(l->told_out)};
    return store_run(store, STORE_TRAFFIC_PUT, v, sizeof v / sizeof v[0]);
}

bool traffic_save(struct traffic *t, struct store *store) {
    const struct store_value since[] = {STORE_T(bytes_text(since_name)), STORE_N(t->since)};
    const uint64_t *gone = t->gone.keys;
    bool ok = !t->since_changed || store_run(store, STORE_META_PUT, since, 2);
    for (size_t i = 0; i < t->gone.count && ok; i++)
        ok = store_run(store, STORE_TRAFFIC_DROP,
                       &(struct store_value){.kind = STORE_NUMBER, .number = (int64_t)gone[i]}, 1);
    ok = ok && traffic_save_images(t, store);
    for (const struct change *c = t->changes.first; c && ok; c = c->next)
        ok = save_line((const struct traffic_line *)c, store);
    return ok;
}

void traffic_saved(struct traffic *t) {
    t->since_changed = false;
    traffic_mark_images(t, false);
    t->gone.count = 0;
    for (struct change *c; (c = change_take(&t->changes));)
        ((struct traffic_line *)c)->saved = true;
}

void traffic_spoil(struct traffic *t) {
    t->since_changed = t->since != 0;
    traffic_mark_images(t, true);
    t->gone.count = 0;
    for (struct table_node *node = table_oldest(&t->lines); node; node = table_younger(node)) {
        struct traffic_line *l = TABLE_ENTRY(node, struct traffic_line, node);
        l->saved = false;
        change_mark(&t->changes, &l->change);
    }
}

static struct traffic_sum read_sum(const struct store_value *v) {
    return (struct traffic_sum){
        .out = (uint64_t)v[0].number, .back = (uint64_t)v[1].number, .flows = (uint64_t)v[2].number};
}

static void load_line(void *context, const struct store_value *v) {
    struct traffic *t = context;
    traffic_make_room(t, NULL); /* the oldest come first, and may have had more */
    struct traffic_line *l = traffic_begin(t, v[1].bytes);
    if (!l) {
        counter_one(COUNTER_STORE_UNREAD);
        return;
    }
    l->id = (uint64_t)v[0].number;
    if (l->id > t->serial)
        t->serial = l->id;
    l->saved = true;
    l->stranger = v[2].number != 0;
    l->last = v[3].number;
    l->day = v[4].number;
    l->today = read_sum(v + 5);
    l->untold = read_sum(v + 8);
    l->unledgered = read_sum(v + 11);
    l->told = v[14].number;
    l->told_out = (uint64_t)v[15].number;
    traffic_rank(t, l);
}

static void load_since(void *context, const struct store_value *v) {
    struct traffic *t = context;
    if (bytes_equal(v[0].bytes, bytes_text(since_name)))
        t->since = v[1].number;
    traffic_load_images(t, v[0].bytes, (uint64_t)v[1].number);
}

bool traffic_load(struct traffic *t, struct store *store) {
    return store_each(store, STORE_TRAFFIC_EACH, load_line, t) &&
           store_each(store, STORE_META_EACH, load_since, t);
}
