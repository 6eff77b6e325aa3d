/* SPDX-License-Identifier: Apache-2.0 */
#include "report/ask.h"

#include "base/hex.h"
#include "report/event/shown.h"
#include "report/event/technique.h"
#include "report/incident/incident_files.h"
#include "report/reporter_parts.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

enum { LIST_MAX = 1000 };

static void put_time(struct json_writer *j, const char *key, time_ns t) {
    char room[CLOCK_TEXT_MAX];
    json_write_text(j, key, t ? clock_format(t, room) : NULL);
}

static void put_text(struct json_writer *j, const char *key, struct bytes text) {
    if (text.n)
        json_write_bytes(j, key, text);
    else
        json_write_null(j, key);
}

/* --- incidents --- */

struct listing {
    struct reporter *reporter;
    struct json_writer *out;
    size_t count;
    bool whole; /* what only one of them is asked for */
};

static void put_techniques(const struct listing *l, const struct record *r, const struct store_value *v) {
    unsigned set = technique_of_record(r) |
                   technique_of_pace((uint64_t)v[3].number, v[6].number, v[7].number) |
                   ledger_techniques(l->reporter->ledger, r);
    json_write_array(l->out, "techniques");
    for (unsigned t = 0; t < TECHNIQUE_COUNT; t++) {
        if (!(set & 1u << t))
            continue;
        json_write_object(l->out, NULL);
        json_write_text(l->out, "id", technique_id((enum technique)t));
        json_write_text(l->out, "name", technique_name((enum technique)t));
        json_write_object_end(l->out);
    }
    json_write_array_end(l->out);
}

static void put_files(struct json_writer *j, struct bytes packed) {
    struct incident_file file;
    char room[65];
    json_write_array(j, "files");
    while (incident_files_next(&packed, &file)) {
        json_write_object(j, NULL);
        json_write_text(j, "sha256", hex_format(file.sha256, 32, room));
        json_write_number(j, "bytes", file.size);
        json_write_object_end(j);
    }
    json_write_array_end(j);
}

static void put_shown(struct json_writer *j, const struct record *r) {
    char room[ADDRESS_TEXT_MAX];
    put_text(j, "class", record_text_of(r, TEXT_CLASS));
    json_write_number(j, "severity", r->severity);
    json_write_text(j, "verdict", r->verdict < VERDICT_COUNT ? verdict_name((enum verdict)r->verdict) : NULL);
    put_text(j, "network", record_text_of(r, TEXT_NETWORK));
    put_text(j, "partner", record_text_of(r, TEXT_PARTNER));
    put_text(j, "contract", record_text_of(r, TEXT_CONTRACT));
    put_text(j, "reason", record_text_of(r, TEXT_REASON));
    json_write_text(j, "source", address_format(&r->source, room));
    json_write_text(j, "destination", address_format(&r->destination, room));
    put_text(j, "target", record_text_of(r, TEXT_TARGET));
    put_text(j, "protocol", record_text_of(r, TEXT_PROTOCOL));
    put_text(j, "rule", record_text_of(r, TEXT_RULE_ID));
    put_text(j, "file", record_text_of(r, TEXT_NAME));
}

/* Columns of STORE_INCIDENT_LIST. */
static void put_incident(void *context, const struct store_value *v) {
    struct listing *l = context;
    struct record *r = shown_read(v[8].bytes);
    if (!r)
        return;
    l->count++;
    json_write_object(l->out, NULL);
    json_write_bytes(l->out, "id", v[0].bytes);
    json_write_text(l->out, "state", v[1].number ? "closed" : "open");
    json_write_number(l->out, "alerts", (uint64_t)v[2].number);
    json_write_number(l->out, "held_alerts", (uint64_t)v[9].number);
    json_write_number(l->out, "objects", (uint64_t)v[3].number);
    json_write_number(l->out, "bytes", (uint64_t)v[4].number);
    json_write_number(l->out, "distinct_plates", (uint64_t)v[5].number);
    put_time(l->out, "first", v[6].number);
    put_time(l->out, "last", v[7].number);
    put_text(l->out, "settled", v[10].bytes);
    if (v[10].bytes.n)
        json_write_number(l->out, "settled_by", (uint64_t)v[11].number);
    if (v[12].bytes.n)
        json_write_bytes(l->out, "joined", v[12].bytes);
    put_shown(l->out, r);
    if (l->whole) {
        json_write_text(l->out, "transport",
                        r->transport == IPPROTO_TCP   ? "tcp"
                        : r->transport == IPPROTO_UDP ? "udp"
                                                      : NULL);
        put_techniques(l, r, v);
        put_files(l->out, v[13].bytes);
    }
    json_write_object_end(l->out);
    free(r);
}

