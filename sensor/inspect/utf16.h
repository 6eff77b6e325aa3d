/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_UTF16_H
#define GANTRY_INSPECT_UTF16_H

#include "base/bytes.h"

/* UTF-16 with a byte order mark becomes UTF-8 on its way to the patterns; other bytes pass as they are. Any
 * chunk size. */
struct utf16 {
    enum { UTF16_START, UTF16_PASS, UTF16_LITTLE, UTF16_BIG } mode;
    uint8_t held[2]; /* an odd byte at a chunk's end */
    uint8_t have;
    uint16_t high; /* a surrogate that waits for its second half, 0 for none */
};

enum { UTF16_OUT_MIN = 8 };

/* Takes bytes from the start of *in, gives what they are: a part of *in, or text in `room` (at least
 * UTF16_OUT_MIN bytes). Call until in->n is 0; the result may be empty. */
struct bytes utf16_next(struct utf16 *u, struct bytes *in, uint8_t *room, size_t size);

#endif
