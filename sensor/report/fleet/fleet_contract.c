/* SPDX-License-Identifier: Apache-2.0 */
#include "report/fleet/fleet_line.h"

#include "base/counter.h"
#include "policy/term.h"
#include "report/event/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* What partners received under contracts with limits: each sensor writes what it saw, as it stands, and reads
 * what the others saw, whether something moved here or not: the next object may be the one too many.
 *
 * That the sum is over a limit each sensor sees that has a part in it; the one with the lease tells it, from
 * then on with all that it sees of it. Of the others one more tells once the sum is ten times the limit, a
 * hundred times, and so on, so that no sensor that has told silences what goes on past others. What is in
 * breach is held back until it is known who tells it. */
static const time_ns turn_ns = 5 * NS_PER_S;
#define DAYS_KEPT "172800"    /* 2 days */
#define MONTHS_KEPT "5356800" /* 62 days */

/* --- who tells it --- */

static int32_t index_at(const struct fleet *f, const struct fleet_contract *c, time_ns t) {
    struct quota_amount a;
    return quotas_amount(f->parts.quotas, c->which, c->month, t, &a) ? a.index : -1;
}

/* What the lease is about at packet time `t`. False: it is about something else, of which answers are due. */
static bool turn_lease(struct fleet *f, struct fleet_contract *c, time_ns t) {
    unsigned tenfold = quotas_tenfold(f->parts.quotas, c->which, c->month, t);
    int32_t index = index_at(f, c, t);
    if (c->lease.alarm[0] && index == c->index && (tenfold <= c->tenfold || c->tells))
        return true;
    if (c->matter.under_way)
        return false;
    lease_leave(f, &c->lease);
    c->tells &= index == c->index;
    c->index = index;
    c->tenfold = tenfold;
    snprintf(c->lease.alarm, LEASE_ALARM_MAX, "%c%" PRId32 ".%u", c->month ? 'm' : 'c', index, tenfold);
    return true;
}

static enum share_permit permit_contract(struct fleet *f, struct fleet_contract *c, time_ns t) {
    bool alone = f->away || !f->engine || (f->settled && c->lease.state != LEASE_ELSEWHERE);
    enum share_permit permit = SHARE_TELL;
    if (!turn_lease(f, c, t))
        permit = alone ? SHARE_TELL : SHARE_WAIT;
    else if (!c->tells && !alone)
        permit = lease_permit(f, &c->lease);
    c->tells |= permit == SHARE_TELL;
    return permit;
}

static bool hold_back(struct fleet_contract *c, const struct record *r) {
    struct record *copy = c->held_count < CONTRACT_HELD_MAX ? malloc(r->size) : NULL;
    if (!copy)
        return false;
    c->held[c->held_count++] = memcpy(copy, r, r->size);
    return true;
}

/* The limits that do not hold, of TERM_LIMITS; 0: another term does not hold either. */
static unsigned limits_of(const struct record *r) {
    struct bytes terms = record_text_of(r, TEXT_TERM), term;
    unsigned limits = 0;
    while (list_next(&terms, &term)) {
        unsigned which = TERM_DAY_OBJECTS;
        while (which < TERM_COUNT && !bytes_equal(term, bytes_text(term_name((enum contract_term)which))))
            which++;
        if (which == TERM_COUNT || !(TERM_BIT(which) & TERM_LIMITS))
            return 0;
        limits |= TERM_BIT(which);
    }
    return limits;
}

static bool is_about(const struct fleet *f, const struct fleet_contract *c, const struct record *r,
                     unsigned limits) {
    struct quota_amount a;
    unsigned own = c->month ? TERM_LIMITS & ~(unsigned)TERM_OF_DAY : TERM_OF_DAY;
    return limits & own && quotas_amount(f->parts.quotas, c->which, c->month, r->time, &a) &&
           bytes_equal(record_text_of(r, TEXT_CONTRACT), bytes_text(a.contract->id));
}

