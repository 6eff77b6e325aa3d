/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/waiting.h"

#include "base/counter.h"

#include <stdlib.h>

enum { ENTRIES = 4096 }; /* buckets */

bool waiting_init(struct waiting_objects *w, uint64_t limit) {
    *w = (struct waiting_objects){.limit = limit};
    return table_init(&w->table, ENTRIES);
}

void waiting_finish(struct waiting_objects *w) {
    struct waiting_object *o;
    while (w->table.buckets && (o = waiting_oldest(w)))
        waiting_remove(w, o);
    table_finish(&w->table);
}

static size_t size_of(const struct record *r) {
    return offsetof(struct waiting_object, record) + r->size;
}

/* A copy of the record in a block of its own; NULL: no room. */
static struct waiting_object *copy_record(struct waiting_objects *w, const struct record_builder *record) {
    size_t most = offsetof(struct waiting_object, record) + sizeof(struct record) +
                  ((record->used + 7u) & ~7u) + record->head.digests * sizeof record->digest[0];
    struct waiting_object *o = w->bytes + most <= w->limit ? malloc(most) : NULL;
    if (!o) {
        counter_one(COUNTER_OBJECTS_NOT_WAITED);
        return NULL;
    }
    record_pack(record, 0, &o->record);
    o->number = record->head.object;
    w->bytes += size_of(&o->record);
    return o;
}

bool waiting_add(struct waiting_objects *w, const struct record_builder *record, struct bytes host,
                 time_ns now, bool told) {
    struct waiting_object *o = copy_record(w, record);
    if (!o)
        return false;
    o->since = now;
    o->told = told;
    o->host_n = (uint16_t)(host.n < sizeof o->host ? host.n : sizeof o->host);
    if (o->host_n)
        memcpy(o->host, host.p, o->host_n);
    table_add(&w->table, &o->node, o->number);
    return true;
}

static bool is_number(const struct table_node *node, const void *number) {
    return TABLE_ENTRY(node, const struct waiting_object, node)->number == *(const uint64_t *)number;
}

struct waiting_object *waiting_find(const struct waiting_objects *w, uint64_t number) {
    return TABLE_ENTRY(table_find(&w->table, number, is_number, &number, TABLE_STEPS_ALL),
                       struct waiting_object, node);
}

/* It becomes the youngest, but its time stays: it may go on to wait a little longer behind others. */
bool waiting_update(struct waiting_objects *w, struct waiting_object *old,
                    const struct record_builder *record) {
    struct waiting_object *o = copy_record(w, record);
    if (!o)
        return false;
    o->since = old->since;
    o->told = old->told;
    o->host_n = old->host_n;
    memcpy(o->host, old->host, old->host_n);
    waiting_remove(w, old);
    table_add(&w->table, &o->node, o->number);
    return true;
}

void waiting_remove(struct waiting_objects *w, struct waiting_object *o) {
    table_remove(&w->table, &o->node);
    w->bytes -= size_of(&o->record);
    free(o);
}

struct waiting_object *waiting_oldest(const struct waiting_objects *w) {
    return TABLE_ENTRY(table_oldest(&w->table), struct waiting_object, node);
}
