/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_RSYNC_NUMBER_H
#define GANTRY_PROTOCOL_RSYNC_NUMBER_H

#include "base/bytes.h"

/* Numbers as rsync writes them. Each takes all of its octets or nothing, and then returns false. */

/* 1 to 5 octets, the first of which tells how many. */
bool rsync_read_varint(struct reader *r, uint32_t *out);
/* The same of at least `least` octets, for 64 bits. */
bool rsync_read_varlong(struct reader *r, unsigned least, uint64_t *out);
/* Before version 30: four octets, or eight behind four of ones. */
bool rsync_read_longint(struct reader *r, uint64_t *out);
/* A text behind its length in one or two octets. */
bool rsync_read_vstring(struct reader *r, struct bytes *out);

#endif
