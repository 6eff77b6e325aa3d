/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_REDACT_H
#define GANTRY_REPORT_REDACT_H

#include <stddef.h>
#include <stdint.h>

/* The one place where plates are covered, for every text that a sender chose. Plate-shaped is, in letters and
 * digits of any script, plain, full-width or percent-encoded:
 *
 *   - letters and digits in one word of four or more ("ABC1234", "AB12"), a date or time glued to it set
 * apart;
 *   - groups of letters and digits with anything but the end of a name between them ("ABC_1234", "AB 12 CD");
 *   - five or more digits that are no date, no time beside a date, and no seconds since 1970;
 *   - four or more capital letters that are no known word (word.h);
 *   - whatever stands behind the lane in a camera's file name with a date, or behind "plate=".
 *
 * Of six characters or more two stay at each end, of four or five one, of fewer none: "L04_ABC1234.jpg"
 * becomes "L04_AB***34.jpg". Dates and times, numbers of lanes and cameras, addresses, numbered words,
 * digests and words in small letters stay. What is covered needlessly costs little; a plate that leaves costs
 * a promise. Out of reach: a plate in small letters alone outside such a place, one of letters that a longer
 * word hides, and what is encoded otherwise (base64, hexadecimal).
 *
 * Returns the size of what is left at the beginning of `text`: a character that takes several octets is
 * covered by one. What is covered stays as it is when it is done again. Texts of more than REDACT_LETTERS
 * characters are gone through in parts. */
enum { REDACT_LETTERS = 2048 };
size_t redact(uint8_t *text, size_t n);

#endif
