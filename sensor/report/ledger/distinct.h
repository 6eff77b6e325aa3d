/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_DISTINCT_H
#define GANTRY_REPORT_DISTINCT_H

#include "report/event/standing.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many distinct 64-bit digests were added: exact up to DISTINCT_EXACT, as the sorted set of them, then
 * HyperLogLog (Flajolet et al., 2007) with 2^10 registers, standard error 3.25 %, and the estimator of Ertl
 * (2017), which needs no correction tables. Sets can be merged; neither the order in which digests are added
 * nor how they are spread over sets changes a count. Digests are keyed and uniform; they are mixed again, so
 * even counting numbers do. */
enum { DISTINCT_EXACT = 1024, DISTINCT_BITS = 10, DISTINCT_REGISTERS = 1 << DISTINCT_BITS };

/* Zeroed at first. In as little memory as it takes, for many small counts. */
struct distinct {
    void *at;            /* the digests, or registers in their stored form */
    uint16_t used, room; /* octets; of registers DISTINCT_REGISTERS: all of them */
    uint16_t least;      /* estimated: it was counted exactly up to so many */
    bool estimated;
};

void distinct_finish(struct distinct *d);
/* False: no memory to go on; the count stays where it is. */
bool distinct_add(struct distinct *d, uint64_t digest);
bool distinct_merge(struct distinct *into, const struct distinct *from); /* likewise */
uint64_t distinct_count(const struct distinct *d);
/* From now on the count is an estimate. Takes no memory. */
void distinct_estimate(struct distinct *d);
/* The digests, sorted, while it is exact; how many. */
size_t distinct_digests(const struct distinct *d, const uint64_t **out);
/* Octets of memory; and of the set, 0 where it is estimated. */
static inline size_t distinct_octets(const struct distinct *d) {
    return d->room;
}
static inline size_t distinct_set_octets(const struct distinct *d) {
    return d->estimated ? 0 : d->room;
}

/* --- as it is stored --- */

enum { DISTINCT_SET_OCTETS = DISTINCT_EXACT * 8 };
/* Each digest in 8 octets, little-endian; how many octets, 0 where it is estimated. */
size_t distinct_pack_set(const struct distinct *d, uint8_t out[DISTINCT_SET_OCTETS]);
/* Registers by the stored form below, of a set, too; how many octets. */
size_t distinct_pack_registers(const struct distinct *d, uint8_t out[DISTINCT_REGISTERS]);
/* From both, into an empty one. With a set the registers are not looked at; without one, it is estimated if
 * there are registers. False: they are no stored form, or no memory. */
struct distinct_stored {
    const uint8_t *set, *registers;
    size_t set_octets, register_octets;
    uint64_t least;
};
bool distinct_load(struct distinct *d, const struct distinct_stored *from);

/* --- of several together --- */

/* Zeroed at first. */
struct distinct_union {
    uint64_t set[DISTINCT_EXACT]; /* sorted, `count` of them */
    uint32_t count, least;
    bool over, estimated; /* there are more; one of several was estimated */
    uint8_t registers[DISTINCT_REGISTERS];
};
void distinct_union_add(struct distinct_union *u, const struct distinct *d);
uint64_t distinct_union_count(struct distinct_union *u);

/* --- the pool --- */

/* Octets of exact sets over all who have some. Beyond the limit sets become estimates: those of the owner
 * that gives way first by standing.h, all at once. */
struct distinct_owner {
    struct ranked ranked; /* weighs the octets of its sets */
    unsigned kind;
};
enum distinct_kind { DISTINCT_OF_INCIDENT, DISTINCT_OF_LINE, DISTINCT_KINDS };
/* Zeroed at first, but for the limit. */
struct distinct_pool {
    uint64_t limit, used; /* octets */
    struct ranking ranking;
    struct {
        /* Calls distinct_estimate() for each set of this owner. */
        void (*give_way)(void *context, struct distinct_owner *owner);
        void *context;
    } kinds[DISTINCT_KINDS];
};
/* The owner's sets take so many octets now; makes it the most recent of its standing. Then as many give way
 * as have to, this one perhaps among them. */
void distinct_pool_weigh(struct distinct_pool *p, struct distinct_owner *owner, enum standing standing,
                         uint64_t octets);
void distinct_pool_leave(struct distinct_pool *p, struct distinct_owner *owner); /* also who is not in it */

/* --- registers --- */

/* The registers by themselves, DISTINCT_REGISTERS octets that begin as zeros, for counts that are stored or
 * added up over sensors: with one digest key, the element-wise greatest of two sensors' registers is that of
 * both. Register k holds, over all digests whose mixed value (SplitMix64's finaliser) has k in its upper
 * DISTINCT_BITS bits, the most zeros that stood before the first one in the bits below, plus one. */
size_t distinct_place(uint64_t digest,
                      uint8_t *rank); /* the digest's register, and the least that it holds */
void distinct_registers_add(uint8_t *registers, uint64_t digest);
void distinct_registers_merge(uint8_t *into, const uint8_t *from);
uint64_t distinct_registers_count(const uint8_t *registers);
/* As they are stored: all of them, or while fewer are set, index (2 octets, little-endian) and value of each
 * that is. Returns the size, at most DISTINCT_REGISTERS. */
size_t distinct_registers_pack(const uint8_t *registers, uint8_t out[DISTINCT_REGISTERS]);
/* False if that is no stored form. */
bool distinct_registers_unpack(const uint8_t *packed, size_t n, uint8_t registers[DISTINCT_REGISTERS]);

/* Into registers in their stored form, which `d` holds. False: no memory, the digest is not counted. */
bool distinct_sketch_add(struct distinct *d, uint64_t digest);

#endif
