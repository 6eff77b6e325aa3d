/* SPDX-License-Identifier: Apache-2.0 */
#include "report/reporter_parts.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

/* --- what is told --- */

void reporter_tell(struct reporter *r, const struct event *e) {
    struct event all = *e;
    all.observer = r->observer;
    all.interface = r->interface;
    all.boot = r->boot;
    for (size_t i = 0; i < r->count; i++)
        delivery_put(r->deliveries[i], &all);
}

/* Alerts leave the house, so plates do not: the record is one of shown.h; transfer records stay with the
 * operator, names whole. */
static bool tell_alert(void *context, time_ns time, const struct incident_facts *facts,
                       const struct record *record) {
    struct reporter *r = context;
    struct incident_facts all = *facts;
    struct event e = {.kind = REPORT_ALERT, .time = time, .record = record, .incident = &all};
    if (!gate_admit(r->gate, time, facts, record))
        return false;
    recent_alert(r->recent, record);
    all.techniques |= ledger_techniques(r->ledger, record);
    if (r->keeper)
        history_note(r->history, time, facts, record);
    reporter_tell(r, &e);
    if (r->fleet)
        fleet_alerted(r->fleet, record);
    return true;
}

/* With what more `e` says of it; its record is a host's, which the notice is about, or NULL. */
static void tell_notice(struct reporter *r, const char *id, const char *text, struct event e) {
    struct record_builder *b = &r->builder;
    record_begin(b, RECORD_NOTICE);
    if (e.record)
        record_copy(b, e.record);
    b->head.kind = RECORD_NOTICE;
    b->head.time = e.record ? e.record->time : r->now ? r->now : clock_wall();
    record_text(b, TEXT_RULE_ID, bytes_text(id));
    record_text(b, TEXT_RULE_NAME, bytes_text(text));
    record_pack(b, 0, r->note);
    const struct record *record = (const void *)r->note;
    e.kind = REPORT_STATS;
    e.time = record->time;
    e.record = record;
    e.urgent = true;
    reporter_tell(r, &e);
}

void reporter_notice(struct reporter *r, const char *id, const char *text) {
    tell_notice(r, id, text, (struct event){.held = NULL});
}

static void pass_notice(void *context, const char *id, const char *text) {
    reporter_notice(context, id, text);
}

static void tell_host(void *context, const char *id, const char *text, const struct record *host) {
    tell_notice(context, id, text, (struct event){.record = host});
}

static void tell_held(void *context, const struct cap_summary *held) {
    struct reporter *r = context;
    char text[256], begin[CLOCK_TEXT_MAX], end[CLOCK_TEXT_MAX];
    snprintf(text, sizeof text,
             "%" PRIu64 " alerts of %" PRIu64 " incidents were held back from %.19sZ to %.19sZ, by alerts."
             "per-destination and alerts.global; gantryctl incidents shows them",
             held->alerts, held->incidents, clock_format(held->begin, begin), clock_format(held->end, end));
    r->now = held->end > r->now ? held->end : r->now;
    tell_notice(r, "alerts-held", text, (struct event){.held = held});
}

static void tell_overflows(struct reporter *r) {
    char text[256];
    for (size_t i = 0; i < r->count; i++)
        if (delivery_overflowed(r->deliveries[i])) {
            snprintf(text, sizeof text,
                     "Output %s takes nothing and its room is full: messages for it are dropped",
                     delivery_name(r->deliveries[i]));
            pass_notice(r, "outbox-full", text);
        }
}

static void commit_when_crowded(struct reporter *r) {
    bool crowded = keeper_works(r->keeper) && history_crowded(r->history);
    for (size_t i = 0; i < r->count; i++)
        crowded |= delivery_crowded(r->deliveries[i]);
    if (!crowded)
        return;
    keeper_commit(r->keeper);
    reporter_deliver(r);
}

/* Of what is over a contract's limit one of several sensors tells. */
static void gather_incident(struct reporter *r, const struct record *record) {
    if (!r->fleet || fleet_admit(r->fleet, record))
        incidents_record(r->incidents, record);
}

static void take_breach(void *context, const struct record *record) {
    const struct reporter *r = context;
    incidents_record(r->incidents, record);
}

/* Sums of flows that nobody reads: what is told of them, and where it counts. */
static void take_volume(struct reporter *r, const struct record *record) {
    struct traffic_told told;
    if (record->tries && incidents_tries(r->incidents, record))
        return;
    traffic_record(r->traffic, record, &told);
    if (told.incident && !incidents_same_flow(r->incidents, told.incident))
        gather_incident(r, told.incident);
    if (told.ledger) {
        ledger_record(r->ledger, told.ledger);
        digest_record(r->digest, told.ledger);
    }
}

