/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_UNKNOWN_H
#define GANTRY_PROTOCOL_UNKNOWN_H

#include "protocol/protocol.h"

/* The last resort: streams that no protocol takes. In each side's first octets protocols are looked for:
 * where one begins, or is offered by one side and taken by the other, the flow becomes it. Files are looked
 * for, and text, as long as it lasts (carver.h). */
extern const struct protocol protocol_unknown;
/* The same of datagrams, whose first ones of a flow are shown to the probes that are certain at any place,
 * and in which the payloads of a side are taken for what it sends. */
extern const struct protocol protocol_unknown_datagrams;

#endif
