/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_NFS_H
#define GANTRY_PROTOCOL_NFS_H

#include "protocol/protocol.h"

/* NFS version 2 (RFC 1094), 3 (RFC 1813) and 4 (RFC 7530, 8881) over TCP, and over UDP as far as it goes:
 * what is read and written by a file's handle is one object, by its offsets, over all connections between two
 * hosts. Files have the names under which they were looked up, made, opened or listed, and the handle's
 * digest otherwise. */
extern const struct protocol protocol_nfs;

#endif
