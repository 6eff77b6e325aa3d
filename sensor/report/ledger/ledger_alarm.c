/* SPDX-License-Identifier: Apache-2.0 */
#include "report/ledger/ledger_entry.h"

#include "policy/policy.h"
#include "report/event/shown.h"
#include "report/event/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* A rule of the ledger: does its reason hold? Then it fills the facts' amounts and says why. */
struct rule_of_ledger {
    const char *id, *name;
    uint8_t severity;
    bool (*holds)(const struct alarm_watch *w, const struct entry *e, time_ns now,
                  struct incident_facts *facts, char *why, size_t size);
};

/* Is the sum more than this sensor saw? */
static const char *say_whose(const struct entry *e, time_ns now, enum ledger_window window,
                             const struct ledger_totals *all) {
    struct ledger_totals own;
    bucket_sum(e, now, window, &own);
    return own.objects == all->objects && own.bytes == all->bytes ? "" : "; seen by several sensors together";
}

static bool slow_holds(const struct alarm_watch *w, const struct entry *e, time_ns now,
                       struct incident_facts *facts, char *why, size_t size) {
    struct ledger_totals all;
    if (w->options.slow_objects == 0)
        return false;
    share_sum(e, now, true, &all);
    if (all.denied_objects < w->options.slow_objects || all.denied_days < w->options.slow_days)
        return false;
    facts->objects = all.denied_objects;
    facts->bytes = all.denied_bytes;
    facts->plates = share_plates(e, now, LEDGER_PERIOD);
    snprintf(why, size, "%" PRIu64 " objects on %u of the last %u days, none of them allowed%s",
             all.denied_objects, all.denied_days, LEDGER_PERIOD_DAYS, say_whose(e, now, LEDGER_PERIOD, &all));
    return true;
}

static bool is_unusual(uint64_t amount, uint64_t usual, uint64_t factor, uint64_t least) {
    return amount >= least && usual <= UINT64_MAX / factor && amount >= usual * factor;
}

/* Flows that nobody reads have octets and no objects. */
static void say_amount(struct text *t, uint64_t objects, uint64_t bytes, bool counted) {
    if (counted)
        text_print(t, "%" PRIu64 " objects of ", objects);
    text_bytes(t, bytes);
}

static bool unusual_holds(const struct alarm_watch *w, const struct entry *e, time_ns now,
                          struct incident_facts *facts, char *why, size_t size) {
    const struct ledger_options *o = &w->options;
    struct ledger_totals day;
    uint64_t objects, bytes;
    struct text t;
    if (o->growth_factor == 0)
        return false;
    share_sum(e, now, false, &day);
    if (day.objects < o->growth_objects && day.bytes < o->growth_bytes)
        return false;
    if (bucket_usual(e, now, &objects, &bytes) < o->growth_history)
        return false;
    if (!is_unusual(day.objects, objects, o->growth_factor, o->growth_objects) &&
        !is_unusual(day.bytes, bytes, o->growth_factor, o->growth_bytes))
        return false;
    facts->objects = day.objects;
    facts->bytes = day.bytes;
    facts->plates = share_plates(e, now, LEDGER_DAY);
    text_init(&t, why, size - 1);
    say_amount(&t, day.objects, day.bytes, day.objects || objects);
    text_put(&t, " in 24 hours, ");
    say_amount(&t, objects, bytes, day.objects || objects);
    text_put(&t, " are usual in a day");
    text_put(&t, say_whose(e, now, LEDGER_DAY, &day));
    why[text_size(&t)] = '\0';
    return true;
}

static const struct rule_of_ledger rules[ALARM_COUNT] = {
    [ALARM_SLOW] = {"ledger-low-and-slow", "Little by little over weeks", 8, slow_holds},
    [ALARM_UNUSUAL] = {"ledger-unusual-volume", "Many times the usual volume", 6, unusual_holds},
};

static void tell_alarm(struct alarm_watch *w, struct alarm *a, enum incident_state state, time_ns now) {
    struct incident_facts *f = &a->facts;
    f->state = state == INCIDENT_GROWN && f->sequence == 0 ? INCIDENT_OPENED : state;
    f->techniques = technique_of_record(a->record);
    f->worse = state == INCIDENT_OPENED;
    f->sequence++;
    a->told = now;
    a->changed = true;
    if (w->sink.alert(w->sink.context, now, f, a->record)) {
        f->held = 0;
    } else {
        f->sequence--;
        f->held++;
    }
}

