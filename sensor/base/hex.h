/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_HEX_H
#define GANTRY_BASE_HEX_H

#include <stddef.h>
#include <stdint.h>

/* Hexadecimal digits, the first of a byte for its upper half. */

/* 0 to 15 for a digit in either case, -1 for what is none. */
static inline int hex_value(uint8_t c) {
    uint8_t letter = c | 0x20;
    return c >= '0' && c <= '9' ? c - '0' : letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* Two lower-case digits a byte and a NUL: 2 * n + 1 characters. Returns `out`. */
const char *hex_format(const uint8_t *bytes, size_t n, char *out);

#endif
