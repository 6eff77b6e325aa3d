/* SPDX-License-Identifier: Apache-2.0 */
#include "base/avx2.h"
#include "inspect/listing.h"

/* Where a name may stand in text: 32 octets at once, each with those behind it. Most text has none. */

enum { LINK_MARK = sizeof LISTING_LINK - 1, BEHIND = 3 /* octets that are looked at together with one */ };

/* How names of pictures and films end. Numbers, of which tables are full, are told at their first octet. */
static const char *const endings[] = {"jpg", "jpeg", "jpe",  "jp2",  "j2k",  "png",  "tif", "tiff",
                                      "bmp", "gif",  "webp", "heic", "heif", "avif", "dng", "pgm",
                                      "ppm", "avi",  "mp4",  "mkv",  "mjpg", "mjpeg"};
enum { ENDINGS = sizeof endings / sizeof *endings };

bool listing_is_picture_ending(struct bytes ending) {
    for (size_t i = 0; i < ENDINGS; i++)
        if (bytes_equal_nocase(ending, endings[i]))
            return true;
    return false;
}

static bool begins_ending(const uint8_t *p) {
    for (size_t i = 0; i < ENDINGS; i++)
        if ((p[0] | 0x20) == endings[i][0] && (p[1] | 0x20) == (endings[i][1] | 0x20) &&
            (p[2] | 0x20) == (endings[i][2] | 0x20))
            return true;
    return false;
}

static bool is_mark(struct bytes text, size_t at) {
    const uint8_t *p = text.p + at;
    if (*p == '.')
        return text.n - at > BEHIND && begins_ending(p + 1);
    return *p == 'h' && text.n - at >= LINK_MARK && memcmp(p, LISTING_LINK, LINK_MARK) == 0;
}

size_t listing_find_mark_plain(struct bytes text, size_t at) {
    while (at < text.n && !is_mark(text, at))
        at++;
    return at;
}

#ifdef __x86_64__
#define ALWAYS inline __attribute__((always_inline))

/* By the low five bits of an octet: endings that have it at this place, in eight groups. */
struct letters {
    uint8_t place[BEHIND][32];
};

static const struct letters *ending_letters(void) {
    static struct letters made;
    static bool is_made;
    for (size_t i = 0; i < ENDINGS && !is_made; i++)
        for (unsigned k = 0; k < BEHIND; k++)
            made.place[k][endings[i][k] & 31] |= (uint8_t)(1u << (endings[i][0] & 7));
    is_made = true;
    return &made;
}

AVX2 static ALWAYS __m256i load(const uint8_t *p) {
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

AVX2 static ALWAYS __m256i is_sign(__m256i in, char sign) {
    return _mm256_cmpeq_epi8(in, _mm256_set1_epi8(sign));
}

AVX2 static ALWAYS __m256i both(__m256i a, __m256i b) {
    return _mm256_and_si256(a, b);
}

AVX2 static ALWAYS unsigned bits_of(__m256i found) {
    return (unsigned)_mm256_movemask_epi8(found);
}

AVX2 static size_t find_mark_fast(struct bytes text, size_t at) {
    const struct letters *l = ending_letters();
    for (; at + 32 + BEHIND <= text.n; at += 32) {
        __m256i first = load(text.p + at), second = load(text.p + at + 1), third = load(text.p + at + 2),
                fourth = load(text.p + at + 3);
        __m256i groups = both(avx2_by_letter(second, l->place[0]),
                              both(avx2_by_letter(third, l->place[1]), avx2_by_letter(fourth, l->place[2])));
        unsigned dots = bits_of(is_sign(first, '.')) & ~bits_of(is_sign(groups, 0));
        unsigned links = bits_of(both(both(is_sign(first, 'h'), is_sign(second, 'r')),
                                      both(is_sign(third, 'e'), is_sign(fourth, 'f'))));
        for (unsigned bits = dots | links; bits; bits &= bits - 1) {
            size_t mark = at + (unsigned)__builtin_ctz(bits);
            if (is_mark(text, mark))
                return mark;
        }
    }
    return listing_find_mark_plain(text, at);
}
#endif

size_t listing_find_mark(struct bytes text, size_t at) {
#ifdef __x86_64__
    if (avx2_is_there())
        return find_mark_fast(text, at);
#endif
    return listing_find_mark_plain(text, at);
}

/* --- lines --- */

/* Behind the end of the line before. */
static size_t find_begin(struct bytes lines, size_t at, size_t least) {
    const uint8_t *end = at > least ? memrchr(lines.p + least, '\n', at - least) : NULL;
    return end ? (size_t)(end + 1 - lines.p) : least;
}

/* As ls and smbclient begin theirs. */
static bool begins_listed(const uint8_t *p) {
    if (p[0] == ' ')
        return p[1] == ' ' && p[2] != ' ';
    return (p[1] == 'r' || p[1] == '-') && (p[2] == 'w' || p[2] == '-');
}

#ifdef __x86_64__
/* Ends of lines behind which one begins as listings do. */
AVX2 static ALWAYS unsigned find_begins(__m256i first, __m256i second, __m256i third, __m256i fourth) {
    __m256i blanks =
        _mm256_andnot_si256(is_sign(fourth, ' '), both(is_sign(second, ' '), is_sign(third, ' ')));
    __m256i modes = both(avx2_either(third, 'r', '-'), avx2_either(fourth, 'w', '-'));
    return bits_of(both(is_sign(first, '\n'), _mm256_or_si256(blanks, modes)));
}

AVX2 static size_t find_line_fast(struct bytes lines, size_t at) {
    size_t from = at;
    if (lines.n - at < BEHIND || begins_listed(lines.p + at))
        return at;
    for (; at + 32 + BEHIND <= lines.n; at += 32) {
        __m256i first = load(lines.p + at), second = load(lines.p + at + 1);
        unsigned begins = find_begins(first, second, load(lines.p + at + 2), load(lines.p + at + 3));
        unsigned ends = bits_of(both(is_sign(first, '/'), avx2_either(second, '\n', '\r')));
        unsigned facts = bits_of(both(is_sign(first, ';'), is_sign(second, ' '))),
                 folders = bits_of(both(is_sign(first, '<'), is_sign(second, 'D'))); /* <DIR> */
        unsigned bits = begins | ends | facts | folders;
        if (bits) {
            unsigned bit = (unsigned)__builtin_ctz(bits);
            return begins >> bit & 1 ? at + bit + 1 : find_begin(lines, at + bit, from);
        }
    }
    return at < lines.n ? find_begin(lines, at, from) : lines.n;
}
#endif

size_t listing_find_line(struct bytes lines, size_t at) {
#ifdef __x86_64__
    if (avx2_is_there())
        return find_line_fast(lines, at);
#endif
    return at;
}
