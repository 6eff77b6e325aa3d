/* SPDX-License-Identifier: Apache-2.0 */
#include "process/examiner/jobs.h"

static const time_ns half_life = 60 * NS_PER_S;

struct candidate {
    uint32_t worker, source; /* ms that they spent */
    time_ns since;
};

static bool is_before(const struct candidate *a, const struct candidate *b) {
    if (a->worker != b->worker)
        return a->worker < b->worker;
    return a->source != b->source ? a->source < b->source : a->since < b->since;
}

static struct candidate judge_job(const struct examine_jobs *q, const struct examine_job *j,
                                  unsigned worker) {
    struct examine_spent *s = &q->answers->spent;
    const struct address source = ((const struct record *)j->record)->source;
    return (struct candidate){s->worker[worker], *shares_of(&s->source, &source), j->since};
}

const struct examine_job *jobs_find(const struct examine_jobs *q, unsigned *worker, unsigned *slot,
                                    uint64_t *ticket) {
    const struct examine_job *found = NULL;
    struct candidate best = {0};
    for (unsigned w = 0; w < q->workers; w++)
        for (unsigned i = 0; i < EXAMINE_SLOTS_MAX; i++) {
            const struct examine_job *j = &q->area[w]->job[i];
            uint64_t t = atomic_load_explicit(&j->ticket, memory_order_acquire);
            if (t == 0 || j->examiner != q->examiner || t == q->answers->answer[w][i].ticket)
                continue;
            struct candidate this = judge_job(q, j, w);
            if (found && !is_before(&this, &best))
                continue;
            found = j;
            best = this;
            *worker = w;
            *slot = i;
            *ticket = t;
        }
    return found;
}

void jobs_begin(struct examine_spent *s) {
    *s = (struct examine_spent){.halved = clock_monotonic()};
    shares_init(&s->source);
}

static void add_ms(uint32_t *count, uint32_t ms) {
    *count = ms < UINT32_MAX - *count ? *count + ms : UINT32_MAX;
}

void jobs_spend(struct examine_spent *s, unsigned worker, const struct address *source, uint32_t ms) {
    add_ms(&s->worker[worker], ms);
    add_ms(shares_of(&s->source, source), ms);
}

static void take_ms(uint32_t *count, uint32_t ms) {
    *count -= ms < *count ? ms : *count;
}

void jobs_return(struct examine_spent *s, unsigned worker, const struct address *source, uint32_t ms) {
    take_ms(&s->worker[worker], ms);
    take_ms(shares_of(&s->source, source), ms);
}

void jobs_forget(struct examine_spent *s, time_ns now) {
    if (now - s->halved < half_life)
        return;
    s->halved = now;
    for (unsigned i = 0; i < WORKERS_MAX; i++)
        s->worker[i] /= 2;
    for (unsigned i = 0; i < SHARES_COUNTS; i++)
        s->source.held[i] /= 2;
}
