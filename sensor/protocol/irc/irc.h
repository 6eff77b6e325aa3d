/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_IRC_H
#define GANTRY_PROTOCOL_IRC_H

#include "protocol/protocol.h"

/* IRC (RFC 1459, 2812) and the files that its users send each other over connections of their own (DCC). What
 * is said is text: one object a side, begun anew after some time or so many octets. */
extern const struct protocol protocol_irc;
/* A file, or a talk, that was announced. */
extern const struct protocol protocol_dcc;

/* irc_probe.c */
enum probe irc_probe(const struct bytes first[2]);

#endif
