/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_SOCKS_H
#define GANTRY_PROTOCOL_SOCKS_H

#include "protocol/protocol.h"

/* SOCKS 4, 4a and 5 (RFC 1928, 1929): the handshake is taken off, what follows is another conversation. Whom
 * it asks for is told as FACT_TARGET: of BIND whoever came, of UDP ASSOCIATE each receiver of a datagram
 * (socks_udp.h). */
extern const struct protocol protocol_socks;

#endif
