/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_CONNECTION_H
#define GANTRY_REPORT_CONNECTION_H

#include "report/transport/transport.h"

/* One stream to a receiver, plain or TLS, that TCP, TLS and RELP share: connects again by itself with
 * back-off, never blocks. Octets are counted from the connection's beginning, without TLS's own. */
struct connection; /* opaque */

enum connection_end {
    CONNECTION_STANDS,
    CONNECTION_ORDERLY, /* the receiver took leave: TLS's close_notify and the end of TCP, or the latter alone
                         */
    CONNECTION_CUT,     /* reset, timed out, TCP's end without TLS's, or given up by us */
};

enum { CONNECTION_ROOM = 32 << 10 }; /* octets that wait for the system to take them */

/* `rest` is "host:port"; TLS as `config` has it, or plain. Connecting begins at once. NULL with a reason. */
struct connection *connection_create(const char *rest, const char *port, bool tls,
                                     const struct output_config *config, struct error *e);
/* Says goodbye as far as that does not wait. Accepts NULL. */
void connection_destroy(struct connection *c);
/* Moves on what can be: connects, shakes hands, hands waiting octets to the system. True when it stands and
 * takes octets. While an end has not been taken, nothing new begins. */
bool connection_ready(struct connection *c);
/* False when there is no room for all of `b` now, and nothing was taken. */
bool connection_put(struct connection *c, struct bytes b);
/* What the receiver says; 0: nothing now. */
size_t connection_read(struct connection *c, void *out, size_t most);
/* Octets that the receiver's system has for certain; stays after the end until that is taken. */
uint64_t connection_acknowledged(struct connection *c);
bool connection_all_acknowledged(struct connection *c);
/* How the connection that stood has ended, once; what was put and not confirmed is to be put again. */
enum connection_end connection_take_end(struct connection *c);
/* No more will be put: the receiver is told when all is sent, and its own end then says that it read it all.
 */
void connection_finish(struct connection *c);
/* The receiver behaves: the next back-off is a short one. Called by itself after a second of standing. */
void connection_works(struct connection *c);
/* It ends with a reset: what the system has not sent yet it never sends. */
void connection_give_up(struct connection *c, const char *reason);
/* Why it takes nothing now; NULL: it does. */
const char *connection_trouble(const struct connection *c);
bool connection_poll(const struct connection *c, struct pollfd *fd);
/* Reads certificates and key again for the next connection; the old ones stay when that fails. */
void connection_reopen(struct connection *c);

#endif
