/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sha256_lanes.h"

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>

#define SHA __attribute__((target("sha,sse4.1")))

enum { ROUNDS = 64, BLOCK = 64 };

/* FIPS 180-4, 4.2.2. */
static const uint32_t constants[ROUNDS] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/* What the instructions work on: the words of the state in two registers, of a block in four. */
struct work {
    __m128i abef, cdgh, abef_before, cdgh_before, w[4];
};

SHA static inline __attribute__((always_inline)) void load_state(struct work *k, const uint32_t state[8]) {
    __m128i dcba = _mm_loadu_si128((const __m128i *)(const void *)state),
            hgfe = _mm_loadu_si128((const __m128i *)(const void *)(state + 4));
    __m128i cdab = _mm_shuffle_epi32(dcba, 0xb1), efgh = _mm_shuffle_epi32(hgfe, 0x1b);
    k->abef = _mm_alignr_epi8(cdab, efgh, 8);
    k->cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);
}

SHA static inline __attribute__((always_inline)) void store_state(const struct work *k, uint32_t state[8]) {
    __m128i feba = _mm_shuffle_epi32(k->abef, 0x1b), dchg = _mm_shuffle_epi32(k->cdgh, 0xb1);
    _mm_storeu_si128((__m128i *)(void *)state, _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128((__m128i *)(void *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

SHA static inline __attribute__((always_inline)) void load_block(struct work *k, const uint8_t *bytes) {
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    k->abef_before = k->abef;
    k->cdgh_before = k->cdgh;
    for (unsigned i = 0; i < 4; i++)
        k->w[i] =
            _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)(bytes + 16 * i)), big_endian);
}

/* Rounds 4 * `four` to 4 * `four` + 3; of all but the last blocks' words, those for sixteen rounds on. */
SHA static inline __attribute__((always_inline)) void do_rounds(struct work *k, unsigned four,
                                                                __m128i constant) {
    __m128i *w = k->w, sum = _mm_add_epi32(w[four & 3], constant);
    k->cdgh = _mm_sha256rnds2_epu32(k->cdgh, k->abef, sum);
    k->abef = _mm_sha256rnds2_epu32(k->abef, k->cdgh, _mm_shuffle_epi32(sum, 0x0e));
    if (four >= ROUNDS / 4 - 4)
        return;
    __m128i last = w[(four + 3) & 3], next = _mm_sha256msg1_epu32(w[four & 3], w[(four + 1) & 3]);
    next = _mm_add_epi32(next, _mm_alignr_epi8(last, w[(four + 2) & 3], 4));
    w[four & 3] = _mm_sha256msg2_epu32(next, last);
}

SHA static inline __attribute__((always_inline)) void end_block(struct work *k) {
    k->abef = _mm_add_epi32(k->abef, k->abef_before);
    k->cdgh = _mm_add_epi32(k->cdgh, k->cdgh_before);
}

/* `n` is known where this is inlined: the lanes' instructions stand beside each other. */
SHA static inline __attribute__((always_inline)) void run_lanes(struct sha256_lane *const *lane, unsigned n,
                                                                size_t blocks) {
    struct work k[SHA256_LANES];
    const uint8_t *at[SHA256_LANES];
    for (unsigned i = 0; i < n; i++) {
        load_state(&k[i], lane[i]->state);
        at[i] = lane[i]->bytes;
        lane[i]->bytes += blocks * BLOCK;
        lane[i]->blocks -= blocks;
    }
    for (; blocks > 0; blocks--) {
        for (unsigned i = 0; i < n; i++) {
            load_block(&k[i], at[i]);
            at[i] += BLOCK;
        }
#pragma GCC unroll 16
        for (unsigned four = 0; four < ROUNDS / 4; four++) {
            __m128i constant = _mm_load_si128((const __m128i *)(const void *)(constants + 4 * four));
#pragma GCC unroll 3
            for (unsigned i = 0; i < n; i++)
                do_rounds(&k[i], four, constant);
        }
        for (unsigned i = 0; i < n; i++)
            end_block(&k[i]);
    }
    for (unsigned i = 0; i < n; i++)
        store_state(&k[i], lane[i]->state);
}

SHA static void run_one(struct sha256_lane *const *lane, size_t blocks) {
    run_lanes(lane, 1, blocks);
}

SHA static void run_two(struct sha256_lane *const *lane, size_t blocks) {
    run_lanes(lane, 2, blocks);
}

SHA static void run_three(struct sha256_lane *const *lane, size_t blocks) {
    run_lanes(lane, 3, blocks);
}

bool sha256_lanes_work(void) {
    enum { LEAF = 7, SHA_BIT = 1 << 29 };
    unsigned a, b = 0, c, d;
    return __builtin_cpu_supports("sse4.1") && __get_cpuid_count(LEAF, 0, &a, &b, &c, &d) && (b & SHA_BIT);
}

void sha256_lanes(struct sha256_lane lane[SHA256_LANES], unsigned n) {
    static void (*const run[])(struct sha256_lane *const *, size_t) = {run_one, run_two, run_three};
    struct sha256_lane *at_work[SHA256_LANES] = {&lane[0], &lane[1], &lane[2]};
    while (lane[0].blocks > 0) {
        size_t blocks = lane[0].blocks;
        for (unsigned i = n; i-- > 1;)
            if (at_work[i]->blocks == 0)
                at_work[i] = at_work[--n];
            else if (at_work[i]->blocks < blocks)
                blocks = at_work[i]->blocks;
        run[n - 1](at_work, blocks);
    }
}
#else
bool sha256_lanes_work(void) {
    return false;
}

void sha256_lanes(struct sha256_lane lane[SHA256_LANES], unsigned n) {
    (void)lane;
    (void)n;
}
#endif
