/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/rsync/rsync_number.h"

/* How many octets follow the first one: as many as it has ones at its top. */
static unsigned count_more(uint8_t first) {
    unsigned n = 0;
    while (n < 6 && first & 0x80 >> n)
        n++;
    return n;
}

bool rsync_read_varint(struct reader *r, uint32_t *out) {
    uint64_t value;
    struct reader at = *r;
    if (!rsync_read_varlong(&at, 1, &value) || value > UINT32_MAX)
        return false;
    *r = at;
    *out = (uint32_t)value;
    return true;
}

/* The first octet holds what is left of the highest one. */
bool rsync_read_varlong(struct reader *r, unsigned least, uint64_t *out) {
    struct reader at = *r;
    uint8_t first;
    const uint8_t *low;
    if (!reader_u8(&at, &first))
        return false;
    unsigned more = count_more(first), n = least - 1 + more;
    if (!reader_take(&at, n, &low))
        return false;
    uint64_t value = n < 8 ? (uint64_t)(first & ((0x100u >> more) - 1)) << 8 * n : 0;
    for (unsigned i = 0; i < n && i < 8; i++)
        value |= (uint64_t)low[i] << 8 * i;
    *r = at;
    *out = value;
    return true;
}

bool rsync_read_longint(struct reader *r, uint64_t *out) {
    struct reader at = *r;
    uint32_t low, high;
    if (!reader_u32le(&at, &low))
        return false;
    *out = low;
    if (low == UINT32_MAX) {
        if (!reader_u32le(&at, &low) || !reader_u32le(&at, &high))
            return false;
        *out = (uint64_t)high << 32 | low;
    }
    *r = at;
    return true;
}

bool rsync_read_vstring(struct reader *r, struct bytes *out) {
    struct reader at = *r;
    uint8_t first, second;
    const uint8_t *text;
    if (!reader_u8(&at, &first))
        return false;
    size_t n = first;
    if (first & 0x80) {
        if (!reader_u8(&at, &second))
            return false;
        n = (size_t)(first & 0x7f) << 8 | second;
    }
    if (!reader_take(&at, n, &text))
        return false;
    *out = bytes_of(text, n);
    *r = at;
    return true;
}
