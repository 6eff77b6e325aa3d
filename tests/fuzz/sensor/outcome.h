/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_FUZZ_OUTCOME_H
#define GANTRY_FUZZ_OUTCOME_H

#include "sensor_path.h"

/* What came out of one run over the path, so that a run in which allocations fail can be held against one in
 * which none does. Whatever is lost by such a failure must be counted. */
struct outcome {
    uint64_t records;  /* a sum over the transfers and findings, whatever their order */
    uint64_t complete; /* transfers called complete */
    uint64_t shed;     /* what the counters below have counted */
    bool announced;    /* one connection said of another what that carries */
};

/* Counters of what was left out because memory was short. */
static const enum counter outcome_shed_counters[] = {
    COUNTER_FRAGMENTS_SHED,       COUNTER_FLOWS_SHED,
    COUNTER_CONTEXTS_SHED,        COUNTER_IDENTIFY_SHED,
    COUNTER_COMMUNITY_ID_SHED,    COUNTER_EXPECTATIONS_SHED,
    COUNTER_STREAM_PAIRS_SHED,    COUNTER_STREAM_MEMORY_FULL,
    COUNTER_CONVERSATIONS_SHED,   COUNTER_HOLDS_SHED,
    COUNTER_HTTP_HEADS_BAD,       COUNTER_HTTP_HEADS_PARTLY,
    COUNTER_PROTOCOL_NO_MEMORY,   COUNTER_PROTOCOL_NOT_OPENED,
    COUNTER_HTTP_NO_MEMORY,       COUNTER_OBJECTS_SHED,
    COUNTER_OBJECTS_NOT_HASHED,   COUNTER_CODING_MEMORY,
    COUNTER_MULTIPART_SHED,       COUNTER_ASSEMBLY_SPILLED,
    COUNTER_ASSEMBLY_SHED,        COUNTER_INSPECT_OBJECTS_SHED,
    COUNTER_INSPECT_STREAMS_SHED, COUNTER_INSPECT_SETS_SHED,
    COUNTER_INSPECT_UNZIP_SHED,   COUNTER_MAIL_SHED,
    COUNTER_ENCODED_SHED,         COUNTER_TNEF_SHED,
    COUNTER_PROTOBUF_SHED,        COUNTER_HTTP2_NO_MEMORY,
};

static struct outcome outcome;

static inline uint64_t outcome_mix(uint64_t sum, const void *p, size_t n) {
    const uint8_t *bytes = (const uint8_t *)p;
    for (size_t i = 0; i < n; i++)
        sum = (sum ^ bytes[i]) * UINT64_C(0x100000001b3);
    return sum;
}

/* Takes the place of `record` in struct path. */
static inline void outcome_record(const struct record *r) {
    if (r->kind != RECORD_TRANSFER && r->kind != RECORD_FINDING)
        return;
    uint64_t sum = outcome_mix(UINT64_C(0xcbf29ce484222325), &r->kind, sizeof r->kind);
    if (r->kind == RECORD_TRANSFER) {
        sum = outcome_mix(sum, &r->bytes, sizeof r->bytes);
        sum = outcome_mix(sum, &r->missing, sizeof r->missing);
        sum = outcome_mix(sum, &r->complete, sizeof r->complete);
        sum = outcome_mix(sum, r->sha256, sizeof r->sha256);
        outcome.complete += r->complete;
    }
    for (unsigned i = 0; i < TEXT_COUNT; i++) {
        struct bytes text = record_text_of(r, (enum record_text)i);
        sum = outcome_mix(sum, text.p, text.n);
        sum = outcome_mix(sum, &i, sizeof i);
    }
    outcome.records += sum;
    outcome.announced |= bytes_equal(record_text_of(r, TEXT_APPLICATION), bytes_text("FTP_DATA"));
}

static inline uint64_t outcome_count_shed(void) {
    uint64_t sum = 0;
    for (size_t i = 0; i < sizeof outcome_shed_counters / sizeof *outcome_shed_counters; i++)
        sum += counter_values[outcome_shed_counters[i]];
    return sum;
}

static inline void outcome_begin(void) {
    outcome = (struct outcome){.shed = outcome_count_shed()};
}

static inline struct outcome outcome_end(void) {
    outcome.shed = outcome_count_shed() - outcome.shed;
    return outcome;
}

#endif
