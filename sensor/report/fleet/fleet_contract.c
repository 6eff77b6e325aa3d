/* SPDX-License-Identifier: Apache-2.0 */
#include "report/fleet/fleet_line.h"

#include "base/counter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* What partners received under contracts with limits: each sensor writes what it saw, as it stands, and reads
 * what the others saw, whether something moved here or not: the next object may be the one too many. */
static const time_ns turn_ns = 5 * NS_PER_S;
#define DAYS_KEPT "172800"    /* 2 days */
#define MONTHS_KEPT "5356800" /* 62 days */

static void add_contract(struct fleet *f, size_t which, bool month) {
    struct quota_amount a;
    char name[512];
    if (!quotas_amount(f->parts.quotas, which, month, 0, &a))
        return;
    struct fleet_contract *c = &f->contracts[f->contract_count++];
    *c = (struct fleet_contract){.fleet = f, .which = which, .month = month};
    snprintf(name, sizeof name, "contract\n%s", a.contract->id);
    secret_name(&f->options->secret, bytes_text(name), c->name);
}

bool contracts_open(struct fleet *f) {
    size_t n = f->parts.quotas ? quotas_count(f->parts.quotas) : 0;
    f->contracts = calloc(2 * n + 1, sizeof *f->contracts);
    for (size_t i = 0; i < n && f->contracts; i++) {
        add_contract(f, i, false);
        add_contract(f, i, true);
    }
    return f->contracts != NULL;
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
        if (c->under_way)
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

static void contract_answered(void *context, void *subject, const redisReply *reply) {
    struct fleet_contract *c = subject;
    c->under_way--;
}

static void others_answered(void *context, void *subject, const redisReply *reply) {
    struct fleet *f = context;
    struct fleet_contract *c = subject;
    struct share_amount sum = {.objects = 0};
    char own[PLACE_FIELD_MAX];
    size_t fields;
    c->under_way--;
    own_field(f, own);
    if (!place_add_up(reply, own, &sum, &fields)) {
        counter_one(COUNTER_FLEET_MALFORMED);
        return;
    }
    const struct quota_amount others = {.index = c->asked,
                                        .amount = {.objects = sum.objects, .bytes = sum.bytes}};
    quotas_put_others(f->parts.quotas, c->which, c->month, &others);
}

static void send_one(struct fleet_contract *c, const struct engine_command *words, engine_answer *answer) {
    c->under_way += engine_send(c->fleet->engine, words, answer, c->fleet, c);
}

static void write_own(struct fleet_contract *c, const char *place, const struct quota_amount *a) {
    const struct share_amount amount = {.objects = a->amount.objects, .bytes = a->amount.bytes};
    struct engine_command set = {.count = 0}, expire = {.count = 0};
    char field[PLACE_FIELD_MAX], value[PLACE_AMOUNT_MAX];
    own_field(c->fleet, field);
    place_write_amount(&amount, value);
    engine_word(&set, bytes_text("HSET"));
    engine_word(&set, bytes_text(place));
    engine_word(&set, bytes_text(field));
    engine_word(&set, bytes_text(value));
    send_one(c, &set, contract_answered);
    engine_word(&expire, bytes_text("EXPIRE"));
    engine_word(&expire, bytes_text(place));
    engine_word(&expire, bytes_text(c->month ? MONTHS_KEPT : DAYS_KEPT));
    send_one(c, &expire, contract_answered);
    c->sent = *a;
}

static void share_contract(struct fleet_contract *c, time_ns now) {
    char place[PLACE_MAX];
    struct engine_command get = {.count = 0};
    struct quota_amount a;
    if (c->under_way || !quotas_amount(c->fleet->parts.quotas, c->which, c->month, now, &a))
        return;
    place_of_bucket(c->fleet->options, c->name, c->month ? 'm' : 'c', a.index, place);
    if (is_news(c, &a))
        write_own(c, place, &a);
    c->asked = a.index;
    engine_word(&get, bytes_text("HGETALL"));
    engine_word(&get, bytes_text(place));
    send_one(c, &get, others_answered);
}

void contracts_turn(struct fleet *f, time_ns now) {
    time_ns packets = ledger_now(f->parts.ledger);
    if (!packets || (now - f->contracts_read < turn_ns && (!f->hurry || contracts_idle(f))))
        return;
    f->contracts_read = now;
    for (size_t i = 0; i < f->contract_count && engine_has_room(f->engine); i++)
        share_contract(&f->contracts[i], packets);
}
