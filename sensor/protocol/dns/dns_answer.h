/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_DNS_ANSWER_H
#define GANTRY_PROTOCOL_DNS_ANSWER_H

#include "base/address.h"
#include "protocol/dns/dns_message.h"
#include "protocol/protocol.h"

/* Which addresses an answer gives the name of its question (RFC 1034 section 4.3.2): those of its first
 * section that belong to the name itself or to one that a chain of CNAME records leads to, in the order of
 * the chain. */

/* Of an answer; what follows is left out. */
enum {
    DNS_ADDRESSES_MAX = 16,
    DNS_LOOKED_AT = 32, /* records, whose names may be long, each of them */
};

struct dns_answer {
    unsigned count;
    struct name_address address[DNS_ADDRESSES_MAX];
};

/* Of a message that dns_message_read() has read; none where it is a question, or says that there is no such
 * name. No record is looked at twice. */
void dns_answer_read(struct bytes message, struct dns_answer *out);

#endif
