/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy.h"
#include "report/digest/digest.h"
#include "report/event/shown.h"
#include "report/format/format.h"

#include <inttypes.h>

/* What people read of a verdict. */
static const struct {
    const char *reason, *advice;
} words[] = {
    [VERDICT_INTERNAL] = {"an internal destination", "Nothing."},
    [VERDICT_APPROVED] = {"allowed by a contract", "Ask the contract's owner whether so much is expected."},
    [VERDICT_BREACH] = {"a partner outside the terms of its contract",
                        "Ask the partner's contract owner why; stop the transfer if nobody can say."},
    [VERDICT_UNAPPROVED] =
        {"a partner without a valid contract",
         "Block the destination, find who runs the copy on the source, keep both hosts' logs."},
    [VERDICT_UNKNOWN] = {"a destination that nobody knows",
                         "Block the destination, take the source off the network, call the incident team."},
    [VERDICT_READER_BREACH] = {"a reader inside, outside the terms of its contract",
                               "Ask the contract's owner why; stop the transfer if nobody can say."},
    [VERDICT_UNAPPROVED_READER] = {"a host inside that may not read it",
                                   "Find who runs the copy and why; take the reader off the network."},
};

enum { WORDS = sizeof words / sizeof words[0] };

const char *sentence_reason(unsigned verdict) {
    return verdict < WORDS ? words[verdict].reason : "an unclear destination";
}

const char *sentence_advice(unsigned verdict) {
    return words[verdict < WORDS ? verdict : VERDICT_UNKNOWN].advice;
}

/* "lanes (10.40.3.7)", the bare address where there is no name. */
static void write_place(struct text *t, struct bytes name, const struct address *a, size_t limit) {
    char address[ADDRESS_TEXT_MAX];
    text_safe(t, name, limit, "");
    text_print(t, name.n ? " (%s)" : "%s", address_format(a, address));
}

static void write_way(struct text *t, const struct event *e, struct detail d) {
    const struct record *r = e->record;
    struct bytes protocol = record_text_of(r, TEXT_PROTOCOL);
    text_put(t, " from ");
    write_place(t, record_text_of(r, TEXT_NETWORK), &r->source, d.text_max);
    text_put(t, " to ");
    write_place(t, record_text_of(r, TEXT_PARTNER), &r->destination, d.text_max);
    text_put(t, record_text_of(r, TEXT_TARGET).n ? ", a relay," : "");
    if (protocol.n) {
        text_put(t, " by ");
        text_safe(t, protocol, d.text_max < 32 ? d.text_max : 32, "");
    }
}

static void write_amount(struct text *t, const struct record *r, const struct incident_facts *i) {
    text_print(t, "%" PRIu64 " %s%s, ", i->objects, r->kind == RECORD_VOLUME ? "flow" : "object",
               i->objects == 1 ? "" : "s");
    text_bytes(t, i->bytes);
    if (i->plates)
        text_print(t, ", %" PRIu64 " distinct plate%s", i->plates, i->plates == 1 ? "" : "s");
    if (r->tries)
        text_print(t, ", %" PRIu32 " connection%s that came to nothing", r->tries, r->tries == 1 ? "" : "s");
}

static void write_alert(struct text *t, const struct event *e, struct detail d) {
    static const char *const verbs[INCIDENT_STATES] = {[INCIDENT_OPENED] = " is leaving",
                                                       [INCIDENT_GROWN] = " goes on leaving",
                                                       [INCIDENT_CLOSED] = " left",
                                                       [INCIDENT_CHANGED] = " is leaving"};
    text_safe(t, record_text_of(e->record, TEXT_CLASS), d.text_max, "");
    if (e->incident->state == INCIDENT_CHANGED && d.level <= RANK_TEXTS) {
        text_put(t, " (told as ");
        text_safe(t, bytes_text(e->incident->before), d.text_max, "");
        text_put(t, " before)");
    }
    text_put(t, verbs[e->incident->state]);
    if (d.level > RANK_TEXTS)
        return;
    write_way(t, e, d);
    text_put(t, ": ");
    write_amount(t, e->record, e->incident);
    text_print(t, "; %s", sentence_reason(e->record->verdict));
}

static uint64_t read_gauge(const struct event *e, enum gauge which) {
    return e->figures[figure_of_gauge(which)];
}

/* What came in the interval, what of it was not seen, and what became of it. */
static void write_stats(struct text *t, const struct event *e) {
    text_print(t, "%" PRIu64 " packets (", read_gauge(e, GAUGE_INTERVAL_PACKETS));
    text_bytes(t, read_gauge(e, GAUGE_INTERVAL_BYTES));
    text_print(t, ") in %" PRIu64 " s, %" PRIu64 " dropped, %.2f %% of the traffic not seen; objects: ",
               read_gauge(e, GAUGE_INTERVAL), read_gauge(e, GAUGE_INTERVAL_DROPS),
               (double)read_gauge(e, GAUGE_LOSS) / 1e4);
    text_print(t, "%" PRIu64 " whole, %" PRIu64 " incomplete, %" PRIu64 " not inspected; ",
               read_gauge(e, GAUGE_INTERVAL_COMPLETE), read_gauge(e, GAUGE_INTERVAL_CUT),
               read_gauge(e, GAUGE_INTERVAL_BLIND));
    text_bytes(t, read_gauge(e, GAUGE_INTERVAL_ENCRYPTED));
    text_print(t, " encrypted, %" PRIu64 " caps reached; %" PRIu64 " records wait, %" PRIu64 " warning%s",
               read_gauge(e, GAUGE_INTERVAL_CAPS), read_gauge(e, GAUGE_RECORDS_WAITING),
               read_gauge(e, GAUGE_WARNINGS), read_gauge(e, GAUGE_WARNINGS) == 1 ? " holds" : "s hold");
}

static void write_transfer(struct text *t, const struct event *e, struct detail d) {
    struct bytes name = shown_called(e->record);
    if (name.n && d.level < RANK_TEXTS)
        text_safe(t, name, d.text_max < 128 ? d.text_max : 128, "");
    else
        text_put(t, "an object");
    text_put(t, " of ");
    text_bytes(t, e->record->bytes);
    if (d.level > RANK_TEXTS)
        return;
    write_way(t, e, d);
    if (!e->record->complete) {
        text_put(t, ", not seen whole (");
        text_bytes(t, e->record->missing);
        text_put(t, " missing)");
    }
}

static void write_flow(struct text *t, const struct event *e, struct detail d) {
    text_put(t, "flow");
    if (d.level <= RANK_TEXTS)
        write_way(t, e, d);
    text_put(t, ", ");
    text_bytes(t, e->record->bytes);
    text_put(t, " out, ");
    text_bytes(t, e->record->bytes_back);
    text_put(t, " back");
}

void sentence_write(struct text *t, const struct event *e, struct detail d) {
    if (e->kind == REPORT_ALERT)
        write_alert(t, e, d);
    else if (e->kind == REPORT_TRANSFER)
        write_transfer(t, e, d);
    else if (e->kind == REPORT_FLOW)
        write_flow(t, e, d);
    else if (e->kind == REPORT_DIGEST)
        digest_write_sentence(t, e->digest);
    else if (event_is_notice(e))
        text_safe(t, record_text_of(e->record, TEXT_RULE_NAME), d.text_max, "");
    else
        write_stats(t, e);
}
