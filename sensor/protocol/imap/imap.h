/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_IMAP_H
#define GANTRY_PROTOCOL_IMAP_H

#include "protocol/protocol.h"

/* Mail in its store: IMAP (RFC 9051, RFC 3501) with literals of every kind (RFC 7888, RFC 3516), partial
 * fetches, COMPRESS (RFC 4978) and STARTTLS. What APPEND brings and FETCH gives are transfers, whole messages
 * of type message/rfc822; so is what stands where a line should be and is none. */

extern const struct protocol protocol_imap;

/* imap_probe.c */
enum probe imap_probe(const struct bytes first[2]);

#endif
