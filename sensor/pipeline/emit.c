/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/emit.h"

#include "report/report.h"

enum { WAIT_MS = 50 };

static void send_record(struct emitter *e) {
    while (!ring_write(e->ring, &e->builder)) {
        doorbell_ring(e->doorbell);
        if (!e->wait) {
            counter_one(COUNTER_RECORDS_LOST);
            return;
        }
        ring_wait_room(e->ring, WAIT_MS);
    }
    counter_one(COUNTER_RECORDS);
    doorbell_ring(e->doorbell);
}

static void put_text(struct emitter *e, enum record_text which, const char *text) {
    if (text && *text)
        record_text(&e->builder, which, bytes_text(text));
}

static void put_object_text(struct emitter *e, enum record_text which, const struct object_text *text) {
    if (text->n)
        record_text(&e->builder, which, bytes_of(text->p, text->n));
}

static void put_ends(struct emitter *e, const struct session *s, enum side from) {
    struct record *r = &e->builder.head;
    const struct endpoint *source = &s->end[from], *destination = &s->end[side_other(from)];
    r->worker = e->worker;
    r->source = source->address;
    r->source_port = source->port;
    r->destination = destination->address;
    r->destination_port = destination->port;
    r->client = s->end[SIDE_CLIENT].address;
    r->client_port = s->end[SIDE_CLIENT].port;
    r->server = s->end[SIDE_SERVER].address;
    r->server_port = s->end[SIDE_SERVER].port;
    r->transport = s->transport;
    r->vlan = s->vlan;
    r->flow = s->flow;
    r->matters = s->leaves[from];
    put_text(e, TEXT_APPLICATION, s->application);
    put_text(e, TEXT_MASTER, s->master);
    put_text(e, TEXT_COMMUNITY_ID, s->community_id);
}

static enum record_direction direction_of(const struct session *s, enum side from) {
    struct place source = policy_place(s->policy, &s->end[from].address);
    struct place destination = policy_place(s->policy, &s->end[side_other(from)].address);
    bool source_in = source.kind == PLACE_IMAGE || source.kind == PLACE_INTERNAL;
    bool destination_in = destination.kind == PLACE_IMAGE || destination.kind == PLACE_INTERNAL;
    if (source_in)
        return destination_in ? DIRECTION_INTERNAL : DIRECTION_OUTBOUND;
    return destination_in ? DIRECTION_INBOUND : DIRECTION_EXTERNAL;
}

static void judge(const struct session *s, enum side from, const char *class, struct bytes host, time_ns time,
                  struct judgement *out) {
    const struct judgement_facts facts = {
        .source = s->end[from].address,
        .destination = s->end[side_other(from)].address,
        .host = from == SIDE_CLIENT ? (host.n ? host : bytes_text(s->host)) : bytes_of(NULL, 0),
        .class = class,
        .application = s->application,
        .master = s->master,
        .time = time,
    };
    policy_judge(s->policy, &facts, out);
}

static void put_judgement(struct emitter *e, const struct session *s, enum side from,
                          const struct judgement *j) {
    struct place source = policy_place(s->policy, &s->end[from].address);
    e->builder.head.verdict = (uint8_t)j->verdict;
    e->builder.head.direction = (uint8_t)direction_of(s, from);
    e->builder.head.destination_bits = policy_announced(s->policy, &s->end[side_other(from)].address);
    if (source.kind == PLACE_IMAGE)
        put_text(e, TEXT_NETWORK, policy_image_network(s->policy, source.index)->name);
    if (j->partner) {
        e->builder.head.partner_known = 1;
        put_text(e, TEXT_PARTNER, j->partner->name);
    }
    if (j->contract)
        put_text(e, TEXT_CONTRACT, j->contract->id);
    put_text(e, TEXT_REASON, j->reason);
    for (unsigned i = 0; i < TERM_COUNT; i++)
        if (j->terms & TERM_BIT(i))
            record_text_add(&e->builder, TEXT_TERM, term_name((enum contract_term)i));
}

static void put_object(struct emitter *e, const struct object *o) {
    struct record *r = &e->builder.head;
    r->time = o->last;
    r->first = o->first;
    r->last = o->last;
    r->object = o->number;
    r->parent = o->parent;
    r->bytes = o->size;
    r->missing = o->missing;
    r->offset = o->offset;
    r->known_total = o->total != LENGTH_UNKNOWN;
    r->total = r->known_total ? o->total : 0;
    r->complete = o->complete;
    r->container = o->container;
    r->hashed = o->hashed;
    r->shed = o->shed;
    memcpy(r->sha256, o->sha256, sizeof r->sha256);
    put_text(e, TEXT_PROTOCOL, o->protocol);
    put_text(e, TEXT_MIME, o->type ? o->type->mime : NULL);
    put_object_text(e, TEXT_NAME, &o->name);
    put_object_text(e, TEXT_METHOD, &o->method);
    put_object_text(e, TEXT_USER, &o->user);
    put_object_text(e, TEXT_HOST, &o->host);
    put_object_text(e, TEXT_PATH, &o->path);
}

static struct bytes host_of(const struct object *o) {
    return bytes_of(o->host.p, o->host.n);
}

static void put_digests(struct emitter *e, const struct finding *f) {
    struct record_builder *b = &e->builder;
    b->head.distinct = f->distinct;
    b->head.at_least = f->at_least;
    b->head.digests = (uint16_t)(f->digest_count < RECORD_DIGESTS_MAX ? f->digest_count : RECORD_DIGESTS_MAX);
    if (b->head.digests)
        memcpy(b->digest, f->digests, b->head.digests * sizeof *b->digest);
}

