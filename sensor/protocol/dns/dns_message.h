/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_DNS_MESSAGE_H
#define GANTRY_PROTOCOL_DNS_MESSAGE_H

#include "base/bytes.h"

/* One message of the Domain Name System (RFC 1035 section 4), read to its last octet. */

enum {
    DNS_NAME_MAX = 255,    /* octets on the wire, so fewer characters */
    DNS_RECORDS_MAX = 256, /* of all sections; a message with more is none of ours */
};

enum dns_type {
    DNS_A = 1,
    DNS_NULL = 10,
    DNS_TXT = 16,
    DNS_AAAA = 28,
};

struct dns_message {
    bool response;
    uint16_t id;
    uint16_t type;           /* of the question, 0: it has none */
    size_t name_n;           /* characters of the question's name, without the dot at its end */
    char name[DNS_NAME_MAX]; /* as it was sent, labels joined by dots */
    uint32_t octets; /* of data: of records but A, AAAA, what servers make and what is usual in EDNS; of more
                        names */
    uint32_t text;   /* of them, in TXT, NULL and private records */
};

/* False: it is none, or something stands behind it. Nothing is believed of a message that does not fit whole.
 */
bool dns_message_read(struct bytes message, struct dns_message *out);

#endif
