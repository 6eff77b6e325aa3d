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

bool tar_is_header(const uint8_t block[TAR_BLOCK]) {
    uint64_t said;
    uint32_t sum = 0;
    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += i >= SUM && i < SUM + SUM_N ? ' ' : block[i];
    return read_octal(block + SUM, SUM_N, &said) && said == sum;
}

bool tar_is_zero(const uint8_t block[TAR_BLOCK]) {
    return block[0] == 0 && memcmp(block, block + 1, TAR_BLOCK - 1) == 0;
}

/* Octal digits; or, in GNU's way, a number of 95 bits behind one that is set. */
bool tar_size(const uint8_t block[TAR_BLOCK], uint64_t *out) {
    if (!(block[SIZE] & 0x80))
        return read_octal(block + SIZE, SIZE_N, out);
    *out = 0;
    for (size_t i = SIZE + SIZE_N - sizeof *out; i < SIZE + SIZE_N; i++)
        *out = *out << 8 | block[i];
    return *out <= INT64_MAX;
}

bool tar_is_bare(char type) {
    return type >= '1' && type <= '6';
}
