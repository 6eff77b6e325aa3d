/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_DECODE_CHECKSUM_H
#define GANTRY_DECODE_CHECKSUM_H

#include "decode/decode.h"

/* What a receiver's look at the checksums of a packet says (RFC 1071): of the IPv4 header, and of TCP or UDP
 * with their pseudo-header (RFC 9293 section 3.1, RFC 768, RFC 8200 section 8.1). */
enum packet_sum {
    SUM_GOOD,
    SUM_BAD,
    SUM_LEFT_OUT, /* the sender's network card was to compute it: the sum of the pseudo-header alone stands
                     there, or nothing */
    SUM_UNKNOWN,  /* cut by the capture, none (UDP), a route whose last hop is not known, another transport */
};
enum packet_sum packet_sum(const struct packet *p);
/* Of one of which SUM_LEFT_OUT was said: is the sum that stands there right all the same? One in some 20,000
 * that were computed is what stands there otherwise. */
bool packet_sum_holds(const struct packet *p);
/* Of TCP or UDP alone: the whole segment with its header. */
enum packet_sum segment_sum(const struct address *source, const struct address *destination,
                            uint8_t transport, struct bytes segment);
/* Of IPv4, with its options. */
bool header_sum_holds(struct bytes header);

#endif
