/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/emit.h"

#include "base/size.h"
#include "pipeline/classes.h"
#include "policy/flow_class.h"
#include "policy/target.h"
#include "protocol/dispatch.h"
#include "report/event/text.h"
#include "report/report.h"
#include "settings/unit.h"

#include <inttypes.h>
#include <stdio.h>

enum { WAIT_MS = 50, UNTOLD_MAX = 64, UNTOLD_FILE_MAX = 256 };

/* Waking the reporter costs as much as writing several records. */
void emit_ring(struct emitter *e) {
    if (e->untold > 0)
        doorbell_ring(e->doorbell);
    e->untold = 0;
}

static void write_record(struct emitter *e, struct record_builder *b) {
    while (!ring_write(e->ring, b)) {
        doorbell_ring(e->doorbell);
        if (!e->wait) {
            counter_one(COUNTER_RECORDS_LOST);
            return;
        }
        ring_wait_room(e->ring, WAIT_MS);
    }
    counter_one(COUNTER_RECORDS);
    if (++e->untold >= (e->wait ? UNTOLD_FILE_MAX : UNTOLD_MAX))
        emit_ring(e);
}

void emit_held(struct emitter *e, const struct record_list *list) {
    static struct record_builder b; /* large, and used within this call alone */
    for (size_t at = 0; at < list->n;) {
        const struct record *r = (const void *)(list->bytes + at);
        record_copy(&b, r);
        write_record(e, &b);
        at += r->size;
    }
}

static bool hold_record(struct emitter *e, const struct record_builder *b) {
    struct record_list *l = e->hold;
    if (!l || l->over)
        return false;
    l->over = l->n + ring_record_max() > l->size;
    if (l->over) {
        emit_held(e, l);
        return false;
    }
    l->n += record_pack(b, 0, l->bytes + l->n);
    l->count++;
    return true;
}

static void send_builder(struct emitter *e, struct record_builder *b) {
    if (!hold_record(e, b))
        write_record(e, b);
}

static void send_record(struct emitter *e) {
    send_builder(e, &e->builder);
}

static void put_text(struct record_builder *b, enum record_text which, const char *text) {
    if (text && *text)
        record_text(b, which, bytes_text(text));
}

static void put_facts(struct record_builder *b, const struct facts *f, unsigned shown) {
    for (unsigned i = 0; i < FACT_COUNT; i++) {
        struct bytes text = fact_rows[i].shown & shown ? facts_get(f, (enum fact)i) : bytes_of(NULL, 0);
        bool judged =
            i == (unsigned)FACT_TARGET && b->head.text[TEXT_TARGET].n; /* of several the one that decides */
        if (text.n && !judged)
            record_text(b, (enum record_text)i, text);
    }
}

static void put_ends(struct emitter *e, const struct flow_context *x, enum side from) {
    struct record *r = &e->builder.head;
    const struct endpoint *source = &x->end[from], *destination = &x->end[side_other(from)];
    r->worker = e->worker;
    r->source = source->address;
    r->source_port = source->port;
    r->destination = destination->address;
    r->destination_port = destination->port;
    r->client = x->end[SIDE_CLIENT].address;
    r->client_port = x->end[SIDE_CLIENT].port;
    r->server = x->end[SIDE_SERVER].address;
    r->server_port = x->end[SIDE_SERVER].port;
    r->transport = x->transport;
    r->vlan = x->vlan;
    r->flow = x->flow;
    r->ambiguous = x->ambiguous;
    put_text(&e->builder, TEXT_APPLICATION, x->application);
    put_text(&e->builder, TEXT_MASTER, x->master);
    if (e->id_of != x->flow) { /* records of one flow follow each other */
        const struct flow flow = {.end = {x->end[0], x->end[1]}, .transport = x->transport};
        flow_community_id(&flow, e->id);
        e->id_of = x->flow;
    }
    put_text(&e->builder, TEXT_COMMUNITY_ID, e->id);
}

static void note_content(struct flow_context *x, const char *class) {
    size_t n = strlen(class) + 1;
    if (n <= sizeof x->content)
        memcpy(x->content, class, n);
}

/* What else was told of the flow of an object. */
static void put_same_flow(struct emitter *e, const struct flow_context *x) {
    put_text(&e->builder, TEXT_SAME_FLOW, x->told);
}

/* --- What the policy says --- */

