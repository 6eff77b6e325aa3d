/* SPDX-License-Identifier: Apache-2.0 */
#include "process/examiner/examiner.h"
#include "process/examiner/jobs.h"

#include "base/counter.h"
#include "base/heap.h"
#include "pipeline/examined.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

enum { LOOK_MS = 20, NUMBER_BITS = 48 };

struct examiner {
    unsigned number; /* from 0 */
    struct pipeline *pipeline;
    struct worker_status *status;
    const struct handout *handout;
    uint64_t version;
    uint32_t call;
    struct examine_answers *answers;
    const struct examine_area *area[WORKERS_MAX]; /* to read */
    unsigned workers;
    uint64_t size; /* bytes of each */
    time_ns limit; /* processor time that a file may take */
};

/* --- In the supervisor --- */

unsigned examiner_count(const struct sensor *s) {
    return s->offline || !s->budget.examine ? 0 : (unsigned)s->config->examine.count;
}

/* What libraries take for a file: windows of their decoders, pages of a document. */
uint64_t examiner_headroom(const struct sensor *s) {
    return (UINT64_C(512) << 20) + 2 * s->budget.examine;
}

/* Its processor time is bounded in the process itself; this is for one that waits for what does not come, on
 * a processor that it shares. */
time_ns examiner_stuck_after(const struct sensor *s) {
    return 3 * (time_ns)s->config->examine.time + 5 * NS_PER_S;
}

bool examiner_share(struct sensor *s, struct error *e) {
    unsigned count = examiner_count(s);
    for (unsigned i = 0; i < s->workers && count > 0; i++)
        if (!shared_create(&s->examine_memory[i], "gantry-files",
                           sizeof(struct examine_area) + (size_t)s->budget.examine))
            return error_set(e, "no shared memory for files that are examined; lower examiners.memory");
    for (unsigned i = 0; i < count; i++)
        if (!shared_create(&s->answer_memory[i], "gantry-answers", sizeof(struct examine_answers)))
            return error_set(e, "no shared memory for files that are examined; lower examiners.count");
    return true;
}

/* --- Begin --- */

/* What it gathers in itself: a copy of the file, and files within that. */
static bool gather_here(const struct sensor *s) {
    static struct examine_slots slots;
    const struct examine_options *o = &s->config->examine;
    size_t size = 2 * (size_t)s->budget.examine;
    void *area = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (area == MAP_FAILED || !slots_init(&slots, area, size, o->size_max, EXAMINE_SLOTS_MAX))
        return false;
    examine_use(&slots, o, true);
    return true;
}

void *examiner_begin(struct sensor *s, const struct child *self, struct error *e) {
    static struct examiner x;
    struct worker_status *status = s->status[self->place];
    const struct pipeline_options o = {.snapshot = {.version = s->snapshot->version,
                                                    .config = s->config,
                                                    .slot = s->snapshot->slot,
                                                    .wants = outputs_records(s->outputs)},
                                       .memory = s->budget.examiner,
                                       .examines = true,
                                       .inspect_all = s->inspect_all,
                                       .ring = s->ring[self->place],
                                       .doorbell = s->doorbell,
                                       .worker = (uint16_t)(self->place + 1),
                                       .workers = s->workers,
                                       .status = status,
                                       .view = &status->view};
    counter_values = ring_counters(o.ring);
    gauge_values = status->view.gauges;
    if (!gather_here(s)) {
        error_set(e, "no memory for files that are examined; lower examiners.memory");
        return NULL;
    }
    x = (struct examiner){.number = self->number,
                          .pipeline = pipeline_create(&o, e),
                          .status = status,
                          .handout = &s->handout[self->place],
                          .version = o.snapshot.version,
                          .answers = s->answer_memory[self->number].own,
                          .workers = s->workers,
                          .size = s->budget.examine,
                          .limit = (time_ns)s->config->examine.time};
    for (unsigned i = 0; i < s->workers; i++)
        x.area[i] = s->examine_memory[i].seen;
    x.call = status->call - 1;
    return x.pipeline ? &x : NULL;
}

