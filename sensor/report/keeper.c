/* SPDX-License-Identifier: Apache-2.0 */
#include "report/keeper.h"

#include "report/event/standing.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    CHANNELS_MAX = 64,
    REPEATED_MAX = 1 << 16,
    ROUNDS = 24,
    FORGET_AT_ONCE = 1000,
    DOUBLINGS = 10,
    LINES_PART = 8
};
static const time_ns retry_ns = 5 * NS_PER_S, age_ns = 60 * NS_PER_S, tidy_ns = 10 * NS_PER_S;

struct keeper {
    struct store *store;
    struct store_config config;
    struct keeper_parts parts;
    uint64_t last[CHANNELS_MAX], saved[CHANNELS_MAX]; /* ids; in the store */
    bool fresh[CHANNELS_MAX];                         /* no new record came since the start */
    bool same_run;
    bool failing;
    time_ns again;    /* clock_monotonic() */
    time_ns tidied;   /* likewise */
    time_ns aged;     /* packet time */
    uint64_t waiting; /* messages of outputs that are not configured */
};

/* --- at the start --- */

static void load_run(void *context, const struct store_value *v) {
    struct keeper *k = context;
    if (bytes_equal(v[0].bytes, bytes_text("run")))
        k->same_run = (uint64_t)v[1].number == k->config.run;
}

static void load_channel(void *context, const struct store_value *v) {
    struct keeper *k = context;
    if (k->same_run && v[0].number >= 0 && v[0].number < CHANNELS_MAX)
        k->last[v[0].number] = k->saved[v[0].number] = (uint64_t)v[1].number;
}

static struct delivery *find_output(const struct keeper *k, struct bytes name) {
    for (size_t i = 0; i < k->parts.count; i++)
        if (bytes_equal(name, bytes_text(delivery_name(k->parts.deliveries[i]))))
            return k->parts.deliveries[i];
    return NULL;
}

static void load_output(void *context, const struct store_value *v) {
    struct delivery *d = find_output(context, v[0].bytes);
    if (d)
        delivery_load_sequence(d, (uint64_t)v[1].number);
}

static void load_message(void *context, const struct store_value *v) {
    struct keeper *k = context;
    struct delivery *d = find_output(k, v[0].bytes);
    if (!d)
        k->waiting++;
    else if (!delivery_load(d, (uint64_t)v[1].number, (unsigned)v[2].number, v[3].bytes))
        counter_one(COUNTER_STORE_UNREAD);
}

/* A new run has new channels, whose records count from one, and new objects. */
static bool begin_run(struct keeper *k) {
    const struct store_value v[] = {STORE_T(bytes_text("run")), STORE_N(k->config.run)};
    store_begin(k->store);
    store_run(k->store, STORE_CHANNEL_CLEAR, NULL, 0);
    store_run(k->store, STORE_OBJECT_CLEAR, NULL, 0);
    store_run(k->store, STORE_CONTRACT_OBJECT_CLEAR, NULL, 0);
    store_run(k->store, STORE_META_PUT, v, 2);
    return store_end(k->store) == STORE_DONE;
}

static bool load_parts(struct keeper *k) {
    struct store *s = k->store;
    bool ok =
        store_each(s, STORE_META_EACH, load_run, k) && store_each(s, STORE_CHANNEL_EACH, load_channel, k) &&
        incidents_load(k->parts.incidents, s, k->same_run) && ledger_load(k->parts.ledger, s) &&
        quotas_load(k->parts.quotas, s, k->same_run) && traffic_load(k->parts.traffic, s) &&
        hosts_load(k->parts.hosts, s) && mutes_load(k->parts.mutes, s) &&
        digest_load(k->parts.digest, s, k->same_run) && store_each(s, STORE_OUTPUT_EACH, load_output, k) &&
        store_each(s, STORE_MESSAGE_EACH, load_message, k);
    if (k->waiting)
        log_warning("store: %llu messages wait for outputs that are not configured any more",
                    (unsigned long long)k->waiting);
    return ok && (k->same_run || begin_run(k));
}

static void keep_all(struct keeper *k, bool kept) {
    for (size_t i = 0; i < k->parts.count; i++)
        delivery_keep(k->parts.deliveries[i], kept);
}

static void begin_anew(struct keeper *k) {
    struct error e = {""};
    counter_one(COUNTER_STORE_REPLACED);
    if (!store_replace(k->store, &e))
        log_error("store: %s", e.text);
    incidents_spoil(k->parts.incidents);
    ledger_spoil(k->parts.ledger);
    quotas_spoil(k->parts.quotas);
    traffic_spoil(k->parts.traffic);
    hosts_spoil(k->parts.hosts);
    mutes_spoil(k->parts.mutes);
    digest_spoil(k->parts.digest);
    for (size_t i = 0; i < k->parts.count; i++)
        delivery_spoil(k->parts.deliveries[i]);
    memset(k->saved, 0, sizeof k->saved);
    begin_run(k);
}

