/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/smb/unpack.h"

/* --- LZNT1: chunks of up to 4,096 octets --- */

/* How many bits of a pair are its length depends on how much of the chunk is there. */
static bool copy_pair(uint16_t pair, uint8_t *out, size_t *at, size_t begin, size_t n) {
    unsigned bits = 12;
    if (*at == begin)
        return false;
    for (size_t i = *at - begin - 1; i >= 16; i /= 2)
        bits--;
    size_t distance = (size_t)(pair >> bits) + 1, length = (pair & ((1u << bits) - 1)) + 3;
    return distance <= *at - begin && unpack_copy(out, at, n, distance, length);
}

static bool unpack_chunk(struct reader r, uint8_t *out, size_t *at, size_t n) {
    size_t begin = *at;
    uint8_t flags;
    while (reader_u8(&r, &flags)) {
        for (int i = 0; i < 8 && reader_left(&r) && *at < n; i++, flags >>= 1) {
            uint16_t pair;
            if (!(flags & 1))
                reader_u8(&r, &out[(*at)++]);
            else if (!reader_u16le(&r, &pair) || !copy_pair(pair, out, at, begin, n))
                return false;
        }
        if (*at == n)
            break;
    }
    return true;
}

bool unpack_lznt1(struct bytes in, uint8_t *out, size_t n) {
    enum { SIZE = 0xfff, COMPRESSED = 0x8000 };
    struct reader r = reader_of(in.p, in.n);
    size_t at = 0;
    uint16_t head;
    const uint8_t *chunk;
    while (at < n && reader_u16le(&r, &head) && head) {
        size_t size = (size_t)(head & SIZE) + 1;
        if (!reader_take(&r, size, &chunk))
            return false;
        if (head & COMPRESSED) {
            if (!unpack_chunk(reader_of(chunk, size), out, &at, n))
                return false;
        } else {
            size = size < n - at ? size : n - at;
            memcpy(out + at, chunk, size);
            at += size;
        }
    }
    return at == n;
}

/* --- LZ77 --- */

/* What stands behind a length of 7, of which two share an octet, and behind longer ones. */
static bool read_more(struct reader *r, const uint8_t **half, size_t *length) {
    uint8_t octet;
    uint16_t word;
    uint32_t longer;
    if (*half) {
        octet = **half >> 4;
        *half = NULL;
    } else {
        *half = r->at;
        if (!reader_u8(r, &octet))
            return false;
        octet &= 15;
    }
    *length = 7 + (size_t)octet;
    if (octet < 15)
        return true;
    if (!reader_u8(r, &octet))
        return false;
    *length += octet;
    if (octet < 255)
        return true;
    if (!reader_u16le(r, &word))
        return false;
    longer = word;
    if (word == 0 && !reader_u32le(r, &longer))
        return false;
    *length = longer;
    return longer >= 22;
}

bool unpack_lz77(struct bytes in, uint8_t *out, size_t n) {
    struct reader r = reader_of(in.p, in.n);
    const uint8_t *half = NULL;
    size_t at = 0;
    uint32_t flags;
    while (at < n && reader_u32le(&r, &flags)) {
        for (int bit = 31; bit >= 0 && at < n; bit--) {
            uint16_t pair;
            if (!(flags >> bit & 1)) {
                if (!reader_u8(&r, &out[at++]))
                    return false;
                continue;
            }
            if (!reader_u16le(&r, &pair))
                return false;
            size_t length = pair & 7;
            if (length == 7 && !read_more(&r, &half, &length))
                return false;
            if (!unpack_copy(out, &at, n, (size_t)(pair >> 3) + 1, length + 3))
                return false;
        }
    }
    return at == n;
}

/* --- a pattern of one octet, and LZ4 --- */

bool unpack_pattern(struct bytes in, uint8_t *out, size_t n) {
    struct reader r = reader_of(in.p, in.n);
    uint8_t pattern;
    uint32_t times;
    if (!reader_u8(&r, &pattern) || !reader_skip(&r, 3) || !reader_u32le(&r, &times) || times != n)
        return false;
    memset(out, pattern, n);
    return true;
}

static bool read_lz4_length(struct reader *r, unsigned first, size_t *length) {
    uint8_t octet = first == 15 ? 255 : 0;
    *length = first;
    while (octet == 255) {
        if (!reader_u8(r, &octet))
            return false;
        *length += octet;
    }
    return true;
}

bool unpack_lz4(struct bytes in, uint8_t *out, size_t n) {
    struct reader r = reader_of(in.p, in.n);
    size_t at = 0, length;
    uint8_t token;
    uint16_t distance;
    const uint8_t *literals;
    while (at < n && reader_u8(&r, &token)) {
        if (!read_lz4_length(&r, token >> 4, &length) || length > n - at ||
            !reader_take(&r, length, &literals))
            return false;
        memcpy(out + at, literals, length);
        at += length;
        if (at == n)
            break;
        if (!reader_u16le(&r, &distance) || !read_lz4_length(&r, token & 15, &length) ||
            !unpack_copy(out, &at, n, distance, length + 4))
            return false;
    }
    return at == n;
}
