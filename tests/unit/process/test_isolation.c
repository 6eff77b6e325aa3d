/* SPDX-License-Identifier: Apache-2.0 */
#include "process/children/children.h"
#include "process/open.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

/* A worker that was taken over, as the supervisor starts it and in its sandbox, reaches for what is its
 * siblings'. It knows where all of it lay before it was forked. */

enum { WORKERS = 2, ROOM = 1 << 16 };
enum result { NOTHING_YET, DONE, REFUSED };

static struct told {
    int (*volatile attempt)(void); /* of the first worker; NULL: none */
    _Atomic int result;
} * told;

static struct sensor sensor;
static struct children children;
static struct upper_status *upper;
static struct snapshot snapshot = {.version = 3, .slot = 1};
static pid_t test_process;

/* AddressSanitizer looks for leaks at the end of a process by tracing it, which a closed-off one cannot be.
 */
__attribute__((visibility("default"))) int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void) {
    return test_process != 0 && getpid() != test_process;
}

/* Where things lay in the supervisor. */
static struct {
    volatile uint8_t *status[WORKERS], *seen[WORKERS], *blame, *blame_seen, *upper;
    volatile uint64_t *ring[WORKERS];
    struct board *board[WORKERS];
    const struct board *board_seen[WORKERS];
} lay;

static volatile uint8_t there;

static int try_own_status(void) {
    *lay.status[0] = 1;
    return DONE;
}

static int try_own_ring(void) {
    lay.ring[0][0]++;
    return DONE;
}

static int try_blame(void) {
    there = *lay.blame_seen;
    return DONE;
}

static int try_write_of_sibling(void) {
    *lay.status[1] = 1;
    return DONE;
}

static int try_read_of_sibling(void) {
    there = *lay.seen[1];
    return DONE;
}

static int try_ring_of_sibling(void) {
    lay.ring[1][0]++;
    return DONE;
}

static int try_own_board(void) {
    board_write_expectation(lay.board[0], &(struct expectation){.transport = 6});
    return DONE;
}

static int try_read_board_of_sibling(void) {
    there = (uint8_t)lay.board_seen[1]->ring[0].written;
    return DONE;
}

static int try_write_board_of_sibling(void) {
    lay.board[1]->ring[0].written = 1;
    return DONE;
}

static int try_open_board_of_sibling(void) {
    return mprotect((void *)(uintptr_t)lay.board_seen[1], 4096, PROT_READ | PROT_WRITE) == 0 ? DONE : REFUSED;
}

static int try_write_blame(void) {
    *lay.blame = 1;
    return DONE;
}

static int try_write_blame_seen(void) {
    *lay.blame_seen = 1;
    return DONE;
}

static int try_upper(void) {
    there = *lay.upper;
    return DONE;
}

static int try_open_blame(void) {
    uintptr_t page = (uintptr_t)lay.blame_seen;
    return mprotect((void *)page, 4096, PROT_READ | PROT_WRITE) == 0 ? DONE : REFUSED;
}

static int try_move_blame(void) {
    uintptr_t page = (uintptr_t)lay.blame_seen;
    void *again = mremap((void *)page, 0, 4096, MREMAP_MAYMOVE);
    if (again == MAP_FAILED)
        return REFUSED;
    return mprotect(again, 4096, PROT_READ | PROT_WRITE) == 0 ? DONE : REFUSED;
}

/* The ring's own pages are followed by nothing of a sibling's: beyond them there is no file. */
static int try_beyond_ring(void) {
    uintptr_t page = (uintptr_t)lay.ring[0] & ~(uintptr_t)4095;
    uint8_t *longer = mremap((void *)page, 4096, (size_t)64 << 20, MREMAP_MAYMOVE);
    if (longer == MAP_FAILED)
        return REFUSED;
    there = longer[(size_t)32 << 20];
    return DONE;
}

static unsigned count_workers(const struct sensor *s) {
    return WORKERS;
}

