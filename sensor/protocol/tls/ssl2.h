/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_TLS_SSL2_H
#define GANTRY_PROTOCOL_TLS_SSL2_H

#include "protocol/protocol.h"

/* Hellos in the form of SSL 2 (draft-hickman-netscape-ssl-00; RFC 5246 appendix E.2): old clients offer TLS
 * in it, and the records of TLS follow. Of SSL 2 itself the server's hello holds the certificate; behind it
 * nothing is read. */

enum { SSL2_FIRST_BYTES = 13 /* that show all lengths */ };

/* Of a side. */
struct ssl2 {
    enum { SSL2_FIRST, SSL2_HELLO, SSL2_BEHIND, SSL2_OVER } phase;
    bool sealed;
    uint8_t first_n;
    uint8_t first[SSL2_FIRST_BYTES];
    uint16_t have, length; /* octets of the record's body */
    uint8_t *body;         /* of the server's, PROTOCOL_HELD */
};

enum ssl2_step {
    SSL2_RECORDS, /* from *in on, if that holds anything, come records of TLS */
    SSL2_SEALED,  /* all that comes is of SSL 2 */
    SSL2_WRONG,   /* it is no such hello: `first_n` octets of it are in `first`, the rest is in *in */
};

/* Could these be the first octets of one? */
enum probe ssl2_probe_client(struct bytes b);
enum probe ssl2_probe_server(struct bytes b);

/* Takes a hello off a side's first octets, if they are one, and tells what it holds. */
enum ssl2_step ssl2_take(struct ssl2 *s, struct conversation *c, enum side from, struct bytes *in);
/* Octets of the side were not seen: none begins behind them. */
void ssl2_gap(struct ssl2 *s);
void ssl2_finish(struct ssl2 *s);

#endif
