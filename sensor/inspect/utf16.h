/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_UTF16_H
#define GANTRY_INSPECT_UTF16_H

#include "base/bytes.h"

/* UTF-16 and UTF-32, with a byte order mark or with a first character of ASCII, become UTF-8 on their way to
 * the patterns; other bytes pass as they are. Any chunk size. */
struct utf16 {
    enum { UTF16_START, UTF16_PASS, UTF16_LITTLE, UTF16_BIG, UTF32_LITTLE, UTF32_BIG } mode;
    uint8_t held[4]; /* of a unit that a chunk's end cuts; at the start, of the bytes that decide */
    uint8_t have;
    uint16_t high; /* a surrogate that waits for its second half, 0 for none */
};

enum { UTF16_OUT_MIN = 8 };

/* Takes bytes from the start of *in, gives what they are: a part of *in, or text in `room` (at least
 * UTF16_OUT_MIN bytes). Call until in->n is 0; the result may be empty. */
struct bytes utf16_next(struct utf16 *u, struct bytes *in, uint8_t *room, size_t size);
/* n bytes of it are missing, or it has ended; gives what was held until more would decide. */
struct bytes utf16_gap(struct utf16 *u, uint64_t n);

#endif
