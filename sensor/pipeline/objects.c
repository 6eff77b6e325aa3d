/* SPDX-License-Identifier: Apache-2.0 */
#include "examine/examine.h"
#include "pipeline/path.h"

/* Packet time after which findings of an object that has closed are not waited for any more. */
static const time_ns examination_time = 60 * NS_PER_S;

static struct inspector *inspector_of(const struct object *o) {
    const struct transfer_context *x = o->owner;
    return x->generation->inspector;
}

/* Without rules nobody looks into it, and that is a finding by itself. */
static void open_object(void *context, struct object *o) {
    uint8_t stage = stage_enter(STAGE_RULES);
    o->inspection = NULL;
    if (stage_left_out(STAGE_RULES))
        o->bounded = true;
    else
        inspector_opened(inspector_of(o), o);
    stage_leave(stage);
}

/* Without the matching of contents names and types are left. */
static bool is_content_left_out(struct object *o) {
    o->bounded |= stage_left_out(STAGE_PATTERNS) && !o->container;
    return stage_left_out(STAGE_PATTERNS);
}

static void take_data(void *context, struct object *o, const uint8_t *bytes, size_t n) {
    struct pipeline *p = context;
    if (overload_sheds(&p->overload, SHED_ALERTED) && inspector_rules(o, NULL, 0) > 0) {
        counter_one(COUNTER_SHED_ALERTED);
        o->shed = true;
    }
    if (!is_content_left_out(o))
        inspector_data(inspector_of(o), o, bytes, n);
}

static void take_gap(void *context, struct object *o, uint64_t n) {
    uint8_t stage = stage_enter(STAGE_PATTERNS);
    if (!is_content_left_out(o))
        inspector_gap(inspector_of(o), o, n);
    stage_leave(stage);
}

static void retype_object(void *context, struct object *o, struct bytes again) {
    uint8_t stage = stage_enter(STAGE_RULES);
    if (!stage_left_out(STAGE_RULES) && !is_content_left_out(o))
        inspector_retyped(inspector_of(o), o, again);
    stage_leave(stage);
}

static bool is_taken(const struct pipeline *p, struct object *o) {
    return p->examination && !o->container && p->examination->takes(p->examination->context, o);
}

/* A bound is a hiding place: who may not receive it, and what it is, the policy says as of any finding. */
static void tell_unread(struct pipeline *p, const struct object *o) {
    const struct finding f = {.rule = &rule_unread_object, .object = o};
    counter_one(COUNTER_OBJECTS_UNREAD);
    emit_finding(&p->emitter, &f, o->owner);
}

/* To tell of an object costs more than some hundred bytes do. Of those whose hosts do not pay for it one a
 * second is told, for all of them; where no contract may count it, as far as all hosts' bytes pay for that:
 * many hosts that get little each may not drown what is told of others. */
static bool tells_unread(struct pipeline *p, const struct object *o) {
    const struct transfer_context *t = o->owner;
    struct allowance *a = o->allowance;
    if (!o->bounded && !(o->unpaid && o->size > 0))
        return false;
    bool paid = !o->unpaid && allowance_spend(a, ACCOUNT_OBJECTS, ALLOWANCE_TOLD);
    if (paid || !a)
        return true;
    if (p->now - a->told < NS_PER_S ||
        (o->unpaid && !t->metered && !allowances_tell(&p->flow_contexts.allowances))) {
        counter_one(COUNTER_OBJECTS_UNREAD_UNTOLD);
        return false;
    }
    a->told = p->now;
    return true;
}

/* By which the client of its flow called the server, where the object came from the client. */
static struct bytes host_of(const struct object *o) {
    const struct transfer_context *x = o->owner;
    struct bytes host = object_fact(o, FACT_HOST);
    if (host.n == 0)
        host = facts_get(x->flow->facts, FACT_HOST);
    return o->from == SIDE_CLIENT ? host : bytes_of(NULL, 0);
}

static void tell_object(struct pipeline *p, struct object *o) {
    bool pending = is_taken(p, o);
    o->bounded = tells_unread(p, o);
    if (o->bounded)
        tell_unread(p, o);
    bool told = emit_transfer(&p->emitter, o, o->owner, pending);
    if (!pending)
        return;
    bool waits = waiting_add(&p->waiting, &p->emitter.builder, host_of(o), p->now, told);
    if (p->examination->give)
        p->examination->give(p->examination->context, o, &p->emitter.builder, host_of(o));
    if (!waits && told)
        emit_examined(&p->emitter, &p->emitter.builder); /* it counts as it is */
}

static struct gathered_way gathered_way_of(struct pipeline *p) {
    return (struct gathered_way){.content = p->content,
                                 .facts = &p->facts,
                                 .transfers = &p->transfer_contexts,
                                 .flows = &p->flow_contexts,
                                 .emitter = &p->emitter,
                                 .now = p->now};
}

void pipeline_end_gathered(struct pipeline *p, bool all) {
    const struct gathered_way way = gathered_way_of(p);
    gathered_tick(&p->gathered, &way, p->generations.newest, all);
}

