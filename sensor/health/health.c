/* SPDX-License-Identifier: Apache-2.0 */
#include "health/conditions.h"

#include "base/log.h"

#include <stdio.h>

/* Sheds at caps, and what keeps an object from being inspected as it should. */
static const enum counter caps[] = {
    COUNTER_FRAGMENTS_SHED,       COUNTER_FLOWS_SHED,           COUNTER_CONTEXTS_SHED,
    COUNTER_IDENTIFY_SHED,        COUNTER_EXPECTATIONS_SHED,    COUNTER_STREAM_PAIRS_SHED,
    COUNTER_STREAM_MEMORY_FULL,   COUNTER_CONVERSATIONS_SHED,   COUNTER_HOLDS_SHED,
    COUNTER_PROTOCOL_NO_MEMORY,   COUNTER_OBJECTS_SHED,         COUNTER_OBJECTS_NOT_HASHED,
    COUNTER_CODING_MEMORY,        COUNTER_MULTIPART_SHED,       COUNTER_ASSEMBLY_SPILLED,
    COUNTER_ASSEMBLY_EVICTED,     COUNTER_ASSEMBLY_SHED,        COUNTER_TRANSFERS_GAVE_WAY,
    COUNTER_INSPECT_OBJECTS_SHED, COUNTER_INSPECT_STREAMS_SHED, COUNTER_INSPECT_SETS_SHED,
    COUNTER_INSPECT_UNZIP_SHED,   COUNTER_RECORDS_LOST,         COUNTER_INCIDENTS_SHED,
    COUNTER_LEDGER_FORGOTTEN,     COUNTER_HOSTS_FORGOTTEN,      COUNTER_MESSAGES_LOST,
    COUNTER_SHED_EPISODES,        COUNTER_MAIL_SHED,            COUNTER_ENCODED_SHED,
    COUNTER_TNEF_SHED};
static const enum counter not_inspected[] = {
    COUNTER_OBJECTS_SHED,         COUNTER_CODING_UNKNOWN,       COUNTER_CODING_DEPTH,
    COUNTER_CODING_OUTPUT,        COUNTER_CODING_RATIO,         COUNTER_CODING_MEMORY,
    COUNTER_INSPECT_OBJECTS_SHED, COUNTER_INSPECT_STREAMS_SHED, COUNTER_MULTIPART_SHED,
    COUNTER_UNPACK_DEPTH,         COUNTER_SHED_ALERTED,         COUNTER_SHED_STARTS,
    COUNTER_TRANSFERS_GAVE_WAY,   COUNTER_MAIL_SHED,            COUNTER_ENCODED_SHED,
    COUNTER_TNEF_SHED};

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static void sum_counters(const struct health_setup *h, uint64_t *sum) {
    memset(sum, 0, COUNTER_COUNT * sizeof *sum);
    for (size_t i = 0; i < h->workers + COUNT_OF(h->others); i++) {
        const uint64_t *values = i < h->workers ? ring_counters(h->rings[i]) : h->others[i - h->workers];
        for (int c = 0; values && c < COUNTER_COUNT; c++)
            sum[c] += __atomic_load_n(&values[c], __ATOMIC_RELAXED);
    }
}

static uint64_t join_gauge(const struct health_setup *h, enum gauge which) {
    uint64_t sum = 0, most = 0;
    for (size_t i = 0; i < h->workers; i++) {
        uint64_t n = __atomic_load_n(&h->views[i]->gauges[which], __ATOMIC_RELAXED);
        sum += n;
        most = n > most ? n : most;
    }
    return gauge_facts(which)->how == HOW_SUM ? sum : most;
}

static uint64_t count_waiting(const struct health_setup *h) {
    uint64_t n = 0;
    for (size_t i = 0; i < h->workers; i++)
        n += ring_uncommitted(h->rings[i]);
    return n;
}

void health_figures(const struct health_setup *h, uint64_t *out) {
    uint64_t *gauge = out + COUNTER_COUNT;
    sum_counters(h, out);
    memcpy(gauge, h->memory->interval, GAUGE_COUNT * sizeof *gauge);
    for (enum gauge g = 0; g < GAUGE_COUNT; g++)
        if (gauge_facts(g)->how == HOW_SUM || gauge_facts(g)->how == HOW_MAX)
            gauge[g] = join_gauge(h, g);
    gauge[GAUGE_START_TIME] = (uint64_t)(h->memory->started_wall / NS_PER_S);
    gauge[GAUGE_WORKERS] = h->captures;
    gauge[GAUGE_RECORDS_WAITING] = count_waiting(h);
    if (h->own_gauges)
        h->own_gauges(h->context, out);
}

/* --- the interval --- */

static uint64_t sum_counted(const struct outlook *o, const enum counter *which, size_t n) {
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += o->counted[which[i]];
    return sum;
}

static uint64_t ppm_of(uint64_t part, uint64_t rest) {
    return part ? (uint64_t)((double)part * 1e6 / ((double)part + (double)rest)) : 0;
}

/* Packets that were dropped, and bytes that somebody acknowledged and nobody showed us: the worse share
 * counts. */
