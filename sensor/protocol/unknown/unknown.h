/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_UNKNOWN_H
#define GANTRY_PROTOCOL_UNKNOWN_H

#include "protocol/protocol.h"

/* The last resort: streams that no protocol takes. Each side's first octets are watched. Where something with
 * a structure of its own begins (a picture, an archive, text) the side's bytes from there on are one object;
 * where a protocol begins, or is offered by one side and taken by the other, the flow becomes it. What shows
 * neither is given up. */
extern const struct protocol protocol_unknown;
/* The same of datagrams, whose first ones of a flow are shown to the probes that are certain at any place. */
extern const struct protocol protocol_unknown_datagrams;

#endif
