/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_ENCODED_WORD_H
#define GANTRY_PROTOCOL_ENCODED_WORD_H

#include "base/bytes.h"

/* Replaces the encoded words (RFC 2047 section 2) in `in` by the bytes that they stand for, drops white space
 * between two of them, and copies everything else. The character set is not converted. Writes at most `size`
 * bytes, returns how many. */
size_t encoded_words_decode(struct bytes in, uint8_t *out, size_t size);

/* 0..15, or -1. */
int hex_value(uint8_t c);

#endif
