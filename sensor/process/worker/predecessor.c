/* SPDX-License-Identifier: Apache-2.0 */
#include "process/worker/worker.h"

#include <stdio.h>
#include <string.h>

static const char *write_flow(const struct flow_name *f, char *out, size_t size) {
    char source[ADDRESS_TEXT_MAX], destination[ADDRESS_TEXT_MAX];
    snprintf(out, size, "%s port %u and %s port %u", address_format(&f->source, source), f->source_port,
             address_format(&f->destination, destination), f->destination_port);
    return out;
}

static void write_cause(const struct worker_death *d, char *out, size_t size) {
    if (d->stuck)
        snprintf(out, size, "was stuck");
    else if (d->signal)
        snprintf(out, size, "died of signal %d (%s)", d->signal, strsignal(d->signal));
    else
        snprintf(out, size, "ended by itself with status %d", d->status);
}

static const char *name_stage(uint8_t stage) {
    static const char *const names[STAGE_COUNT] = {
        [STAGE_PACKET] = "anything",
        [STAGE_STREAM] = "rebuilding of streams",
        [STAGE_NAMES] = "names of applications",
        [STAGE_PROTOCOL] = "protocols",
        [STAGE_CODING] = "decoding",
        [STAGE_UNPACKING] = "unpacking",
        [STAGE_DIGEST] = "digests",
        [STAGE_PATTERNS] = "matching of contents",
        [STAGE_RULES] = "rules",
    };
    return names[stage < STAGE_COUNT ? stage : STAGE_PACKET];
}

/* A flow that workers die of is looked at without the stage that does. */
static void tell_skipped(const struct worker_death *d, struct pipeline *p) {
    char text[480], flow[160];
    write_flow(&d->at, flow, sizeof flow);
    if (d->verdict == BLAME_SKIP_FLOW)
        snprintf(text, sizeof text,
                 "the flow between %s ended a worker: it is looked at without %s for 10 minutes", flow,
                 name_stage(d->stage));
    else
        snprintf(text, sizeof text,
                 "flows between %s and the like ended %d workers: what goes between these addresses%s is "
                 "looked at "
                 "without %s for 10 minutes",
                 flow, d->verdict == BLAME_SKIP_PAIR ? BLAME_PAIR_DEATHS : BLAME_SERVICE_DEATHS,
                 d->verdict == BLAME_SKIP_PAIR ? "" : " on the lower port", name_stage(d->stage));
    counter_one(COUNTER_FLOWS_BLAMED);
    log_warning("%s", text);
    pipeline_notice(p, "flow-skipped", text);
}

void worker_succeed(struct pipeline *p, struct capture *capture, const struct worker_death *d,
                    uint16_t worker) {
    char flow[160], text[480], cause[64];
    uint64_t before = counter_values[COUNTER_LOST_TO_RESTART];
    capture_resume(capture);
    write_cause(d, cause, sizeof cause);
    snprintf(text, sizeof text, "worker %u %s%s%s and was started again: %u flows and %llu packets lost",
             worker, cause, d->at_packet ? " at a packet between " : "",
             d->at_packet ? write_flow(&d->at, flow, sizeof flow) : "", d->flows,
             (unsigned long long)(counter_values[COUNTER_LOST_TO_RESTART] - before));
    counter_one(COUNTER_WORKER_RESTARTS);
    counter_add(COUNTER_WORKERS_STUCK, d->stuck);
    counter_add(COUNTER_WORKERS_ENDED, !d->stuck && !d->signal);
    counter_add(COUNTER_FLOWS_LOST, d->flows);
    log_warning("%s", text);
    pipeline_notice(p, "worker-restarted", text);
    if (d->verdict != BLAME_NOTED)
        tell_skipped(d, p);
}
