/* SPDX-License-Identifier: Apache-2.0 */
#include "base/work.h"
#include "stream/pair.h"

#include <string.h>

/* What is in order goes to the sink at once, as long as the step has not done its share of work; else it is
 * parked, and told later as it is: bytes, gaps and ends of both sides in their order, with their times. So
 * what a stream is made of does not depend on when it is told. */

enum parked_kind { PARKED_DATA, PARKED_GAP, PARKED_END };

struct parked {
    time_ns time;
    uint32_t n; /* bytes that follow, or of the gap; of an end: is it clean? */
    uint8_t kind, from;
};

struct park_block {
    struct park_block *next;
    uint32_t used;
    _Alignas(struct parked) uint8_t data[];
};

enum {
    PARK_DATA = SEGMENT_BLOCK - offsetof(struct park_block, data),
    PARKED_BYTES = PARK_DATA - sizeof(struct parked),
    SLICE = 16 << 10,     /* bytes of one segment between two looks at the work */
    TURN_WORK = 16 << 10, /* of one stream, before it is the next one's turn */
};

static uint32_t size_parked(const struct parked *p) {
    uint32_t n = sizeof *p + (p->kind == PARKED_DATA ? p->n : 0);
    return (n + (uint32_t) _Alignof(struct parked) - 1) & ~((uint32_t) _Alignof(struct parked) - 1);
}

static const struct stream_sink *sink_of(const struct reassembler *r, const struct stream_pair *s) {
    return s->is_reading ? &r->sink.again->sink : &r->sink;
}

static void tell_sink(const struct reassembler *r, struct stream_pair *s, const struct parked *p,
                      const uint8_t *bytes) {
    const struct stream_sink *sink = sink_of(r, s);
    enum side from = (enum side)p->from;
    if (p->kind == PARKED_END) {
        work_add(WORK_CALL);
        sink->end(s->user, from, p->n, p->time);
    } else if (!s->side[from].skip) {
        work_add(WORK_CALL + (p->kind == PARKED_DATA ? p->n : 0));
        if (p->kind == PARKED_DATA)
            sink->data(s->user, from, bytes, p->n, p->time);
        else
            sink->gap(s->user, from, p->n, p->time);
    }
}

/* Tells the first of what is parked, and gives its memory back. */
static void tell_first(struct reassembler *r, struct stream_pair *s) {
    struct park_block *b = s->park.head;
    const struct parked *p = (const struct parked *)(const void *)(b->data + s->park.at);
    uint32_t behind = s->park.at + size_parked(p);
    tell_sink(r, s, p, (const uint8_t *)(p + 1));
    s->park.at = behind;
    if (behind < b->used)
        return;
    s->park.head = b->next;
    s->park.at = 0;
    if (!b->next)
        s->park.tail = NULL;
    s->park.blocks--;
    pool_give(&r->segments.large, b);
}

static bool goes_at_once(const struct reassembler *r, const struct stream_pair *s) {
    return !s->park.head && work_done < r->step_end;
}

/* A block with room for `n` bytes more. What is parked makes room for what comes behind it where the memory,
 * or this stream's share, is used up: then NULL, with nothing parked, if there is no other. */
static struct park_block *find_room(struct reassembler *r, struct stream_pair *s, uint32_t n) {
    for (;;) {
        struct park_block *b = s->park.tail;
        if (b && PARK_DATA - b->used >= n)
            return b;
        if (s->park.blocks < r->parked_most && (b = pool_take(&r->segments.large))) {
            *b = (struct park_block){.next = NULL};
            *(s->park.tail ? &s->park.tail->next : &s->park.head) = b;
            s->park.tail = b;
            s->park.blocks++;
            return b;
        }
        if (s->park.blocks < r->parked_most && keep_evict(r))
            continue;
        if (!s->park.head)
            return NULL;
        tell_first(r, s);
    }
}

static void park_or_tell(struct reassembler *r, struct stream_pair *s, struct parked p,
                         const uint8_t *bytes) {
    uint32_t size = size_parked(&p);
    struct park_block *b = find_room(r, s, size);
    if (!b) {
        tell_sink(r, s, &p, bytes);
        return;
    }
    memcpy(b->data + b->used, &p, sizeof p);
    if (p.kind == PARKED_DATA)
        memcpy(b->data + b->used + sizeof p, bytes, p.n);
    b->used += size;
    if (!s->is_due)
        age_add(&r->due, &s->due);
    s->is_due = true;
    if (sink_of(r, s)->parked)
        sink_of(r, s)->parked(s->user);
}

void pair_tell_data(struct reassembler *r, struct stream_pair *s, enum side from, const uint8_t *bytes,
                    uint32_t n, time_ns time) {
    const struct direction *d = &s->side[from];
    while (n > 0 && !d->skip) {
        bool now = goes_at_once(r, s);
        uint32_t most = now ? SLICE : PARKED_BYTES, some = n < most ? n : most;
        struct parked p = {.time = time, .n = some, .kind = PARKED_DATA, .from = (uint8_t)from};
        if (now)
            tell_sink(r, s, &p, bytes);
        else
            park_or_tell(r, s, p, bytes);
        bytes += some;
        n -= some;
    }
}

static void tell_event(struct reassembler *r, struct stream_pair *s, struct parked p) {
    if (goes_at_once(r, s))
        tell_sink(r, s, &p, NULL);
    else
        park_or_tell(r, s, p, NULL);
}

void pair_tell_gap(struct reassembler *r, struct stream_pair *s, enum side from, uint32_t n, time_ns time) {
    tell_event(r, s, (struct parked){.time = time, .n = n, .kind = PARKED_GAP, .from = (uint8_t)from});
}

void pair_tell_end(struct reassembler *r, struct stream_pair *s, enum side from, bool clean, time_ns time) {
    tell_event(r, s, (struct parked){.time = time, .n = clean, .kind = PARKED_END, .from = (uint8_t)from});
}

void pair_tell_all(struct reassembler *r, struct stream_pair *s) {
    while (s->park.head)
        tell_first(r, s);
}

void pair_not_due(struct reassembler *r, struct stream_pair *s) {
    if (s->is_due)
        age_remove(&r->due, &s->due);
    s->is_due = false;
}

bool park_evict(struct reassembler *r) {
    for (struct age_node *at = r->due.oldest; at; at = at->newer) {
        struct stream_pair *s = AGE_ENTRY(at, struct stream_pair, due);
        uint32_t blocks = s->park.blocks;
        if (blocks == 0)
            continue;
        while (s->park.blocks == blocks)
            tell_first(r, s);
        age_touch(&r->due, &s->due);
        return true;
    }
    return false;
}

void reassembler_step(struct reassembler *r, uint64_t work) {
    r->step_end = work_until(work);
}

bool reassembler_resume(struct reassembler *r, uint64_t work) {
    uint64_t until = work_until(work);
    struct stream_pair *s;
    while ((s = AGE_ENTRY(r->due.oldest, struct stream_pair, due))) {
        uint64_t turn = work_until(TURN_WORK);
        bool told = s->park.head;
        while (s->park.head && work_done < turn && work_done < until)
            tell_first(r, s);
        age_touch(&r->due, &s->due);
        if (!s->park.head) {
            pair_not_due(r, s);
            pair_release_if_over(r, s);
        }
        if (told && work_done >= until)
            break;
    }
    return r->due.oldest != NULL;
}

bool stream_is_parked(const struct stream_pair *s) {
    for (; s; s = s->reading)
        if (s->park.head)
            return true;
    return false;
}
