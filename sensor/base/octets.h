/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_OCTETS_H
#define GANTRY_BASE_OCTETS_H

#include "base/bytes.h"

/* Where octets of a kind stand, sixteen at once where the processor can. */
enum octets {
    OCTETS_DIGIT,
    OCTETS_PAIR,      /* = : */
    OCTETS_ESCAPE,    /* \ % & */
    OCTETS_APART,     /* neither letters nor digits of ASCII */
    OCTETS_WORD_END,  /* blanks and what is below them, < > , */
    OCTETS_VALUE_END, /* blank , } > ) ; & and line feed */
    OCTETS_NO_SIGN,   /* what is none of base64 (RFC 4648 sections 4 and 5), */
    OCTETS_OUTSIDE,   /* nor begins, or is part of, an escape of one: % \ & # ; */
    OCTETS_LINE_END,  /* NUL, LF, VT, FF, CR, RS, NEL, and \ */
    OCTETS_BREAK,     /* the same without \, and what line ends of Unicode begin with, E2 */
};
/* The next one from `at` on; text.n: there is none. */
size_t octets_find(struct bytes text, size_t at, enum octets kind);
/* Those among the next 64, a bit each. */
uint64_t octets_mask(struct bytes text, size_t at, enum octets kind);
/* The last one before `to`, not before `from`; `to`: there is none. */
size_t octets_find_last(struct bytes text, size_t from, size_t to, enum octets kind);
/* The next one of two; text.n: there is none. */
size_t octets_find_either(struct bytes text, size_t at, uint8_t a, uint8_t b);
/* The next `a` with `b` behind it, or that is the last octet; text.n: there is none. */
size_t octets_find_pair(struct bytes text, size_t at, uint8_t a, uint8_t b);
/* The next `a` with anything but `b` behind it, or that is the last octet; text.n: there is none. */
size_t octets_find_unpaired(struct bytes text, size_t at, uint8_t a, uint8_t b);

#endif
