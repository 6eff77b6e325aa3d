/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/smb/unpack.h"

/* LZ77 with Huffman codes: blocks of 65,536 octets, each with a table of its own ([MS-XCA] section 2.2). */

enum {
    SYMBOLS = 512,
    TABLE_OCTETS = SYMBOLS / 2,
    BITS_MAX = 15,
    CODES = 1 << BITS_MAX,
    BITS_FAST = 9, /* codes up to so long are looked up at once */
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

/* A table is made for as little as one octet that it unpacks: what that costs must not be much more than the
 * 256 octets that it comes in. */
struct codes {
    uint16_t fast[1 << BITS_FAST]; /* symbol, by the next bits, or LONGER */
    uint16_t symbol[SYMBOLS];      /* in the order of their codes */
    uint16_t first[BITS_MAX + 1];  /* by length: where its symbols begin */
    uint32_t start[BITS_MAX + 2];  /* by length: its first code, as the first of 15 bits */
    uint8_t length[SYMBOLS];
};

enum { LONGER = 0xffff };

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

/* Codes in the order of their lengths, and of symbols among those. */
static void order_symbols(struct codes *c) {
    uint16_t next[BITS_MAX + 1];
    memcpy(next, c->first, sizeof next);
    for (uint16_t i = 0; i < SYMBOLS; i++)
        if (c->length[i])
            c->symbol[next[c->length[i]]++] = i;
}

static void fill_fast(struct codes *c) {
    size_t at = 0, end = c->start[BITS_FAST + 1] >> (BITS_MAX - BITS_FAST);
    for (const uint16_t *symbol = c->symbol; at < end; symbol++)
        for (size_t span = (size_t)1 << (BITS_FAST - c->length[*symbol]); span > 0; span--)
            c->fast[at++] = *symbol;
    while (at < sizeof c->fast / sizeof *c->fast)
        c->fast[at++] = LONGER;
}

/* False: they do not fill all of the space. */
static bool read_codes(struct reader *r, struct codes *c) {
    const uint8_t *packed;
    uint16_t count[BITS_MAX + 1] = {0};
    if (!reader_take(r, TABLE_OCTETS, &packed))
        return false;
    for (int i = 0; i < SYMBOLS; i++) {
        c->length[i] = i & 1 ? packed[i / 2] >> 4 : packed[i / 2] & 15;
        count[c->length[i]]++;
    }
    c->first[1] = 0;
    c->start[1] = 0;
    for (int length = 1; length <= BITS_MAX; length++) {
        c->start[length + 1] = c->start[length] + ((uint32_t)count[length] << (BITS_MAX - length));
        if (length < BITS_MAX)
            c->first[length + 1] = (uint16_t)(c->first[length] + count[length]);
    }
    if (c->start[BITS_MAX + 1] != CODES)
        return false;
    order_symbols(c);
    fill_fast(c);
    return true;
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
    uint32_t code = b->next >> (32 - BITS_MAX);
    unsigned symbol = c->fast[code >> (BITS_MAX - BITS_FAST)], length = BITS_FAST + 1;
    if (symbol != LONGER)
        return symbol;
    while (code >= c->start[length + 1])
        length++;
    return c->symbol[c->first[length] + ((code - c->start[length]) >> (BITS_MAX - length))];
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