/* All that a verdict is made from. */
struct judged {
    const struct policy *policy;
    struct address source, destination;
    struct bytes host;       /* by which the client called the server, if the client is the source */
    struct bytes target;     /* whom it asked a relay for, likewise */
    struct bytes proxied;    /* whom it asked a proxy for that is no relay, likewise */
    struct bytes recipients; /* of mail on its way */
    const char *protocol;    /* by our own look */
    bool any_protocol;       /* nobody knows it, and none is asked for */
    bool passed_on;          /* by a resolver */
    time_ns time;
};

/* By the name that stands in the transfer, else by the last one of the flow. */
static struct judged judged_of(const struct flow_context *x, const struct policy *policy, enum side from,
                               struct bytes host, time_ns time) {
    if (host.n == 0)
        host = facts_get(x->facts, FACT_HOST);
    return (struct judged){.policy = policy,
                           .source = x->end[from].address,
                           .destination = x->end[side_other(from)].address,
                           .host = from == SIDE_CLIENT ? host : bytes_of(NULL, 0),
                           .target = flow_context_target(x, from),
                           .proxied =
                               from == SIDE_CLIENT ? facts_get(x->facts, FACT_PROXIED) : bytes_of(NULL, 0),
                           .protocol = x->protocol,
                           .time = time};
}

/* On its way the envelope says for whom it is; in a file that is moved it says nothing of who receives that.
 */
static bool is_mail(const char *protocol) {
    return strcmp(protocol, "smtp") == 0 || strcmp(protocol, "lmtp") == 0;
}

static struct judged judged_object(const struct object *o, const struct transfer_context *x) {
    struct judged j = judged_of(x->flow, x->generation->policy, o->from, object_fact(o, FACT_HOST), o->last);
    struct bytes target = object_fact(o, FACT_TARGET);
    j.protocol = o->protocol;
    if (target.n)
        j.target = target;
    if (o->from == SIDE_CLIENT)
        j.proxied = object_fact(o, FACT_PROXIED);
    if (is_mail(o->protocol))
        j.recipients = object_fact(o, FACT_EMAIL_TO);
    return j;
}

static void judge_class(const struct judged *j, const char *class, struct judgement *out) {
    const struct judgement_facts facts = {
        .source = j->source,
        .destination = j->destination,
        .host = j->host,
        .target = j->target,
        .proxied = j->proxied,
        .recipients = j->recipients,
        .class = class,
        .protocol = j->protocol,
        .any_protocol = j->any_protocol,
        .passed_on = j->passed_on,
        .time = j->time,
    };
    policy_judge(j->policy, &facts, out);
}

static enum record_direction direction_of(const struct judged *j, const struct judgement *judgement) {
    if (judgement->relayed && judgement->verdict != VERDICT_INTERNAL)
        return DIRECTION_OUTBOUND;
    struct place source = policy_place(j->policy, &j->source);
    struct place destination = policy_place(j->policy, &j->destination);
    bool source_in = source.kind == PLACE_IMAGE || source.kind == PLACE_INTERNAL;
    bool destination_in = destination.kind == PLACE_IMAGE || destination.kind == PLACE_INTERNAL;
    if (source_in)
        return destination_in ? DIRECTION_INTERNAL : DIRECTION_OUTBOUND;
    return destination_in ? DIRECTION_INBOUND : DIRECTION_EXTERNAL;
}

static void put_target(struct record_builder *b, const struct judged *who, struct bytes decided) {
    struct bytes text = decided.n ? decided : who->host;
    struct target t;
    record_text(b, TEXT_TARGET, text);
    if (target_parse(text, &t) && t.addressed)
        b->head.destination_bits = policy_announced(who->policy, &t.address);
}

static void put_judgement(struct record_builder *b, const struct judged *who, const struct judgement *j) {
    struct place source = policy_place(who->policy, &who->source);
    b->head.verdict = (uint8_t)j->verdict;
    b->head.direction = (uint8_t)direction_of(who, j);
    b->head.destination_bits = policy_announced(who->policy, &who->destination);
    if (j->relayed)
        put_target(b, who, j->target);
    if (source.kind == PLACE_IMAGE)
        put_text(b, TEXT_NETWORK, policy_image_network(who->policy, source.index)->name);
    if (j->partner) {
        b->head.partner_known = 1;
        put_text(b, TEXT_PARTNER, j->partner->name);
    }
    if (j->contract)
        put_text(b, TEXT_CONTRACT, j->contract->id);
    put_text(b, TEXT_REASON, j->reason);
    for (unsigned i = 0; i < TERM_COUNT; i++)
        if (j->terms & TERM_BIT(i))
            record_text_add(b, TEXT_TERM, term_name((enum contract_term)i));
}

