/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_SMB_H
#define GANTRY_PROTOCOL_SMB_H

#include "protocol/protocol.h"

/* Files of shares: SMB 1 ([MS-CIFS], [MS-SMB]) and 2.0.2 to 3.1.1 ([MS-SMB2]) over TCP, in frames of direct
 * TCP or of a NetBIOS session (RFC 1002). What is read and written by a file handle is a transfer with bytes
 * at offsets of its own, over as many connections between two hosts as there are. */

extern const struct protocol protocol_smb;

/* smb_probe.c */
enum probe smb_probe(const struct bytes first[2]);
/* Where a frame with a message in it begins for certain; in.n if nowhere. One that is cut short of what makes
 * it certain is not found. */
size_t smb_find(struct bytes in);
enum { SMB_FIND_OCTETS = 12 }; /* that make it certain */

#endif
