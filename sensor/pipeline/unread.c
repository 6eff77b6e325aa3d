/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/path.h"

#include "base/counter.h"
#include "policy/flow_class.h"
#include "protocol/dispatch.h"

#include <stdlib.h>

/* Of a flow's octets so many may be a handshake; more carries something. */
enum { HANDSHAKE_MOST = 16384 };
enum { SUMS_MAX = 4096, INDEX_SIZE = 2 * SUMS_MAX, UNREAD_NONE = 0xffff, SHARE = 8 };
/* Whoever may not receive is told within a second of the first octet: both times, and what it takes from here
 * to the receiver. */
static const time_ns interval = 400 * NS_PER_MS, moment = 200 * NS_PER_MS;
/* Of a flow that a contract may cover: its protocol may show itself slowly, as where people type. */
static const time_ns moment_of_contract = 10 * NS_PER_S;

bool unread_init(struct unread *u, size_t contexts) {
    size_t most = contexts / SHARE + 1;
    *u = (struct unread){.key = hash_key_random(),
                         .most = most < SUMS_MAX ? (unsigned)most : SUMS_MAX,
                         .sums = malloc(SUMS_MAX * sizeof *u->sums),
                         .index = malloc(INDEX_SIZE * sizeof *u->index)};
    if (!u->sums || !u->index) {
        unread_finish(u);
        return false;
    }
    memset(u->index, 0xff, INDEX_SIZE * sizeof *u->index);
    return true;
}

void unread_finish(struct unread *u) {
    free(u->sums);
    free(u->index);
    *u = (struct unread){0};
}

/* --- what waits --- */

static void add_octets(uint32_t *sum, uint32_t n) {
    *sum = n < UINT32_MAX - *sum ? *sum + n : UINT32_MAX;
}

static void add_sent(struct flow_context *x, enum side from, uint32_t n) {
    add_octets(&x->sent[from], n);
}

/* What went into objects counts with them. */
static void take_off_carved(struct flow_context *x, enum side from) {
    struct conversation *c = x->conversation;
    uint32_t n = c ? c->taken[from] : 0;
    if (n > x->payload[from])
        n = (uint32_t)x->payload[from];
    if (n == 0)
        return;
    x->payload[from] -= n;
    c->taken[from] -= n;
    x->outside[from] -= n < x->outside[from] ? n : x->outside[from];
}

/* Its objects count, and nothing besides. */
static bool is_read(const struct flow_context *x) {
    return x->began && !x->encrypted && !conversation_lost(x->conversation) &&
           !conversation_carved(x->conversation);
}

bool unread_shakes(struct flow_context *x, enum side from, uint32_t n) {
    add_sent(x, from, n);
    return x->sent[from] <= HANDSHAKE_MOST;
}

void unread_note(struct unread *u, struct flow_context *x, enum side from, uint32_t n) {
    if (n == 0)
        return;
    x->carried = true;
    if (is_read(x))
        return;
    x->payload[from] += n;
    add_sent(x, from, n);
    add_octets(&x->outside[from], n);
    take_off_carved(x, from);
    if (x->waits || !(x->leaves[SIDE_CLIENT] || x->leaves[SIDE_SERVER]))
        return;
    x->waits = true;
    x->shook = false;
    flow_context_retain(x);
    age_add(&u->waiting, &x->waiting);
}

/* A few words in clear before TLS are no flow that nobody reads. What goes on in clear, or says more, is one
 * somewhat later than others. */
static bool may_seal(const struct flow_context *x, time_ns now) {
    enum { WORDS = 1024 };
    const time_ns patience = 5 * NS_PER_S;
    return now - x->first < patience && x->payload[SIDE_CLIENT] <= WORDS &&
           x->payload[SIDE_SERVER] <= 4 * WORDS && conversation_may_seal(x->conversation);
}

