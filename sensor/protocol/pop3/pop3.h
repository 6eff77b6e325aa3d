/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_POP3_H
#define GANTRY_PROTOCOL_POP3_H

#include "protocol/protocol.h"

/* Mail that is fetched: POP3 (RFC 1939) with pipelining (RFC 2449) and STLS (RFC 2595). Each message that
 * RETR or TOP brings is a transfer of type message/rfc822. */

extern const struct protocol protocol_pop3;

/* pop3_probe.c */
enum probe pop3_probe(const struct bytes first[2]);

#endif
