/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

#include "base/avx2.h"

/* clang-format off */
/* One more than the value of each character, 0 for those that have none. */
static const uint8_t digits[256] = {
    ['A'] = 1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
    ['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
    ['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62,
    ['+'] = 63, ['/'] = 64,
    ['-'] = 63, ['_'] = 64,
};
/* clang-format on */

int base64_value(uint8_t c) {
    return c == '-' || c == '_' ? -1 : digits[c] - 1;
}

/* The bytes that the characters held make; what is left of less than a byte is padding. */
static size_t write_held(struct base64 *s, uint8_t *out) {
    uint32_t bits = s->bits << 6 * (4 - s->count);
    size_t n = s->count > 1 ? s->count - 1u : 0;
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(bits >> (16 - 8 * i));
    *s = (struct base64){0};
    return n;
}

/* --- many characters at once --- */

enum { BLOCK_CHARACTERS = 32, BLOCK_OCTETS = 24, BLOCK_ROOM = 32 /* octets that are written */ };

#ifdef __x86_64__
AVX2 static inline __m256i fill_halves(__m128i table) {
    return _mm256_broadcastsi128_si256(table);
}

/* All bits of each that is not of the alphabet. A character is of it if the groups of its upper and its lower
 * four bits have one in common: 1 is + - /, 2 digits, 4 letters from A or a on, 8 and 16 the rest of these,
 * and _. */
AVX2 static inline __m256i find_odd(__m256i in, __m256i upper) {
    const __m256i by_upper = fill_halves(_mm_setr_epi8(0, 0, 1, 2, 4, 8, 4, 16, 0, 0, 0, 0, 0, 0, 0, 0)),
                  by_lower =
                      fill_halves(_mm_setr_epi8(26, 30, 30, 30, 30, 30, 30, 30, 30, 30, 28, 5, 4, 5, 4, 13));
    __m256i groups =
        _mm256_and_si256(_mm256_shuffle_epi8(by_upper, upper), _mm256_shuffle_epi8(by_lower, in));
    return _mm256_cmpeq_epi8(groups, _mm256_setzero_si256());
}

/* What a character stands for is a step from its code, the same for those of the same upper bits; of signs it
 * is found by the lower ones. */
AVX2 static inline __m256i find_values(__m256i in, __m256i upper) {
    const __m256i step = fill_halves(_mm_setr_epi8(0, 0, 0, 52 - '0', -'A', -'A', 26 - 'a', 26 - 'a', 0, 0, 0,
                                                   0, 0, 0, 0, 0)),
                  sign = fill_halves(_mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 62, 0, 62, 0, 63));
    __m256i signs = _mm256_or_si256(_mm256_cmpgt_epi8(_mm256_set1_epi8('0'), in),
                                    _mm256_cmpeq_epi8(in, _mm256_set1_epi8('_')));
    return _mm256_blendv_epi8(_mm256_add_epi8(in, _mm256_shuffle_epi8(step, upper)),
                              _mm256_shuffle_epi8(sign, in), signs);
}

/* Which of the characters are not of the alphabet, a bit each; what stands in front of them is decoded. */
AVX2 static inline uint32_t decode_block(const uint8_t *p, uint8_t *out) {
    __m256i in = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i upper = _mm256_and_si256(_mm256_srli_epi16(in, 4), _mm256_set1_epi8(15));
    __m256i v = find_values(in, upper);
    /* Two of six bits make twelve, two of these 24; each quarter's three octets are then the other way round.
     */
    v = _mm256_maddubs_epi16(v, _mm256_set1_epi16(0x0140));
    v = _mm256_madd_epi16(v, _mm256_set1_epi32(0x00011000));
    const __m128i order = _mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
    v = _mm256_shuffle_epi8(v, fill_halves(order));
    v = _mm256_permutevar8x32_epi32(v, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7));
    _mm256_storeu_si256((__m256i *)(void *)out, v);
    return (uint32_t)_mm256_movemask_epi8(find_odd(in, upper));
}

/* How many octets were made, of fours of characters between others; up to what belongs to no four, or to the
 * last block. None of them may be held before. */
AVX2 static size_t decode_blocks(struct bytes *in, uint8_t *out, size_t room) {
    const uint8_t *p = in->p, *end = p + in->n;
    size_t n = 0;
    while (end - p >= BLOCK_CHARACTERS && room - n >= BLOCK_ROOM) {
        uint32_t odd = decode_block(p, out + n);
        if (odd == 0) {
            n += BLOCK_OCTETS;
            p += BLOCK_CHARACTERS;
            continue;
        }
        unsigned decoded = _tzcnt_u32(odd), fours = decoded / 4, skipped = _tzcnt_u32(~(odd >> decoded));
        n += 3 * fours;
        if (decoded % 4 != 0) {
            p += 4 * fours;
            break;
        }
        p += decoded + skipped < BLOCK_CHARACTERS ? decoded + skipped : BLOCK_CHARACTERS;
    }
    *in = bytes_of(p, (size_t)(end - p));
    return n;
}
#else
static size_t decode_blocks(struct bytes *in, uint8_t *out, size_t room) {
    return 0;
}
#endif

static bool has_blocks(void) {
#ifdef __x86_64__
    return avx2_is_there();
#else
    return false;
#endif
}

static size_t decode_character(struct base64 *s, uint8_t c, uint8_t *out) {
    if (c == '=')
        return write_held(s, out);
    if (!digits[c])
        return 0;
    s->bits = s->bits << 6 | (digits[c] - 1u);
    return ++s->count == 4 ? write_held(s, out) : 0;
}

size_t base64_decode(struct base64 *s, struct bytes *in, uint8_t *out, size_t room) {
    size_t n = 0;
    bool blocks = in->n >= BLOCK_CHARACTERS && has_blocks();
    while (in->n > 0 && room - n >= 3) {
        if (blocks && s->count == 0 && in->n >= BLOCK_CHARACTERS) {
            n += decode_blocks(in, out + n, room - n);
            if (in->n == 0 || room - n < 3)
                break;
        }
        do { /* what belongs to no block, up to where one may begin */
            n += decode_character(s, in->p[0], out + n);
            *in = bytes_of(in->p + 1, in->n - 1);
        } while (in->n > 0 && room - n >= 3 && !(blocks && s->count == 0 && in->n >= BLOCK_CHARACTERS));
    }
    return n;
}

size_t base64_finish(struct base64 *s, uint8_t out[BASE64_REST_MAX]) {
    return write_held(s, out);
}
