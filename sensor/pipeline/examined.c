/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/examined.h"

#include "examine/examine.h"
#include "pipeline/again.h"
#include "pipeline/path.h"
#include "report/report.h"

#include <stdio.h>
#include <stdlib.h>

enum { HELD_BYTES = 4 << 20 };

/* A file that is examined, and what was found in others. */
struct examining {
    bool on;
    const struct record *record; /* of the file */
    bool proven;                 /* its digest is that which the record says */
    struct examine_result *result;
    struct again again;
    struct record_list held;
    /* Texts of the record that the path refers to as long as it lasts. */
    char protocol[33], application[65], master[65], told[129];
};

bool pipeline_is_examined(const struct pipeline *p, const struct object *o) {
    return p->examining && p->examining->on && o->depth == 0;
}

void pipeline_note_examined(struct pipeline *p, const struct object *o) {
    struct examine_result *out = p->examining->result;
    const struct rule *rule[EXAMINE_RULES_MAX];
    size_t n = inspector_rules(o, rule, EXAMINE_RULES_MAX);
    p->examining->proven =
        o->hashed && memcmp(o->sha256, p->examining->record->sha256, sizeof o->sha256) == 0;
    out->bounded = o->bounded;
    out->rules = n < EXAMINE_RULES_MAX ? (unsigned)n : EXAMINE_RULES_MAX;
    for (unsigned i = 0; i < out->rules; i++)
        snprintf(out->rule[i], sizeof out->rule[i], "%s", rule[i]->id);
}

uint64_t pipeline_numbers(const struct pipeline *p) {
    return content_numbers(p->content);
}

void pipeline_number_from(struct pipeline *p, uint64_t n) {
    content_number_from(p->content, n);
}

static struct examining *examining_of(struct pipeline *p) {
    if (!p->examining && (p->examining = calloc(1, sizeof *p->examining)) &&
        !(p->examining->held.bytes = malloc(HELD_BYTES))) {
        free(p->examining);
        p->examining = NULL;
    }
    return p->examining;
}

void examining_destroy(struct examining *x) {
    if (!x)
        return;
    again_finish(&x->again);
    free(x->held.bytes);
    free(x);
}

/* --- The flow, as the record has it --- */

static enum side side_of_source(const struct record *r) {
    return r->source_port == r->client_port && address_equal(&r->source, &r->client) ? SIDE_CLIENT
                                                                                     : SIDE_SERVER;
}

static struct flow flow_of(const struct record *r) {
    return (struct flow){.number = r->flow,
                         .transport = r->transport,
                         .vlan = r->vlan,
                         .first = r->first,
                         .end = {{r->client, r->client_port}, {r->server, r->server_port}}};
}

static const char *keep_text(char *room, size_t size, const struct record *r, enum record_text which) {
    struct bytes text = record_text_of(r, which);
    snprintf(room, size, "%.*s", (int)text.n, (const char *)text.p);
    return *room ? room : NULL;
}

static struct flow_context *open_flow(struct pipeline *p, const struct examined_file *file) {
    struct examining *x = p->examining;
    const struct record *r = file->record;
    const struct flow flow = flow_of(r);
    struct flow_context *f =
        flow_context_open(&p->flow_contexts, &flow, p->generations.newest, p->inspect_all);
    struct bytes fact[FACT_COUNT] = {{NULL, 0}};
    if (!f)
        return NULL;
    f->application = keep_text(x->application, sizeof x->application, r, TEXT_APPLICATION);
    f->master = keep_text(x->master, sizeof x->master, r, TEXT_MASTER);
    f->protocol = keep_text(x->protocol, sizeof x->protocol, r, TEXT_PROTOCOL);
    f->told = keep_text(x->told, sizeof x->told, r, TEXT_SAME_FLOW);
    f->ambiguous = r->ambiguous;
    fact[FACT_HOST] = file->host;
    if (file->host.n)
        flow_context_tell(&p->flow_contexts, f, fact);
    return f;
}

static struct transfer_seed seed_of(const struct examining *x, const struct record *r, uint64_t length) {
    struct transfer_seed s = transfer_seed_of(x->protocol, side_of_source(r));
    for (unsigned i = 0; i < FACT_COUNT; i++)
        s.fact[i] = record_text_of(r, (enum record_text)i);
    s.length = s.total = length;
    return s;
}

