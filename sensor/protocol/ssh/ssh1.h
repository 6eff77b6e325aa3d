/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_SSH_SSH1_H
#define GANTRY_PROTOCOL_SSH_SSH1_H

#include "flow/side.h"
#include "protocol/cipher.h"

/* Packets of SSH 1 (draft-ylonen-ssh-protocol-00): their lengths stay clear when the rest is encrypted. The
 * server's first one holds its key, the client's first one the session's; behind them all is encrypted. */
enum { SSH1_HEAD_MAX = 4 + 8 + 1 /* length, padding, message */ };

/* Of a side. */
struct ssh1 {
    bool keyed; /* its first packet was seen */
    uint8_t head_n;
    uint8_t head[SSH1_HEAD_MAX];
    uint32_t left; /* octets of the packet to come */
};

enum ssh1_step {
    SSH1_TAKEN, /* all that came */
    SSH1_WRONG, /* no packet: `head_n` octets of it are in `head`, the rest is in *in */
    SSH1_CLEAR, /* something clear begins with *held octets of the watch's and with *in */
};

enum ssh1_step ssh1_take(struct ssh1 *s, struct cipher_watch *w, enum side from, struct bytes *in,
                         size_t *held);

#endif
