/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_SSH_KEXINIT_H
#define GANTRY_PROTOCOL_SSH_KEXINIT_H

#include "base/bytes.h"

/* SSH_MSG_KEXINIT, RFC 4253 section 7.1: the lists by which both sides choose how they encrypt. */
enum { SSH_KEXINIT = 20, SSH_KEXINIT_LISTS = 10, HASSH_SIZE = 33 };

/* In the order of the message; texts of names joined by commas, borrowed. */
struct ssh_kexinit {
    struct bytes list[SSH_KEXINIT_LISTS];
};
enum ssh_list {
    SSH_KEY_EXCHANGE,
    SSH_HOST_KEY,
    SSH_CIPHERS_TO_SERVER,
    SSH_CIPHERS_TO_CLIENT,
    SSH_MACS_TO_SERVER,
    SSH_MACS_TO_CLIENT,
    SSH_COMPRESSION_TO_SERVER,
    SSH_COMPRESSION_TO_CLIENT,
    SSH_LANGUAGES_TO_SERVER,
    SSH_LANGUAGES_TO_CLIENT,
};

/* `payload` of a binary packet (section 6), from the message's number on. False: it is none, or a list holds
 * what no name may hold (RFC 4251 section 6). */
bool ssh_kexinit_read(struct bytes payload, struct ssh_kexinit *out);

/* The MD5 of a side's "key exchange;ciphers;MACs;compression" for what it sends itself, as it sent them
 * (github.com/salesforce/hassh: HASSH of the client, hasshServer). False: a library's failure. */
bool ssh_hassh(const struct ssh_kexinit *said, bool server, char out[HASSH_SIZE]);

#endif
