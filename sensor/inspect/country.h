/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_COUNTRY_H
#define GANTRY_INSPECT_COUNTRY_H

#include "base/bytes.h"

/* Codes of ISO 3166-1, in capital letters: two letters, or three. Of those of three, also what ICAO Doc 9303
 * part 3 section 5 adds for documents: organisations, stateless persons, kinds of British nationals, the
 * specimen's UTO. */
bool country_is_alpha2(const uint8_t code[2]);
bool country_is_alpha3(const uint8_t code[3]);
/* As it stands in a zone: Germany is "D<<". */
bool country_is_in_zone(const uint8_t code[3]);

#endif
