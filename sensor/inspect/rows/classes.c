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

/* The same of those that are told by the second octet of a class. */
enum { MORE = 8, PAIR = LINE_PAIR >> MORE, BLANK = LINE_BLANK >> MORE, ROWS = LINE_ROWS >> MORE };
static const uint8_t low_more[16] = {[0] = BLANK, [10] = PAIR, [11] = ROWS, [12] = ROWS, [13] = PAIR};
static const uint8_t high_more[16] = {[2] = BLANK, [3] = PAIR | ROWS, [7] = ROWS};

static unsigned classes_plain(struct bytes line) {
    unsigned out = 0, more = 0;
    for (size_t i = 0; i < line.n; i++) {
        unsigned low = line.p[i] & 15, high = line.p[i] >> 4;
        out |= low_half[low] & high_half[high];
        more |= low_more[low] & high_more[high];
    }
    return out | more << MORE;
}

#ifdef __x86_64__
#define ALWAYS inline __attribute__((always_inline))

AVX2 static ALWAYS __m128i load_table(const uint8_t table[16]) {
    return _mm_loadu_si128((const __m128i *)(const void *)table);
}

/* Each octet's class by both of its halves. */
AVX2 static ALWAYS __m256i look_up(__m256i low_octets, __m256i high_octets, const uint8_t low[16],
                                   const uint8_t high[16]) {
    return _mm256_and_si256(_mm256_shuffle_epi8(_mm256_broadcastsi128_si256(load_table(low)), low_octets),
                            _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(load_table(high)), high_octets));
}

struct found {
    __m256i some, more;
};

AVX2 static ALWAYS void add_classes(struct found *f, __m256i in) {
    const __m256i half = _mm256_set1_epi8(15);
    __m256i low = _mm256_and_si256(in, half), high = _mm256_and_si256(_mm256_srli_epi16(in, 4), half);
    f->some = _mm256_or_si256(f->some, look_up(low, high, low_half, high_half));
    f->more = _mm256_or_si256(f->more, look_up(low, high, low_more, high_more));
}

AVX2 static ALWAYS unsigned join_octets(__m256i v) {
    __m128i four = _mm_or_si128(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    four = _mm_or_si128(four, _mm_unpackhi_epi64(four, four));
    uint64_t all = (uint64_t)_mm_cvtsi128_si64(four);
    all |= all >> 32;
    all |= all >> 16;
    all |= all >> 8;
    return (unsigned)(all & 255);
}

/* Of four octets and more: what is left over is looked at together with what stands before it. */
AVX2 static unsigned classes_avx2(struct bytes line) {
    struct found f = {_mm256_setzero_si256(), _mm256_setzero_si256()};
    const uint8_t *p = line.p, *end = p + line.n;
    for (; end - p > 32; p += 32)
        add_classes(&f, _mm256_loadu_si256((const __m256i *)(const void *)p));
    if (line.n >= 32) {
        add_classes(&f, _mm256_loadu_si256((const __m256i *)(const void *)(end - 32)));
    } else if (line.n >= 16) {
        __m128i first = load_table(p), last = load_table(end - 16);
        add_classes(&f, _mm256_inserti128_si256(_mm256_castsi128_si256(first), last, 1));
    } else if (line.n >= 8) {
        long long first, last;
        memcpy(&first, p, sizeof first);
        memcpy(&last, end - sizeof last, sizeof last);
        add_classes(&f, _mm256_set_epi64x(last, first, last, first));
    } else {
        int first, last;
        memcpy(&first, p, sizeof first);
        memcpy(&last, end - sizeof last, sizeof last);
        add_classes(&f, _mm256_set_epi32(last, first, last, first, last, first, last, first));
    }
    return join_octets(f.some) | join_octets(f.more) << MORE;
}
#endif

unsigned line_classes(struct bytes line) {
#ifdef __x86_64__
    if (line.n >= 4 && avx2_is_there())
        return classes_avx2(line);
#endif
    return classes_plain(line);
}