/* --- Jobs --- */

/* A copy of what its worker says of it, held against itself: the worker may go on writing. False: it is none.
 */
static bool read_job(const struct examiner *x, const struct examine_area *area, const struct examine_job *j,
                     struct examined_file *out) {
    static uint64_t copy[EXAMINE_NOTE_MAX / 8];
    static uint8_t host[sizeof j->host];
    uint64_t at = j->at, n = j->n;
    uint16_t host_n = j->host_n;
    memcpy(copy, j->record, sizeof copy);
    memcpy(host, j->host, sizeof host);
    atomic_thread_fence(memory_order_acquire); /* none of it is read once more */
    const struct record *r = (const void *)copy;
    if (at > x->size || n > x->size - at || host_n > sizeof host || !record_valid(r, sizeof copy) ||
        r->kind != RECORD_TRANSFER || r->object == 0)
        return false;
    *out = (struct examined_file){.record = r,
                                  .host = bytes_of(host, host_n),
                                  .bytes = bytes_of(area->bytes + at, (size_t)n),
                                  .whole = j->whole != 0};
    return true;
}

/* The kernel ends a process that takes more. */
static void limit_time(time_ns limit) {
    const struct itimerval t = {.it_value = {.tv_sec = limit / NS_PER_S, .tv_usec = limit % NS_PER_S / 1000}};
    setitimer(ITIMER_PROF, &t, NULL);
}

static void note_job(struct examine_answers *a, const struct examined_file *file, unsigned worker,
                     unsigned slot, uint64_t ticket) {
    a->ticket = 0;
    memset(a->sha256, 0, sizeof a->sha256);
    if (file->record->hashed && file->whole)
        memcpy(a->sha256, file->record->sha256, sizeof a->sha256);
    a->worker = worker;
    a->slot = slot;
    a->ticket = ticket;
}

static uint32_t used_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint32_t)(t.tv_sec * 1000 + t.tv_nsec / 1000000);
}

/* All that it may take is paid for beforehand: a file that the examiner does not live through has paid too. */
static void examine_file(struct examiner *x, const struct examined_file *file, unsigned worker,
                         struct examine_result *result) {
    struct examine_spent *spent = &x->answers->spent;
    uint32_t most = (uint32_t)(x->limit / NS_PER_MS), before = used_ms();
    jobs_spend(spent, worker, &file->record->source, most);
    uint64_t made = examine_made();
    limit_time(x->limit);
    pipeline_examine(x->pipeline, file, result);
    limit_time(0);
    result->made = examine_made() - made;
    uint32_t took = used_ms() - before;
    jobs_return(spent, worker, &file->record->source, took < most ? most - took : 0);
}

static void answer_job(struct examiner *x, unsigned worker, unsigned slot, uint64_t ticket,
                       const struct examine_result *result) {
    struct examine_answer *a = &x->answers->answer[worker][slot];
    a->result = *result;
    atomic_store_explicit(&a->ticket, ticket, memory_order_release);
    x->answers->ticket = 0;
}

static void note_seen(const struct examiner *x) {
    atomic_store_explicit(&x->answers->seen, clock_monotonic(), memory_order_relaxed);
}

static bool is_given_up(const struct examine_answers *a, const struct examined_file *file, unsigned worker) {
    for (size_t i = 0; file->record->hashed && file->whole && i < EXAMINE_GIVEN_UP_MAX; i++)
        if (a->given_up[i].worker == worker &&
            memcmp(a->given_up[i].sha256, file->record->sha256, sizeof a->given_up[i].sha256) == 0)
            return true;
    return false;
}

