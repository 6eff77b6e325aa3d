/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_AVX2_H
#define GANTRY_BASE_AVX2_H

/* 32 octets at once, on processors that can. What calls these is AVX2 itself, and is called where
 * __builtin_cpu_supports() says so. */
#ifdef __x86_64__
#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>

#define AVX2 __attribute__((target("avx2,bmi,popcnt,lzcnt")))

/* Those from `from` to `to`, all bits of each. */
AVX2 static inline __attribute__((always_inline)) __m256i avx2_range(__m256i in, char from, char to) {
    in = _mm256_sub_epi8(in, _mm256_set1_epi8(from));
    return _mm256_cmpeq_epi8(_mm256_min_epu8(in, _mm256_set1_epi8((char)(to - from))), in);
}

AVX2 static inline __attribute__((always_inline)) __m256i avx2_either(__m256i in, char a, char b) {
    return _mm256_or_si256(_mm256_cmpeq_epi8(in, _mm256_set1_epi8(a)),
                           _mm256_cmpeq_epi8(in, _mm256_set1_epi8(b)));
}

/* A table of 32 by the low five bits of each octet, so that letters of both cases are one; 0 for what is not
 * ASCII. */
AVX2 static inline __attribute__((always_inline)) __m256i avx2_by_letter(__m256i in,
                                                                         const uint8_t table[32]) {
    __m256i all = _mm256_loadu_si256((const __m256i *)(const void *)table);
    __m256i low = _mm256_shuffle_epi8(_mm256_permute2x128_si256(all, all, 0x00), in),
            high = _mm256_shuffle_epi8(_mm256_permute2x128_si256(all, all, 0x11), in);
    return _mm256_blendv_epi8(low, high, _mm256_slli_epi16(in, 3));
}

static inline bool avx2_is_there(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("popcnt");
}
#endif

#endif
