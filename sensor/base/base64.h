/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_BASE64_H
#define GANTRY_BASE_BASE64_H

#include "base/bytes.h"

/* base64 (RFC 4648 section 4), read piece by piece and as leniently as mail clients read it. */

/* The value of one character of the alphabet, 0..63; -1 for any other. */
int base64_value(uint8_t c);

/* What a decoder keeps between two pieces. All zero at the beginning. */
struct base64 {
    uint32_t bits;
    uint8_t count; /* characters in `bits`, 0..3; a single one at the end is no byte */
};

enum { BASE64_REST_MAX = 2 };

/* Decodes from the start of `*in`, which moves on, until it is empty or less than three bytes of room are
 * left. Returns how many bytes were written. "-" and "_" stand for "+" and "/" (RFC 4648 section 5); padding
 * ends a run, another may follow; other characters do not count (RFC 2045 section 6.8). */
size_t base64_decode(struct base64 *s, struct bytes *in, uint8_t *out, size_t room);
/* Writes the bytes that are still held where the padding was left out; returns how many. */
size_t base64_finish(struct base64 *s, uint8_t out[BASE64_REST_MAX]);

#endif