/* --- It moves again --- */

static void move_file(struct pipeline *p, const struct examined_file *file, struct flow_context *flow,
                      struct transfer_context *owner) {
    const struct record *r = file->record;
    uint64_t numbers = content_numbers(p->content);
    struct conversation c = {.services = &pipeline_services,
                             .codings = p->codings,
                             .owner = flow,
                             .end = {flow->end[0], flow->end[1]},
                             .now = r->last,
                             .transport = r->transport};
    const struct transfer_seed seed = seed_of(p->examining, r, file->whole ? file->bytes.n : LENGTH_UNKNOWN);
    content_number_from(p->content, r->object - 1);
    struct transfer *t = content_begin(p->content, &c, owner, &seed);
    content_number_from(p->content, numbers);
    transfer_context_release(&p->transfer_contexts, &p->flow_contexts, owner);
    if (!t)
        return;
    content_data(&c, t, file->bytes.p, file->bytes.n);
    content_end(&c, t, file->whole ? TRANSFER_DONE : TRANSFER_CUT);
}

static void run_file(struct pipeline *p, const struct examined_file *file) {
    struct examining *x = p->examining;
    struct flow_context *flow = open_flow(p, file);
    struct transfer_context *owner =
        flow ? transfer_context_open(&p->transfer_contexts, flow, side_of_source(file->record),
                                     p->generations.newest)
             : NULL;
    x->result->bounded = true; /* until it says otherwise */
    examine_pay(true);
    if (owner)
        move_file(p, file, flow, owner);
    examine_pay(false);
    flow_context_release(&p->flow_contexts, flow);
}

static struct again_key key_of(const struct pipeline *p, const struct record *r) {
    struct flow_context x;
    const struct flow flow = flow_of(r);
    struct again_key key = {.version = p->generations.newest->version};
    flow_context_fill(&x, &flow, p->generations.newest, p->inspect_all);
    key.metered = x.metered[side_of_source(r)] || (p->emitter.wants & REPORT_TRANSFER);
    memcpy(key.sha256, r->sha256, sizeof key.sha256);
    return key;
}

void pipeline_examine(struct pipeline *p, const struct examined_file *file, struct examine_result *out) {
    struct examining *x = examining_of(p);
    *out = (struct examine_result){.outcome = EXAMINE_DONE, .bounded = true};
    if (!x)
        return;
    uint64_t before = content_numbers(p->content);
    x->on = true;
    x->record = file->record;
    x->proven = false;
    x->result = out;
    x->held = (struct record_list){.bytes = x->held.bytes, .size = HELD_BYTES};
    p->emitter.worker = file->record->worker;
    p->emitter.id_of = 0;
    p->emitter.hold = &x->held;
    run_file(p, file);
    p->emitter.hold = NULL;
    x->on = false;
    if (!x->held.over)
        emit_held(&p->emitter, &x->held);
    emit_ring(&p->emitter);
    if (!file->whole || !file->record->hashed || !x->proven)
        return; /* what one worker says of its file is not held for that of another */
    const struct again_key key = key_of(p, file->record);
    const struct again_entry kept = {.list = x->held,
                                     .first = (struct record *)file->record,
                                     .root = file->record->object,
                                     .before = before,
                                     .numbers = content_numbers(p->content) - before,
                                     .result = *out};
    again_keep(&x->again, &key, &kept);
}

bool pipeline_examine_again(struct pipeline *p, const struct examined_file *file,
                            struct examine_result *out) {
    struct examining *x = examining_of(p);
    if (!x || !file->whole || !file->record->hashed)
        return false;
    const struct again_key key = key_of(p, file->record);
    const struct again_entry *kept = again_find(&x->again, &key);
    if (!kept)
        return false;
    const struct again_told now = {.of = file->record,
                                   .host = file->host,
                                   .policy = p->generations.newest->policy,
                                   .rules = p->generations.newest->rules,
                                   .before = content_numbers(p->content)};
    *out = kept->result;
    p->emitter.worker = file->record->worker;
    again_tell(&p->emitter, kept, &now);
    content_number_from(p->content, now.before + kept->numbers);
    emit_ring(&p->emitter);
    counter_one(COUNTER_EXAMINE_AGAIN);
    return true;
}