static struct store *store_of(struct reporter *r, struct error *e) {
    if (!r->keeper) {
        error_set(e, "this sensor keeps no incidents; give it a folder with sensor.state");
        return NULL;
    }
    keeper_commit(r->keeper); /* what is asked for is as new as what was counted */
    return keeper_store(r->keeper);
}

static bool list_incidents(struct reporter *r, const char *id, const struct incident_query *q,
                           struct listing *l, struct error *e) {
    struct store *s = store_of(r, e);
    const struct store_value v[] = {STORE_T(bytes_text(id)), STORE_N(q->closed), STORE_N(q->since),
                                    STORE_N(LIST_MAX)};
    if (!s)
        return false;
    json_write_array(l->out, "incidents");
    bool ok = store_find(s, STORE_INCIDENT_LIST, v, sizeof v / sizeof v[0], put_incident, l);
    json_write_array_end(l->out);
    return ok || error_set(e, "the database cannot be read; look at the sensor's log");
}

bool ask_incidents(struct reporter *r, const struct incident_query *q, struct json_writer *out,
                   struct error *e) {
    struct listing l = {.reporter = r, .out = out};
    if (!list_incidents(r, "", q, &l, e))
        return false;
    json_write_bool(out, "cut", l.count == LIST_MAX);
    return true;
}

/* Columns of STORE_ALERT_LIST. */
static void put_alert(void *context, const struct store_value *v) {
    struct json_writer *j = context;
    json_write_object(j, NULL);
    json_write_number(j, "sequence", (uint64_t)v[0].number);
    put_time(j, "time", v[1].number);
    json_write_text(j, "state", incident_state_name((enum incident_state)(v[2].number % INCIDENT_STATES)));
    json_write_number(j, "objects", (uint64_t)v[3].number);
    json_write_number(j, "bytes", (uint64_t)v[4].number);
    json_write_number(j, "distinct_plates", (uint64_t)v[5].number);
    json_write_number(j, "severity", (uint64_t)v[6].number);
    json_write_text(j, "verdict",
                    v[7].number < VERDICT_COUNT ? verdict_name((enum verdict)v[7].number) : NULL);
    json_write_object_end(j);
}

bool ask_incident(struct reporter *r, const char *id, struct json_writer *out, struct error *e) {
    const struct incident_query all = {.closed = -1};
    const struct store_value v[] = {STORE_T(bytes_text(id))};
    struct listing l = {.reporter = r, .out = out, .whole = true};
    json_write_text(out, "sensor", r->observer);
    if (!*id || !list_incidents(r, id, &all, &l, e))
        return *id ? false : error_set(e, "name an incident by its id");
    json_write_array(out, "alerts");
    bool ok = store_find(keeper_store(r->keeper), STORE_ALERT_LIST, v, 1, put_alert, out);
    json_write_array_end(out);
    if (l.count == 0 && ok)
        return error_set(
            e, "there is no incident %.40s in the database; gantryctl incidents list names those there are",
            id);
    return ok || error_set(e, "the database cannot be read; look at the sensor's log");
}

static time_ns now_of(const struct reporter *r) {
    return r->offline ? r->now : clock_wall();
}

bool ask_close(struct reporter *r, const char *id, const char *reason, unsigned uid, struct error *e) {
    if (!*reason || strlen(reason) >= MUTE_TEXT_MAX)
        return error_set(
            e, "closing needs a reason of at most %d octets that others can read later; give --reason",
            MUTE_TEXT_MAX - 1);
    if (incidents_settle(r->incidents, id, reason, uid, now_of(r)))
        return true;
    return error_set(
        e,
        "no incident %.40s is open; those of the ledger close when their reason is gone: mute them "
        "meanwhile",
        id);
}

/* --- mutes --- */

static bool copy_text(char out[MUTE_TEXT_MAX], const char *text, const char *what, struct error *e) {
    if (strlen(text) >= MUTE_TEXT_MAX)
        return error_set(e, "the %s is longer than %d octets; shorten it", what, MUTE_TEXT_MAX - 1);
    strcpy(out, text);
    return true;
}