/* --- Objects --- */

static void put_object(struct record_builder *b, const struct object *o) {
    struct record *r = &b->head;
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
    put_text(b, TEXT_PROTOCOL, o->protocol);
    put_text(b, TEXT_MIME, o->type ? o->type->mime : NULL);
    put_facts(b, o->facts, FACT_IN_ALERT | FACT_IN_TRANSFER);
}

static void put_digests(struct record_builder *b, const struct finding *f) {
    b->head.distinct = f->distinct;
    b->head.at_least = f->at_least;
    b->head.digests = (uint16_t)(f->digest_count < RECORD_DIGESTS_MAX ? f->digest_count : RECORD_DIGESTS_MAX);
    if (b->head.digests)
        memcpy(b->digest, f->digests, b->head.digests * sizeof *b->digest);
}

/* What the rule that counted most has counted by the object's end. */
static void put_distinct(struct record_builder *b, const struct object *o, const struct rule *const *rule,
                         size_t n) {
    struct finding f;
    for (size_t i = 0; i < n; i++)
        if (inspector_finding(o, rule[i], &f) && f.distinct > b->head.distinct)
            put_digests(b, &f);
}

static void put_class(struct record_builder *b, const struct judged *who, const struct rule *rule,
                      struct judgement *worst) {
    struct judgement j;
    record_text_add(b, TEXT_RULES, rule->id);
    judge_class(who, rule->class, &j);
    classes_add(b, rule, j.verdict >= VERDICT_BREACH);
    if (j.verdict > worst->verdict)
        *worst = j;
}

/* The rules and classes that held, and the worst that the policy says of any of the classes. */
static void put_rules(struct record_builder *b, const struct object *o, const struct judged *who,
                      struct judgement *worst) {
    const struct rule *rule[RECORD_RULES_MAX];
    size_t all = inspector_rules(o, rule, RECORD_RULES_MAX);
    size_t n = all < RECORD_RULES_MAX ? all : RECORD_RULES_MAX;
    judge_class(who, NULL, worst);
    for (size_t i = 0; i < n; i++)
        put_class(b, who, rule[i], worst);
    put_distinct(b, o, rule, n);
    if (o->bounded)
        put_class(b, who, &rule_unread_object, worst);
    if (all > n)
        counter_add(COUNTER_RULES_LEFT_OUT, all - n);
}

bool emit_transfer(struct emitter *e, const struct object *o, const struct transfer_context *x,
                   bool pending) {
    struct judgement worst;
    bool found = o->bounded || inspector_rules(o, NULL, 0) > 0,
         wanted = found || (!o->aside && ((e->wants & REPORT_TRANSFER) || x->metered));
    if (!wanted && !pending)
        return false;
    const struct judged who = judged_object(o, x);
    record_begin(&e->builder, RECORD_TRANSFER);
    put_ends(e, x->flow, o->from);
    put_same_flow(e, x->flow);
    e->builder.head.matters = x->leaves;
    e->builder.head.pending = pending;
    put_rules(&e->builder, o, &who, &worst);
    put_judgement(&e->builder, &who, &worst);
    put_object(&e->builder, o);
    if (wanted)
        send_record(e);
    return wanted;
}

static void put_rule(struct record_builder *b, const struct finding *f) {
    b->head.severity = (uint8_t)f->rule->severity;
    put_digests(b, f);
    put_text(b, TEXT_RULE_ID, f->rule->id);
    put_text(b, TEXT_RULE_NAME, f->rule->name);
    put_text(b, TEXT_CLASS, f->rule->class);
    put_text(b, TEXT_SAMPLE, f->sample);
    for (size_t i = 0; i < f->rule->references.count; i++)
        record_text_add(b, TEXT_REFERENCES, f->rule->references.items[i]);
}

