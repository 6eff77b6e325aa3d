/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_SSH_SAID_H
#define GANTRY_PROTOCOL_SSH_SAID_H

#include "transfer/transfer.h"

/* What one side of SSH says of itself in clear: its banner and its KEXINIT. Told to the flow
 * (protocol_services.tell). Memory is held only while a text is gathered. */
struct ssh_said {
    uint8_t *room; /* SSH_SAID_MAX octets, PROTOCOL_HELD; NULL: nothing is gathered */
    uint16_t n;
};
enum {
    SSH_BANNER_TEXT = 253, /* RFC 4253 section 4.2, without its line end */
    SSH_SAID_MAX = 8192,
};

/* The next octets of what is being gathered; what is beyond SSH_SAID_MAX is left out. */
void ssh_said_add(struct ssh_said *s, struct bytes more);
/* Does the banner, whose line is whole, name version 1 and nothing newer (RFC 4253 section 5.1)? */
bool ssh_said_one(const struct ssh_said *s);
/* The banner's line is whole, or the packet of KEXINIT: `padding` octets at its end mean nothing. */
void ssh_said_banner(struct ssh_said *s, struct conversation *c, enum side from);
void ssh_said_kexinit(struct ssh_said *s, struct conversation *c, enum side from, unsigned padding);
void ssh_said_finish(struct ssh_said *s);

#endif
