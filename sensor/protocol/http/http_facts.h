/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_HTTP_FACTS_H
#define GANTRY_PROTOCOL_HTTP_FACTS_H

#include "protocol/http/http_exchange.h"
#include "protocol/http/http_head.h"
#include "protocol/protocol.h"

enum { HTTP_SCRATCH = 2048 }; /* bytes */

/* The path and query of a target or of a URL in a field (RFC 9112 section 3.2): what is no path has none but
 * itself. Borrowed. */
struct bytes http_facts_path(struct bytes target);

/* What the request says about both directions; borrowed from the head. */
struct http_origin http_facts_origin(const struct http_head *request);

/* The facts of the body behind `h` (NULL: an HTTP/0.9 response, which has no head). Borrowed from `h`, `o`
 * and `scratch`. */
void http_facts_fill(struct transfer_seed *f, enum side from, const struct http_head *h,
                     const struct http_origin *o, char scratch[HTTP_SCRATCH]);

#endif