/* Does a contract hold today for whom it goes to? Asked once a flow that is slow to show its protocol. */
static bool is_under_contract(struct flow_context *x) {
    enum side from = x->leaves[SIDE_CLIENT] ? SIDE_CLIENT : SIDE_SERVER;
    const struct judgement_facts facts = {.source = x->end[from].address,
                                          .destination = x->end[side_other(from)].address,
                                          .any_protocol = true,
                                          .time = x->first};
    struct judgement j;
    if (!x->contract_asked && x->metered[from]) {
        policy_judge(x->generation->policy, &facts, &j);
        x->contract_holds = j.verdict <= VERDICT_BREACH || j.verdict == VERDICT_READER_BREACH;
    }
    x->contract_asked = true;
    return x->contract_holds;
}

static bool is_fresh(struct flow_context *x, time_ns now) {
    time_ns age = now - x->first;
    return age < moment || (age < moment_of_contract && is_under_contract(x));
}

/* Of a protocol that nobody knows, in which files were found: what keeps them apart is no flow of its own, as
 * long as it is little, by itself and beside them. */
static bool is_mostly_carved(const struct flow_context *x) {
    enum { FRAMES = 4096, FRAMES_MOST = 64 << 10, SHARE_OF_FRAMES = 8 };
    for (enum side from = SIDE_CLIENT; from <= SIDE_SERVER; from++)
        if (x->leaves[from] && x->outside[from] > FRAMES &&
            (x->outside[from] > FRAMES_MOST || x->outside[from] > x->sent[from] / SHARE_OF_FRAMES))
            return false;
    return true;
}

/* Before its protocol is known a flow has a moment to show it. NULL: it is read, or not known yet. */
static const char *class_of(struct flow_context *x, time_ns now, bool over) {
    if (x->encrypted)
        return CLASS_ENCRYPTED_FLOW;
    if (x->began && !conversation_lost(x->conversation))
        return conversation_carved(x->conversation) && !is_mostly_carved(x) ? CLASS_UNREAD_FLOW : NULL;
    if (x->began)
        return CLASS_UNREAD_FLOW;
    if (conversation_undecided(x->conversation) && !over &&
        (is_fresh(x, now) || x->conversation->parked || may_seal(x, now)))
        return NULL;
    return conversation_read(x->conversation) ? NULL : CLASS_UNREAD_FLOW;
}

/* --- sums --- */

/* What two flows must have in common to be one sum. */
struct sum_key {
    struct address source, destination;
    const char *class, *protocol, *application;
    const struct partner *named;
    const struct flow_context *alone; /* of one in which something was found; else NULL */
    uint64_t target;                  /* digest of whom a relay was asked for; 0: none was */
    uint64_t quiet;                   /* 1: the name is one of quiet-names */
    uint64_t shaking;                 /* 1: nothing but a handshake */
};

static struct unread_sum *find_sum(struct unread *u, const struct sum_key *key) {
    size_t at = hash_bytes(&u->key, key, sizeof *key) % INDEX_SIZE;
    for (; u->index[at] != UNREAD_NONE; at = (at + 1) % INDEX_SIZE) {
        struct unread_sum *s = &u->sums[u->index[at]];
        struct sum_key other = {s->source, s->destination, s->class,  s->protocol, s->application,
                                s->named,  s->alone,       s->target, s->quiet,    s->shaking};
        if (memcmp(&other, key, sizeof other) == 0)
            return s;
    }
    if (u->count == u->most)
        return NULL;
    u->index[at] = (uint16_t)u->count;
    struct unread_sum *s = &u->sums[u->count++];
    *s = (struct unread_sum){.source = key->source,
                             .destination = key->destination,
                             .class = key->class,
                             .protocol = key->protocol,
                             .application = key->application,
                             .named = key->named,
                             .alone = key->alone,
                             .target = key->target,
                             .quiet = key->quiet != 0,
                             .shaking = key->shaking != 0};
    return s;
}

void unread_send(struct unread *u, const struct unread_way *way) {
    for (unsigned i = 0; i < u->count; i++) {
        emit_volume(way->emitter, &u->sums[i]);
        flow_context_release(way->contexts, u->sums[i].flow);
    }
    u->count = 0;
    memset(u->index, 0xff, INDEX_SIZE * sizeof *u->index);
}