void reporter_record(struct reporter *r, const struct record *in) {
    static const uint8_t kinds[RECORD_KINDS] = {
        [RECORD_TRANSFER] = REPORT_TRANSFER, [RECORD_FLOW] = REPORT_FLOW, [RECORD_NOTICE] = REPORT_STATS};
    /* What is examined elsewhere counts once, with all that is found: when its second record comes. */
    bool pending = in->kind == RECORD_TRANSFER && in->pending;
    const struct record *record = pending ? in : quotas_record(r->quotas, in);
    struct event e = {.kind = kinds[record->kind], .time = record->time, .record = record};
    r->now = record->time > r->now ? record->time : r->now;
    if (e.kind)
        reporter_tell(r, &e);
    if (record->kind == RECORD_VOLUME)
        take_volume(r, record);
    if (record->kind == RECORD_HOST)
        hosts_record(r->hosts, record);
    if (pending || record->kind == RECORD_VOLUME || record->kind == RECORD_HOST)
        return;
    if (record->kind == RECORD_FINDING || record->kind == RECORD_TRANSFER)
        gather_incident(r, record);
    if (record->kind == RECORD_FINDING || record->kind == RECORD_TRANSFER)
        ledger_record(r->ledger, record);
    traffic_learn(r->traffic, record);
    digest_record(r->digest, record);
    recent_record(r->recent, record);
}

/* A digest is committed when it is told, so before anything of this record is counted: half of it in the
 * store would be all that is ever known of it. */
void reporter_take(struct reporter *r, unsigned channel, const struct record *record) {
    if (record->kind != RECORD_NOTICE)
        reporter_digest_due(r, ledger_clock(r->ledger, record->time));
    if (r->keeper && !keeper_take(r->keeper, channel, record->id))
        return;
    reporter_record(r, record);
    tell_overflows(r);
    if (r->keeper)
        commit_when_crowded(r); /* any moment between two records will do */
}

void reporter_commit(struct reporter *r) {
    if (r->keeper)
        keeper_commit(r->keeper);
}

void reporter_stats(struct reporter *r, const uint64_t *figures, time_ns now, bool last) {
    const struct event e = {.kind = REPORT_STATS, .time = now, .figures = figures, .last = last};
    reporter_tell(r, &e);
}

void reporter_gauges(const struct reporter *r, uint64_t *figures) {
    uint64_t held = 0;
    for (size_t i = 0; i < r->count; i++)
        held += delivery_held(r->deliveries[i]);
    figures[figure_of_gauge(GAUGE_MESSAGES_HELD)] = held;
    figures[figure_of_gauge(GAUGE_INCIDENTS_OPEN)] = incidents_open(r->incidents);
    figures[figure_of_gauge(GAUGE_LEDGER_LINES)] = ledger_count(r->ledger);
    figures[figure_of_gauge(GAUGE_HOSTS_KNOWN)] = hosts_count(r->hosts);
    figures[figure_of_gauge(GAUGE_STORE_BYTES)] = r->keeper ? keeper_size(r->keeper) : 0;
}

uint64_t reporter_test(struct reporter *r) {
    tell_notice(
        r, "gantry-test",
        "TEST: this message proves that alerts arrive here; nothing has happened (gantryctl alert test)",
        (struct event){.test = true});
    return ++r->tests;
}

uint64_t reporter_tested(const struct reporter *r) {
    return r->tests;
}

bool reporter_output(const struct reporter *r, size_t which, struct output_facts *out) {
    if (which >= r->count)
        return false;
    delivery_facts(r->deliveries[which], out);
    return true;
}

const char *reporter_boot(const struct reporter *r) {
    return r->boot;
}

const struct recent *reporter_recent(const struct reporter *r) {
    return r->recent;
}

/* --- life --- */

static void number_outputs(struct reporter *r) {
    for (size_t i = 0; i < r->count; i++)
        for (size_t k = i + 1, n = 1; k < r->count; k++)
            if (strcmp(delivery_name(r->deliveries[i]), delivery_name(r->deliveries[k])) == 0)
                delivery_rename(r->deliveries[k], (unsigned)++n);
}

/* Known from the first message on. */
static void set_boot(struct reporter *r, const struct store_config *c) {
    snprintf(r->boot, sizeof r->boot, "%016" PRIx64, c->run + *c->unstored);
}

