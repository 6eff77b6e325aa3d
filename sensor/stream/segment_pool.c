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

/* Walks the list beside the new bytes and fills only what is free. Most segments go behind the tail. */
bool segment_list_store(struct segment_list *list, struct pool *pool, const struct segment_source *from) {
    struct segment *before = NULL, *at = list->head;
    uint32_t done = 0; /* of from->length, stored here or before */
    if (list->tail && sequence_from(segment_end(list->tail), from->sequence) >= 0) {
        before = list->tail;
        at = NULL;
    }
    while (done < from->length) {
        uint32_t sequence = from->sequence + done, length = from->length - done;
        while (at && sequence_from(sequence, segment_end(at)) <= 0) {
            before = at;
            at = at->next;
        }
        if (at && sequence_from(sequence, at->sequence) <= 0) {
            done += min_u32(length, segment_end(at) - sequence);
            continue;
        }
        if (at)
            length = min_u32(length, at->sequence - sequence);
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