/* One of many records, perhaps. */
static void gather_object(struct pipeline *p, const struct object *o) {
    const struct gathered_way way = gathered_way_of(p);
    if (!p->examining && !stage_left_out(STAGE_PATTERNS))
        gathered_take(&p->gathered, &way, o);
}

static void close_object(void *context, struct object *o) {
    struct pipeline *p = context;
    uint8_t stage = stage_enter(STAGE_RULES);
    if (stage_left_out(STAGE_RULES))
        o->bounded |= o->inspection != NULL;
    else
        inspector_closed(inspector_of(o), o);
    stage_leave(stage);
    if (pipeline_is_examined(p, o))
        pipeline_note_examined(p, o);
    else
        tell_object(p, o);
    gather_object(p, o);
    inspector_forget(inspector_of(o), o);
}

static void retain_owner(void *context, void *owner) {
    transfer_context_retain(owner);
}

static void release_owner(void *context, void *owner) {
    struct pipeline *p = context;
    transfer_context_release(&p->transfer_contexts, &p->flow_contexts, owner);
}

static struct allowance *allowance_of_owner(void *context, void *owner) {
    const struct transfer_context *x = owner;
    struct allowance *purse = examine_purse();
    return purse ? purse : &x->flow->allowance->allowance;
}

static void take_turn(void *context, void *owner, bool on) {
    const struct transfer_context *x = owner;
    turn_switch(context, x->flow, on);
}

/* A finding is told in any case; the small objects that come behind it pay for it too. */
void pipeline_found(void *context, const struct finding *f) {
    struct pipeline *p = context;
    if (pipeline_is_examined(p, f->object))
        return;
    allowance_spend(f->object->allowance, ACCOUNT_OBJECTS, ALLOWANCE_FOUND);
    emit_finding(&p->emitter, f, f->object->owner);
}

struct object_sink pipeline_objects(struct pipeline *p) {
    return (struct object_sink){.context = p,
                                .opened = open_object,
                                .data = take_data,
                                .gap = take_gap,
                                .closed = close_object,
                                .retyped = retype_object,
                                .retain = retain_owner,
                                .release = release_owner,
                                .allowance = allowance_of_owner,
                                .turn = take_turn};
}

/* --- Findings of objects that have closed --- */

const struct rule *pipeline_find_rule(const struct ruleset *rules, const char *id) {
    if (strcmp(id, rule_unread_object.id) == 0)
        return &rule_unread_object;
    for (size_t i = 0; i < ruleset_count(rules); i++)
        if (strcmp(ruleset_rule(rules, i)->id, id) == 0)
            return ruleset_rule(rules, i);
    return NULL;
}

void pipeline_late_finding(struct pipeline *p, uint64_t number, const char *rule, const struct finding *f) {
    struct waiting_object *o = waiting_find(&p->waiting, number);
    const struct generation *newest = p->generations.newest;
    struct finding late = *f;
    static struct record_builder record; /* large, and used within this call alone */
    late.rule = pipeline_find_rule(newest->rules, rule);
    if (!o || !late.rule) {
        counter_one(COUNTER_FINDINGS_TOO_LATE);
        return;
    }
    record_copy(&record, &o->record);
    if (emit_late_finding(&p->emitter, &record, newest->policy, bytes_of(o->host, o->host_n), &late))
        waiting_update(&p->waiting, o, &record);
}

/* It counts now. */
static void settle_object(struct pipeline *p, struct waiting_object *o) {
    static struct record_builder record;
    bool told = o->told;
    record_copy(&record, &o->record);
    waiting_remove(&p->waiting, o);
    if (told || record.head.text[TEXT_RULES].n > 0)
        emit_examined(&p->emitter, &record);
}

void pipeline_charge(struct pipeline *p, uint64_t number, size_t price, uint64_t made) {
    struct waiting_object *o = waiting_find(&p->waiting, number);
    if (!o)
        return;
    struct pair_allowance *pair =
        allowances_open(&p->flow_contexts.allowances, &o->record.client, &o->record.server);
    examine_charge(&pair->allowance, price, o->record.bytes, made);
    allowances_release(pair);
}

void pipeline_examined(struct pipeline *p, uint64_t number) {
    struct waiting_object *o = waiting_find(&p->waiting, number);
    if (o)
        settle_object(p, o);
}

void pipeline_settle_waiting(struct pipeline *p, bool all) {
    bool wait = p->offline || all;
    struct waiting_object *o;
    size_t before;
    if (p->examination && p->examination->tick && !all)
        p->examination->tick(p->examination->context, p);
    do { /* reading files until none waits, or nothing comes any more */
        before = p->waiting.table.count;
        if (p->examination && before > 0)
            p->examination->collect(p->examination->context, p, wait);
    } while (wait && p->waiting.table.count > 0 && p->waiting.table.count < before);
    while ((o = waiting_oldest(&p->waiting)) &&
           (all || p->now - o->since >= examination_time || o->since - p->now >= examination_time)) {
        const struct finding unread = {.sample = ""};
        uint64_t number = o->number;
        counter_one(COUNTER_OBJECTS_UNEXAMINED);
        pipeline_late_finding(p, number, rule_unread_object.id, &unread);
        pipeline_examined(p, number);
    }
}
