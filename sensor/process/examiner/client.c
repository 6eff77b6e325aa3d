/* SPDX-License-Identifier: Apache-2.0 */
#include "process/examiner/examiner.h"

#include "base/counter.h"
#include "pipeline/shared/examine_area.h"

#include <poll.h>
#include <string.h>

/* A worker's side: files that it has gathered are given to examiners, and what these say of them is taken. */

/* A file that nobody is done with after that is not waited for any more. */
static const time_ns dead_after = 120 * NS_PER_S, told_every = 600 * NS_PER_S;
/* At the end: for one file, and for all. */
enum { WAIT_MS = 5, WAITS_MAX = 1000, WAITS_MAX_IN_ALL = 6000 };

struct client {
    struct examine_area *area;
    unsigned worker;
    const struct examine_answers *answers[EXAMINERS_MAX];
    unsigned examiners;
    time_ns silent_after; /* by the monotonic clock */
    time_ns begun, told;
    unsigned waits; /* so far */
    bool dead;      /* nobody is there: to be told */
};

static bool is_alive(const struct client *c, unsigned examiner, time_ns now) {
    time_ns seen = atomic_load_explicit(&c->answers[examiner]->seen, memory_order_relaxed);
    return now - (seen ? seen : c->begun) < c->silent_after;
}

/* The same file goes to the same one, which may know it; where that is dead, to the next. */
static bool choose_examiner(const struct client *c, const struct object *o, unsigned *out) {
    unsigned first = o->hashed ? o->sha256[0] : (unsigned)o->number;
    time_ns now = clock_monotonic();
    for (unsigned i = 0; i < c->examiners; i++) {
        *out = (first + i) % c->examiners;
        if (is_alive(c, *out, now))
            return true;
    }
    return false;
}

static struct examine_job *job_of(const struct client *c, const struct examine_slot *slot) {
    return &c->area->job[slot - c->area->slots.slot];
}

static bool take_file(void *context, struct object *o) {
    struct client *c = context;
    struct examine_slot *slot = slots_find(&c->area->slots, o->number);
    unsigned examiner;
    if (!slot)
        return false;
    if (!choose_examiner(c, o, &examiner)) {
        counter_one(COUNTER_EXAMINE_NOBODY);
        o->bounded = true;
        c->dead = true;
        slots_close(&c->area->slots, slot);
        return false;
    }
    job_of(c, slot)->examiner = examiner;
    return true;
}

static void give_file(void *context, const struct object *o, const struct record_builder *record,
                      struct bytes host) {
    struct client *c = context;
    struct examine_slot *slot = slots_find(&c->area->slots, o->number);
    struct examine_job *j = job_of(c, slot);
    slot->state = SLOT_SENT;
    j->at = (uint64_t)slot->first * EXAMINE_BLOCK;
    j->n = slot->n;
    j->whole = slot->whole;
    j->since = clock_monotonic();
    j->host_n = (uint16_t)(host.n < sizeof j->host ? host.n : sizeof j->host);
    if (j->host_n)
        memcpy(j->host, host.p, j->host_n);
    record_pack(record, 0, j->record);
    atomic_store_explicit(&j->ticket, ++c->area->tickets, memory_order_release);
}

/* --- What comes back --- */

static void end_job(struct client *c, struct examine_slot *slot) {
    struct examine_job *j = job_of(c, slot);
    atomic_store_explicit(&j->ticket, 0, memory_order_release);
    memset(j->record, 0, ((const struct record *)j->record)->size);
    slots_close(&c->area->slots, slot);
}

static void tell_given_up(struct pipeline *p) {
    pipeline_notice(
        p, "examiner-killed",
        "a file ended an examiner twice, or took too long twice: it is not examined, nor are others of "
        "the same bytes");
}