/* False: no memory; the next record tries again. */
static bool show_alarm(struct alarm_watch *w, struct alarm *a, const struct rule_of_ledger *rule,
                       const struct record *r, struct bytes class, const char *why) {
    struct record_builder *b = &w->builder;
    unsigned severity = rule->severity + verdict_is_nobodys(r->verdict);
    shown_fill(b, r, class);
    b->head.severity = (uint8_t)severity;
    record_text(b, TEXT_RULE_ID, bytes_text(rule->id));
    record_text(b, TEXT_RULES, bytes_text(rule->id));
    record_text(b, TEXT_RULE_NAME, bytes_text(rule->name));
    record_text(b, TEXT_REASON, bytes_text(why));
    record_text(b, TEXT_REFERENCES, bytes_of(NULL, 0));
    record_text(b, TEXT_SAMPLE, bytes_of(NULL, 0));
    struct record *shown = shown_pack(b, r->id);
    if (!shown)
        return false;
    free(a->record);
    a->record = shown;
    return true;
}

/* One of several sensors tells it. */
static bool may_tell(struct alarm_watch *w, struct entry *e, enum alarm_rule which) {
    if (!e->share || !w->share->context)
        return true;
    enum share_permit permit = w->share->permit(w->share->context, e->share, which);
    e->waiting |= permit == SHARE_WAIT;
    return permit == SHARE_TELL;
}

static void raise_alarm(struct alarm_watch *w, struct entry *e, enum alarm_rule which, const struct record *r,
                        struct bytes class, const char *why, time_ns now) {
    struct alarm *a = &e->alarms[which];
    uint8_t key[SHOWN_KEY_MAX];
    bool raised = a->record != NULL;
    if (raised && now - a->told < (time_ns)w->options.repeat)
        return;
    if (!may_tell(w, e, which) || !show_alarm(w, a, &rules[which], r, class, why))
        return;
    if (!raised) {
        memcpy(key, e->key, e->key_size);
        size_t n = shown_key_add(key, e->key_size, bytes_text(rules[which].id));
        a->facts.first = now;
        a->facts.sequence = 0;
        shown_name(a->facts.id, w->observer, bytes_of(key, n), now);
        counter_one(COUNTER_LEDGER_ALARMS);
    }
    a->facts.last = now;
    tell_alarm(w, a, raised ? INCIDENT_GROWN : INCIDENT_OPENED, now);
    if (e->share && w->share->context &&
        a->facts.held == 0) /* what is held back here another sensor may tell */
        w->share->told(w->share->context, e->share, which);
}

/* Takes the alarm's record. */
static void keep_past(struct alarm_watch *w, struct alarm *a) {
    struct alarm_past *past = w->past.kept && w->past_count < ALARM_PASTS_MAX ? malloc(sizeof *past) : NULL;
    if (!past) {
        if (w->past.kept)
            counter_one(COUNTER_HISTORY_LOST);
        free(a->record);
        return;
    }
    *past = (struct alarm_past){.record = a->record, .facts = a->facts};
    change_mark(&w->past, &past->change);
    w->past_count++;
}

void alarm_drop_past(struct alarm_watch *w) {
    for (struct alarm_past *past; (past = (struct alarm_past *)change_take(&w->past)); free(past))
        free(past->record);
    w->past_count = 0;
}

static void lower_alarm(struct alarm_watch *w, struct alarm *a, time_ns now) {
    tell_alarm(w, a, INCIDENT_CLOSED, now);
    keep_past(w, a);
    *a = (struct alarm){.record = NULL, .changed = true};
}

bool alarm_check(struct alarm_watch *w, struct entry *e, const struct record *r, struct bytes class,
                 time_ns now) {
    char why[160];
    bool told = false;
    e->waiting &= !r;
    for (unsigned i = 0; i < ALARM_COUNT; i++) {
        struct alarm *a = &e->alarms[i];
        a->facts.standing = e->ranked.standing;
        struct incident_facts facts = a->facts;
        if (!r && !a->record)
            continue;
        if (rules[i].holds(w, e, now, &facts, why, sizeof why)) {
            if (!r)
                continue;
            a->facts = facts;
            raise_alarm(w, e, (enum alarm_rule)i, r, class, why, now);
        } else if (a->record) {
            lower_alarm(w, a, now);
        }
        told |= a->changed;
    }
    return told;
}

void alarm_end(struct alarm_watch *w, struct entry *e, time_ns now) {
    for (unsigned i = 0; i < ALARM_COUNT; i++)
        if (e->alarms[i].record)
            lower_alarm(w, &e->alarms[i], now);
}

void alarm_finish(struct entry *e) {
    for (unsigned i = 0; i < ALARM_COUNT; i++)
        free(e->alarms[i].record);
}
