/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_SSH_H
#define GANTRY_PROTOCOL_SSH_H

#include "protocol/protocol.h"

/* SSH 1 (ssh1.h) and 2 (RFC 4253). Of SSH 2: the flow is encrypted once a side has shown its KEXINIT behind
 * its banner. The packets of the key exchange are walked; behind NEWKEYS, where lengths are encrypted too,
 * samples are looked at. What is clear becomes another conversation. */
extern const struct protocol protocol_ssh;

#endif
