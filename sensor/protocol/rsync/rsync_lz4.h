/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_RSYNC_LZ4_H
#define GANTRY_PROTOCOL_RSYNC_LZ4_H

#include "base/bytes.h"

/* One block of LZ4 (lz4_Block_format.md). False: it is none, or longer than `room` octets. */
bool rsync_lz4_block(struct bytes in, uint8_t *out, size_t room, size_t *n);

#endif