/* Without a store the next reporter numbers anew. */
static bool open_store(struct reporter *r, const struct report_options *o, struct error *e) {
    const struct keeper_parts parts = {.incidents = r->incidents,
                                       .ledger = r->ledger,
                                       .quotas = r->quotas,
                                       .traffic = r->traffic,
                                       .hosts = r->hosts,
                                       .mutes = gate_mutes(r->gate),
                                       .history = r->history,
                                       .digest = r->digest,
                                       .deliveries = r->deliveries,
                                       .count = r->count,
                                       .context = r,
                                       .notice = pass_notice};
    struct store_config config = o->store;
    bool replaced = false;
    if (!config.unstored)
        config.unstored = &r->unstored;
    if (!config.folder) {
        set_boot(r, &config);
        ++*config.unstored;
        return true;
    }
    number_outputs(r);
    r->keeper = keeper_create(&config, &parts, &replaced, e);
    if (!r->keeper)
        return false;
    set_boot(r, &config);
    if (replaced)
        pass_notice(
            r, "store-replaced",
            "The sensor's database was damaged: it was set aside and a new one begun; what the ledger, open "
            "incidents and undelivered messages held is in the old one");
    return true;
}

static struct hosts *make_hosts(struct reporter *r, const struct report_options *o) {
    const struct hosts_sink told = {r, tell_host};
    struct host_options options = o->hosts;
    options.learning = options.learning ? options.learning : o->traffic.learning;
    return hosts_create(&options, o->policy, &told, o->store.folder != NULL, o->offline);
}

/* False: no memory. */
static bool make_parts(struct reporter *r, const struct report_options *o) {
    const struct ledger_sink alarms = {r, tell_alert};
    const bool kept = o->store.folder != NULL;
    r->ledger = ledger_create(r->observer, &o->ledger, &alarms, &o->digest_key, kept);
    const struct incident_options incident = {
        .observer = r->observer,
        .quiet = o->alerts.quiet,
        .growth_interval = o->alerts.growth_interval,
        .most = o->alerts.incidents_max,
        .kept = kept,
        .pool = r->ledger ? ledger_pool(r->ledger) : NULL,
    };
    const struct incident_sink sink = {r, tell_alert};
    const struct gate_sink told = {r, pass_notice, tell_held};
    r->incidents = r->ledger ? incidents_create(&incident, &sink) : NULL;
    r->gate = gate_create(&o->alerts.limits, &told);
    r->history = history_create();
    r->digest = digest_create(&o->digest);
    r->deliveries = calloc(o->output_count + 1, sizeof(struct delivery *));
    r->quotas = quotas_create(o->policy);
    r->traffic = traffic_create(&o->traffic, &o->tunnels, kept);
    r->hosts = make_hosts(r, o);
    r->recent = recent_create();
    return r->incidents && r->ledger && r->quotas && r->traffic && r->hosts && r->recent && r->gate &&
           r->history && r->digest && r->deliveries;
}

/* Once the ledger is loaded. */
static bool open_fleet(struct reporter *r, const struct report_options *o, struct error *e) {
    const struct fleet_parts parts = {.observer = r->observer,
                                      .ledger = r->ledger,
                                      .quotas = r->quotas,
                                      .offline = o->offline,
                                      .repeat = (time_ns)o->ledger.repeat,
                                      .context = r,
                                      .notice = pass_notice,
                                      .breach = take_breach,
                                      .describe_context = o->describe_context,
                                      .describe = o->describe};
    if (!o->fleet || !fleet_wanted(o->fleet))
        return true;
    r->fleet = fleet_create(o->fleet, &parts, e);
    return r->fleet != NULL;
}

static bool open_outputs(struct reporter *r, const struct report_options *o, struct error *e) {
    const struct delivery_options delivery = {.held_max = o->store.limits.outbox, .offline = o->offline};
    if (o->output_count > OUTPUTS_MAX)
        return error_set(e, "there are more than %d outputs; use fewer", OUTPUTS_MAX);
    for (size_t i = 0; i < o->output_count; i++) {
        r->deliveries[i] = delivery_create(&o->outputs[i], &delivery, e);
        if (!r->deliveries[i])
            return false;
        r->count++;
    }
    return true;
}

struct reporter *reporter_create(const struct report_options *o, struct error *e) {
    struct reporter *r = calloc(1, sizeof *r);
    if (!r) {
        error_set(e, "out of memory");
        return NULL;
    }
    r->options = *o;
    r->observer = o->observer ? o->observer : "gantry";
    r->interface = o->interface;
    r->offline = o->offline;
    signal(SIGPIPE,
           SIG_IGN); /* a reader of standard output that leaves is an error of one output, not our end */
    if (!make_parts(r, o))
        error_set(e, "out of memory");
    else if (open_outputs(r, o, e) && open_store(r, o, e) && open_fleet(r, o, e))
        return r;
    reporter_destroy(r);
    return NULL;
}

