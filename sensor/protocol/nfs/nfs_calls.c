/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/memory.h"
#include "protocol/nfs/nfs_session.h"

enum { SIZE_FIRST = 16, SIZE_MOST = 256, WAYS = 4 /* places of a number */ };

static struct nfs_call *set_of(const struct nfs_calls *t, uint32_t xid) {
    return t->call + (xid & (t->size / WAYS - 1)) * WAYS;
}

struct nfs_call *nfs_call_find(const struct nfs_calls *t, uint32_t xid) {
    struct nfs_call *set = t->call ? set_of(t, xid) : NULL;
    for (int i = 0; set && i < WAYS; i++)
        if (set[i].used && set[i].xid == xid)
            return &set[i];
    return NULL;
}

void nfs_operation_drop(struct nfs_operation *o) {
    protocol_free(o->name);
    o->name = NULL;
}

void nfs_call_drop(struct nfs_call *call) {
    for (unsigned i = 0; i < call->operations; i++)
        nfs_operation_drop(&call->operation[i]);
    *call = (struct nfs_call){.used = false};
}

static struct nfs_call *find_place(const struct nfs_calls *t, uint32_t xid) {
    struct nfs_call *set = set_of(t, xid), *oldest = set;
    for (int i = 0; i < WAYS; i++) {
        if (!set[i].used)
            return &set[i];
        if (set[i].age < oldest->age)
            oldest = &set[i];
    }
    return oldest;
}

/* A larger table has room wherever a smaller one had. False: no memory. */
static bool grow_table(struct nfs_calls *t) {
    struct nfs_calls larger = *t;
    larger.size = t->size ? t->size * 2 : SIZE_FIRST;
    larger.call = protocol_alloc(PROTOCOL_HELD, larger.size * sizeof *larger.call);
    if (!larger.call)
        return false;
    for (uint32_t i = 0; i < t->size; i++)
        if (t->call[i].used)
            *find_place(&larger, t->call[i].xid) = t->call[i];
    protocol_free(t->call);
    *t = larger;
    return true;
}

/* Where few wait, numbers that meet on purpose are not worth a larger one. */
static bool is_half_full(const struct nfs_calls *t) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->size; i++)
        n += t->call[i].used;
    return 2 * n >= t->size;
}

struct nfs_call *nfs_call_add(struct nfs_calls *t, uint32_t xid) {
    struct nfs_call *call = nfs_call_find(t, xid);
    if (!call && !t->call && !grow_table(t)) {
        counter_one(COUNTER_PROTOCOL_NO_MEMORY);
        return NULL;
    }
    if (!call)
        call = find_place(t, xid);
    if (call->used && call->xid != xid && t->size < SIZE_MOST && is_half_full(t) && grow_table(t))
        call = find_place(t, xid);
    if (call->used && call->xid != xid)
        counter_one(COUNTER_NFS_CALLS_SHED);
    if (call->used)
        nfs_call_drop(call);
    *call = (struct nfs_call){.xid = xid, .used = true, .age = ++t->last};
    return call;
}

void nfs_calls_finish(struct nfs_calls *t) {
    for (uint32_t i = 0; i < t->size; i++)
        if (t->call[i].used)
            nfs_call_drop(&t->call[i]);
    protocol_free(t->call);
    *t = (struct nfs_calls){.call = NULL};
}

struct nfs_operation *nfs_call_operation(struct nfs_call *call, uint32_t number, struct nfs_handle handle) {
    if (call->operations == NFS_OPERATIONS_MAX) {
        counter_one(COUNTER_NFS_OPERATIONS_SHED);
        return NULL;
    }
    struct nfs_operation *o = &call->operation[call->operations++];
    *o = (struct nfs_operation){.number = number, .handle = handle};
    return o;
}

void nfs_operation_name(struct nfs_operation *o, struct nfs_handle directory, struct bytes name) {
    size_t n = name.n < NFS_NAME_MAX ? name.n : NFS_NAME_MAX;
    struct nfs_name *kept = o && n ? protocol_alloc(PROTOCOL_HELD, sizeof *kept + n) : NULL;
    if (!kept)
        return;
    kept->n = (uint8_t)n;
    memcpy(kept->p, name.p, n);
    o->name = kept;
    o->directory = directory;
}
