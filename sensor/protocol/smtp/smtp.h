/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_SMTP_H
#define GANTRY_PROTOCOL_SMTP_H

#include "protocol/protocol.h"

/* Mail on its way: SMTP (RFC 5321) with pipelining (RFC 2920), chunks (RFC 3030), STARTTLS (RFC 3207) and
 * addresses in UTF-8 (RFC 6531), and LMTP (RFC 2033). Each message is a transfer of type message/rfc822 with
 * its envelope as facts; what stands where a command should be and is none is one too. */

extern const struct protocol protocol_smtp;

/* smtp_probe.c */
enum probe smtp_probe(const struct bytes first[2]);

#endif
