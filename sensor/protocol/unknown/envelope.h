/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_UNKNOWN_ENVELOPE_H
#define GANTRY_PROTOCOL_UNKNOWN_ENVELOPE_H

#include "base/bytes.h"

/* Whom mail is for: the recipients that a client of SMTP (RFC 5321) or LMTP (RFC 2033) names in its commands.
 * Mail itself is not read here. All of a connection count, one a domain, for which of them gets what is not
 * looked at; where there is no room for more the oldest gives way. What stands in the text of a mail is no
 * command; where that cannot be told (a part is missing, a server refused the text) a line in it may add a
 * recipient, never take one away. */
enum { ENVELOPE_LINE = 512 /* RFC 5321 section 4.5.3.1.4 */, ENVELOPE_LIST = 254 };

struct envelope {
    bool text;       /* of a mail, up to a line with a point alone */
    uint64_t chunk;  /* octets of a BDAT (RFC 3030) that are still to come */
    uint16_t line_n; /* octets of the line so far; what is beyond the room is not kept */
    uint16_t list_n;
    char line[ENVELOPE_LINE];
    char list[ENVELOPE_LIST]; /* "a@one.example, b@two.example" */
};

/* The next octets of the client. True: the list has become another one. */
bool envelope_read(struct envelope *e, struct bytes in);
/* A part is missing. */
void envelope_gap(struct envelope *e, uint64_t n);

#endif
