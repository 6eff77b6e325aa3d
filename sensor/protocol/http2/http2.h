/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_HTTP2_H
#define GANTRY_PROTOCOL_HTTP2_H

#include "protocol/http/http_exchange.h"
#include "protocol/protocol.h"

/* HTTP/2 in clear (RFC 9113) on any port: with prior knowledge, behind `Upgrade: h2c` (RFC 7540 section 3.2),
 * and as a decrypted feed gives it. Each body is one transfer, with the facts that HTTP/1 gives; each message
 * of gRPC is one. It may be joined in the middle: then fields of heads that refer to what was not seen are
 * left out, and bodies whose head was not seen are never complete. */
extern const struct protocol protocol_http2;

/* For conversation_become_this(): the request of HTTP/1 that stream 1 answers. Lies in memory of its own
 * until the next call. */
struct bytes http2_upgrade_facts(const struct http_origin *request);

#endif
