/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_TLS_H
#define GANTRY_PROTOCOL_TLS_H

#include "protocol/protocol.h"
#include "protocol/tls/tls_record.h"

/* TLS 1.0 to 1.3 and SSL 3: records are walked, their bodies stepped over and sampled. The flow is encrypted
 * as long as each header stands at its place and nothing in the bodies is clear; what is clear becomes
 * another conversation, of the bytes behind the last record, or of the records' bodies. */
extern const struct protocol protocol_tls;

/* tls_probe.c */
/* Do `held` octets and those behind them begin like a record of a handshake? Both are of one side, in order;
 * two octets at least tell it. */
bool tls_record_begins(struct bytes held, struct bytes rest);
enum probe tls_probe(const struct bytes first[2]);

/* tls.c. Within `data`: the server has granted what asked for TLS, in the run whose `rest` is left. Where TLS
 * does not follow, the protocol goes on with its state. Returns PROTOCOL_BECOMES. */
enum protocol_result tls_may_follow(struct conversation *c, enum side server, struct bytes rest);

/* tls_find.c: where in the middle of anything a ClientHello begins, of TLS or in the form of SSL 2, which
 * may be cut at the end of `in`, and a ServerHello or an alert that answers it; in.n if nowhere. */
size_t tls_find_offer(struct bytes in);
size_t tls_find_answer(struct bytes in);

/* tls_bodies.c: records whose bodies are clear, taken off as a layer. */
extern const struct layer tls_bodies;
/* State for it: each side goes on in the middle of the record in which it is, with `held` octets that came
 * before. NULL: no memory. */
void *tls_bodies_begin(const struct tls_walk walk[2], const struct bytes held[2]);

#endif
