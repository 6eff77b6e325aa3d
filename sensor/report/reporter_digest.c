/* SPDX-License-Identifier: Apache-2.0 */
#include "report/reporter_parts.h"

void reporter_sums(const struct reporter *r, uint64_t sums[COUNTER_COUNT]) {
    if (r->options.sums)
        r->options.sums(r->options.sums_context, sums);
    else
        memcpy(sums, counter_values, COUNTER_COUNT * sizeof *sums);
}

void reporter_digest_count(struct reporter *r) {
    uint64_t sums[COUNTER_COUNT];
    reporter_sums(r, sums);
    digest_count(r->digest, sums);
}

void reporter_digest_fill(struct reporter *r, struct digest_facts *f, struct digest_room *room) {
    f->open = incidents_open(r->incidents);
    f->contracts = room->contracts;
    f->contracts_in_all =
        digest_contracts(r->options.policy, r->quotas, f->until, room->contracts, DIGEST_CONTRACTS_MAX);
    f->contract_count =
        f->contracts_in_all < DIGEST_CONTRACTS_MAX ? f->contracts_in_all : DIGEST_CONTRACTS_MAX;
    f->outputs = room->outputs;
    f->output_count = r->count;
    for (size_t i = 0; i < f->output_count; i++) {
        struct output_facts o;
        delivery_facts(r->deliveries[i], &o);
        room->outputs[i] = (struct digest_output){o.name, o.queued, o.in_doubt};
    }
    f->mutes = gate_mutes(r->gate);
}

void reporter_digest_tell(struct reporter *r, time_ns until) {
    static struct digest_room room;
    uint64_t sums[COUNTER_COUNT];
    struct digest_facts f = {.running = false};
    if (!digest_begun(r->digest))
        return;
    reporter_sums(r, sums);
    digest_sum(r->digest, until, sums, &f);
    reporter_digest_fill(r, &f, &room);
    const struct event e = {.kind = REPORT_DIGEST, .time = until, .digest = &f};
    reporter_tell(r, &e);
    digest_told(r->digest, until);
    if (r->keeper)
        keeper_commit(r->keeper);
    digest_next(r->digest);
}

void reporter_digest_due(struct reporter *r, time_ns now) {
    time_ns until = digest_due(r->digest, now);
    if (until)
        reporter_digest_tell(r, until);
}
