/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_SHARED_H
#define GANTRY_PROTOCOL_SHARED_H

#include "protocol/protocol.h"

/* State that several flows of one session share: the channels of an SMB session, an FTP control connection
 * and the data flows that it announces. It is found by a key of the protocol's own and lives as long as a
 * flow uses it. Its memory is of the account of PROTOCOL_STATE (memory.h); one table a process. */

enum { SHARED_KEY_MAX = 48 }; /* octets */

/* The state of this key, used by one more; made, with `n` octets of zeros, if there is none (*made).
 * `finish`, which may be NULL, is called with it before its memory goes. NULL: no memory (counted), or the
 * key is too long. */
void *shared_state_join(const struct protocol *p, struct bytes key, size_t n, void (*finish)(void *state),
                        bool *made);
/* The same, but NULL if there is none. */
void *shared_state_find(const struct protocol *p, struct bytes key);
void shared_state_retain(void *state); /* one more user */
/* One user less. Without any it goes at once, or, where flows that were announced may still ask for it, after
 * SHARED_LINGER, sooner if room is short. Accepts NULL. */
void shared_state_leave(void *state, bool linger);

/* Where room is short: forgets the one that has lingered for longest. False: none is found. */
bool shared_state_give_way(void);

#define SHARED_LINGER (120 * NS_PER_S) /* packet time */
void shared_state_tick(time_ns now);
void shared_state_clear(void); /* what nobody uses */
size_t shared_state_count(void);

#endif
