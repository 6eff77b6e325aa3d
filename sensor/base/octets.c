/* SPDX-License-Identifier: Apache-2.0 */
#include "base/octets.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static bool is_letter_or_digit(uint8_t c) {
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

static bool is_sign(uint8_t c) {
    return is_letter_or_digit(c) || c == '+' || c == '/' || c == '-' || c == '_';
}

static bool is_of(uint8_t c, enum octets kind) {
    switch (kind) {
    case OCTETS_DIGIT:
        return c >= '0' && c <= '9';
    case OCTETS_PAIR:
        return c == '=' || c == ':';
    case OCTETS_APART:
        return !is_letter_or_digit(c);
    case OCTETS_ESCAPE:
        return c == '\\' || c == '%' || c == '&';
    case OCTETS_WORD_END:
        return c <= ' ' || c == '<' || c == '>' || c == ',';
    case OCTETS_VALUE_END:
        return c == ' ' || c == ',' || c == '}' || c == '>' || c == ')' || c == ';' || c == '&' || c == '\n';
    case OCTETS_NO_SIGN:
        return !is_sign(c);
    case OCTETS_OUTSIDE:
        return !(is_sign(c) || c == '%' || c == '\\' || c == '&' || c == '#' || c == ';');
    default:
        return c == 0 || (c >= '\n' && c <= '\r') || c == 0x1e || c == 0x85 ||
               c == (kind == OCTETS_BREAK ? 0xe2 : '\\');
    }
}

#ifdef __SSE2__
static __m128i match_range(__m128i in, char from, char to) {
    in = _mm_sub_epi8(in, _mm_set1_epi8(from));
    return _mm_cmpeq_epi8(_mm_min_epu8(in, _mm_set1_epi8((char)(to - from))), in);
}

static __m128i match_three(__m128i in, char a, char b, char c) {
    __m128i one = _mm_cmpeq_epi8(in, _mm_set1_epi8(a)), other = _mm_cmpeq_epi8(in, _mm_set1_epi8(b));
    return _mm_or_si128(_mm_or_si128(one, other), _mm_cmpeq_epi8(in, _mm_set1_epi8(c)));
}

static __m128i match_not(__m128i in) {
    return _mm_cmpeq_epi8(in, _mm_setzero_si128());
}

static __m128i match_letters(__m128i in) {
    return match_range(_mm_or_si128(in, _mm_set1_epi8(32)), 'a', 'z');
}

/* The slash stands in front of the digits. */
static __m128i match_signs(__m128i in) {
    return _mm_or_si128(_mm_or_si128(match_letters(in), match_range(in, '/', '9')),
                        match_three(in, '+', '-', '_'));
}

static __m128i match_octets(__m128i in, enum octets kind) {
    switch (kind) {
    case OCTETS_DIGIT:
        return match_range(in, '0', '9');
    case OCTETS_APART:
        return match_not(_mm_or_si128(match_range(in, '0', '9'), match_letters(in)));
    case OCTETS_PAIR:
        return _mm_or_si128(_mm_cmpeq_epi8(in, _mm_set1_epi8('=')), _mm_cmpeq_epi8(in, _mm_set1_epi8(':')));
    case OCTETS_ESCAPE:
        return match_three(in, '\\', '%', '&');
    case OCTETS_WORD_END:
        return _mm_or_si128(match_range(in, 0, ' '), match_three(in, '<', '>', ','));
    case OCTETS_VALUE_END:
        return _mm_or_si128(_mm_or_si128(match_three(in, ' ', ',', '}'), match_three(in, '>', ')', ';')),
                            match_three(in, '&', '\n', '\n'));
    case OCTETS_NO_SIGN:
        return match_not(match_signs(in));
    case OCTETS_OUTSIDE:
        return match_not(_mm_or_si128(
            match_signs(in), _mm_or_si128(match_three(in, '%', '\\', '&'), match_three(in, '#', ';', ';'))));
    default:
        return _mm_or_si128(
            match_range(in, '\n', '\r'),
            _mm_or_si128(match_three(in, 0, 0x1e, (char)0x85),
                         _mm_cmpeq_epi8(in, _mm_set1_epi8(kind == OCTETS_BREAK ? (char)0xe2 : '\\'))));
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

uint64_t octets_mask(struct bytes text, size_t at, enum octets kind) {
    enum { MOST = 64 };
    uint64_t out = 0;
    unsigned n = 0, most = text.n - at < MOST ? (unsigned)(text.n - at) : MOST;
#ifdef __SSE2__
    for (; n + 16 <= most; n += 16) {
        __m128i in = _mm_loadu_si128((const __m128i *)(const void *)(text.p + at + n));
        out |= (uint64_t)(unsigned)_mm_movemask_epi8(match_octets(in, kind)) << n;
    }
#endif
    for (; n < most; n++)
        out |= (uint64_t)is_of(text.p[at + n], kind) << n;
    return out;
}

size_t octets_find_last(struct bytes text, size_t from, size_t to, enum octets kind) {
    size_t end = to;
#ifdef __SSE2__
    for (; end - from >= 16; end -= 16) {
        __m128i in = _mm_loadu_si128((const __m128i *)(const void *)(text.p + end - 16));
        unsigned mask = (unsigned)_mm_movemask_epi8(match_octets(in, kind));
        if (mask)
            return end + 15 - (unsigned)__builtin_clz(mask);
    }
#endif
    while (end > from && !is_of(text.p[end - 1], kind))
        end--;
    return end > from ? end - 1 : to;
}

size_t octets_find_either(struct bytes text, size_t at, uint8_t a, uint8_t b) {
#ifdef __SSE2__
    for (; at + 16 <= text.n; at += 16) {
        __m128i in = _mm_loadu_si128((const __m128i *)(const void *)(text.p + at));
        __m128i found = _mm_or_si128(_mm_cmpeq_epi8(in, _mm_set1_epi8((char)a)),
                                     _mm_cmpeq_epi8(in, _mm_set1_epi8((char)b)));
        unsigned mask = (unsigned)_mm_movemask_epi8(found);
        if (mask)
            return at + (unsigned)__builtin_ctz(mask);
    }
#endif
    while (at < text.n && text.p[at] != a && text.p[at] != b)
        at++;
    return at < text.n ? at : text.n;
}

/* `same` is known where this is inlined: `b` stands behind, or does not. */
static inline size_t find_pair(struct bytes text, size_t at, uint8_t a, uint8_t b, bool same) {
#ifdef __SSE2__
    for (; at + 17 <= text.n; at += 16) {
        __m128i first = _mm_loadu_si128((const __m128i *)(const void *)(text.p + at)),
                behind = _mm_loadu_si128((const __m128i *)(const void *)(text.p + at + 1));
        unsigned mask = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(first, _mm_set1_epi8((char)a))),
                 paired = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(behind, _mm_set1_epi8((char)b)));
        mask &= same ? paired : ~paired;
        if (mask)
            return at + (unsigned)__builtin_ctz(mask);
    }
#endif
    while (at < text.n && !(text.p[at] == a && (at + 1 == text.n || (text.p[at + 1] == b) == same)))
        at++;
    return at < text.n ? at : text.n;
}

size_t octets_find_pair(struct bytes text, size_t at, uint8_t a, uint8_t b) {
    return find_pair(text, at, a, b, true);
}

size_t octets_find_unpaired(struct bytes text, size_t at, uint8_t a, uint8_t b) {
    return find_pair(text, at, a, b, false);
}
