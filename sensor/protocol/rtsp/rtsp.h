/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_RTSP_H
#define GANTRY_PROTOCOL_RTSP_H

#include "protocol/rtsp/rtp.h"

/* RTSP 1.0 and 2.0 (RFC 2326, 7826) over TCP: cameras. Streams of JPEG come out as pictures, whether they are
 * interleaved or in flows of their own, which are announced; those of other media are told as unread. */
extern const struct protocol protocol_rtsp;

#endif
