/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_HTTP_QUERY_H
#define GANTRY_PROTOCOL_HTTP_QUERY_H

#include "base/bytes.h"

/* The value of a field in the query of a path, as it was sent, by its name in any case; empty if it is not
 * there. Borrowed. */
struct bytes http_query_value(struct bytes path, const char *name);
/* Is there such a field, with or without a value? */
bool http_query_has(struct bytes path, const char *name);

#endif
