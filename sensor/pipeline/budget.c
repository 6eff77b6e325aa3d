/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/budget.h"

/* Shares of a worker's memory in thousandths. Not listed: rings and snapshots, which are the supervisor's,
 * and what is left for libraries that allocate by themselves (OpenSSL, nDPI's own tables, the heap's
 * overhead). */
enum {
    SHARE_FLOWS = 150,
    SHARE_IDENTIFY = 50,
    SHARE_FRAGMENTS = 20,
    SHARE_STREAMS = 180,
    SHARE_PAIRS = 40,
    SHARE_CONVERSATIONS = 30,
    SHARE_HOLDS = 60,
    SHARE_PROTOCOLS = 100,
    SHARE_SESSIONS = 40,
    SHARE_OBJECTS = 60,
    SHARE_ASSEMBLY = 80,
    SHARE_DECODERS = 80,
    SHARE_INSPECT = 80,
};

/* What one of each takes, bytes; the unit test holds them against the structures. */
enum {
    PAIR_BYTES = 208,
    CONVERSATION_BYTES = 256,
    HOLD_BYTES = 9216, /* with both sides' bytes */
    SESSION_BYTES = 400,
    OBJECT_BYTES = 6144,
    EXPECTATIONS = 16384,
};

static uint64_t part(uint64_t memory, unsigned share) {
    return memory / 1000 * share;
}

static uint64_t or_part(uint64_t configured, uint64_t memory, unsigned share) {
    return configured ? configured : part(memory, share);
}

void budget_share(const struct config *c, uint64_t memory, struct budget *out) {
    *out = (struct budget){
        .sessions = part(memory, SHARE_SESSIONS) / SESSION_BYTES,
        .expectations = EXPECTATIONS,
        .expectation_life = 120 * NS_PER_S,
        .decoder = {.fragment_bytes = part(memory, SHARE_FRAGMENTS)},
        .flow = c->flow,
        .identify = {.memory = part(memory, SHARE_IDENTIFY)},
        .stream = c->stream,
        .dispatch = {.conversations = part(memory, SHARE_CONVERSATIONS) / CONVERSATION_BYTES,
                     .holds = part(memory, SHARE_HOLDS) / HOLD_BYTES,
                     .memory = part(memory, SHARE_PROTOCOLS)},
        .content = c->content,
        .inspector = {.memory = part(memory, SHARE_INSPECT), .digest_key = c->sensor.digest_key},
    };
    out->flow.memory = or_part(c->flow.memory, memory, SHARE_FLOWS);
    out->stream.memory = or_part(c->stream.memory, memory, SHARE_STREAMS);
    if (!out->stream.pairs)
        out->stream.pairs = part(memory, SHARE_PAIRS) / PAIR_BYTES;
    if (!out->content.objects)
        out->content.objects = part(memory, SHARE_OBJECTS) / OBJECT_BYTES;
    if (!out->content.decoder_bytes)
        out->content.decoder_bytes = part(memory, SHARE_DECODERS);
    out->content.assembly_bytes = or_part(c->content.assembly_bytes, memory, SHARE_ASSEMBLY);
}

/* What libraries allocate by themselves, and the C library's own waste. */
static const uint64_t library_bytes = UINT64_C(256) << 20;
/* An incident with its texts and sets of digests; what an output holds, twice over while it grows. */
static const uint64_t incident_bytes = 8 << 10, output_bytes = 64 << 20;

uint64_t budget_worker_headroom(uint64_t memory) {
    return memory / 4 + library_bytes;
}

uint64_t budget_reporter_headroom(const struct config *c, size_t outputs) {
    return library_bytes + c->alerts.incidents_max * incident_bytes + c->ledger.memory +
           outputs * output_bytes;
}
