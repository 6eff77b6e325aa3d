/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_HASH_H
#define GANTRY_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* 128-bit secret: a hash table over what strangers send is keyed, or they choose its collisions. */
struct hash_key {
    uint64_t k0, k1;
};

/* From the kernel's random source; ends the process if there is none. */
struct hash_key hash_key_random(void);

/* SipHash-2-4 (Aumasson and Bernstein, 2012). */
uint64_t hash_bytes(const struct hash_key *key, const void *data, size_t n);

/* The same of 128 bits: for what is told apart by its hash alone. */
struct hash_wide {
    uint64_t low, high;
};
struct hash_wide hash_bytes_wide(const struct hash_key *key, const void *data, size_t n);

#endif
