/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/shared/blame.h"

static const time_ns memory_span = 600 * NS_PER_S;

void flow_name_of(const struct packet *p, struct flow_name *out) {
    out->source = p->source;
    out->destination = p->destination;
    out->source_port = p->source_port;
    out->destination_port = p->destination_port;
    out->transport = p->transport;
}

static uint16_t lower_port(const struct flow_name *f) {
    return f->source_port < f->destination_port ? f->source_port : f->destination_port;
}

/* Of the same flow, whichever way the packets went. */
static bool is_same_flow(const struct flow_name *a, const struct flow_name *b, enum blame_scope scope) {
    bool straight = address_equal(&a->source, &b->source) && address_equal(&a->destination, &b->destination);
    bool turned = address_equal(&a->source, &b->destination) && address_equal(&a->destination, &b->source);
    if ((!straight && !turned) || (scope != BLAME_PAIR && a->transport != b->transport))
        return false;
    if (scope == BLAME_PAIR)
        return true;
    if (scope == BLAME_SERVICE)
        return lower_port(a) == lower_port(b);
    return (straight && a->source_port == b->source_port && a->destination_port == b->destination_port) ||
           (turned && a->source_port == b->destination_port && a->destination_port == b->source_port);
}

static void forget_flow(struct blame *b, struct blamed *e) {
    if (atomic_exchange(&e->without, 0))
        atomic_fetch_sub(&b->skipped, 1);
    e->last = 0;
    e->deaths = 0;
    e->died = 0;
}

/* The entry of this flow, or the one that is longest ago. */
static struct blamed *entry_of(struct blame *b, const struct flow_name *flow, enum blame_scope scope) {
    struct blamed *oldest = &b->entry[0];
    for (size_t i = 0; i < BLAMED_MAX; i++) {
        struct blamed *e = &b->entry[i];
        if (e->last && e->scope == scope && is_same_flow(&e->flow, flow, scope))
            return e;
        if (e->last < oldest->last)
            oldest = e;
    }
    forget_flow(b, oldest);
    oldest->scope = (uint8_t)scope;
    oldest->flow = *flow;
    return oldest;
}

static bool count_death(struct blame *b, struct blamed *e, enum stage stage, uint32_t limit, time_ns now) {
    e->last = now;
    e->died |= (uint16_t)(1u << stage);
    if (++e->deaths < limit)
        return false;
    uint16_t before = atomic_exchange(&e->without, e->died);
    if (!before)
        atomic_fetch_add(&b->skipped, 1);
    return before != e->died;
}

enum blame_verdict blame_death(struct blame *b, const struct flow_name *flow, enum stage stage, time_ns now) {
    uint32_t limit = stage > STAGE_PROTOCOL || stage == STAGE_NAMES ? 1 : BLAME_FLOW_DEATHS;
    blame_expire(b, now);
    const uint32_t limits[] = {limit, BLAME_SERVICE_DEATHS, BLAME_PAIR_DEATHS};
    enum blame_verdict verdict = BLAME_NOTED;
    for (enum blame_scope scope = BLAME_FLOW; scope <= BLAME_PAIR; scope++)
        if (count_death(b, entry_of(b, flow, scope), stage, limits[scope], now))
            verdict = (enum blame_verdict)(BLAME_SKIP_FLOW + scope);
    return verdict;
}

void blame_expire(struct blame *b, time_ns now) {
    for (size_t i = 0; i < BLAMED_MAX; i++)
        if (b->entry[i].last && now - b->entry[i].last > memory_span)
            forget_flow(b, &b->entry[i]);
}

unsigned blame_look(const struct blame *b, const struct flow_name *flow) {
    unsigned without = 0;
    for (size_t i = 0; i < BLAMED_MAX; i++)
        if (atomic_load(&b->entry[i].without) &&
            is_same_flow(&b->entry[i].flow, flow, (enum blame_scope)b->entry[i].scope))
            without |= atomic_load(&b->entry[i].without);
    return without;
}
