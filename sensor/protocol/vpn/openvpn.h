/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_VPN_OPENVPN_H
#define GANTRY_PROTOCOL_VPN_OPENVPN_H

#include "protocol/protocol.h"

/* OpenVPN (openvpn.net's doc/doxygen, network protocol): the flow is encrypted once the client's reset was
 * answered by the server's. Over datagrams nothing is read behind that; over a stream packets are walked, and
 * what is clear becomes another conversation. */
extern const struct protocol protocol_openvpn;

/* openvpn_reset.c: the packet that begins a connection, whole and without the length that stands before it in
 * a stream; `server`: the one that answers it. */
bool openvpn_is_reset(struct bytes packet, bool server);
/* Could a packet of so many octets and this first one be one? */
bool openvpn_may_reset(size_t n, uint8_t first, bool server);
/* An operation's number that exists. */
bool openvpn_is_operation(uint8_t first);
bool openvpn_is_data(uint8_t first);

#endif