void emit_finding(struct emitter *e, const struct finding *f, const struct transfer_context *x) {
    const struct object *o = f->object;
    const struct judged who = judged_object(o, x);
    struct judgement j;
    judge_class(&who, f->rule->class, &j);
    record_begin(&e->builder, RECORD_FINDING);
    put_ends(e, x->flow, o->from);
    put_same_flow(e, x->flow);
    note_content(x->flow, f->rule->class);
    e->builder.head.matters = x->leaves;
    put_judgement(&e->builder, &who, &j);
    put_rule(&e->builder, f);
    put_object(&e->builder, o);
    send_record(e);
}

/* --- Late findings --- */

/* Texts of a record as C strings, for the policy; in `room`, which is as long as the longest. */
static const char *text_in(const struct record_builder *b, enum record_text which, char room[65]) {
    size_t n = b->head.text[which].n;
    if (n == 0 || n > 64)
        return NULL;
    memcpy(room, b->text + b->head.text[which].at, n);
    room[n] = '\0';
    return room;
}

static void replace_judgement(struct record_builder *b, const struct judged *who, const struct judgement *j) {
    static const enum record_text of_it[] = {TEXT_NETWORK, TEXT_PARTNER, TEXT_CONTRACT, TEXT_REASON,
                                             TEXT_TERM};
    for (size_t i = 0; i < sizeof of_it / sizeof *of_it; i++)
        record_text(b, of_it[i], bytes_of(NULL, 0));
    b->head.partner_known = 0;
    put_judgement(b, who, j);
}

/* Texts of a record that a judgement refers to: the record's own may move meanwhile. */
struct judged_texts {
    char protocol[65];
    uint8_t target[RECORD_TEXT_MAX];
};

static struct bytes text_of(const struct record_builder *b, enum record_text which) {
    return bytes_of(b->text + b->head.text[which].at, b->head.text[which].n);
}

static struct judged judge_record(const struct record_builder *b, const struct policy *policy,
                                  struct bytes host, const char *class, struct judged_texts *texts,
                                  struct judgement *out) {
    struct bytes target = text_of(b, TEXT_TARGET);
    struct judged who = {.policy = policy,
                         .source = b->head.source,
                         .destination = b->head.destination,
                         .host = host,
                         .target = bytes_of(texts->target, target.n),
                         .proxied = text_of(b, TEXT_PROXIED),
                         .protocol = text_in(b, TEXT_PROTOCOL, texts->protocol),
                         .time = b->head.last};
    if (target.n)
        memcpy(texts->target, target.p, target.n);
    if (who.protocol && is_mail(who.protocol))
        who.recipients = text_of(b, TEXT_EMAIL_TO);
    judge_class(&who, class, out);
    return who;
}

void emit_judge(struct record_builder *record, const struct policy *policy, struct bytes host) {
    struct judged_texts texts;
    struct judgement j;
    const struct judged who = judge_record(record, policy, host, NULL, &texts, &j);
    replace_judgement(record, &who, &j);
}

bool emit_late_finding(struct emitter *e, struct record_builder *record, const struct policy *policy,
                       struct bytes host, const struct finding *f) {
    struct judged_texts texts;
    struct judgement j;
    const struct record *r = &record->head;
    if (list_has(text_of(record, TEXT_RULES), bytes_text(f->rule->id)))
        return false;
    const struct judged who = judge_record(record, policy, host, f->rule->class, &texts, &j);
    e->builder = *record;
    e->builder.head.kind = RECORD_FINDING;
    e->builder.head.pending = 0;
    e->builder.head.complete = 0;
    record_text(&e->builder, TEXT_RULES, bytes_of(NULL, 0));
    record_text(&e->builder, TEXT_CLASSES, bytes_of(NULL, 0));
    record_text(&e->builder, TEXT_OFFENDING, bytes_of(NULL, 0));
    replace_judgement(&e->builder, &who, &j);
    put_rule(&e->builder, f);
    send_record(e);
    classes_add_line(record, TEXT_RULES, f->rule->id);
    classes_add(record, f->rule, j.verdict >= VERDICT_BREACH);
    if (j.verdict > (enum verdict)r->verdict)
        replace_judgement(record, &who, &j);
    if (f->distinct > r->distinct)
        put_digests(record, f);
    return true;
}

void emit_examined(struct emitter *e, struct record_builder *record) {
    record->head.pending = 0;
    send_builder(e, record);
}

/* --- Flows --- */