static void take_result(struct pipeline *p, const struct examine_slot *slot, const struct examine_result *r) {
    static const struct finding nothing = {.sample = ""};
    uint64_t object = slot->object;
    char id[EXAMINE_RULE_MAX];
    for (unsigned i = 0; i < r->rules && i < EXAMINE_RULES_MAX; i++) {
        memcpy(id, r->rule[i], sizeof id);
        id[sizeof id - 1] = '\0';
        pipeline_late_finding(p, object, id, &nothing);
    }
    if (r->bounded || r->outcome == EXAMINE_GIVEN_UP)
        pipeline_late_finding(p, object, rule_unread_object.id, &nothing);
    if (r->outcome == EXAMINE_GIVEN_UP)
        tell_given_up(p);
    pipeline_charge(p, object, slot->price, r->made); /* bounded, should the examiner be taken over */
    pipeline_examined(p, object);
}

/* How many are over; *left: how many are not. */
static unsigned collect_once(struct client *c, struct pipeline *p, unsigned *left) {
    struct examine_slots *slots = &c->area->slots;
    time_ns now = clock_monotonic();
    unsigned over = 0;
    *left = 0;
    for (unsigned i = 0; i < slots->slots; i++) {
        struct examine_slot *slot = &slots->slot[i];
        const struct examine_job *j = &c->area->job[i];
        const struct examine_answer *a = &c->answers[j->examiner % c->examiners]->answer[c->worker][i];
        if (slot->state != SLOT_SENT)
            continue;
        if (atomic_load_explicit(&a->ticket, memory_order_acquire) == j->ticket) {
            take_result(p, slot, &a->result);
            over++;
        } else if (now - j->since < dead_after) {
            ++*left;
            continue;
        } else {
            counter_one(COUNTER_EXAMINE_NOBODY);
        }
        end_job(c, slot);
    }
    return over;
}

static void collect_files(void *context, struct pipeline *p, bool wait) {
    struct client *c = context;
    unsigned left, waits = 0;
    while (collect_once(c, p, &left) == 0 && wait && left > 0 && waits++ < WAITS_MAX &&
           c->waits++ < WAITS_MAX_IN_ALL)
        poll(NULL, 0, WAIT_MS);
}

static void tell_dead(void *context, struct pipeline *p) {
    struct client *c = context;
    time_ns now = clock_monotonic();
    if (!c->dead || (c->told && now - c->told < told_every))
        return;
    c->told = now;
    c->dead = false;
    pipeline_notice(
        p, "examiners-dead",
        "no examiner is there: archives and the like are not looked into until one is started again");
}

/* --- Begin --- */

/* What it was gathering, or had given, went with its flows. */
static void clear_leftovers(struct examine_area *area, size_t size) {
    for (unsigned i = 0; i < EXAMINE_SLOTS_MAX; i++) {
        const struct examine_slot *slot = &area->slots.slot[i];
        if (slot->state == SLOT_FREE)
            continue;
        atomic_store_explicit(&area->job[i].ticket, 0, memory_order_release);
        slots_wipe(slot, area->bytes, size);
        explicit_bzero(area->job[i].record, sizeof area->job[i].record);
    }
}

const struct examination *examiner_ask(const struct sensor *s, unsigned worker) {
    static struct client c;
    static const struct examination examination = {
        .context = &c, .takes = take_file, .give = give_file, .tick = tell_dead, .collect = collect_files};
    const struct examine_options *o = &s->config->examine;
    struct examine_area *area = s->examine_memory[worker].own;
    c = (struct client){.area = area,
                        .worker = worker,
                        .begun = clock_monotonic(),
                        .silent_after = examiner_stuck_after(s) + 2 * NS_PER_S};
    for (unsigned i = 0; i < EXAMINERS_MAX && s->answer_memory[i].seen; i++)
        c.answers[c.examiners++] = s->answer_memory[i].seen;
    if (!area || c.examiners == 0)
        return NULL;
    clear_leftovers(area, (size_t)s->budget.examine);
    if (!slots_init(&area->slots, area->bytes, (size_t)s->budget.examine, o->size_max, (unsigned)o->slots))
        return NULL;
    examine_use(&area->slots, o, false);
    return &examination;
}
