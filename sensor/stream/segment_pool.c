/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/segment_pool.h"

#include <string.h>

static uint32_t min_u32(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

static void link_after(struct segment_list *list, struct segment *before, struct segment *s) {
    struct segment **at = before ? &before->next : &list->head;
    s->next = *at;
    *at = s;
    if (!s->next)
        list->tail = s;
    list->blocks++;
    list->bytes += s->n + s->cut;
}

/* `length` bytes from `offset` on of what came, or as many as one block takes; NULL when the pool is dry. */
static struct segment *make_segment(struct pool *pool, const struct segment_source *from, uint32_t offset,
                                    uint32_t length) {
    struct segment *s = pool_take(pool);
    if (!s)
        return NULL;
    *s = (struct segment){
        .time = from->time, .sequence = from->sequence + offset, .ack = from->ack, .has_ack = from->has_ack};
    uint32_t there = from->captured > offset ? from->captured - offset : 0;
    s->n = min_u32(min_u32(there, length), SEGMENT_DATA_MAX);
    if (s->n == there) /* all that was captured: the rest of the length has no bytes */
        s->cut = length - s->n;
    if (s->n)
        memcpy(s->data, from->bytes + offset, s->n);
    return s;
}

/* Behind the last byte of the blocks that go on without a hole. */
static uint32_t run_end(const struct segment *at) {
    while (at->next && at->next->sequence == segment_end(at))
        at = at->next;
    return segment_end(at);
}

/* `run`: where the blocks that go on to this one without a hole begin. */
static bool is_replaced(const struct segment *at, uint32_t run, const struct segment_source *from,
                        enum segment_choice choice) {
    if (choice == SEGMENT_FIRST || choice == SEGMENT_LAST)
        return choice == SEGMENT_LAST;
    int32_t behind = sequence_from(from->sequence, run);
    bool earliest =
        behind > 0 || (behind == 0 && sequence_from(run_end(at), from->sequence + from->length) > 0);
    return earliest == (choice == SEGMENT_EARLIEST);
}

/* The part of a block that these bytes cover: where it begins in both, and how long it is; 0: nothing of it.
 */
static uint32_t find_common(const struct segment *at, const struct segment_source *from, uint32_t *here,
                            uint32_t *there) {
    int32_t off = sequence_from(from->sequence, at->sequence);
    *here = off < 0 ? (uint32_t)-off : 0;
    *there = off > 0 ? (uint32_t)off : 0;
    if (*here >= at->n || *there >= from->captured)
        return 0;
    return min_u32(at->n - *here, from->captured - *there);
}

enum { FAR_STEPS = 32 };

/* As far as one can jump with all that is jumped over in front of `sequence`. */
static struct segment *jump_to(struct segment *at, uint32_t sequence) {
    while (at && at->far && sequence_from(sequence, segment_end(at->far)) <= 0)
        at = at->far;
    return at;
}

bool segment_list_contradicts(const struct segment_list *list, const struct segment_source *from) {
    uint32_t here, there, n, end = from->sequence + from->captured;
    if (!list->tail || sequence_from(segment_end(list->tail), from->sequence) >= 0)
        return false;
    for (const struct segment *at = jump_to(list->head, from->sequence);
         at && sequence_from(at->sequence, end) > 0; at = at->next)
        if ((n = find_common(at, from, &here, &there)) &&
            memcmp(at->data + here, from->bytes + there, n) != 0)
            return true;
    return false;
}

/* Bytes that go on where a block ends, from a packet that says the same: many small segments need few blocks.
 */
static uint32_t extend_segment(struct segment_list *list, struct segment *s,
                               const struct segment_source *from, uint32_t offset, uint32_t length) {
    uint32_t there = from->captured > offset ? from->captured - offset : 0;
    uint32_t n = min_u32(min_u32(there, length), SEGMENT_DATA_MAX - s->n);
    bool same_ack = s->has_ack == from->has_ack && (!s->has_ack || s->ack == from->ack);
    if (n == 0 || s->cut || !same_ack || segment_end(s) != from->sequence + offset)
        return 0;
    memcpy(s->data + s->n, from->bytes + offset, n);
    s->n += n;
    list->bytes += n;
    return n;
}

/* Walks the list beside the new bytes and fills what is free. Most segments go behind the tail. */
bool segment_list_store(struct segment_list *list, struct pool *pool, const struct segment_source *from,
                        enum segment_choice choice) {
    struct segment *before = NULL, *at = list->head;
    uint32_t run = from->sequence;
    uint32_t done = 0; /* of from->length, stored here or before */
    if (list->tail && sequence_from(segment_end(list->tail), from->sequence) >= 0) {
        before = list->tail;
        at = NULL;
    }
    while (done < from->length) {
        uint32_t sequence = from->sequence + done, length = from->length - done;
        at = jump_to(at, sequence);
        struct segment *mark = at;
        for (unsigned steps = 1; at && sequence_from(sequence, segment_end(at)) <= 0; steps++) {
            if (!before || segment_end(before) != at->sequence)
                run = at->sequence;
            if (steps % FAR_STEPS == 0) { /* whoever comes next has less to walk */
                mark->far = at;
                mark = at;
            }
            before = at;
            at = at->next;
        }
        if (at && sequence_from(sequence, at->sequence) <= 0) {
            uint32_t here, there, n = find_common(at, from, &here, &there);
            if (!before || segment_end(before) != at->sequence)
                run = at->sequence;
            if (n && is_replaced(at, run, from, choice))
                memcpy(at->data + here, from->bytes + there, n);
            done += min_u32(length, segment_end(at) - sequence);
            continue;
        }
        if (at)
            length = min_u32(length, at->sequence - sequence);
        uint32_t more = before ? extend_segment(list, before, from, done, length) : 0;
        done += more;
        if (more)
            continue;
        struct segment *s = make_segment(pool, from, done, length);
        if (!s)
            return false;
        link_after(list, before, s);
        before = s;
        done += s->n + s->cut;
    }
    return true;
}

struct segment *segment_list_pop(struct segment_list *list) {
    struct segment *s = list->head;
    list->head = s->next;
    if (!list->head)
        list->tail = NULL;
    list->blocks--;
    list->bytes -= s->n + s->cut;
    return s;
}

void segment_list_clear(struct segment_list *list, struct pool *pool) {
    while (list->head)
        pool_give(pool, segment_list_pop(list));
}