void reporter_destroy(struct reporter *r) {
    if (!r)
        return;
    for (size_t i = 0; i < r->count; i++)
        delivery_destroy(r->deliveries[i]);
    fleet_destroy(r->fleet);
    keeper_destroy(r->keeper);
    free(r->deliveries);
    incidents_destroy(r->incidents);
    ledger_destroy(r->ledger);
    quotas_destroy(r->quotas);
    traffic_destroy(r->traffic);
    hosts_destroy(r->hosts);
    recent_destroy(r->recent);
    gate_destroy(r->gate);
    history_destroy(r->history);
    digest_destroy(r->digest);
    free(r);
}

/* --- time and delivery --- */

/* At most so much of a digest is lost with a sensor that is killed. */
static void count_each_minute(struct reporter *r, time_ns now) {
    if (now >= r->counted && now - r->counted < 60 * NS_PER_S)
        return;
    r->counted = now;
    reporter_digest_count(r);
}

void reporter_pass(struct reporter *r, time_ns packet_time) {
    incidents_tick(r->incidents, packet_time);
    ledger_tick(r->ledger, packet_time);
    r->now = packet_time > r->now ? packet_time : r->now;
    gate_turn(r->gate, packet_time, false);
    hosts_tick(r->hosts, packet_time);
    reporter_digest_due(r, r->offline ? ledger_clock(r->ledger, packet_time) : packet_time);
}

void reporter_tick(struct reporter *r, time_ns packet_time) {
    reporter_pass(r, packet_time);
    tell_overflows(r);
    if (r->keeper) {
        count_each_minute(r, packet_time);
        keeper_tick(r->keeper, packet_time);
        keeper_commit(r->keeper);
    }
    reporter_deliver(r);
}

size_t reporter_poll(struct reporter *r, struct pollfd *fds, size_t most) {
    size_t n = 0;
    for (size_t i = 0; i < r->count && n < most; i++)
        n += delivery_poll(r->deliveries[i], &fds[n]);
    return r->fleet ? n + fleet_poll(r->fleet, &fds[n], most - n) : n;
}

void reporter_deliver(struct reporter *r) {
    for (size_t i = 0; i < r->count; i++)
        delivery_pump(r->deliveries[i]);
    if (r->fleet)
        fleet_pump(r->fleet);
}

const struct quotas *reporter_quotas(const struct reporter *r) {
    return r->quotas;
}

void reporter_reopen(struct reporter *r) {
    for (size_t i = 0; i < r->count; i++)
        delivery_reopen(r->deliveries[i]);
    if (r->fleet)
        fleet_reopen(r->fleet);
}

const char *reporter_fleet_trouble(const struct reporter *r) {
    return r->fleet ? fleet_trouble(r->fleet) : NULL;
}

/* What the fleet is to know of this run. A successor writes what is left, and waits for other sensors. */
static void finish_fleet(struct reporter *r, int timeout_ms) {
    struct pollfd fds[OUTPUTS_MAX];
    enum { SLICE_MS = 20 };
    const time_ns until = clock_monotonic() + timeout_ms * NS_PER_MS;
    bool done = false;
    if (!r->fleet)
        return;
    while (!(done = fleet_finish(r->fleet)) && clock_monotonic() < until)
        poll(fds, fleet_poll(r->fleet, fds, OUTPUTS_MAX), SLICE_MS);
    fleet_settle(r->fleet);
    if (!done && !r->keeper)
        log_warning("fleet: not all was written to the engine in time; the sums miss it");
}

uint64_t reporter_finish(struct reporter *r, int timeout_ms) {
    finish_fleet(r, r->offline ? timeout_ms : timeout_ms / 4);
    const time_ns until = clock_monotonic() + timeout_ms * NS_PER_MS;
    enum { SLICE_MS = 20 };
    struct pollfd fds[OUTPUTS_MAX];
    uint64_t left;
    incidents_hurry(r->incidents);
    reporter_commit(r);
    /* A sensor that is only started again, or reloaded, goes on with them. */
    if (!r->keeper || !keeper_works(r->keeper) || r->offline)
        incidents_close(r->incidents);
    gate_turn(r->gate, r->now, true);
    if (r->offline) {
        hosts_end(r->hosts);
        reporter_digest_tell(r, r->now);
    }
    reporter_digest_count(r);
    reporter_commit(r);
    for (;;) {
        left = 0;
        for (size_t i = 0; i < r->count; i++)
            left += delivery_finish(r->deliveries[i]);
        if (left == 0 || clock_monotonic() >= until)
            break;
        poll(fds, reporter_poll(r, fds, OUTPUTS_MAX), SLICE_MS);
    }
    reporter_commit(r);
    for (size_t i = 0; i < r->count; i++)
        delivery_tell_undelivered(r->deliveries[i]);
    if (left && r->keeper)
        log_warning("%llu messages go out after the next start", (unsigned long long)left);
    return r->keeper ? 0 : left;
}