/* At work: memory has it all. */
static void replace_store(struct keeper *k) {
    begin_anew(k);
    k->parts.notice(k->parts.context, "store-replaced",
                    "The sensor's database was damaged: it was set aside and a new one begun");
}

struct keeper *keeper_create(const struct store_config *config, const struct keeper_parts *parts,
                             bool *replaced, struct error *e) {
    const struct store_options options = {
        .folder = config->folder, .max_bytes = config->limits.max_bytes, .checked = config->checked};
    struct keeper *k = calloc(1, sizeof *k);
    enum store_found found;
    if (!k) {
        error_set(e, "out of memory");
        return NULL;
    }
    k->config = *config;
    k->parts = *parts;
    memset(k->fresh, true, sizeof k->fresh);
    k->store = store_open(&options, &found, e);
    if (!k->store) {
        free(k);
        return NULL;
    }
    keep_all(k, true);
    *replaced = found == STORE_SET_ASIDE;
    if (*replaced)
        counter_one(COUNTER_STORE_REPLACED);
    if (!load_parts(k)) {
        begin_anew(k);
        *replaced = true;
    }
    if (found != STORE_FOUND || *replaced)
        ++*k->config.unstored; /* a predecessor may have given numbers */
    return k;
}

void keeper_destroy(struct keeper *k) {
    if (!k)
        return;
    store_close(k->store);
    free(k);
}

/* --- records --- */

/* Only the first records after a start can be repeated ones. Were ids believed for ever, a worker that lies
 * about its own could have the next one's records passed over. */
bool keeper_take(struct keeper *k, unsigned channel, uint64_t id) {
    if (channel >= CHANNELS_MAX)
        return true;
    uint64_t last = k->last[channel];
    if (k->fresh[channel] && id <= last && last - id < REPEATED_MAX) {
        counter_one(COUNTER_RECORDS_REPEATED);
        return false;
    }
    k->fresh[channel] = false;
    k->last[channel] = id;
    return true;
}

/* --- a transaction --- */

static enum store_result save_parts(struct keeper *k) {
    store_begin(k->store);
    bool ok = incidents_save(k->parts.incidents, k->store) && ledger_save(k->parts.ledger, k->store) &&
              quotas_save(k->parts.quotas, k->store) && traffic_save(k->parts.traffic, k->store) &&
              hosts_save(k->parts.hosts, k->store) && mutes_save(k->parts.mutes, k->store) &&
              history_save(k->parts.history, k->store) && digest_save(k->parts.digest, k->store);
    for (size_t i = 0; i < k->parts.count && ok; i++)
        ok = delivery_save(k->parts.deliveries[i], k->store);
    for (int i = 0; i < CHANNELS_MAX && ok; i++) {
        const struct store_value v[] = {STORE_N(i), STORE_N(k->last[i])};
        if (k->last[i] != k->saved[i])
            ok = store_run(k->store, STORE_CHANNEL_PUT, v, 2);
    }
    return store_end(k->store);
}

static void mark_saved(struct keeper *k) {
    incidents_saved(k->parts.incidents);
    ledger_saved(k->parts.ledger);
    quotas_saved(k->parts.quotas);
    traffic_saved(k->parts.traffic);
    hosts_saved(k->parts.hosts);
    mutes_saved(k->parts.mutes);
    history_saved(k->parts.history);
    digest_saved(k->parts.digest);
    for (size_t i = 0; i < k->parts.count; i++)
        delivery_saved(k->parts.deliveries[i]);
    memcpy(k->saved, k->last, sizeof k->saved);
    counter_one(COUNTER_STORE_COMMITS);
}

static void add_standing(void *context, const struct store_value *v) {
    uint64_t *used = context;
    if (v[0].number >= 0 && v[0].number < STANDING_COUNT)
        used[v[0].number] = (uint64_t)v[1].number;
}

/* What gives way among the rows that `count` counts; STANDING_COUNT: there are none. */
static enum standing find_lowest(struct store *s, enum store_statement count) {
    uint64_t used[STANDING_COUNT] = {0}, all = 0;
    bool ok = store_each(s, count, add_standing, used);
    for (int i = 0; i < STANDING_COUNT; i++)
        all += used[i];
    return ok && all ? standing_gives_way(used) : STANDING_COUNT;
}

