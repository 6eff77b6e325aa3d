/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_HAPROXY_H
#define GANTRY_PROTOCOL_HAPROXY_H

#include "protocol/protocol.h"

/* The head that a proxy puts before a connection which it passes on: versions 1 and 2 of HAProxy's PROXY
 * protocol. It says whom the client had connected to, and whatever follows is asked anew what it is. */
extern const struct protocol protocol_haproxy;

#endif
