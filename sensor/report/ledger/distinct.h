/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_DISTINCT_H
#define GANTRY_REPORT_DISTINCT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many distinct 64-bit digests were added: exact up to DISTINCT_EXACT, then HyperLogLog (Flajolet et al.,
 * 2007) with 2^10 registers, standard error 3.25 %, and the estimator of Ertl (2017), which needs no
 * correction tables. Sets can be merged. Digests are keyed and uniform; they are mixed again, so even
 * counting numbers do. */
enum { DISTINCT_EXACT = 32, DISTINCT_BITS = 10, DISTINCT_REGISTERS = 1 << DISTINCT_BITS };

struct distinct {
    uint64_t exact[DISTINCT_EXACT];
    uint32_t count;     /* of exact ones, while registers is NULL */
    uint8_t *registers; /* NULL: still exact */
};

void distinct_init(struct distinct *d);
void distinct_finish(struct distinct *d);
/* False: no memory to go on; the count stays where it is. */
bool distinct_add(struct distinct *d, uint64_t digest);
bool distinct_merge(struct distinct *into, const struct distinct *from);
uint64_t distinct_count(const struct distinct *d);

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

/* Registers in as little memory as their stored form takes, for many small counts. Zeroed at first. */
struct sketch {
    uint8_t *at;         /* the stored form */
    uint16_t used, room; /* octets; used DISTINCT_REGISTERS: all registers */
};
bool sketch_add(struct sketch *s, uint64_t digest); /* false: no memory, the digest is not counted */
void sketch_merge_into(const struct sketch *s, uint8_t registers[DISTINCT_REGISTERS]);
/* From the stored form; false: it is none, or no memory. */
bool sketch_load(struct sketch *s, const uint8_t *packed, size_t n);
void sketch_finish(struct sketch *s);

#endif