static struct begun {
    struct worker_status *status;
    bool first;
} begun;

static void *begin_worker(struct sensor *s, const struct child *self, struct error *e) {
    signal(SIGSEGV, SIG_DFL); /* a sanitizer has its own */
    signal(SIGBUS, SIG_DFL);
    begun = (struct begun){s->status[self->place], self->place == 0};
    return begun.status && !s->status[!self->place] && !s->ring[!self->place] ? &begun : NULL;
}

static int run_worker(void *worker) {
    struct begun *b = worker;
    while (!child_stopping) {
        if (b->first && told->attempt && told->result == NOTHING_YET)
            told->result = told->attempt();
        b->status->beat++;
        poll(NULL, 0, 1);
    }
    return 0;
}

static const struct role roles[] = {
    {.name = "supervisor", .sandbox = {SANDBOX_ALL, .descriptors = 4096}},
    {.name = "worker",
     .count = count_workers,
     .sandbox = {SANDBOX_CAPTURE | SANDBOX_SNAPSHOTS, .descriptors = 8},
     .inspects = true,
     .keeps = KEEPS_CAPTURE,
     .first_wait = 100 * NS_PER_S,
     .longest_wait = 100 * NS_PER_S,
     .begin = begin_worker,
     .run = run_worker},
};

static void note_places(void) {
    for (unsigned i = 0; i < WORKERS; i++) {
        lay.status[i] = sensor.status_memory[i].own;
        lay.seen[i] = sensor.status_memory[i].seen;
        lay.ring[i] = ring_counters(sensor.ring[i]);
        lay.board[i] = sensor.board_memory[i].own;
        lay.board_seen[i] = sensor.board_memory[i].seen;
    }
    lay.blame = sensor.blame_memory.own;
    lay.blame_seen = sensor.blame_memory.seen;
    lay.upper = (volatile uint8_t *)upper;
}

