/* SPDX-License-Identifier: Apache-2.0 */
#include "base/tar.h"

#include <stddef.h>
#include <string.h>

enum { SIZE = 124, SIZE_N = 12, SUM = 148, SUM_N = 8 };

static bool read_octal(const uint8_t *p, size_t n, uint64_t *out) {
    size_t i = 0;
    bool any = false;
    *out = 0;
    while (i < n && p[i] == ' ')
        i++;
    for (; i < n && p[i] >= '0' && p[i] <= '7'; i++, any = true)
        *out = *out << 3 | (uint64_t)(p[i] - '0');
    return any;
}

/* Some old ones took the octets for signed numbers. */
bool tar_is_header(const uint8_t block[TAR_BLOCK]) {
    uint64_t said;
    uint32_t sum = 0, high = 0;
    for (size_t i = 0; i < TAR_BLOCK; i++) {
        bool other = i >= SUM && i < SUM + SUM_N;
        sum += other ? ' ' : block[i];
        high += !other && block[i] >= 0x80;
    }
    return read_octal(block + SUM, SUM_N, &said) && (said == sum || said + high * UINT64_C(256) == sum);
}

bool tar_is_zero(const uint8_t block[TAR_BLOCK]) {
    return block[0] == 0 && memcmp(block, block + 1, TAR_BLOCK - 1) == 0;
}

bool tar_number(const uint8_t *p, size_t n, uint64_t *out) {
    if (!(p[0] & 0x80))
        return read_octal(p, n, out) && *out <= INT64_MAX;
    *out = 0;
    for (size_t i = n - sizeof *out; i < n; i++)
        *out = *out << 8 | p[i];
    return *out <= INT64_MAX;
}

bool tar_size(const uint8_t block[TAR_BLOCK], uint64_t *out) {
    return tar_number(block + SIZE, SIZE_N, out);
}

bool tar_is_bare(char type) {
    return type >= '1' && type <= '6';
}