static const char *name_of_sum(const struct unread_sum *sum) {
    const char *class = sum->class;
    if (sum->tries)
        return "Connections with an image network that came to nothing";
    return strcmp(class, CLASS_ENCRYPTED_FLOW) == 0 ? "Encrypted flow out of an image network"
                                                    : "Flow out of an image network that nobody can read";
}

/* Between the ends of a flow's uploads, on average. */
static void put_interval(struct record *r, const struct uploads *u) {
    if (u->count < 2)
        return;
    uint64_t ms = (uint64_t)((u->last - u->first) / NS_PER_MS) / (u->count - 1);
    r->upload_interval_ms = ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

void emit_volume(struct emitter *e, const struct unread_sum *sum) {
    const struct flow_context *x = sum->flow;
    struct judged who = judged_of(x, x->generation->policy, sum->from, bytes_of(NULL, 0), sum->time);
    struct record *r = &e->builder.head;
    struct judgement j;
    who.any_protocol = sum->tries > 0;
    judge_class(&who, sum->tries ? NULL : sum->class, &j); /* what it would have carried nobody knows */
    record_begin(&e->builder, RECORD_VOLUME);
    put_ends(e, x, sum->from);
    r->matters = x->leaves[sum->from];
    put_judgement(&e->builder, &who, &j);
    r->time = r->last = sum->time;
    r->first = x->first;
    r->bytes = sum->out;
    put_text(&e->builder, TEXT_PROTOCOL, x->protocol);
    r->bytes_back = sum->back;
    r->flows = sum->flows;
    r->uploads = sum->uploads;
    r->sizes = sum->sizes;
    put_interval(r, &x->uploads);
    r->tries = sum->tries;
    r->quiet = sum->quiet;
    r->shaking = sum->shaking;
    put_text(&e->builder, TEXT_RULE_ID, sum->class);
    put_text(&e->builder, TEXT_RULE_NAME, name_of_sum(sum));
    put_text(&e->builder, TEXT_RULES, sum->class);
    put_text(&e->builder, TEXT_CLASS, sum->class);
    put_text(&e->builder, TEXT_CLASSES, sum->class);
    if (j.verdict >= VERDICT_BREACH)
        put_text(&e->builder, TEXT_OFFENDING, sum->class);
    if (sum->alone)
        put_text(&e->builder, TEXT_SAME_FLOW, sum->alone->content);
    put_facts(&e->builder, x->facts, FACT_IN_ALERT);
    send_record(e);
}

/* --- Tunnels --- */

enum { SEEN_MAX = 136 };

static void say_seen(const struct tunnels *t, const struct tunnel_line *l, char out[SEEN_MAX]) {
    static const char *const what[TUNNEL_WAYS] = {
        [TUNNEL_NAMES] = "labels",
        [TUNNEL_ECHOES] = "changing payload in echoes",
        [TUNNEL_HEADS] = "words that look like data in request lines and header fields"};
    char left[SIZE_TEXT_MAX], back[SIZE_TEXT_MAX], within[UNIT_TEXT_MAX];
    struct tunnel_sum s;
    tunnel_sum(t, l, &s);
    int n = snprintf(out, SEEN_MAX, "%s of %s%s within %s", size_format(s.left, left), what[l->way],
                     l->way == TUNNEL_NAMES && l->name_n == 0 ? " below many domains" : "",
                     unit_format(t->options.window, unit_durations, within));
    if (l->way == TUNNEL_NAMES && s.things)
        n += snprintf(out + n, SEEN_MAX - (size_t)n, ", %" PRIu64 " %% of %" PRIu64 " names are different",
                      (s.fresh < s.things ? s.fresh : s.things) * 100 / s.things, s.things);
    if (s.back)
        snprintf(out + n, SEEN_MAX - (size_t)n, "; %s of %s came back", size_format(s.back, back),
                 l->way == TUNNEL_NAMES ? "text" : "it");
}

static const char *tunnel_protocol(const struct tunnel_line *l, const struct flow_context *x) {
    enum { IP_ICMP6 = 58 };
    if (l->way == TUNNEL_ECHOES)
        return x->transport == IP_ICMP6 ? "icmpv6" : "icmp";
    return tunnel_way_name((enum tunnel_way)l->way);
}

void emit_tunnel(struct emitter *e, const struct tunnels *t, const struct tunnel_line *l,
                 const struct flow_context *x) {
    struct bytes name = bytes_of(l->name, l->name_n),
                 domain = bytes_of(l->name + l->domain, l->name_n - l->domain);
    enum side from = (enum side)l->from;
    struct judged who = judged_of(x, x->generation->policy, from, name, l->time);
    struct record *r = &e->builder.head;
    struct judgement j;
    char seen[SEEN_MAX];
    who.protocol = tunnel_protocol(l, x);
    who.passed_on = l->way == TUNNEL_NAMES && x->asks[from];
    judge_class(&who, CLASS_TUNNEL, &j);
    record_begin(&e->builder, RECORD_VOLUME);
    put_ends(e, x, from);
    r->matters = x->leaves[from] || who.passed_on;
    put_judgement(&e->builder, &who, &j);
    r->time = r->last = l->time;
    r->first = x->first;
    r->bytes = l->left;
    r->bytes_back = l->back;
    r->flows = !l->told;
    put_text(&e->builder, TEXT_PROTOCOL, who.protocol);
    put_text(&e->builder, TEXT_RULE_ID, CLASS_TUNNEL);
    put_text(&e->builder, TEXT_RULE_NAME, "Data in names, echoes or heads");
    put_text(&e->builder, TEXT_RULES, CLASS_TUNNEL);
    put_text(&e->builder, TEXT_CLASS, CLASS_TUNNEL);
    put_text(&e->builder, TEXT_CLASSES, CLASS_TUNNEL);
    if (j.verdict >= VERDICT_BREACH)
        put_text(&e->builder, TEXT_OFFENDING, CLASS_TUNNEL);
    put_facts(&e->builder, x->facts, FACT_IN_ALERT);
    say_seen(t, l, seen);
    put_text(&e->builder, TEXT_TUNNEL_WAY, tunnel_way_name((enum tunnel_way)l->way));
    record_text(&e->builder, TEXT_TUNNEL_NAME, domain);
    put_text(&e->builder, TEXT_TUNNEL_SEEN, seen);
    send_record(e);
}

void emit_flow(struct emitter *e, const struct flow *flow, const struct flow_context *x) {
    struct record *r = &e->builder.head;
    struct judgement j;
    if (!(e->wants & REPORT_FLOW))
        return;
    enum side from = x->leaves[SIDE_SERVER] && !x->leaves[SIDE_CLIENT] ? SIDE_SERVER : SIDE_CLIENT;
    const struct judged who = judged_of(x, x->generation->policy, from, bytes_of(NULL, 0), flow->last);
    judge_class(&who, NULL, &j);
    record_begin(&e->builder, RECORD_FLOW);
    put_ends(e, x, from);
    r->matters = x->leaves[from];
    put_judgement(&e->builder, &who, &j);
    r->time = flow->last;
    r->first = flow->first;
    r->last = flow->last;
    r->bytes = flow->bytes[SIDE_CLIENT];
    r->bytes_back = flow->bytes[SIDE_SERVER];
    if (x->class) {
        r->uploads = x->uploads.count;
        r->sizes = x->uploads.sizes;
        put_interval(r, &x->uploads);
    }
    r->packets = flow->packets[SIDE_CLIENT];
    r->packets_back = flow->packets[SIDE_SERVER];
    put_text(&e->builder, TEXT_PROTOCOL, x->protocol);
    put_facts(&e->builder, x->facts, FACT_IN_FLOW);
    send_record(e);
}

void emit_host(struct emitter *e, const struct host_sight *h) {
    struct record *r = &e->builder.head;
    record_begin(&e->builder, RECORD_HOST);
    r->worker = e->worker;
    r->time = r->first = r->last = h->time;
    r->source = h->end[0].address;
    r->source_port = h->end[0].port;
    r->destination = h->end[1].address;
    r->destination_port = h->end[1].port;
    r->client = h->end[!h->opened].address;
    r->server = h->end[h->opened].address;
    r->transport = h->transport;
    r->vlan = h->vlan;
    r->object = h->card;
    put_text(&e->builder, TEXT_NETWORK, h->network);
    send_record(e);
}

void emit_notice(struct emitter *e, const char *key, const char *text) {
    struct record *r = &e->builder.head;
    record_begin(&e->builder, RECORD_NOTICE);
    r->worker = e->worker;
    r->time = r->first = r->last = clock_wall();
    put_text(&e->builder, TEXT_RULE_ID, key);
    put_text(&e->builder, TEXT_RULE_NAME, text);
    send_record(e);
}