/* Nothing left but a handshake. */
static bool is_shaking(const struct flow_context *x, enum side from) {
    return x->conversation && x->conversation->shaking[from] && x->sent[from] <= HANDSHAKE_MOST;
}

static void add_side(struct unread *u, const struct unread_way *way, struct flow_context *x, enum side from,
                     time_ns now) {
    const struct policy *policy = way->generation->policy;
    struct bytes host = from == SIDE_CLIENT ? facts_get(x->facts, FACT_HOST) : bytes_of(NULL, 0);
    struct bytes target = flow_context_target(x, from);
    struct sum_key key;
    memset(&key, 0, sizeof key); /* hashed as it lies */
    key.source = x->end[from].address;
    key.destination = x->end[side_other(from)].address;
    key.class = x->class;
    key.protocol = x->protocol;
    key.application = x->application;
    key.named = policy_partner_named(policy, host);
    key.target = target.n ? hash_bytes(&u->key, target.p, target.n) : 0;
    bool several = target.n && memchr(target.p, ',', target.n);
    key.quiet = !several && policy_quiet(policy, target.n ? target : host);
    key.shaking = is_shaking(x, from);
    key.alone = x->content[0] ? x : NULL;
    struct unread_sum *s = find_sum(u, &key);
    if (!s) {
        unread_send(u, way);
        s = find_sum(u, &key);
    }
    if (!s->flow) { /* the one that the record shows */
        pipeline_name_asked(the_pipeline, x);
        s->flow = x;
        s->from = from;
        flow_context_retain(x);
    }
    s->time = now;
    s->out += x->payload[from];
    s->back += x->payload[side_other(from)];
    s->flows += !x->counted;
    s->uploads += x->uploads.untold;
    if (x->uploads.untold)
        upload_sizes_join(&s->sizes, &x->uploads.sizes);
    x->uploads.untold = 0;
    x->counted = true;
    x->told = x->class;
}

static void add_context(struct unread *u, const struct unread_way *way, struct flow_context *x, time_ns now) {
    if (x->generation != way->generation)
        flow_context_judge(x, way->generation, way->inspect_all);
    enum side from = x->leaves[SIDE_CLIENT] ? SIDE_CLIENT : SIDE_SERVER;
    if (x->leaves[from] && x->payload[from] > 0)
        add_side(u, way, x, from, now);
}

/* A context that waits is asked: what is there to be summed up is, and it waits no more. */
static void settle_context(struct unread *u, const struct unread_way *way, struct flow_context *x,
                           time_ns now) {
    if (x->class)
        add_context(u, way, x, now);
    x->payload[SIDE_CLIENT] = x->payload[SIDE_SERVER] = 0; /* else they were read */
    age_remove(&u->waiting, &x->waiting);
    x->waits = false;
    flow_context_release(way->contexts, x);
}

void unread_close(struct unread *u, const struct unread_way *way, struct flow_context *x, time_ns now) {
    x->class = class_of(x, now, true);
    if (x->waits)
        settle_context(u, way, x, now);
    x->conversation = NULL;
}

bool unread_tick(struct unread *u, const struct unread_way *way, time_ns now, bool all) {
    struct age_node *node = u->waiting.oldest, *next;
    if (!all && now < u->due && u->due - now <= interval)
        return false;
    u->due = now + interval;
    for (; node; node = next) {
        struct flow_context *x = AGE_ENTRY(node, struct flow_context, waiting);
        next = node->newer;
        x->class = class_of(x, now, all);
        x->protocol = conversation_spoken(x->conversation);
        bool undecided = !x->class && !all && !x->began && conversation_undecided(x->conversation);
        enum side from = x->leaves[SIDE_CLIENT] ? SIDE_CLIENT : SIDE_SERVER;
        if (x->class && !all && (!x->shook || x->conversation->parked) && is_shaking(x, from))
            undecided = x->shook = true; /* what is more than a handshake may be late */
        if (!undecided)                  /* else asked again next time */
            settle_context(u, way, x, now);
    }
    unread_send(u, way);
    return true;
}
