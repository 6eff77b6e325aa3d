/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_SOCKS_UDP_H
#define GANTRY_PROTOCOL_SOCKS_UDP_H

#include "protocol/protocol.h"

/* Datagrams through a SOCKS 5 server (RFC 1928 section 7), on the flow that its answer to UDP ASSOCIATE
 * names. */
extern const struct protocol protocol_socks_udp;

/* An address as SOCKS 5 writes it: its type, the address or a name, and a port. Returns its octets, 0 if it
 * is not all there or none; name->p is NULL where *a holds, which a name, empty or not, leaves as it was. */
size_t socks_read_address(struct bytes in, struct bytes *name, struct address *a);

#endif
