/* SPDX-License-Identifier: Apache-2.0 */
#include "content/seal/format.h"

/* OLE 2 ([MS-CFB]): what stands in it begins at places of its own, of which all are looked at, wherever the
 * directory lies. A stream of the name that [MS-OFFCRYPTO] 2.3.4.4 gives is an encrypted document of today's
 * Office, agile or standard; those of older ones say it in their first record. */

enum { BLOCK = 128, SHORT_SECTOR = 64 };

struct ole2 {
    uint8_t have;
    uint8_t block[BLOCK];
};

static bool begins_ole2(struct bytes first) {
    return first.n >= 8 && memcmp(first.p, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8) == 0;
}

/* An entry of the directory (2.6.1): its name in UTF-16, the octets of that, a stream. */
static bool is_package(const uint8_t *b) {
    static const char name[] = "EncryptedPackage";
    enum { STREAM = 2, LENGTH_AT = 64, KIND_AT = 66 };
    for (size_t i = 0; i < sizeof name; i++)
        if (b[2 * i] != (uint8_t)name[i] || b[2 * i + 1] != 0)
            return false;
    return seal_u16(b + LENGTH_AT) == 2 * sizeof name && b[KIND_AT] == STREAM;
}

/* [MS-DOC] 2.5.2: the beginning of the document, fEncrypted. */
static bool is_word(const uint8_t *b) {
    enum { IDENT = 0xA5EC, ENCRYPTED = 1 << 8 };
    return seal_u16(b) == IDENT &&
           (seal_u16(b + 2) == 0xC1 || seal_u16(b + 2) == 0xC0 || seal_u16(b + 2) == 0xC2) &&
           seal_u16(b + 10) & ENCRYPTED;
}

/* [MS-XLS] 2.1.7.20.3: the first record of a workbook, then perhaps that of write protection, then the one
 * that says how it is encrypted. */
static bool is_excel(const uint8_t *b) {
    enum { FIRST = 0x809, WORKBOOK = 5, PROTECTED = 0x86, ENCRYPTED = 0x2F, HEAD = 4 };
    if (seal_u16(b) != FIRST || seal_u16(b + 2) < 4 || seal_u16(b + 2) > 16 || seal_u16(b + 6) != WORKBOOK)
        return false;
    size_t at = HEAD + seal_u16(b + 2);
    if (seal_u16(b + at) == PROTECTED && seal_u16(b + at + 2) == 0)
        at += HEAD;
    return seal_u16(b + at) == ENCRYPTED && seal_u16(b + at + 2) >= 4 && seal_u16(b + at + 2) < 256;
}

/* [MS-PPT] 2.3.2: whom the file was open for, and whether it is encrypted. */
static bool is_powerpoint(const uint8_t *b) {
    return memcmp(b, "\0\0\xF6\x0F", 4) == 0 && memcmp(b + 8, "\x14\0\0\0\xDF\xC4\xD1\xF3", 8) == 0;
}

static const char *name_block(const uint8_t *b) {
    if (is_package(b))
        return "ooxml";
    for (size_t at = 0; at < BLOCK; at += SHORT_SECTOR)
        if (is_powerpoint(b + at))
            return "office";
    return is_word(b) || is_excel(b) ? "office" : NULL;
}

static bool ole2_data(struct seal *s, struct bytes in) {
    struct ole2 *o = (struct ole2 *)(void *)s->state;
    while (in.n > 0 && !s->word) {
        if (o->have == 0 && in.n >= BLOCK) {
            s->word = name_block(in.p);
            in = bytes_of(in.p + BLOCK, in.n - BLOCK);
            continue;
        }
        size_t n = in.n < (size_t)(BLOCK - o->have) ? in.n : (size_t)(BLOCK - o->have);
        memcpy(o->block + o->have, in.p, n);
        o->have = (uint8_t)(o->have + n);
        in = bytes_of(in.p + n, in.n - n);
        if (o->have < BLOCK)
            break;
        s->word = name_block(o->block);
        o->have = 0;
    }
    return !s->word;
}

/* Where it ends within a block the rest of that is nothing. */
static bool ole2_gap(struct seal *s, uint64_t n) {
    static const uint8_t zeros[BLOCK];
    struct ole2 *o = (struct ole2 *)(void *)s->state;
    size_t inside = (size_t)((o->have + n) % BLOCK);
    if (n < (uint64_t)(BLOCK - o->have)) {
        memcpy(o->block + o->have, zeros, (size_t)n);
    } else {
        memcpy(o->block, zeros, inside);
    }
    o->have = (uint8_t)inside;
    return true;
}

const struct seal_format seal_ole2 = {
    .state = sizeof(struct ole2), .begins = begins_ole2, .data = ole2_data, .gap = ole2_gap};
