/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_FLOW_SHOWN_HELLO_H
#define GANTRY_FLOW_SHOWN_HELLO_H

#include "base/bytes.h"

/* The first bytes of a TLS client (RFC 8446 sections 4.1.2 and 5.1) with that alone by which nDPI names a
 * flow: server name, application protocols, versions, and one cipher. It prints each of the others, which
 * takes as long as all else that it does with a flow. What a client draws anew each time is left out: in
 * place of its random octets stand zeros, in place of a number that means nothing (RFC 8701) the first of
 * them. */

enum { SHOWN_HELLO_MAX = 1024 };

/* Writes them to `out`, SHOWN_HELLO_MAX bytes; returns how many. 0: `in` does not begin with a whole hello in
 * one record, or what is to be shown of it does not fit. */
size_t shown_hello(uint8_t *out, struct bytes in);

#endif