bool fleet_admit(struct fleet *f, const struct record *r) {
    bool breach = r->verdict == VERDICT_BREACH || r->verdict == VERDICT_READER_BREACH, ours = true;
    unsigned limits = breach ? limits_of(r) : 0;
    for (size_t i = 0; i < f->contract_count && limits; i++) {
        struct fleet_contract *c = &f->contracts[i];
        if (!is_about(f, c, r, limits))
            continue;
        switch (permit_contract(f, c, r->time)) {
        case SHARE_TELL:
            return true;
        case SHARE_WAIT:
            return !hold_back(c, r);
        case SHARE_TOLD_ELSEWHERE:
            ours = false;
        }
    }
    return ours;
}

void fleet_alerted(struct fleet *f, const struct record *r) {
    unsigned limits = limits_of(r);
    for (size_t i = 0; i < f->contract_count && limits && f->engine; i++) {
        struct fleet_contract *c = &f->contracts[i];
        if (is_about(f, c, r, limits) && c->lease.alarm[0] && index_at(f, c, r->time) == c->index)
            lease_told(f, &c->lease);
    }
}

/* What was held back, or else the last record of those that make up the sum. */
static void judge_contract(struct fleet *f, struct matter *m) {
    struct fleet_contract *c = (struct fleet_contract *)((char *)m - offsetof(struct fleet_contract, matter));
    struct record *held[CONTRACT_HELD_MAX];
    unsigned n = c->held_count;
    memcpy(held, c->held, n * sizeof *held);
    c->held_count = 0;
    for (unsigned i = 0; i < n; free(held[i++]))
        if (fleet_admit(f, held[i]))
            f->parts.breach(f->parts.context, held[i]);
    const struct record *last =
        n || c->tells ? NULL : quotas_over(f->parts.quotas, c->which, c->month, ledger_now(f->parts.ledger));
    if (last && fleet_admit(f, last))
        f->parts.breach(f->parts.context, last);
}

/* --- life --- */

static void add_contract(struct fleet *f, size_t which, bool month) {
    struct quota_amount a;
    char name[512];
    if (!quotas_amount(f->parts.quotas, which, month, 0, &a))
        return;
    struct fleet_contract *c = &f->contracts[f->contract_count++];
    *c = (struct fleet_contract){
        .matter = {.answered = judge_contract, .judge = judge_contract}, .which = which, .month = month};
    c->lease.matter = &c->matter;
    snprintf(name, sizeof name, "contract\n%s", a.contract->id);
    secret_name(&f->options->secret, bytes_text(name), c->matter.name);
}

bool contracts_open(struct fleet *f) {
    size_t n = f->parts.quotas ? quotas_count(f->parts.quotas) : 0;
    f->contracts = calloc(2 * n + 1, sizeof *f->contracts);
    if (n)
        quotas_share(f->parts.quotas);
    for (size_t i = 0; i < n && f->contracts; i++) {
        add_contract(f, i, false);
        add_contract(f, i, true);
    }
    return f->contracts != NULL;
}

void contracts_close(struct fleet *f) {
    for (size_t i = 0; i < f->contract_count; i++)
        for (unsigned k = 0; k < f->contracts[i].held_count; k++)
            free(f->contracts[i].held[k]);
    free(f->contracts);
}

void contracts_read_again(struct fleet *f) {
    for (size_t i = 0; i < f->contract_count; i++)
        f->contracts[i].read_again = ledger_now(f->parts.ledger) != 0;
}

void contracts_settle(struct fleet *f) {
    for (size_t i = 0; i < f->contract_count; i++)
        judge_contract(f, &f->contracts[i].matter);
}

void contracts_begin(struct fleet *f) {
    for (size_t i = 0; i < f->contract_count; i++)
        f->contracts[i].sent.contract = NULL;
}

/* Does the engine not have it? */
static bool is_news(const struct fleet_contract *c, const struct quota_amount *a) {
    const struct quota_amount *sent = &c->sent;
    bool same = sent->contract && sent->index == a->index && sent->amount.objects == a->amount.objects &&
                sent->amount.bytes == a->amount.bytes;
    return !same && (sent->contract || a->amount.objects || a->amount.bytes);
}

