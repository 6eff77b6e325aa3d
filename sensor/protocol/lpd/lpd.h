/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_LPD_H
#define GANTRY_PROTOCOL_LPD_H

#include "protocol/protocol.h"

/* The line printer daemon's protocol (RFC 1179): jobs that a client sends to a queue, each a control file and
 * the files that are to be printed. */
extern const struct protocol protocol_lpd;

/* Certain with the first line of a file. */
enum probe lpd_probe(const struct bytes first[2]);

#endif