bool ask_mute(struct reporter *r, const char *destination, const char *class, time_ns until,
              const char *reason, unsigned uid, struct error *e) {
    struct mute m = {.uid = uid, .made = clock_wall(), .until = until};
    return copy_text(m.destination, destination, "destination", e) && copy_text(m.class, class, "class", e) &&
           copy_text(m.reason, reason, "reason", e) && gate_mute(r->gate, &m, now_of(r), e);
}

bool ask_unmute(struct reporter *r, const char *destination, const char *class, unsigned uid,
                struct error *e) {
    return gate_unmute(r->gate, destination, class, uid) ||
           error_set(e, "%.64s to %.64s is not muted; gantryctl incidents mutes says what is", class,
                     destination);
}

void ask_mutes(struct reporter *r, struct json_writer *out) {
    const struct mutes *m = gate_mutes(r->gate);
    json_write_array(out, "mutes");
    for (size_t i = 0; i < mutes_count(m); i++) {
        json_write_object(out, NULL);
        mute_write_json(out, mutes_get(m, i));
        json_write_object_end(out);
    }
    json_write_array_end(out);
}

/* --- the ledger --- */

static const char *const window_names[LEDGER_WINDOWS] = {
    [LEDGER_HOUR] = "hour", [LEDGER_DAY] = "day", [LEDGER_WEEK] = "week", [LEDGER_PERIOD] = "period"};

static void put_line(void *context, const struct ledger_line *line) {
    struct json_writer *j = context;
    json_write_object(j, NULL);
    json_write_bytes(j, "network", line->network);
    json_write_bytes(j, "destination", line->destination);
    json_write_bytes(j, "class", line->class);
    put_time(j, "last", line->last);
    for (enum ledger_window w = 0; w < LEDGER_WINDOWS; w++) {
        const struct ledger_totals *t = &line->totals[w];
        json_write_object(j, window_names[w]);
        json_write_number(j, "objects", t->objects);
        json_write_number(j, "bytes", t->bytes);
        json_write_number(j, "denied_objects", t->denied_objects);
        json_write_number(j, "denied_bytes", t->denied_bytes);
        json_write_number(j, "distinct_plates", t->plates);
        json_write_number(j, "distinct_images", t->images);
        json_write_object_end(j);
    }
    json_write_object_end(j);
}

void ask_ledger(struct reporter *r, const char *network, const char *destination, const char *class,
                struct json_writer *out) {
    const char *const wanted[] = {network, destination, class};
    json_write_array(out, "lines");
    size_t all = ledger_each(r->ledger, wanted, LIST_MAX, put_line, out);
    json_write_array_end(out);
    json_write_bool(out, "cut", all > LIST_MAX);
}

/* --- hosts --- */

static void put_host(void *context, const struct host_shown *h) {
    struct json_writer *j = context;
    char room[ADDRESS_TEXT_MAX + 4], mac[HOST_CARD_TEXT];
    const struct prefix p = {h->address, h->prefix ? 64 : PREFIX_BITS_MAX};
    json_write_object(j, NULL);
    json_write_bytes(j, "network", h->network);
    json_write_text(j, "host", h->prefix ? prefix_format(&p, room) : address_format(&h->address, room));
    json_write_text(j, "card", h->card ? host_card_text(h->card, mac) : NULL);
    put_time(j, "first", h->first);
    put_time(j, "last", h->last);
    json_write_bool(j, "learnt", h->learnt);
    json_write_object_end(j);
}

bool ask_hosts(struct reporter *r, const char *network, struct json_writer *out, struct error *e) {
    if (!r->keeper)
        return error_set(e, "this sensor knows no hosts; give it a folder with sensor.state");
    json_write_array(out, "hosts");
    size_t all = hosts_each(r->hosts, network, LIST_MAX, put_host, out);
    json_write_array_end(out);
    json_write_bool(out, "cut", all > LIST_MAX);
    return true;
}

/* --- the digest --- */

bool ask_digest(struct reporter *r, time_ns since, struct json_writer *out, struct error *e) {
    static struct digest_room room;
    uint64_t sums[COUNTER_COUNT];
    struct digest_facts f = {.running = true};
    struct store *s = since ? store_of(r, e) : NULL;
    if (since && !s)
        return false;
    reporter_sums(r, sums);
    if (!s)
        digest_sum(r->digest, now_of(r), sums, &f);
    else if (!digest_sum_since(r->digest, s, since, now_of(r), sums, &f))
        return error_set(e, "the database cannot be read; look at the sensor's log");
    reporter_digest_fill(r, &f, &room);
    digest_write_json(out, &f, SIZE_MAX); /* who adds them up is to have them all */
    return true;
}
