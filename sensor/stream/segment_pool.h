/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_STREAM_SEGMENT_POOL_H
#define GANTRY_STREAM_SEGMENT_POOL_H

#include "base/clock.h"
#include "base/pool.h"

/* Segments that came before their turn, of one direction, in blocks; the first one of a list is small while
 * few bytes are in it, since of most lists there is no more. Blocks of a list are ordered by sequence number
 * (RFC 9293 section 3.4: modulo 2^32) and do not overlap. */
enum { SEGMENT_BLOCK = 2048, SEGMENT_SMALL = 256 };

struct segment_pool {
    struct pool large, small; /* of SEGMENT_BLOCK and of SEGMENT_SMALL bytes */
};

/* In so many bytes together. False: no address space. */
bool segment_pool_init(struct segment_pool *pool, uint64_t memory);
void segment_pool_finish(struct segment_pool *pool);
/* Bytes of all blocks that are in use. */
uint64_t segment_pool_memory(const struct segment_pool *pool);

struct segment {
    struct segment *next;
    struct segment *far; /* one further behind, or NULL: blocks leave a list from its head alone */
    time_ns time;        /* packet time of its arrival */
    uint32_t sequence;   /* of its first byte */
    uint32_t ack;        /* what its packet acknowledged, if has_ack */
    uint32_t n;          /* bytes at data */
    uint32_t cut;        /* bytes behind them that the capture did not keep */
    uint16_t room;       /* bytes that have place at data */
    bool has_ack;
    uint8_t data[];
};

enum { SEGMENT_DATA_MAX = SEGMENT_BLOCK - sizeof(struct segment) };

struct segment_list {
    struct segment *head, *tail;
    uint32_t blocks;
    uint32_t bytes; /* stored, cut ones included */
};

/* One packet's payload on its way into a list: `captured` bytes are there, `length` were on the wire. */
struct segment_source {
    const uint8_t *bytes;
    uint32_t captured, length;
    uint32_t sequence, ack;
    bool has_ack;
    time_ns time;
};

/* How far b is behind a; negative when it is before. */
static inline int32_t sequence_from(uint32_t a, uint32_t b) {
    return (int32_t)(b - a);
}

static inline uint32_t segment_end(const struct segment *s) {
    return s->sequence + s->n + s->cut;
}

/* Which of two contradicting bytes stays. */
enum segment_choice {
    SEGMENT_FIRST,    /* what was stored */
    SEGMENT_LAST,     /* what comes */
    SEGMENT_EARLIEST, /* what begins earlier in the stream, or goes further from the same place, as Linux and
                         BSD have it; else what was stored */
    SEGMENT_OTHER,    /* the opposite of that */
};

/* False when the pool ran dry in between: what did not fit is missing. */
bool segment_list_store(struct segment_list *list, struct segment_pool *pool,
                        const struct segment_source *from, enum segment_choice choice);
/* Is any byte of these in the list with another value? */
bool segment_list_contradicts(const struct segment_list *list, const struct segment_source *from);
/* The first one, out of the list; the caller gives it back. */
struct segment *segment_list_pop(struct segment_list *list);
void segment_give(struct segment_pool *pool, struct segment *s);
void segment_list_clear(struct segment_list *list, struct segment_pool *pool);

#endif
