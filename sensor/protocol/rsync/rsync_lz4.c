/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/rsync/rsync_lz4.h"

enum { LENGTH_MORE = 15, MATCH_LEAST = 4 };

/* A length that fills its four bits goes on in octets, the last of which is below 255. */
static bool read_length(struct reader *r, size_t *n) {
    uint8_t more = 255;
    if (*n < LENGTH_MORE)
        return true;
    while (more == 255) {
        if (!reader_u8(r, &more))
            return false;
        *n += more;
    }
    return true;
}

bool rsync_lz4_block(struct bytes in, uint8_t *out, size_t room, size_t *n) {
    struct reader r = reader_of(in.p, in.n);
    uint8_t token;
    uint16_t distance;
    const uint8_t *literals;
    *n = 0;
    while (reader_u8(&r, &token)) {
        size_t literal = token >> 4, match = token & 15;
        if (!read_length(&r, &literal) || literal > room - *n || !reader_take(&r, literal, &literals))
            return false;
        memcpy(out + *n, literals, literal);
        *n += literal;
        if (reader_left(&r) == 0) /* the last sequence has literals alone */
            return true;
        if (!reader_u16le(&r, &distance) || distance == 0 || distance > *n || !read_length(&r, &match))
            return false;
        match += MATCH_LEAST;
        if (match > room - *n)
            return false;
        for (size_t i = 0; i < match; i++, ++*n) /* they may overlap */
            out[*n] = out[*n - distance];
    }
    return false;
}
