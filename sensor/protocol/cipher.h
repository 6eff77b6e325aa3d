/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_CIPHER_H
#define GANTRY_PROTOCOL_CIPHER_H

#include "protocol/structure.h"

/* Watches what one side says to be encrypted: the first octets of each unit (a record, a segment) and samples
 * of the rest, of the first octets and then each CIPHER_SAMPLE_EVERY. Zeroed: nothing was seen. */
#define CIPHER_SAMPLE_EVERY 32768

struct cipher_watch {
    uint32_t every, until_sample; /* octets */
    uint8_t first_n;
    bool at_start; /* of a unit, whose first octets are being gathered */
    uint8_t first[STRUCTURE_FIRST];
};

/* A unit begins. What is gathered of one that was too short goes on in the next. */
void cipher_unit(struct cipher_watch *w);

/* The next octets of the unit. False: they are clear; *held of those that came before, which lie in w->first,
 * and the octets from *at on are what must be looked at again. */
bool cipher_take(struct cipher_watch *w, struct bytes in, size_t *held, size_t *at);
/* The same of the unit's first octets alone, where there may be text that is not ciphertext. */
bool cipher_take_first(struct cipher_watch *w, struct bytes in, bool text, size_t *held);

#endif
