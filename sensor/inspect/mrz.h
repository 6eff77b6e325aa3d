/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_MRZ_H
#define GANTRY_INSPECT_MRZ_H

#include "base/bytes.h"

/* Machine-readable zones of travel documents (ICAO Doc 9303 parts 3 to 7), by their check digits: letters in
 * capitals, digits and '<', nothing else. *number: the document's number without its fillers, a part of the
 * zone. False too where it is fillers or zeros alone, which software prints before anybody was read. */
enum { MRZ_TD3 = 44, MRZ_TD2 = 36, MRZ_TD1 = 30 /* octets of a line */ };

/* A passport's lower line. */
bool mrz_td3(const uint8_t line[MRZ_TD3], struct bytes *number);
/* The lower line of a document of size 2. */
bool mrz_td2(const uint8_t line[MRZ_TD2], struct bytes *number);
/* The upper and the middle line of a card, one behind the other. */
bool mrz_td1(const uint8_t lines[2 * MRZ_TD1], struct bytes *number);
/* The first 28 octets of a visa's lower line, of either size: it has no check digit over all. */
bool mrz_visa(const uint8_t line[28], struct bytes *number);

/* Is the digit behind these six a birth's or an expiry's: YYMMDD and its check digit? */
bool mrz_date(const uint8_t date[7]);

#endif