bool contracts_idle(const struct fleet *f) {
    struct quota_amount a;
    time_ns now = ledger_now(f->parts.ledger);
    for (size_t i = 0; i < f->contract_count; i++) {
        const struct fleet_contract *c = &f->contracts[i];
        if (c->matter.under_way || c->held_count || c->read_again)
            return false;
        if (quotas_amount(f->parts.quotas, c->which, c->month, now, &a) && is_news(c, &a))
            return false;
    }
    return true;
}

/* --- one contract --- */

static void own_field(const struct fleet *f, char out[PLACE_FIELD_MAX]) {
    snprintf(out, PLACE_FIELD_MAX, "%s/%" PRIx64, f->sensor, (uint64_t)quotas_since(f->parts.quotas));
}

static void own_answered(void *context, void *subject, const redisReply *reply) {
    struct fleet_contract *c = subject;
    matter_answered(context, &c->matter);
}

static void others_answered(void *context, void *subject, const redisReply *reply) {
    struct fleet *f = context;
    struct fleet_contract *c = subject;
    struct share_amount sum = {.objects = 0};
    char own[PLACE_FIELD_MAX];
    size_t fields;
    own_field(f, own);
    if (place_add_up(reply, own, &sum, &fields)) {
        const struct quota_amount others = {.index = c->asked,
                                            .amount = {.objects = sum.objects, .bytes = sum.bytes}};
        quotas_put_others(f->parts.quotas, c->which, c->month, &others);
        c->read_after = clock_monotonic() + (time_ns)fields * READ_AFTER_FIELD_MS * NS_PER_MS;
    } else {
        counter_one(COUNTER_FLEET_MALFORMED);
    }
    matter_answered(f, &c->matter);
}

static void write_own(struct fleet *f, struct fleet_contract *c, const char *place,
                      const struct quota_amount *a) {
    const struct share_amount amount = {.objects = a->amount.objects, .bytes = a->amount.bytes};
    struct engine_command set = {.count = 0}, expire = {.count = 0};
    char field[PLACE_FIELD_MAX], value[PLACE_AMOUNT_MAX];
    own_field(f, field);
    place_write_amount(&amount, value);
    engine_word(&set, bytes_text("HSET"));
    engine_word(&set, bytes_text(place));
    engine_word(&set, bytes_text(field));
    engine_word(&set, bytes_text(value));
    matter_command(f, &c->matter, &set, own_answered, c);
    engine_word(&expire, bytes_text("EXPIRE"));
    engine_word(&expire, bytes_text(place));
    engine_word(&expire, bytes_text(c->month ? MONTHS_KEPT : DAYS_KEPT));
    matter_command(f, &c->matter, &expire, own_answered, c);
    c->sent = *a;
}

static void share_contract(struct fleet *f, struct fleet_contract *c, time_ns now) {
    char place[PLACE_MAX];
    struct engine_command get = {.count = 0};
    struct quota_amount a;
    if (c->matter.under_way || !quotas_amount(f->parts.quotas, c->which, c->month, now, &a))
        return;
    place_of_bucket(f->options, c->matter.name, c->month ? 'm' : 'c', a.index, place);
    if (is_news(c, &a))
        write_own(f, c, place, &a);
    if (clock_monotonic() < c->read_after && !f->hurry)
        return;
    c->asked = a.index;
    c->read_again = false;
    engine_word(&get, bytes_text("HGETALL"));
    engine_word(&get, bytes_text(place));
    matter_command(f, &c->matter, &get, others_answered, c);
}

void contracts_turn(struct fleet *f, time_ns now) {
    time_ns packets = ledger_now(f->parts.ledger);
    for (size_t i = 0; i < f->contract_count && f->away; i++)
        if (f->contracts[i].held_count)
            judge_contract(f, &f->contracts[i].matter);
    if (!packets || (now - f->contracts_read < turn_ns && (!f->hurry || contracts_idle(f))))
        return;
    f->contracts_read = now;
    for (size_t i = 0; i < f->contract_count && engine_has_room(f->engine); i++)
        share_contract(f, &f->contracts[i], packets);
}
