/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_SSH_SESSION_H
#define GANTRY_PROTOCOL_SSH_SESSION_H

#include "transfer/transfer.h"

/* What a session is for, by the sizes and directions of what is encrypted alone: files that go one way, or
 * somebody who types. How often that is wrong stands in gantry-records(5), gantry.flow.bulk. */
struct ssh_session {
    uint64_t bytes[2]; /* by side, behind the key exchange */
    uint32_t runs[2];  /* pieces in which they came: segments mostly */
    uint32_t small[2]; /* of them as long as a key press or an acknowledgement */
    uint64_t due;      /* bytes of both with which it is told again; 0: not yet */
    const char *told;
};

/* "upload", "download", "interactive" or "unknown", as long as too little was seen. */
const char *ssh_session_kind(const struct ssh_session *s);

/* The next octets of a side. Tells the flow what it looks like from time to time. */
void ssh_session_add(struct ssh_session *s, struct conversation *c, enum side from, size_t n);
/* So many of them were not seen. */
void ssh_session_lose(struct ssh_session *s, enum side from, uint64_t n);
/* Tells it, if that has changed since. */
void ssh_session_tell(struct ssh_session *s, struct conversation *c);

#endif