static void estimate_loss(struct outlook *o) {
    static const enum counter drops[] = {COUNTER_KERNEL_DROPS, COUNTER_INTERFACE_DROPS,
                                         COUNTER_LOST_TO_RESTART};
    uint64_t gaps = o->counted[COUNTER_STREAM_GAP_BYTES], cut = o->counted[COUNTER_STREAM_CUT_BYTES];
    o->dropped = sum_counted(o, drops, COUNT_OF(drops));
    o->unseen_bytes = gaps > cut ? gaps - cut : 0;
    uint64_t packets = ppm_of(o->dropped, o->counted[COUNTER_PACKETS]);
    uint64_t bytes = ppm_of(o->unseen_bytes, o->counted[COUNTER_STREAM_BYTES]);
    o->loss_ppm = packets > bytes ? packets : bytes;
}

/* A successor of the reporter may have counted less than its predecessor. */
static void take_counted(struct outlook *o) {
    uint64_t now[COUNTER_COUNT], *before = o->setup->memory->before;
    sum_counters(o->setup, now);
    for (int c = 0; c < COUNTER_COUNT; c++)
        o->counted[c] = now[c] > before[c] ? now[c] - before[c] : 0;
    memcpy(before, now, sizeof now);
    estimate_loss(o);
}

static void keep_gauges(const struct outlook *o) {
    uint64_t *g = o->setup->memory->interval;
    g[GAUGE_LOSS] = o->loss_ppm;
    g[GAUGE_INTERVAL] = (uint64_t)((o->length + NS_PER_S / 2) / NS_PER_S);
    g[GAUGE_INTERVAL_PACKETS] = o->counted[COUNTER_PACKETS];
    g[GAUGE_INTERVAL_BYTES] = o->counted[COUNTER_BYTES];
    g[GAUGE_INTERVAL_DROPS] = o->dropped;
    g[GAUGE_INTERVAL_GAPS] = o->unseen_bytes;
    g[GAUGE_INTERVAL_ONE_SIDED] = o->counted[COUNTER_FLOWS_ONE_SIDED];
    g[GAUGE_INTERVAL_COMPLETE] = o->counted[COUNTER_OBJECTS_COMPLETE];
    g[GAUGE_INTERVAL_CUT] = o->counted[COUNTER_OBJECTS_INCOMPLETE];
    g[GAUGE_INTERVAL_BLIND] = sum_counted(o, not_inspected, COUNT_OF(not_inspected));
    g[GAUGE_INTERVAL_ENCRYPTED] = o->counted[COUNTER_BYTES_ENCRYPTED];
    g[GAUGE_INTERVAL_CAPS] = sum_counted(o, caps, COUNT_OF(caps));
}

/* --- conditions --- */

static void tell_condition(const struct health_setup *h, const char *key, const char *text) {
    log_warning("%s", text);
    h->tell(h->context, key, text);
}

static void judge_condition(const struct outlook *o, const struct condition *c, uint64_t *told) {
    struct opinion now = {.what = 0};
    char key[40];
    c->judge(o, &now);
    if (now.unsure || now.what == *told)
        return;
    if (now.what) {
        tell_condition(o->setup, c->key, now.text);
    } else {
        snprintf(key, sizeof key, "%s-over", c->key);
        tell_condition(o->setup, key, c->over);
    }
    *told = now.what;
}

static void judge_all(const struct outlook *o) {
    bool live = o->setup->interface != NULL;
    for (size_t i = 0; conditions[i].key; i++)
        if (live || conditions[i].files)
            judge_condition(o, &conditions[i], &o->setup->memory->told[i]);
    o->setup->memory->interval[GAUGE_WARNINGS] = 0;
    for (size_t i = 0; conditions[i].key; i++)
        o->setup->memory->interval[GAUGE_WARNINGS] += o->setup->memory->told[i] != 0;
}

static time_ns clock_offset(void) {
    return clock_wall() - clock_monotonic();
}

static void judge_interval(struct outlook *o) {
    if (o->setup->interface)
        capture_interface_look(o->setup->interface, &o->interface);
    judge_all(o);
}

void health_begin(const struct health_setup *h) {
    struct outlook o = {.setup = h, .first = true};
    if (h->memory->started)
        return;
    h->memory->started = h->memory->since = clock_monotonic();
    h->memory->started_wall = clock_wall();
    h->memory->clock_offset = clock_offset();
    judge_interval(&o);
}

void health_interval(const struct health_setup *h) {
    struct health_memory *m = h->memory;
    time_ns now = clock_monotonic(), offset = clock_offset();
    struct outlook o = {.setup = h,
                        .length = now - m->since,
                        .age = now - m->started,
                        .newest = (time_ns)join_gauge(h, GAUGE_PACKET_TIME) * NS_PER_S,
                        .clock_step = offset - m->clock_offset};
    take_counted(&o);
    keep_gauges(&o);
    judge_interval(&o);
    m->since = now;
    m->clock_offset = offset;
}

bool health_condition(const struct health_setup *h, size_t which, const char **key, bool *holds) {
    *key = conditions[which].key;
    *holds = *key && h->memory->told[which] != 0;
    return *key != NULL;
}
