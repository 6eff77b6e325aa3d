/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_LETTER_H
#define GANTRY_REPORT_LETTER_H

#include "base/bytes.h"

/* Text read as people read it: one character after the other, whatever it is encoded in, and what kind it is.
 */
enum letter_kind {
    LETTER_UPPER,
    LETTER_LOWER,
    LETTER_CASELESS, /* of a script without case; also an octet that is no UTF-8, as of an older code page */
    LETTER_DIGIT,    /* of any script, full-width, raised, in a circle */
    LETTER_MARK,     /* changes how the character before it looks */
    LETTER_STAR,     /* covers another */
    LETTER_JOINT,    /* dashes, dots, spaces, symbols, what is not shown: stands within or between words */
    LETTER_END,      /* parts that belong to different names meet here: / \ ? & = ; : @ < > " | */
};

struct letter {
    uint32_t folded; /* digits: '0' to '9'; full-width and mathematical letters: ASCII; others: themselves */
    uint32_t size;   /* octets that it takes in the text */
    uint8_t kind;    /* enum letter_kind */
};

/* The first character of non-empty `in`. Percent-encoded octets (RFC 3986 section 2.1), however often they
 * were encoded, are what they stand for. */
struct letter letter_next(struct bytes in);

#endif
