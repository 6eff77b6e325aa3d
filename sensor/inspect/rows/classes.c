/* SPDX-License-Identifier: Apache-2.0 */
#include "base/avx2.h"
#include "inspect/rows/reader.h"

/* By the low and by the high half of an octet: a class holds it if both halves say so. */
static const uint8_t low_half[16] = {
    LINE_DIGIT | LINE_END, /* 0 */
    LINE_DIGIT,
    LINE_DIGIT | LINE_QUOTE,
    LINE_DIGIT,
    LINE_DIGIT,
    LINE_DIGIT | LINE_SPECIAL | LINE_RARE, /* 5 */
    LINE_DIGIT | LINE_SPECIAL,
    LINE_DIGIT,
    LINE_DIGIT | LINE_QUOTE | LINE_RARE,
    LINE_DIGIT | LINE_RARE,
    LINE_SIGN, /* a */
    LINE_BRACE | LINE_END,
    LINE_SIGN | LINE_BACK | LINE_END,
    LINE_SIGN | LINE_BRACE | LINE_END,
    LINE_RARE,
    0,
};
static const uint8_t high_half[16] = {
    LINE_END,
    LINE_RARE,
    LINE_SPECIAL | LINE_QUOTE,
    LINE_DIGIT | LINE_SIGN,
    0,
    LINE_BACK | LINE_BRACE,
    0,
    LINE_BRACE,
    LINE_RARE,
    0,
    LINE_RARE,
};

static unsigned classes_plain(struct bytes line) {
    unsigned out = 0;
    for (size_t i = 0; i < line.n; i++)
        out |= low_half[line.p[i] & 15] & high_half[line.p[i] >> 4];
    return out;
}

#ifdef __x86_64__
AVX2 static unsigned classes_avx2(struct bytes line) {
    const __m256i low = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)low_half));
    const __m256i high =
        _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)high_half));
    const __m256i half = _mm256_set1_epi8(15);
    __m256i all = _mm256_setzero_si256();
    size_t at = 0;
    for (; at + 32 <= line.n; at += 32) {
        __m256i in = _mm256_loadu_si256((const __m256i *)(const void *)(line.p + at));
        __m256i a = _mm256_shuffle_epi8(low, _mm256_and_si256(in, half));
        __m256i b = _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(in, 4), half));
        all = _mm256_or_si256(all, _mm256_and_si256(a, b));
    }
    uint64_t part[4];
    _mm256_storeu_si256((__m256i *)(void *)part, all);
    uint64_t v = part[0] | part[1] | part[2] | part[3];
    v |= v >> 32;
    v |= v >> 16;
    v |= v >> 8;
    return (unsigned)(v & 255) | classes_plain(bytes_of(line.p + at, line.n - at));
}
#endif

unsigned line_classes(struct bytes line) {
#ifdef __x86_64__
    if (line.n >= 32 && avx2_is_there())
        return classes_avx2(line);
#endif
    return classes_plain(line);
}

/* --- the next octet of a kind --- */

static bool is_of(uint8_t c, enum octets kind) {
    switch (kind) {
    case OCTETS_DIGIT:
        return c >= '0' && c <= '9';
    case OCTETS_PAIR:
        return c == '=' || c == ':';
    case OCTETS_APART:
        return !((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z'));
    default:
        return c == '\\' || c == '%' || c == '&';
    }
}

#ifdef __SSE2__
static __m128i match_range(__m128i in, char from, char to) {
    in = _mm_sub_epi8(in, _mm_set1_epi8(from));
    return _mm_cmpeq_epi8(_mm_min_epu8(in, _mm_set1_epi8((char)(to - from))), in);
}

static __m128i match_octets(__m128i in, enum octets kind) {
    switch (kind) {
    case OCTETS_DIGIT:
        return match_range(in, '0', '9');
    case OCTETS_APART:
        return _mm_cmpeq_epi8(_mm_or_si128(match_range(in, '0', '9'),
                                           match_range(_mm_or_si128(in, _mm_set1_epi8(32)), 'a', 'z')),
                              _mm_setzero_si128());
    case OCTETS_PAIR:
        return _mm_or_si128(_mm_cmpeq_epi8(in, _mm_set1_epi8('=')), _mm_cmpeq_epi8(in, _mm_set1_epi8(':')));
    default:
        return _mm_or_si128(
            _mm_or_si128(_mm_cmpeq_epi8(in, _mm_set1_epi8('\\')), _mm_cmpeq_epi8(in, _mm_set1_epi8('%'))),
            _mm_cmpeq_epi8(in, _mm_set1_epi8('&')));
    }
}
#endif

size_t octets_find(struct bytes text, size_t at, enum octets kind) {
#ifdef __SSE2__
    for (; at + 16 <= text.n; at += 16) {
        __m128i in = _mm_loadu_si128((const __m128i *)(const void *)(text.p + at));
        unsigned mask = (unsigned)_mm_movemask_epi8(match_octets(in, kind));
        if (mask)
            return at + (unsigned)__builtin_ctz(mask);
    }
#endif
    while (at < text.n && !is_of(text.p[at], kind))
        at++;
    return at < text.n ? at : text.n;
}
