/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_SHARES_H
#define GANTRY_BASE_SHARES_H

#include "base/address.h"
#include "base/hash.h"

/* How much each source holds of what there is a bounded number of, so that who holds most gives way first. A
 * source is an IPv4 address or the first 64 bits of an IPv6 one. Sources share 4,096 counts by a keyed hash:
 * two that fall together count as one. */
enum { SHARES_COUNTS = 4096 };

struct shares {
    struct hash_key key;
    uint32_t held[SHARES_COUNTS];
};

void shares_init(struct shares *s);
/* The count of this address's source: raised for each thing that it takes, lowered when it is given back. */
uint32_t *shares_of(struct shares *s, const struct address *a);

#endif
