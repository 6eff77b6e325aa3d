/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_POLICY_TARGET_H
#define GANTRY_POLICY_TARGET_H

#include "base/address.h"
#include "base/bytes.h"

#include <stdbool.h>

/* Whom a relay is asked for, as its client wrote it: "example.org:443", "198.51.100.20", "[2001:db8::1]:443",
 * "somebody@example.org". */
struct target {
    bool addressed;
    struct address address; /* if `addressed` */
    struct bytes name; /* else, within the text: what stands behind the last "@", without port and bracket */
};

/* The next of several, with commas between; false at the end. */
bool target_next(struct bytes *text, struct bytes *one);
/* False: it names nobody. */
bool target_parse(struct bytes text, struct target *out);

/* How sums call a name: its last two labels, three where the second of these is short as in co.uk, in lower
 * case and with TARGET_MARK behind; no partner is called so. `out` has TARGET_GROUP_MAX octets; returns their
 * number. */
#define TARGET_MARK " (by relay)"
enum { TARGET_GROUP_MAX = 64 };
size_t target_group(struct bytes name, char out[TARGET_GROUP_MAX]);
/* Is a destination called as target_group() does? */
bool target_is_group(struct bytes destination);

#endif
