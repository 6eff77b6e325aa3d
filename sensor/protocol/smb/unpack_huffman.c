/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/smb/unpack.h"

/* LZ77 with Huffman codes: blocks of 65,536 octets, each with a table of its own ([MS-XCA] section 2.2). */

enum {
    SYMBOLS = 512,
    TABLE_OCTETS = SYMBOLS / 2,
    BITS_MAX = 15,
    CODES = 1 << BITS_MAX,
    BLOCK = 1 << 16,
    END_OF_DATA = 256
};

/* Bits come in words of 16, ahead of what octets stand between them. */
struct bits {
    struct reader r;
    uint32_t next;
    int extra; /* bits beyond the 16 that are always there */
    bool over; /* there were no more */
};

struct codes {
    uint16_t symbol[CODES]; /* by the next 15 bits */
    uint8_t length[SYMBOLS];
};

static uint32_t next_word(struct bits *b) {
    uint16_t word = 0;
    b->over |= !reader_u16le(&b->r, &word);
    return word;
}

static void begin_bits(struct bits *b) {
    b->next = next_word(b) << 16;
    b->next |= next_word(b);
    b->extra = 16;
}

static void drop_bits(struct bits *b, unsigned n) {
    b->next <<= n;
    b->extra -= (int)n;
    if (b->extra < 0) {
        b->next |= next_word(b) << -b->extra;
        b->extra += 16;
    }
}

/* Codes in the order of their lengths, and of symbols among those. False: they do not fill all of the space.
 */
static bool read_codes(struct reader *r, struct codes *c) {
    const uint8_t *packed;
    size_t at = 0;
    if (!reader_take(r, TABLE_OCTETS, &packed))
        return false;
    for (int i = 0; i < SYMBOLS; i++)
        c->length[i] = i & 1 ? packed[i / 2] >> 4 : packed[i / 2] & 15;
    for (int length = 1; length <= BITS_MAX; length++)
        for (int i = 0; i < SYMBOLS; i++) {
            size_t span = (size_t)1 << (BITS_MAX - length);
            if (c->length[i] != length)
                continue;
            if (span > CODES - at)
                return false;
            while (span-- > 0)
                c->symbol[at++] = (uint16_t)i;
        }
    return at == CODES;
}

static bool read_length(struct bits *b, size_t *length) {
    uint8_t octet;
    uint16_t word;
    uint32_t longer;
    if (*length < 15)
        return true;
    if (!reader_u8(&b->r, &octet))
        return false;
    *length = 15 + (size_t)octet;
    if (octet < 255)
        return true;
    if (!reader_u16le(&b->r, &word))
        return false;
    longer = word;
    if (word == 0 && !reader_u32le(&b->r, &longer))
        return false;
    *length = longer;
    return longer >= 15;
}

static unsigned next_symbol(const struct bits *b, const struct codes *c) {
    return c->symbol[b->next >> (32 - BITS_MAX)];
}

static bool unpack_block(struct bits *b, const struct codes *c, uint8_t *out, size_t *at, size_t n,
                         size_t end) {
    while (*at < end) {
        unsigned symbol = next_symbol(b, c);
        drop_bits(b, c->length[symbol]);
        if (symbol < 256) {
            out[(*at)++] = (uint8_t)symbol;
            continue;
        }
        size_t length = symbol & 15;
        unsigned bits = (symbol - 256) >> 4;
        if (!read_length(b, &length))
            return false;
        size_t distance = ((size_t)1 << bits) + (bits ? b->next >> (32 - bits) : 0);
        drop_bits(b, bits);
        if (!unpack_copy(out, at, n, distance, length + 3))
            return false;
    }
    if (next_symbol(b, c) == END_OF_DATA) /* some end each block so */
        drop_bits(b, c->length[END_OF_DATA]);
    return !b->over;
}

bool unpack_lz77_huffman(struct bytes in, uint8_t *out, size_t n) {
    struct codes c;
    struct bits b = {.r = reader_of(in.p, in.n)};
    size_t at = 0;
    while (at < n) {
        size_t end = n - at < BLOCK ? n : at + BLOCK;
        if (!read_codes(&b.r, &c))
            return false;
        begin_bits(&b);
        if (!unpack_block(&b, &c, out, &at, n, end))
            return false;
    }
    return true;
}
