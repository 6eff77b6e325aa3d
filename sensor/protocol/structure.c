/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/structure.h"

#include "base/utf8.h"

/* --- Signatures --- */

static bool has_text(struct bytes b, size_t at, const char *text, size_t n) {
    return b.n >= at + n && memcmp(b.p + at, text, n) == 0;
}

static bool is_letter(uint8_t c) {
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_printable(uint8_t c) {
    return (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\r' || c == '\n';
}

/* The first segment behind SOI and the length (ITU-T T.81, B.2): what it holds must fit its marker. */
static bool jpeg_segment(struct bytes b) {
    uint8_t marker = b.p[3];
    unsigned length = (unsigned)b.p[4] << 8 | b.p[5];
    size_t n = 0;
    switch (marker) {
    case 0xe0:
        return has_text(b, 6, "JF", 2) || has_text(b, 6, "AVI1", 4);
    case 0xe1:
        return has_text(b, 6, "Exif", 4) || has_text(b, 6, "http", 4);
    case 0xdb: /* one table or several, of 8 or 16 bits */
        return (length % 65 == 2 || length % 129 == 2) && length > 2 && length < 1024 && (b.p[6] & 0xec) == 0;
    case 0xc4:
        return length > 19 && length < 1024 && (b.p[6] & 0xec) == 0;
    case 0xdd:
        return length == 4;
    case 0xfe:
        while (n < 8 && is_printable(b.p[6 + n]))
            n++;
        return n == 8;
    }
    if (marker >= 0xc0 && marker <= 0xc3)
        return length <= 20 && length >= 11 && (b.p[6] == 8 || b.p[6] == 12);
    while (n < 5 && is_letter(b.p[6 + n]))
        n++;
    return marker > 0xe1 && marker <= 0xef && (n == 5 || has_text(b, 6, "MPF\0", 4));
}

static bool bmp_header(struct bytes b) {
    return (b.p[14] == 12 || b.p[14] == 40 || b.p[14] == 52 || b.p[14] == 56 || b.p[14] == 64 ||
            b.p[14] == 108 || b.p[14] == 124) &&
           b.p[15] == 0 && b.p[16] == 0 && b.p[17] == 0;
}

static bool tiff_little(struct bytes b) {
    return b.p[7] == 0;
}

static bool tiff_big(struct bytes b) {
    return b.p[4] == 0;
}

static bool riff_kind(struct bytes b) {
    return has_text(b, 8, "WEBP", 4) || has_text(b, 8, "AVI ", 4);
}

/* APPNOTE.TXT 4.3.7: the version, the method. */
static bool zip_header(struct bytes b) {
    return b.p[4] < 64 && b.p[9] == 0 && b.p[8] < 100;
}

/* RFC 1952 section 2.3: deflate, no reserved flag, what compressors write of themselves. */
static bool gzip_header(struct bytes b) {
    return b.p[3] < 0x20 && (b.p[8] == 0 || b.p[8] == 2 || b.p[8] == 4) && (b.p[9] <= 13 || b.p[9] == 255);
}

/* RFC 8878 section 3.1.1.1.1: no reserved bit, and a window or a size that a compressor writes. */
static bool zstd_header(struct bytes b) {
    return (b.p[4] & 0x18) == 0 && (b.p[4] & 0x03) == 0;
}

static bool bzip2_block(struct bytes b) {
    return b.p[3] >= '1' && b.p[3] <= '9' &&
           (has_text(b, 4, "\x31\x41\x59\x26\x53\x59", 6) || has_text(b, 4, "\x17\x72\x45\x38\x50\x90", 6));
}

#define MAGIC(bytes) .n = sizeof(bytes) - 1, .magic = (bytes)

static const struct signature {
    uint8_t at, n, need; /* octets that `fits` looks at, 0 without it */
    bool anywhere;       /* strong enough to be looked for at every place */
    const char *magic;
    bool (*fits)(struct bytes b);
} signatures[] = {
    /* the first: JPEG */
    {MAGIC("\xff\xd8\xff"), .need = 14, .fits = jpeg_segment, .anywhere = true},
    {MAGIC("\x89PNG\r\n\x1a\n"), .anywhere = true},
    {MAGIC("GIF87a"), .anywhere = true},
    {MAGIC("GIF89a"), .anywhere = true},
    {MAGIC("BM"), .need = 18, .fits = bmp_header},
    {MAGIC("II*\0"), .need = 8, .fits = tiff_little},
    {MAGIC("MM\0*"), .need = 8, .fits = tiff_big},
    {MAGIC("RIFF"), .need = 12, .fits = riff_kind, .anywhere = true},
    {.at = 4, MAGIC("ftyp"), .need = 8},
    {MAGIC("\0\0\0\x0cjP  \r\n\x87\n")},
    {MAGIC("\xff\x4f\xff\x51\0")},
    {MAGIC("PK\x03\x04"), .need = 10, .fits = zip_header, .anywhere = true},
    {MAGIC("\x1f\x8b\x08"), .need = 10, .fits = gzip_header},
    {MAGIC("\x28\xb5\x2f\xfd"), .need = 5, .fits = zstd_header},
    {MAGIC("BZh"), .need = 10, .fits = bzip2_block, .anywhere = true},
    {MAGIC("\xfd\x37zXZ\0"), .anywhere = true},
    {MAGIC("7z\xbc\xaf\x27\x1c"), .anywhere = true},
    {MAGIC("Rar!\x1a\x07"), .anywhere = true},
    {MAGIC("%PDF-"), .anywhere = true},
    {MAGIC("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), .anywhere = true},
    {MAGIC("SQLite format 3\0"), .anywhere = true},
};
enum { SIGNATURES = sizeof signatures / sizeof *signatures };

static enum structure match_signature(const struct signature *s, struct bytes b) {
    size_t all = (size_t)s->at + s->n, n = b.n < all ? b.n : all;
    if (s->at == 0 && n > 0 && b.p[0] != (uint8_t)s->magic[0])
        return STRUCTURE_NONE;
    if (n > s->at && memcmp(b.p + s->at, s->magic, n - s->at) != 0)
        return STRUCTURE_NONE;
    if (s->at && n > 0 && b.p[0] != 0) /* a box of less than 16 MiB (ISO/IEC 14496-12) */
        return STRUCTURE_NONE;
    if (b.n < all || b.n < s->need)
        return STRUCTURE_MORE;
    return !s->fits || s->fits(b) ? STRUCTURE_FOUND : STRUCTURE_NONE;
}

/* Bit a signature: it may begin with this octet. */
static uint32_t with_first[256];
_Static_assert(SIGNATURES < 32, "a bit each");

static void note_first_octets(void) {
    for (unsigned i = 0; i < SIGNATURES; i++)
        with_first[signatures[i].at ? 0 : (uint8_t)signatures[i].magic[0]] |= UINT32_C(1) << i;
}

enum structure structure_signature(struct bytes first) {
    enum structure best = STRUCTURE_NONE;
    if (first.n == 0)
        return STRUCTURE_MORE;
    if (!with_first[(uint8_t)signatures[0].magic[0]])
        note_first_octets();
    for (uint32_t left = with_first[first.p[0]]; left && best != STRUCTURE_FOUND; left &= left - 1) {
        enum structure s = match_signature(&signatures[__builtin_ctz(left)], first);
        if (s > best)
            best = s;
    }
    return best;
}

/* --- Text --- */

enum { TEXT_FIRST = 32 /* characters or so at a beginning */, TEXT_RUN = 64 /* in a row, anywhere */ };

/* ASCII, or UTF-8 (RFC 3629). */
static enum structure match_utf8(struct bytes b) {
    size_t all = b.n;
    while (b.n > 0 && all - b.n < TEXT_FIRST) {
        uint32_t c;
        if (b.p[0] < 0x80 ? !is_printable(b.p[0]) : b.p[0] < 0xc2)
            return STRUCTURE_NONE;
        size_t n = b.p[0] < 0x80 ? 1 : utf8_next(b, &c);
        if (n == 1 && b.p[0] >= 0x80)
            return b.n < 4 && all < STRUCTURE_FIRST ? STRUCTURE_MORE : STRUCTURE_NONE;
        b = bytes_of(b.p + n, b.n - n);
    }
    return all - b.n >= TEXT_FIRST ? STRUCTURE_FOUND : STRUCTURE_MORE;
}

/* Letters of Latin in UTF-16, in either order of the bytes. */
static enum structure match_utf16(struct bytes b) {
    bool marked = b.n >= 2 && ((b.p[0] == 0xff && b.p[1] == 0xfe) || (b.p[0] == 0xfe && b.p[1] == 0xff));
    size_t at = marked ? 2 : 0;
    if (b.n < at + 2)
        return STRUCTURE_MORE;
    bool high_first = b.p[at] == 0;
    for (size_t i = at; i < b.n && i < at + TEXT_FIRST; i++) {
        bool high = (i - at) % 2 == (high_first ? 0 : 1);
        if (high ? b.p[i] != 0 : !is_printable(b.p[i]))
            return STRUCTURE_NONE;
    }
    return b.n >= at + TEXT_FIRST ? STRUCTURE_FOUND : STRUCTURE_MORE;
}

/* Of random octets most hold one that UTF-8 text has not, and none of the zeros of UTF-16: told without a
 * branch for each. */
static bool is_no_text(struct bytes b) {
    enum { LOOKED_AT = 16, BEHIND_MARK = 2 };
    uint8_t control = 0, of[2] = {0, 0};
    if (b.n < STRUCTURE_FIRST)
        return false;
    for (size_t i = 0; i < LOOKED_AT; i++) {
        uint8_t c = b.p[i];
        control |= (c < 0x20) & (c != '\t') & (c != '\r') & (c != '\n');
    }
    for (size_t i = BEHIND_MARK; i < LOOKED_AT; i += 2) {
        of[0] |= b.p[i];
        of[1] |= b.p[i + 1];
    }
    return control && of[0] && of[1];
}

enum structure structure_text(struct bytes first) {
    if (is_no_text(first))
        return STRUCTURE_NONE;
    enum structure a = match_utf8(first), b = match_utf16(first);
    return a > b ? a : b;
}

enum structure structure_begins(struct bytes first) {
    enum structure a = structure_signature(first), b = structure_text(first);
    return a > b ? a : b;
}

/* Of the eight octets before `end`, those behind the last one that is no ASCII; 8: all are. */
static size_t count_ascii(const uint8_t *end) {
    uint64_t word, high;
    memcpy(&word, end - sizeof word,
           sizeof word); /* its last octet is the highest: a little-endian machine */
    high = word & UINT64_C(0x8080808080808080);
    return high ? (size_t)__builtin_clzll(high) / 8 : sizeof word;
}

size_t structure_find_text(struct bytes in) {
    for (size_t i = TEXT_RUN; i <= in.n; i++) {
        size_t n = count_ascii(in.p + i); /* most of other octets are told from text by these eight */
        if (n == sizeof(uint64_t))
            for (n = 0; n < TEXT_RUN && is_printable(in.p[i - 1 - n]);)
                n++;
        if (n == TEXT_RUN)
            return i - TEXT_RUN;
        i += TEXT_RUN - n - 1; /* no run that holds this octet is long enough */
    }
    return in.n;
}

/* --- In the middle --- */

static size_t find_signature(const struct signature *s, struct bytes in) {
    for (size_t at = 0; at < in.n;) {
        const uint8_t *found = memchr(in.p + at, (uint8_t)s->magic[0], in.n - at);
        if (!found)
            break;
        at = (size_t)(found - in.p);
        if (match_signature(s, bytes_of(found, in.n - at)) == STRUCTURE_FOUND)
            return at;
        at++;
    }
    return in.n;
}

size_t structure_find(struct bytes in, bool text) {
    size_t nearest = text ? structure_find_text(in) : in.n;
    for (size_t i = 0; i < SIGNATURES; i++)
        if (signatures[i].anywhere) {
            size_t n = nearest + STRUCTURE_FIRST < in.n ? nearest + STRUCTURE_FIRST : in.n;
            size_t at = find_signature(&signatures[i], bytes_of(in.p, n));
            if (at < nearest)
                nearest = at;
        }
    return nearest;
}

size_t structure_find_quickly(struct bytes in) {
    size_t text = structure_find_text(in), n = text + STRUCTURE_FIRST < in.n ? text + STRUCTURE_FIRST : in.n;
    size_t jpeg = find_signature(&signatures[0], bytes_of(in.p, n));
    return jpeg < text ? jpeg : text;
}

/* How many of the octets are there, told without a branch for each. */
static unsigned count_marks(const uint8_t mark[256]) {
    enum { WORD = sizeof(uint64_t), WORDS = 256 / WORD, LANE = 16 };
    uint64_t word[WORDS], sum = 0;
    memcpy(word, mark, sizeof word);
    for (unsigned i = 0; i < WORDS; i++)
        sum += word[i]; /* no octet of it overflows */
    const uint64_t even = sum & UINT64_C(0x00ff00ff00ff00ff), odd = sum >> 8 & UINT64_C(0x00ff00ff00ff00ff);
    return (unsigned)((even + odd) * UINT64_C(0x0001000100010001) >> (sizeof sum * 8 - LANE));
}

static void mark_octets(uint8_t mark[256], const uint8_t *octets, size_t n) {
    for (size_t i = 0; i < n; i++)
        mark[octets[i]] = 1;
}

bool structure_is_random(const uint8_t sample[STRUCTURE_SAMPLE]) {
    enum { DISTINCT_LEAST = 112 }; /* of 256 random octets some 162 differ, with a deviation of 5.3 */
    enum { FIRST = 176 };          /* of which nearly all have as many */
    uint8_t mark[256] = {0};
    mark_octets(mark, sample, FIRST);
    if (count_marks(mark) >= DISTINCT_LEAST)
        return true;
    mark_octets(mark, sample + FIRST, STRUCTURE_SAMPLE - FIRST);
    return count_marks(mark) >= DISTINCT_LEAST;
}

bool structure_is_jpeg(struct bytes some) {
    enum { MARKS_LEAST = 8 }; /* each of them would be right by chance once in 28 times */
    unsigned marks = 0;
    for (size_t at = 0; at + 1 < some.n;) {
        const uint8_t *found = memchr(some.p + at, 0xff, some.n - 1 - at);
        if (!found)
            break;
        if (found[1] != 0 && (found[1] < 0xd0 || found[1] > 0xd7))
            return false;
        marks++;
        at = (size_t)(found - some.p) + 2;
    }
    return marks >= MARKS_LEAST;
}