/* The oldest rows of a standing; how many. */
static uint64_t forget_rows(struct store *s, enum store_statement forget, enum standing standing,
                            int64_t rows) {
    const struct store_value v[] = {STORE_N(standing), STORE_N(rows)};
    return store_run(s, forget, v, 2) ? store_changed(s) : 0;
}

/* Of what is over, all of strangers goes before any line of the ledger, whose small ones are what shows that
 * little leaves every day; that of partners behind the lines of strangers. */
static enum standing most_of_closed(const struct keeper *k) {
    enum standing first = ledger_first_out(k->parts.ledger);
    return first > STANDING_LARGE ? first : STANDING_LARGE;
}

/* Closed incidents and alerts, those that are there and then those that this transaction would bring, then
 * lines of the ledger, in the order of standing.h; false: nothing is left to forget, or it is the disk that
 * is full, which takes nothing for it. Rows of the ledger go with the next transaction, which frees as much
 * as it needs. */
static bool make_room(struct keeper *k, int round) {
    if (!store_bounded(k->store))
        return false;
    enum standing incidents = find_lowest(k->store, STORE_INCIDENT_STANDINGS),
                  alerts = find_lowest(k->store, STORE_ALERT_STANDINGS),
                  lowest = incidents < alerts ? incidents : alerts, most = most_of_closed(k);
    int64_t rows = FORGET_AT_ONCE << (round < DOUBLINGS ? round : DOUBLINGS);
    uint64_t gone = 0;
    if (lowest < STANDING_COUNT && lowest <= most) {
        store_begin(k->store);
        gone = forget_rows(k->store, STORE_INCIDENT_FORGET, lowest, rows);
        gone += forget_rows(k->store, STORE_ALERT_FORGET, lowest, rows);
        gone = store_end(k->store) == STORE_DONE ? gone : 0;
    }
    counter_add(COUNTER_STORE_FORGOTTEN, gone);
    if (!gone)
        gone = incidents_forget(k->parts.incidents, most) + history_forget(k->parts.history, most);
    return gone || ledger_forget(k->parts.ledger, ledger_count(k->parts.ledger) / LINES_PART + 1) > 0;
}

static void note_failure(struct keeper *k) {
    counter_one(COUNTER_STORE_FAILURES);
    k->again = clock_monotonic() + retry_ns;
    if (k->failing)
        return;
    k->failing = true;
    ++*k->config.unstored; /* before anything goes out that a successor does not know of */
    keep_all(k, false);
    log_error("store: cannot be written; the sensor goes on, and what it holds would not outlive it");
    k->parts.notice(
        k->parts.context, "store-failing",
        "The sensor's database cannot be written: alerts go out, but would be lost with the process");
}

void keeper_commit(struct keeper *k) {
    if (k->failing && clock_monotonic() < k->again)
        return;
    enum store_result result = save_parts(k);
    for (int i = 0; i < ROUNDS && result == STORE_FULL && make_room(k, i); i++)
        result = save_parts(k);
    if (result == STORE_DAMAGED) {
        replace_store(k);
        result = save_parts(k);
    }
    if (result != STORE_DONE) {
        note_failure(k);
        return;
    }
    mark_saved(k);
    if (clock_monotonic() - k->tidied >= tidy_ns) {
        store_tidy(k->store);
        k->tidied = clock_monotonic();
    }
    if (k->failing) {
        k->failing = false;
        keep_all(k, true);
        log_info("store: can be written again");
    }
}

bool keeper_works(const struct keeper *k) {
    return !k->failing;
}

struct store *keeper_store(struct keeper *k) {
    return k->store;
}

void keeper_tick(struct keeper *k, time_ns now) {
    static const enum store_statement aged[] = {STORE_ALERT_AGE, STORE_VOLUME_AGE, STORE_TALLY_AGE};
    const struct store_value v[] = {STORE_N(now - (time_ns)k->config.limits.max_age)};
    if (k->failing || (now >= k->aged && now - k->aged < age_ns))
        return;
    k->aged = now;
    store_begin(k->store);
    bool ok = store_run(k->store, STORE_INCIDENT_AGE, v, 1);
    uint64_t gone = ok ? store_changed(k->store) : 0;
    for (size_t i = 0; i < sizeof aged / sizeof aged[0] && ok; i++)
        ok = store_run(k->store, aged[i], v, 1);
    enum store_result result = store_end(k->store);
    if (result == STORE_DONE)
        counter_add(COUNTER_STORE_AGED, gone);
    else if (result == STORE_DAMAGED)
        replace_store(k); /* the next transaction writes it all */
}

uint64_t keeper_size(struct keeper *k) {
    return store_size(k->store);
}
