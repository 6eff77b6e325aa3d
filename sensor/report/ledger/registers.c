/* SPDX-License-Identifier: Apache-2.0 */
#include "report/ledger/distinct.h"

#include <string.h>

enum { TAIL_BITS = 64 - DISTINCT_BITS }; /* ranks go from 0 (never set) to TAIL_BITS + 1 */

/* The finaliser of SplitMix64: a bijection, so distinct stays distinct. */
static uint64_t mix_digest(uint64_t x) {
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

size_t distinct_place(uint64_t digest, uint8_t *rank) {
    uint64_t hash = mix_digest(digest), tail = hash << DISTINCT_BITS;
    *rank = tail ? (uint8_t)(__builtin_clzll(tail) + 1) : TAIL_BITS + 1;
    return hash >> TAIL_BITS;
}

void distinct_registers_add(uint8_t *registers, uint64_t digest) {
    uint8_t rank, *r = &registers[distinct_place(digest, &rank)];
    if (rank > *r)
        *r = rank;
}

void distinct_registers_merge(uint8_t *into, const uint8_t *from) {
    for (size_t i = 0; i < DISTINCT_REGISTERS; i++)
        if (from[i] > into[i])
            into[i] = from[i];
}

/* x + sum of x^(2^k) 2^(k-1), Ertl section 4: what registers never set say. */
static double sum_sigma(double x) {
    double y = 1, z = x, before;
    if (x == 1)
        return -1; /* infinite: the caller answers zero */
    do {
        x *= x;
        before = z;
        z += x * y;
        y += y;
    } while (z != before);
    return z;
}

static double square_root(double x) {
    double r = x > 1 ? x : 1;
    for (int i = 0; i < 60; i++)
        r = (r + x / r) / 2;
    return r;
}

/* What registers at their limit say. */
static double sum_tau(double x) {
    double y = 1, z = 1 - x, before;
    if (x == 0 || x == 1)
        return 0;
    do {
        x = square_root(x);
        before = z;
        y /= 2;
        z -= (1 - x) * (1 - x) * y;
    } while (z != before);
    return z / 3;
}

uint64_t distinct_registers_count(const uint8_t *registers) {
    const double m = DISTINCT_REGISTERS, alpha = 0.721347520444481703680; /* 1 / (2 ln 2) */
    uint32_t of_rank[TAIL_BITS + 2] = {0};
    for (size_t i = 0; i < DISTINCT_REGISTERS; i++)
        of_rank[registers[i] <= TAIL_BITS + 1 ? registers[i] : TAIL_BITS + 1]++;
    double z = m * sum_tau(1 - of_rank[TAIL_BITS + 1] / m);
    for (int k = TAIL_BITS; k >= 1; k--)
        z = (z + of_rank[k]) / 2;
    double unset = sum_sigma(of_rank[0] / m);
    if (unset < 0)
        return 0;
    return (uint64_t)(alpha * m * m / (z + m * unset) + 0.5);
}

enum { PACKED = 3 };

size_t distinct_registers_pack(const uint8_t *registers, uint8_t out[DISTINCT_REGISTERS]) {
    size_t n = 0;
    for (size_t i = 0; i < DISTINCT_REGISTERS; i++) {
        if (!registers[i])
            continue;
        if (n + PACKED >= DISTINCT_REGISTERS) { /* that size means all of them */
            memcpy(out, registers, DISTINCT_REGISTERS);
            return DISTINCT_REGISTERS;
        }
        out[n++] = (uint8_t)i;
        out[n++] = (uint8_t)(i >> 8);
        out[n++] = registers[i];
    }
    return n;
}

bool distinct_registers_unpack(const uint8_t *packed, size_t n, uint8_t registers[DISTINCT_REGISTERS]) {
    memset(registers, 0, DISTINCT_REGISTERS);
    if (n == DISTINCT_REGISTERS)
        memcpy(registers, packed, n);
    else if (n > DISTINCT_REGISTERS || n % PACKED)
        return false;
    for (size_t i = 0; n < DISTINCT_REGISTERS && i < n; i += PACKED) {
        size_t index = packed[i] | (size_t)packed[i + 1] << 8;
        if (index >= DISTINCT_REGISTERS)
            return false;
        registers[index] = packed[i + 2];
    }
    return true;
}