static void *share(size_t size) {
    return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static int begin(void **state) {
    const struct sandbox_options whole = {.seccomp = true, .landlock = true};
    struct error e;
    upper = share(sizeof *upper);
    told = share(sizeof *told);
    sensor = (struct sensor){.roles = roles,
                             .role_count = 2,
                             .snapshot = &snapshot,
                             .upper = upper,
                             .workers = WORKERS,
                             .doorbell = doorbell_create(),
                             .sandbox = sandbox_create(&whole, &e),
                             .budget = {.channel = ROOM},
                             .control = -1,
                             .metrics = -1,
                             .manager = -1};
    for (size_t i = 0; i < 2; i++)
        sandbox_prepare(sensor.sandbox, &roles[i].sandbox, NULL, 0);
    if (!children_init(&children, &sensor, &e) || !sensor_open_places(&sensor, &e) ||
        !shared_create(&sensor.blame_memory, "blame", sizeof *sensor.blame))
        return -1;
    sensor.blame = sensor.blame_memory.own;
    note_places();
    return children_start(&children) ? 0 : -1;
}

static bool comes(bool (*holds)(void)) {
    time_ns limit = clock_monotonic() + 10 * NS_PER_S;
    while (!holds() && clock_monotonic() < limit) {
        children_look(&children);
        children_reap(&children);
        poll(NULL, 0, 2);
    }
    return holds();
}

static bool all_have_ended(void) {
    return !children_left(&children);
}

static bool both_run(void) {
    return sensor.status[0]->beat > 1 && sensor.status[1]->beat > 1;
}

static bool first_has_answered(void) {
    return told->result != NOTHING_YET || children.child[0].quick_deaths > 0;
}

static uint64_t beat_then;

static bool second_runs_on(void) {
    return sensor.status[1]->beat > beat_then;
}

static int end(void **state) {
    children_stop(&children);
    bool ended = comes(all_have_ended);
    for (unsigned i = 0; i < sensor.places; i++) {
        handout_close(&sensor.handout[i]);
        ring_destroy(sensor.ring[i]);
        shared_release(&sensor.status_memory[i]);
        shared_release(&sensor.board_memory[i]);
    }
    shared_release(&sensor.blame_memory);
    sandbox_destroy(sensor.sandbox);
    doorbell_destroy(sensor.doorbell);
    munmap(upper, sizeof *upper);
    munmap(told, sizeof *told);
    return ended ? 0 : -1;
}

/* What the first worker came to: an enum result, or minus the signal that it died of. The other runs on. */
static int outcome_of(int (*attempt)(void)) {
    assert_true(comes(both_run));
    told->attempt = attempt;
    assert_true(comes(first_has_answered));
    beat_then = sensor.status[1]->beat;
    assert_true(children.child[1].pid && children.child[1].quick_deaths == 0);
    assert_true(comes(second_runs_on));
    return told->result != NOTHING_YET ? told->result : -sensor.status[0]->death.signal;
}

#define ATTEMPT(name, attempt, wanted)                                                                       \
    static void name(void **state) {                                                                         \
        assert_int_equal(outcome_of(attempt), wanted);                                                       \
    }
ATTEMPT(a_worker_writes_its_own_status, try_own_status, DONE)
ATTEMPT(a_worker_writes_its_own_ring, try_own_ring, DONE)
ATTEMPT(a_worker_reads_which_flows_are_blamed, try_blame, DONE)
ATTEMPT(it_dies_of_writing_a_siblings_status, try_write_of_sibling, -SIGSEGV)
ATTEMPT(it_dies_of_reading_a_siblings_status, try_read_of_sibling, -SIGSEGV)
ATTEMPT(it_dies_of_touching_a_siblings_ring, try_ring_of_sibling, -SIGSEGV)
ATTEMPT(a_worker_writes_its_own_board, try_own_board, DONE)
ATTEMPT(a_worker_reads_a_siblings_board, try_read_board_of_sibling, DONE)
ATTEMPT(it_dies_of_writing_a_siblings_board, try_write_board_of_sibling, -SIGSEGV)
ATTEMPT(it_cannot_make_a_siblings_board_writable, try_open_board_of_sibling, REFUSED)
ATTEMPT(it_dies_of_writing_where_the_supervisor_blames, try_write_blame, -SIGSEGV)
ATTEMPT(it_dies_of_blaming_a_flow, try_write_blame_seen, -SIGSEGV)
ATTEMPT(it_dies_of_reading_what_the_reporter_shares_with_the_supervisor, try_upper, -SIGSEGV)
ATTEMPT(it_cannot_make_the_blamed_flows_writable, try_open_blame, REFUSED)
ATTEMPT(it_cannot_map_the_blamed_flows_again_to_write, try_move_blame, REFUSED)
ATTEMPT(it_finds_nothing_behind_its_ring, try_beyond_ring, -SIGBUS)

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_worker_writes_its_own_status),
        TEST(a_worker_writes_its_own_ring),
        TEST(a_worker_reads_which_flows_are_blamed),
        TEST(it_dies_of_writing_a_siblings_status),
        TEST(it_dies_of_reading_a_siblings_status),
        TEST(it_dies_of_touching_a_siblings_ring),
        TEST(a_worker_writes_its_own_board),
        TEST(a_worker_reads_a_siblings_board),
        TEST(it_dies_of_writing_a_siblings_board),
        TEST(it_cannot_make_a_siblings_board_writable),
        TEST(it_dies_of_writing_where_the_supervisor_blames),
        TEST(it_dies_of_blaming_a_flow),
        TEST(it_dies_of_reading_what_the_reporter_shares_with_the_supervisor),
        TEST(it_cannot_make_the_blamed_flows_writable),
        TEST(it_cannot_map_the_blamed_flows_again_to_write),
        TEST(it_finds_nothing_behind_its_ring),
    };
    test_process = getpid();
    return cmocka_run_group_tests_name("process/isolation", tests, NULL, NULL);
}
