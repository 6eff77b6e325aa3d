/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/segment_pool.h"

#include <string.h>

static uint32_t min_u32(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

enum { SMALL_SHARE = 8 /* of the memory is the small ones' */ };

bool segment_pool_init(struct segment_pool *pool, uint64_t memory) {
    uint64_t small = memory / SMALL_SHARE;
    *pool = (struct segment_pool){.large = {0}};
    return pool_init(&pool->large, SEGMENT_BLOCK, (memory - small) / SEGMENT_BLOCK) &&
           pool_init(&pool->small, SEGMENT_SMALL, small / SEGMENT_SMALL);
}

void segment_pool_finish(struct segment_pool *pool) {
    pool_finish(&pool->large);
    pool_finish(&pool->small);
}

uint64_t segment_pool_memory(const struct segment_pool *pool) {
    return (uint64_t)pool->large.in_use * SEGMENT_BLOCK + (uint64_t)pool->small.in_use * SEGMENT_SMALL;
}

static struct segment *take_segment(struct segment_pool *pool, bool may_be_small) {
    struct segment *s = may_be_small ? pool_take(&pool->small) : NULL;
    uint16_t size = s ? SEGMENT_SMALL : SEGMENT_BLOCK;
    s = s ? s : pool_take(&pool->large);
    if (s)
        *s = (struct segment){.room = (uint16_t)(size - sizeof *s)};
    return s;
}

void segment_give(struct segment_pool *pool, struct segment *s) {
    pool_give(s->room < SEGMENT_DATA_MAX ? &pool->small : &pool->large, s);
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
static struct segment *make_segment(struct segment_pool *pool, const struct segment_source *from,
                                    uint32_t offset, uint32_t length, bool first) {
    uint32_t there = from->captured > offset ? from->captured - offset : 0, n = min_u32(there, length);
    struct segment *s = take_segment(pool, first && n <= SEGMENT_SMALL - sizeof *s);
    if (!s)
        return NULL;
    s->time = from->time;
    s->sequence = from->sequence + offset;
    s->ack = from->ack;
    s->has_ack = from->has_ack;
    s->n = min_u32(n, s->room);
    if (s->n == there) /* all that was captured: the rest of the length has no bytes */
        s->cut = length - s->n;
    if (s->n)
        memcpy(s->data, from->bytes + offset, s->n);
    return s;
}

/* Do the blocks that go on from this one without a hole end before `end`? Looks no further than there. */
static bool run_ends_before(const struct segment *at, uint32_t end) {
    while (at->next && at->next->sequence == segment_end(at) && sequence_from(segment_end(at), end) > 0)
        at = at->next;
    return sequence_from(segment_end(at), end) > 0;
}

/* Stored blocks that go on without a hole. */
struct run {
    const struct segment *first;
    bool judged, replaced;
};

/* `own` ends with bytes that are being stored: they join no runs of others. */
static bool begins_run(const struct segment *before, const struct segment *own, const struct segment *at) {
    return !before || before == own || segment_end(before) != at->sequence;
}

static bool is_run_replaced(const struct run *run, const struct segment_source *from,
                            enum segment_choice choice) {
    if (choice == SEGMENT_FIRST || choice == SEGMENT_LAST)
        return choice == SEGMENT_LAST;
    int32_t behind = sequence_from(from->sequence, run->first->sequence);
    bool earliest = behind > 0 || (behind == 0 && run_ends_before(run->first, from->sequence + from->length));
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

/* Of bytes that a block of the run and these have both, one's stay. */
static void choose_bytes(struct segment *at, struct run *run, const struct segment_source *from,
                         enum segment_choice choice) {
    uint32_t here, there, n = find_common(at, from, &here, &there);
    if (n && !run->judged) {
        run->replaced = is_run_replaced(run, from, choice);
        run->judged = true;
    }
    if (n && run->replaced)
        memcpy(at->data + here, from->bytes + there, n);
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
    uint32_t n = min_u32(min_u32(there, length), s->room - s->n);
    bool same_ack = s->has_ack == from->has_ack && (!s->has_ack || s->ack == from->ack);
    if (n == 0 || s->cut || !same_ack || segment_end(s) != from->sequence + offset)
        return 0;
    memcpy(s->data + s->n, from->bytes + offset, n);
    s->n += n;
    list->bytes += n;
    return n;
}

/* Walks the list beside the new bytes and fills what is free. Most segments go behind the tail. */
bool segment_list_store(struct segment_list *list, struct segment_pool *pool,
                        const struct segment_source *from, enum segment_choice choice) {
    struct segment *before = NULL, *at = list->head;
    const struct segment *own = NULL;
    struct run run = {0};
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
            if (begins_run(before, own, at))
                run = (struct run){.first = at};
            if (steps % FAR_STEPS == 0) { /* whoever comes next has less to walk */
                mark->far = at;
                mark = at;
            }
            before = at;
            at = at->next;
        }
        if (at && sequence_from(sequence, at->sequence) <= 0) {
            if (begins_run(before, own, at))
                run = (struct run){.first = at};
            choose_bytes(at, &run, from, choice);
            done += min_u32(length, segment_end(at) - sequence);
            continue;
        }
        if (at)
            length = min_u32(length, at->sequence - sequence);
        uint32_t more = before ? extend_segment(list, before, from, done, length) : 0;
        done += more;
        own = before;
        if (more)
            continue;
        struct segment *s = make_segment(pool, from, done, length, !list->head);
        if (!s)
            return false;
        link_after(list, before, s);
        own = before = s;
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

void segment_list_clear(struct segment_list *list, struct segment_pool *pool) {
    while (list->head)
        segment_give(pool, segment_list_pop(list));
}
