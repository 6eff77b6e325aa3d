/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_IRC_SESSION_H
#define GANTRY_PROTOCOL_IRC_SESSION_H

#include "protocol/irc/irc.h"

/* Internal to irc/: irc.c knows lines, irc_offer.c what they offer over DCC, dcc.c the connections of that.
 */

enum {
    IRC_LINE_MAX = 8704, /* octets of a line: 512, and 8,191 of tags before it (IRCv3) */
    IRC_NAME_MAX = 256,  /* octets of a file's name */
    IRC_OFFERS_MAX = 16, /* that may be taken up again */
    IRC_NICK_MAX = 32,
};

/* What a connection of DCC is told: in full where the same worker sees it. */
struct dcc_offer {
    uint64_t number;       /* in announcements */
    uint64_t size, offset; /* LENGTH_UNKNOWN where it is not said; of its first octet */
    uint16_t port;         /* of who listens */
    bool reversed;         /* who connects sends: passive DCC */
    bool talk;             /* no file: lines of two people */
    uint16_t name_n;
    uint8_t name[IRC_NAME_MAX];
};

/* --- dcc.c --- */

/* The state of an offer, used by one more; `number` 0: a new one. NULL: no memory. */
struct dcc_offer *dcc_offer_join(uint64_t number);
void dcc_offer_leave(struct dcc_offer *o); /* accepts NULL */
/* A flow with these ends will come. */
void dcc_offer_announce(struct conversation *c, const struct dcc_offer *o, const struct endpoint end[2]);

/* --- irc_offer.c --- */

struct irc_offers {
    struct dcc_offer *list[IRC_OFFERS_MAX];
    unsigned next;
};
/* The text of a message that `from` sends: does it offer something? `local`: who sends it is at this end of
 * the connection. */
bool irc_offer_take(struct irc_offers *offers, struct conversation *c, enum side from, bool local,
                    struct bytes text);
void irc_offers_finish(struct irc_offers *offers);

#endif
