/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_TELLING_H
#define GANTRY_REPORT_TELLING_H

#include "base/bytes.h"

#include <stdint.h>

/* Which class says most of an object: an object of several classes counts in that one alone, in incidents, in
 * the ledger and under contracts.
 *
 * The severity of the class's rule decides; of equal ones the order of the table in telling.c, where classes
 * that rules of one's own have stand before `image`; of those the name, by its first six octets. */

/* The greater number says more. Never 0. */
uint64_t telling_of(unsigned severity, struct bytes class);

#endif
