/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_HTTP_H
#define GANTRY_PROTOCOL_HTTP_H

#include "protocol/protocol.h"

/* HTTP/0.9 to HTTP/1.1 (RFC 9110, RFC 9112) on any port. Every body is one transfer, transfer codings taken
 * off, content codings and multipart left on. */
extern const struct protocol protocol_http;

#endif
