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
/* `value`, where the mask says so. */
AVX2 static inline __m256i put_where(__m256i mask, __m256i value, __m256i out) {
    return _mm256_or_si256(out, _mm256_and_si256(mask, value));
}

/* False: one of the characters is not of the alphabet. */
AVX2 static inline bool decode_block(const uint8_t *p, uint8_t *out) {
    __m256i in = _mm256_loadu_si256((const __m256i *)(const void *)p), v = _mm256_setzero_si256();
    __m256i capital = avx2_range(in, 'A', 'Z'), small = avx2_range(in, 'a', 'z'),
            digit = avx2_range(in, '0', '9');
    __m256i plus = avx2_either(in, '+', '-'), slash = avx2_either(in, '/', '_');
    __m256i all = _mm256_or_si256(_mm256_or_si256(capital, small),
                                  _mm256_or_si256(digit, _mm256_or_si256(plus, slash)));
    if (_mm256_movemask_epi8(all) != -1)
        return false;
    v = put_where(capital, _mm256_sub_epi8(in, _mm256_set1_epi8('A')), v);
    v = put_where(small, _mm256_sub_epi8(in, _mm256_set1_epi8('a' - 26)), v);
    v = put_where(digit, _mm256_add_epi8(in, _mm256_set1_epi8(52 - '0')), v);
    v = put_where(plus, _mm256_set1_epi8(62), v);
    v = put_where(slash, _mm256_set1_epi8(63), v);
    /* Two of six bits make twelve, two of these 24; each quarter's three octets are then the other way round.
     */
    v = _mm256_maddubs_epi16(v, _mm256_set1_epi16(0x0140));
    v = _mm256_madd_epi16(v, _mm256_set1_epi32(0x00011000));
    const __m128i order = _mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
    v = _mm256_shuffle_epi8(v, _mm256_broadcastsi128_si256(order));
    v = _mm256_permutevar8x32_epi32(v, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7));
    _mm256_storeu_si256((__m256i *)(void *)out, v);
    return true;
}

/* How many characters were decoded, in whole blocks. */
AVX2 static size_t decode_blocks(const uint8_t *p, size_t characters, uint8_t *out, size_t room) {
    size_t done = 0;
    for (size_t n = 0; characters - done >= BLOCK_CHARACTERS && room - n >= BLOCK_ROOM; n += BLOCK_OCTETS) {
        if (!decode_block(p + done, out + n))
            break;
        done += BLOCK_CHARACTERS;
    }
    return done;
}
#else
static size_t decode_blocks(const uint8_t *p, size_t characters, uint8_t *out, size_t room) {
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

size_t base64_decode(struct base64 *s, struct bytes *in, uint8_t *out, size_t room) {
    const uint8_t *p = in->p, *end = p + in->n;
    size_t n = 0;
    bool blocks = in->n >= BLOCK_CHARACTERS && has_blocks();
    while (p < end && room - n >= 3) {
        if (blocks && s->count == 0 && (size_t)(end - p) >= BLOCK_CHARACTERS) {
            size_t done = decode_blocks(p, (size_t)(end - p), out + n, room - n);
            p += done;
            n += done / 4 * 3;
            if (p == end || room - n < 3)
                break;
        }
        bool broken = false; /* behind what is none of the alphabet blocks may go on */
        do {
            uint8_t c = *p++;
            broken |= !digits[c];
            if (digits[c]) {
                s->bits = s->bits << 6 | (digits[c] - 1u);
                if (++s->count == 4)
                    n += write_held(s, out + n);
            } else if (c == '=') {
                n += write_held(s, out + n);
            }
        } while (p < end && room - n >= 3 && !(blocks && broken && s->count == 0 && digits[*p]));
    }
    *in = bytes_of(p, (size_t)(end - p));
    return n;
}

size_t base64_finish(struct base64 *s, uint8_t out[BASE64_REST_MAX]) {
    return write_held(s, out);
}
