/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_FLEET_SLOTS_H
#define GANTRY_REPORT_FLEET_SLOTS_H

#include "report/fleet/reply.h"

/* Where keys lie in a cluster (Redis Cluster Specification): in one of 16,384 slots, by CRC16 (XMODEM) of the
 * key, or of what stands between its first braces. */
enum { SLOTS = 16384, SLOT_ADDRESS_MAX = 280 };

unsigned slot_of(struct bytes key);

/* An answer to CLUSTER SLOTS: calls `visit` for each range with its master's "host:port", "[address]:port"
 * for IPv6. An empty host is that of the node that answered, `self` ("host:port"). False: it is no such
 * answer, of which some ranges may have been visited. */
bool slots_read(const redisReply *reply, const char *self,
                void (*visit)(void *context, unsigned first, unsigned last, const char *address),
                void *context);

/* "MOVED 3999 127.0.0.1:6381" and "ASK ...". */
enum slot_redirect { REDIRECT_NONE, REDIRECT_MOVED, REDIRECT_ASK };
enum slot_redirect slots_redirect(struct bytes error, const char *self, unsigned *slot,
                                  char address[SLOT_ADDRESS_MAX]);

#endif
