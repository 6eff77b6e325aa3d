/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_RSYNC_H
#define GANTRY_PROTOCOL_RSYNC_H

#include "protocol/protocol.h"

/* rsync's daemon protocol, versions 27 to 32, in both directions. Each file whose bytes are sent is a
 * transfer; what its receiver has already is missing. There is no standard: this follows what rsync 3.1
 * to 3.5 send. */
extern const struct protocol protocol_rsync;

#endif
