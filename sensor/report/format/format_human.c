/* SPDX-License-Identifier: Apache-2.0 */
#include "report/digest/digest.h"
#include "report/event/shown.h"
#include "report/format/format.h"

#include <inttypes.h>

/* For a person at a terminal: a block an alert, a line for all else. */
#define BOLD "\033[1m"
#define RED "\033[1;31m"
#define GREEN "\033[32m"
#define PLAIN "\033[0m"

static void put_colour(struct text *t, const struct event *e, const char *code) {
    if (e->colour)
        text_put(t, code);
}

static void put_label(struct text *t, const struct event *e, const char *name) {
    text_put(t, "\n  ");
    put_colour(t, e, BOLD);
    text_print(t, "%-5s", name);
    put_colour(t, e, PLAIN);
    text_put(t, "  ");
}

static void put_text(struct text *t, const struct event *e, enum record_text which, const char *nobody,
                     size_t limit) {
    struct bytes text = record_text_of(e->record, which);
    if (text.n)
        text_safe(t, text, limit, "");
    else
        text_put(t, nobody);
}

static void write_what(struct text *t, const struct event *e, size_t limit) {
    const struct incident_facts *i = e->incident;
    put_label(t, e, "what");
    put_text(t, e, TEXT_CLASS, "data", limit);
    text_print(t, ": %" PRIu64 " %s%s, ", i->objects, e->record->kind == RECORD_VOLUME ? "flow" : "object",
               i->objects == 1 ? "" : "s");
    text_bytes(t, i->bytes);
    text_put(t, i->state == INCIDENT_CLOSED ? " in all" : " so far");
    if (i->plates)
        text_print(t, ", %" PRIu64 " distinct plate%s", i->plates, i->plates == 1 ? "" : "s");
    if (e->record->tries)
        text_print(t, ", %" PRIu32 " connection%s that came to nothing", e->record->tries,
                   e->record->tries == 1 ? "" : "s");
    struct bytes name = shown_called(e->record);
    if (name.n) {
        text_put(t, ", such as ");
        text_safe(t, name, limit, "");
    }
}

static void write_way(struct text *t, const struct event *e, size_t limit) {
    const struct record *r = e->record;
    char address[ADDRESS_TEXT_MAX];
    put_label(t, e, "from");
    put_text(t, e, TEXT_NETWORK, "an image network", limit);
    text_print(t, ", host %s", address_format(&r->source, address));
    put_label(t, e, "to");
    put_text(t, e, TEXT_PARTNER, "nobody we know", limit);
    text_print(t, ", host %s", address_format(&r->destination, address));
    if (record_text_of(r, TEXT_TARGET).n)
        text_put(t, ", a relay");
    if (record_text_of(r, TEXT_PROTOCOL).n) {
        text_put(t, ", by ");
        put_text(t, e, TEXT_PROTOCOL, "", limit);
    }
}

/* The facts of the transfer, but for what it is called. */
static void write_facts(struct text *t, const struct event *e, size_t limit) {
    bool begun = false;
    for (unsigned i = 0; i < FACT_COUNT; i++) {
        const struct fact_row *f = &fact_rows[i];
        struct bytes text = record_text_of(e->record, (enum record_text)i);
        if (!(f->shown & FACT_IN_ALERT) || f->scope == FACT_SCOPE_NAME || text.n == 0)
            continue;
        if (begun)
            text_put(t, ", ");
        else
            put_label(t, e, "with");
        begun = true;
        text_print(t, "%s ", f->brief);
        text_safe(t, text, limit, "");
    }
}

static void write_why(struct text *t, const struct event *e, size_t limit) {
    put_label(t, e, "why");
    text_print(t, "%s", sentence_reason(e->record->verdict));
    if (record_text_of(e->record, TEXT_REASON).n) {
        text_put(t, ": ");
        put_text(t, e, TEXT_REASON, "", limit);
    }
    put_label(t, e, "rule");
    put_text(t, e, TEXT_RULE_NAME, "", limit);
    text_put(t, " (");
    put_text(t, e, TEXT_RULE_ID, "no id", limit);
    text_put(t, ")");
}

static void write_alert(struct text *t, const struct event *e, size_t limit) {
    static const char *const titles[INCIDENT_STATES] = {[INCIDENT_OPENED] = "is leaving",
                                                        [INCIDENT_GROWN] = "goes on leaving",
                                                        [INCIDENT_CLOSED] = "has left",
                                                        [INCIDENT_CHANGED] = "is leaving"};
    const struct incident_facts *i = e->incident;
    char time[CLOCK_TEXT_MAX];
    put_colour(t, e, i->state == INCIDENT_CLOSED ? GREEN : RED);
    text_print(t, "ALERT %u/10  ", e->record->severity);
    put_text(t, e, TEXT_CLASS, "data", limit);
    text_print(t, " %s the image network", titles[i->state]);
    put_colour(t, e, PLAIN);
    put_label(t, e, "when");
    text_print(t, "%.19s UTC", clock_format(e->time, time));
    write_what(t, e, limit);
    write_way(t, e, limit);
    write_facts(t, e, limit);
    write_why(t, e, limit);
    put_label(t, e, "do");
    text_put(t, i->state == INCIDENT_CLOSED ? "Quiet now. Settle it: " : "");
    text_put(t, sentence_advice(e->record->verdict));
    put_label(t, e, "id");
    text_print(t, "%s, %s, alert %" PRIu64 " of it", i->id, incident_state_name(i->state), i->sequence);
    if (i->before) {
        text_put(t, ", before: ");
        text_safe(t, bytes_text(i->before), limit, "");
    }
    if (i->joined)
        text_print(t, "; its objects count in %s", i->joined);
    text_put(t, "\n");
}

static size_t write_human(const struct event *e, struct detail d, char *out, size_t size) {
    char time[CLOCK_TEXT_MAX];
    struct text t;
    text_init(&t, out, size);
    if (e->kind == REPORT_ALERT) {
        write_alert(&t, e, d.text_max);
    } else if (e->kind == REPORT_DIGEST) {
        digest_write_table(&t, e->digest);
    } else {
        text_print(&t, "%.19s %s ", clock_format(e->time, time), event_message_id(e));
        sentence_write(&t, e, d);
    }
    return text_size(&t);
}

const struct format format_human = {.name = "human", .people = true, .write = write_human};