static void do_job(struct examiner *x, const struct examine_job *j, unsigned worker, unsigned slot,
                   uint64_t ticket) {
    struct examine_result result = {.outcome = EXAMINE_DONE, .bounded = true};
    struct examined_file file = {.record = NULL};
    note_seen(x);
    if (read_job(x, x->area[worker], j, &file) && is_given_up(x->answers, &file, worker)) {
        result.outcome = EXAMINE_GIVEN_UP;
        counter_one(COUNTER_EXAMINE_GIVEN_UP);
    } else if (file.record) {
        pipeline_number_from(x->pipeline, x->answers->numbers);
        if (!pipeline_examine_again(x->pipeline, &file, &result)) {
            note_job(x->answers, &file, worker, slot, ticket);
            examine_file(x, &file, worker, &result);
        }
        x->answers->numbers = pipeline_numbers(x->pipeline);
    }
    answer_job(x, worker, slot, ticket, &result);
    note_seen(x);
}

/* --- What a predecessor died of --- */

/* Once more, since another one's fault may have ended it; then never again. */
static void succeed(struct examiner *x) {
    static const uint8_t unknown[32];
    struct examine_answers *a = x->answers;
    const struct examine_result result = {.outcome = EXAMINE_GIVEN_UP, .bounded = true};
    uint64_t ticket = a->ticket;
    a->numbers += UINT64_C(1) << 20; /* behind those that it gave */
    a->ticket = 0;
    if (ticket == 0 || a->worker >= x->workers || a->slot >= EXAMINE_SLOTS_MAX)
        return;
    struct examine_answer *answer = &a->answer[a->worker][a->slot];
    counter_one(COUNTER_EXAMINE_DEATHS);
    if (answer->died != ticket) {
        answer->died = ticket;
        return;
    }
    counter_one(COUNTER_EXAMINE_GIVEN_UP);
    if (memcmp(a->sha256, unknown, sizeof unknown) != 0) {
        struct examine_given_up *g = &a->given_up[a->given_up_next++ % EXAMINE_GIVEN_UP_MAX];
        memcpy(g->sha256, a->sha256, sizeof g->sha256);
        g->worker = a->worker;
    }
    answer_job(x, a->worker, a->slot, ticket, &result);
}

/* --- Loop --- */

static void look_for_calls(struct examiner *x) {
    struct snapshot_view view;
    struct error e;
    uint32_t call = atomic_load_explicit(&x->status->call, memory_order_acquire);
    if (call != x->call) {
        x->call = call;
        if (handout_take(x->handout, x->version, pipeline_slots(x->pipeline), &view)) {
            x->version = view.version;
            if (view.config && !pipeline_switch(x->pipeline, &view, &e))
                snapshot_unmap(view.slot);
        }
        pipeline_move_on(x->pipeline, atomic_load_explicit(&x->status->before, memory_order_relaxed));
    }
    atomic_store_explicit(&x->status->slots, pipeline_slots(x->pipeline), memory_order_relaxed);
    atomic_store_explicit(&x->status->version, x->version, memory_order_release);
}

int examiner_run(void *examiner) {
    struct examiner *x = examiner;
    const struct examine_jobs jobs = {x->area, x->workers, x->number, x->answers};
    unsigned worker, slot;
    uint64_t ticket;
    heap_keep();
    if (x->answers->numbers == 0)
        x->answers->numbers = (uint64_t)(x->number + 1) << NUMBER_BITS;
    if (x->answers->spent.halved == 0)
        jobs_begin(&x->answers->spent);
    succeed(x);
    while (!child_stopping) {
        look_for_calls(x);
        note_seen(x);
        jobs_forget(&x->answers->spent, clock_monotonic());
        const struct examine_job *j = jobs_find(&jobs, &worker, &slot, &ticket);
        if (j)
            do_job(x, j, worker, slot, ticket);
        else
            poll(NULL, 0, LOOK_MS);
        pipeline_idle(x->pipeline, clock_wall());
    }
    pipeline_destroy(x->pipeline);
    return 0;
}