/* What the rule that counted most has counted by the object's end. */
static void put_distinct(struct emitter *e, const struct object *o, const struct rule *const *rule,
                         size_t n) {
    struct finding f;
    for (size_t i = 0; i < n; i++)
        if (inspector_finding(o, rule[i], &f) && f.distinct > e->builder.head.distinct)
            put_digests(e, &f);
}

/* The rules and classes that held, and the worst that the policy says of any of the classes. */
static void put_rules(struct emitter *e, const struct object *o, const struct session *s,
                      struct judgement *worst) {
    const struct rule *rule[RECORD_RULES_MAX];
    size_t all = inspector_rules(o, rule, RECORD_RULES_MAX);
    size_t n = all < RECORD_RULES_MAX ? all : RECORD_RULES_MAX;
    judge(s, o->from, NULL, host_of(o), o->last, worst);
    for (size_t i = 0; i < n; i++) {
        struct judgement j;
        bool seen = false;
        record_text_add(&e->builder, TEXT_RULES, rule[i]->id);
        for (size_t k = 0; k < i && !seen; k++)
            seen = strcmp(rule[k]->class, rule[i]->class) == 0;
        if (seen)
            continue;
        record_text_add(&e->builder, TEXT_CLASSES, rule[i]->class);
        judge(s, o->from, rule[i]->class, host_of(o), o->last, &j);
        if (j.verdict >= VERDICT_BREACH)
            record_text_add(&e->builder, TEXT_OFFENDING, rule[i]->class);
        if (j.verdict > worst->verdict)
            *worst = j;
    }
    put_distinct(e, o, rule, n);
    if (all > n)
        counter_add(COUNTER_RULES_LEFT_OUT, all - n);
}

void emit_transfer(struct emitter *e, const struct object *o, struct session *s) {
    struct judgement worst;
    bool found = inspector_rules(o, NULL, 0) > 0;
    if (!found && !(e->wants & REPORT_TRANSFER) && !s->metered[o->from])
        return;
    record_begin(&e->builder, RECORD_TRANSFER);
    put_ends(e, s, o->from);
    put_rules(e, o, s, &worst);
    put_judgement(e, s, o->from, &worst);
    put_object(e, o);
    send_record(e);
}

void emit_finding(struct emitter *e, const struct finding *f, struct session *s) {
    const struct object *o = f->object;
    struct record_builder *b = &e->builder;
    struct judgement j;
    judge(s, o->from, f->rule->class, host_of(o), o->last, &j);
    record_begin(b, RECORD_FINDING);
    put_ends(e, s, o->from);
    put_judgement(e, s, o->from, &j);
    b->head.severity = (uint8_t)f->rule->severity;
    put_digests(e, f);
    put_text(e, TEXT_RULE_ID, f->rule->id);
    put_text(e, TEXT_RULE_NAME, f->rule->name);
    put_text(e, TEXT_CLASS, f->rule->class);
    put_text(e, TEXT_SAMPLE, f->sample);
    for (size_t i = 0; i < f->rule->references.count; i++)
        record_text_add(b, TEXT_REFERENCES, f->rule->references.items[i]);
    put_object(e, o);
    send_record(e);
}

void emit_volume(struct emitter *e, const struct flow *flow, struct session *s, enum side from, bool last) {
    static const uint64_t no_object = UINT64_C(1) << 48; /* numbers of flows and objects do not meet */
    struct record *r = &e->builder.head;
    struct judgement j;
    judge(s, from, NULL, bytes_of(NULL, 0), flow->last, &j);
    record_begin(&e->builder, RECORD_VOLUME);
    put_ends(e, s, from);
    put_judgement(e, s, from, &j);
    r->time = r->last = flow->last;
    r->first = flow->first;
    r->object = no_object | flow->number;
    r->bytes = flow->bytes[from];
    r->complete = last;
    send_record(e);
}

void emit_flow(struct emitter *e, const struct flow *flow, struct session *s) {
    struct record *r = &e->builder.head;
    struct judgement j;
    if (!(e->wants & REPORT_FLOW))
        return;
    enum side from = s->leaves[SIDE_SERVER] && !s->leaves[SIDE_CLIENT] ? SIDE_SERVER : SIDE_CLIENT;
    judge(s, from, NULL, bytes_of(NULL, 0), flow->last, &j);
    record_begin(&e->builder, RECORD_FLOW);
    put_ends(e, s, from);
    put_judgement(e, s, from, &j);
    r->time = flow->last;
    r->first = flow->first;
    r->last = flow->last;
    r->bytes = flow->bytes[SIDE_CLIENT];
    r->bytes_back = flow->bytes[SIDE_SERVER];
    r->packets = flow->packets[SIDE_CLIENT];
    r->packets_back = flow->packets[SIDE_SERVER];
    put_text(e, TEXT_HOST, s->host);
    send_record(e);
}

void emit_notice(struct emitter *e, const char *key, const char *text) {
    struct record *r = &e->builder.head;
    record_begin(&e->builder, RECORD_NOTICE);
    r->worker = e->worker;
    r->time = r->first = r->last = clock_wall();
    put_text(e, TEXT_RULE_ID, key);
    put_text(e, TEXT_RULE_NAME, text);
    send_record(e);
}
