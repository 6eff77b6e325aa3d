/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CONTENT_SEAL_H
#define GANTRY_CONTENT_SEAL_H

#include "base/bytes.h"

/* Is a file encrypted, and by what? Told by its structure, as its octets come: what cannot be opened is
 * named, with as much of its members as stands in clear. Holds bounded state, and no memory of its own. */

enum { SEAL_STATE = 20 << 10, SEAL_NAMES = 512 };

struct seal {
    const struct seal_format *format; /* that reads it; NULL: nothing more is looked at */
    uint64_t at;                      /* octets so far, missing ones included */
    const char *word;                 /* what it is encrypted with, static: FACT_ENCRYPTION; NULL: unknown */
    uint32_t members;                 /* whose heads stand in clear, so far */
    uint16_t names_n;
    uint8_t names[SEAL_NAMES]; /* of the first ones, with commas between */
    _Alignas(16) uint8_t state[SEAL_STATE];
};

/* `first`: as many octets of a file as a type is known by (TYPE_BYTES), or all of it. False: no format begins
 * so, and nothing more is to be asked. */
bool seal_begin(struct seal *s, struct bytes first);
/* The file's octets from the first on, in any pieces. False: nothing more can be told of it. */
bool seal_data(struct seal *s, struct bytes in);
bool seal_gap(struct seal *s, uint64_t n);
/* The file ends here: `whole` if nothing of it was cut off. */
void seal_end(struct seal *s, bool whole);

#endif
