/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PIPELINE_EMIT_H
#define GANTRY_PIPELINE_EMIT_H

#include "channel/channel.h"
#include "inspect/inspect.h"
#include "pipeline/session.h"

/* Puts what the data path found into records and these into the worker's ring. */
struct emitter {
    struct ring *ring;
    struct doorbell *doorbell;
    bool wait; /* offline: wait for room instead of losing a record */
    uint16_t worker;
    unsigned wants; /* enum report_records that any output writes */
    struct record_builder builder;
};

void emit_transfer(struct emitter *e, const struct object *o, struct session *s);
void emit_finding(struct emitter *e, const struct finding *f, struct session *s);
/* What `from` has sent so far in a flow that cannot be read, to a partner with a contract. `last`: all of it. */
void emit_volume(struct emitter *e, const struct flow *flow, struct session *s, enum side from, bool last);
void emit_flow(struct emitter *e, const struct flow *flow, struct session *s);
/* RECORD_NOTICE, now by the clock: a key for machines and a sentence for people. */
void emit_notice(struct emitter *e, const char *key, const char *text);

#endif
