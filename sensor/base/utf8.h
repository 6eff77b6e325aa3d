/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_UTF8_H
#define GANTRY_BASE_UTF8_H

#include "base/bytes.h"

#define UTF8_REPLACEMENT 0xFFFDu

/* Reads one character (RFC 3629: shortest form, no surrogates, up to U+10FFFF) from non-empty bytes into *c
 * and returns the bytes it took. An invalid byte takes one and gives UTF8_REPLACEMENT. */
size_t utf8_next(struct bytes in, uint32_t *c);

/* Writes 1 to 4 bytes for a valid character, returns how many. */
size_t utf8_put(uint32_t c, char out[4]);

/* The longest start of `in` of at most `limit` bytes that does not cut a character. */
size_t utf8_fit(struct bytes in, size_t limit);

/* Characters that act instead of showing: controls (C0, DEL, C1), line and paragraph separators, zero-width
 * and bidirectional controls (a name with U+202E reads backwards), byte order mark, tags. */
bool utf8_hidden(uint32_t c);

/* A character as JSON escapes it (RFC 8259 section 7): "\u202e", beyond U+FFFF a surrogate pair. With its
 * NUL; returns the bytes before that. */
enum { UTF8_ESCAPE_MAX = 13 };
size_t utf8_escape(uint32_t c, char out[UTF8_ESCAPE_MAX]);

#endif
