/* SPDX-License-Identifier: Apache-2.0 */
#include "process/children/children.h"
#include "process/reporter/reporting.h"

#include <errno.h>
#include <seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct worker_status status[2];
static struct blame blame;
static struct upper_status upper;
static struct snapshot snapshot = {.version = 3, .slot = 1};
static struct config config;
static struct sensor sensor;
static struct children children;

static int begin_with(unsigned workers) {
    struct error e;
    memset(status, 0, sizeof status);
    memset(&blame, 0, sizeof blame);
    memset(&upper, 0, sizeof upper);
    sensor = (struct sensor){.roles = sensor_roles,
                             .role_count = sensor_role_count,
                             .snapshot = &snapshot,
                             .config = &config,
                             .workers = workers,
                             .status = {&status[0], &status[1]},
                             .blame = &blame,
                             .upper = &upper,
                             .control = -1,
                             .metrics = -1,
                             .manager = -1};
    return children_init(&children, &sensor, &e) ? 0 : -1;
}

static int begin(void **state) {
    return begin_with(0);
}

/* From here on this process can fork no more. */
static bool forbid_forks(void) {
    static const int calls[] = {SCMP_SYS(clone), SCMP_SYS(clone3), SCMP_SYS(fork), SCMP_SYS(vfork)};
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAGAIN), calls[i], 0) != 0)
            return false;
    return seccomp_load(filter) == 0;
}

static int next_descriptor(void) {
    int fd = dup(0);
    close(fd);
    return fd;
}

/* In a child of the test that can fork no more; its status. */
static int without_forks(int (*what)(void)) {
    int result;
    pid_t pid = fork();
    if (pid == 0)
        _exit(forbid_forks() ? what() : 99);
    waitpid(pid, &result, 0);
    return WIFEXITED(result) ? WEXITSTATUS(result) : -1;
}

static int try_and_count(void) {
    int before = next_descriptor();
    for (int i = 0; i < 5; i++) {
        children.reporter->again = 0;
        children_reap(&children);
    }
    return next_descriptor() == before && children_left(&children) ? 0 : 1;
}

static void a_reporter_that_cannot_be_started_leaves_no_descriptor_open(void **state) {
    assert_int_equal(without_forks(try_and_count), 0);
}

static int try_twice(void) {
    children_reap(&children);
    time_ns again = children.reporter->again;
    children_reap(&children);
    return again > clock_monotonic() && children.reporter->again == again ? 0 : 1;
}

static void it_is_not_tried_again_at_once(void **state) {
    assert_int_equal(without_forks(try_twice), 0);
}

static int stop(void) {
    children_stop(&children);
    children_reap(&children);
    return children_left(&children) ? 1 : 0;
}

static void a_stop_while_the_reporter_is_down_ends(void **state) {
    assert_int_equal(without_forks(stop), 0);
}

/* Workers are the first children of the table. */
static void run_worker(unsigned i, unsigned slots) {
    struct child *worker = &children.child[i];
    worker->pid = fork();
    if (worker->pid == 0)
        while (pause())
            ;
    worker->offered = snapshot.version;
    worker->offered_slot = snapshot.slot;
    status[i].version = snapshot.version;
    status[i].slots = slots;
}

/* 0: it runs, and is ended here. */
static int killed(unsigned index) {
    int result = 0;
    pid_t pid = children.child[index].pid;
    usleep(50000);
    if (waitpid(pid, &result, WNOHANG) == 0) {
        kill(pid, SIGTERM);
        waitpid(pid, NULL, 0);
    }
    return WTERMSIG(result);
}

static void a_worker_that_claims_more_than_the_configuration_in_force_is_ended_alone(void **state) {
    assert_int_equal(begin_with(2), 0);
    run_worker(0, 1U << snapshot.slot);
    run_worker(1, ~0U);
    assert_true(children_slots(&children) == ~0U);
    children_end_holders(&children);
    assert_int_equal(killed(0), 0);
    assert_int_equal(killed(1), SIGKILL);
}

/* --- workers that end --- */

static int begin_ends(void **state) {
    begin_with(2);
    sensor.doorbell = doorbell_create();
    for (unsigned i = 0; i < 2; i++) {
        sensor.ring[i] = ring_create(1 << 16);
        run_worker(i, 1U << snapshot.slot);
        status[i].beat = 5;
    }
    return sensor.doorbell && sensor.ring[1] ? 0 : -1;
}

static int end_ends(void **state) {
    for (unsigned i = 0; i < 2; i++) {
        if (children.child[i].pid)
            killed(i);
        ring_destroy(sensor.ring[i]);
        sensor.ring[i] = NULL;
    }
    doorbell_destroy(sensor.doorbell);
    return 0;
}

/* Its first worker ends by itself; `begun` is false, so that nobody is started again here. */
static struct child *end_with(int code) {
    struct child *first = &children.child[0];
    if (first->pid)
        killed(0);
    first->started = clock_monotonic();
    first->pid = fork();
    if (first->pid == 0)
        _exit(code);
    children.reporter->again = INT64_MAX;
    while (first->pid) {
        children_reap(&children);
        usleep(1000);
    }
    return first;
}

static bool both_end(void) {
    for (int i = 0; i < 2000 && (children.child[0].pid || children.child[1].pid); i++) {
        children_reap(&children);
        usleep(1000);
    }
    return children.child[0].finished && children.child[1].finished;
}

static void a_live_worker_that_ends_by_itself_is_to_be_started_again(void **state) {
    for (int code = 0; code < 2; code++) {
        assert_false(end_with(code)->finished);
        assert_true(!children.stopping && !children.failed && !ring_finished(sensor.ring[0]));
        assert_int_equal(status[0].death.signal, 0);
        assert_int_equal(status[0].death.status, code);
    }
    assert_true(children.child[0].again > clock_monotonic()); /* the second time it backs off */
}

static void that_of_a_file_has_come_to_its_end(void **state) {
    sensor.offline = true;
    assert_true(end_with(0)->finished);
    assert_true(ring_finished(sensor.ring[0]) && !ring_finished(sensor.ring[1]));
    assert_true(!children.stopping && !children.failed);
}

static void one_that_was_told_to_stop_has_ended(void **state) {
    children.stopping = true;
    assert_true(end_with(0)->finished);
    assert_true(ring_finished(sensor.ring[0]) && !children.failed);
}

static void a_capture_that_is_gone_ends_all_with_failure(void **state) {
    status[0].broken = true;
    assert_true(end_with(1)->finished);
    assert_true(children.stopping && children.failed);
    assert_true(both_end());
}

static void a_worker_that_could_not_begin_ends_all_with_failure(void **state) {
    status[0].beat = 0;
    assert_true(end_with(1)->finished);
    assert_true(children.stopping && children.failed);
    assert_true(both_end());
}

/* --- a reporter that dies --- */

static void reporter_dies(int signal_number) {
    children.reporter->started = clock_monotonic();
    reporting_ended(&children, children.reporter, signal_number); /* a status of waitpid(2) */
}

static time_ns pause_of_reporter(void) {
    time_ns wait = children.reporter->again - clock_monotonic();
    return wait > 0 ? wait : 0;
}

static void live_it_is_tried_for_ever_with_growing_pauses(void **state) {
    time_ns before = 0;
    for (int i = 0; i < 12; i++) {
        reporter_dies(SIGSEGV);
        assert_false(children.reporter->finished || children.stopping);
        assert_true(pause_of_reporter() + 20 * NS_PER_MS >= before);
        before = pause_of_reporter();
    }
    assert_in_range(before / NS_PER_MS, 1900, 2000);
}

static void offline_one_that_gets_nowhere_ends_all_with_failure(void **state) {
    sensor.offline = true;
    for (int i = 1; i < SUSPECT_TRIES; i++) {
        reporter_dies(SIGSEGV);
        assert_false(children.reporter->finished);
    }
    reporter_dies(SIGSEGV);
    assert_true(children.reporter->finished && children.failed);
    assert_true(both_end()); /* workers that wait for room do not end by themselves */
}

static void offline_one_that_gets_on_is_started_again_as_often_as_it_takes(void **state) {
    sensor.offline = true;
    for (int i = 0; i < 10 * SUSPECT_TRIES; i++) {
        suspects_taken(&upper.suspects, 1);
        reporter_dies(SIGSEGV);
        assert_true(!children.reporter->finished && pause_of_reporter() == 0);
    }
}

static void offline_one_that_dies_of_each_record_ends_all_with_failure(void **state) {
    sensor.offline = true;
    for (int i = 0; i < SUSPECT_ROW; i++) {
        assert_false(children.reporter->finished);
        suspects_gave_up(&upper.suspects);
        reporter_dies(SIGSEGV);
    }
    assert_true(children.reporter->finished && children.failed);
    assert_true(both_end());
}

static void end_both_workers(void) {
    for (unsigned i = 0; i < 2; i++) {
        killed(i);
        children.child[i].pid = 0;
        children_end(&children, &children.child[i], false);
    }
}

static void one_that_dies_behind_all_others_is_started_again_for_what_waits(void **state) {
    static struct record_builder b;
    record_begin(&b, RECORD_NOTICE);
    assert_true(ring_write(sensor.ring[1], &b));
    end_both_workers();
    reporter_dies(SIGSEGV);
    assert_true(!children.reporter->finished && !children.failed);
}

static void one_that_dies_behind_all_others_with_nothing_left_is_a_failure(void **state) {
    end_both_workers();
    reporter_dies(SIGSEGV);
    assert_true(children.reporter->finished && children.failed);
}

static void while_all_stop_it_is_tried_a_few_times(void **state) {
    children.stopping = true;
    for (int i = 0; i < SUSPECT_TRIES; i++) {
        assert_false(children.reporter->finished);
        reporter_dies(SIGSEGV);
    }
    assert_true(children.reporter->finished && children.failed);
}

static void killed_with_all_others_it_is_not_started_again(void **state) {
    children.stopping = children.killing = true;
    reporter_dies(SIGKILL);
    assert_true(children.reporter->finished && children.failed);
}

/* --- handing over --- */

static void a_second_stop_while_the_reporter_hands_over_ends_it(void **state) {
    children.reporter->pid = fork();
    if (children.reporter->pid == 0) {
        signal(SIGTERM, SIG_IGN);
        while (pause())
            ;
    }
    children_hand_over(&children);
    children_stop(&children);
    children_reap(&children);
    assert_true(children_left(&children));
    children_stop(&children);
    for (int i = 0; i < 2000 && children_left(&children); i++) {
        children_reap(&children);
        usleep(1000);
    }
    assert_false(children_left(&children));
    assert_true(children.failed && !children.handed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_reporter_that_cannot_be_started_leaves_no_descriptor_open, begin),
        cmocka_unit_test_setup(it_is_not_tried_again_at_once, begin),
        cmocka_unit_test_setup(a_worker_that_claims_more_than_the_configuration_in_force_is_ended_alone,
                               begin),
        cmocka_unit_test_setup(a_stop_while_the_reporter_is_down_ends, begin),
        cmocka_unit_test_setup_teardown(a_live_worker_that_ends_by_itself_is_to_be_started_again, begin_ends,
                                        end_ends),
        cmocka_unit_test_setup_teardown(that_of_a_file_has_come_to_its_end, begin_ends, end_ends),
        cmocka_unit_test_setup_teardown(one_that_was_told_to_stop_has_ended, begin_ends, end_ends),
        cmocka_unit_test_setup_teardown(a_capture_that_is_gone_ends_all_with_failure, begin_ends, end_ends),
        cmocka_unit_test_setup_teardown(a_worker_that_could_not_begin_ends_all_with_failure, begin_ends,
                                        end_ends),
        cmocka_unit_test_setup_teardown(live_it_is_tried_for_ever_with_growing_pauses, begin_ends, end_ends),
        cmocka_unit_test_setup_teardown(offline_one_that_gets_nowhere_ends_all_with_failure, begin_ends,
                                        end_ends),
        cmocka_unit_test_setup_teardown(offline_one_that_gets_on_is_started_again_as_often_as_it_takes,
                                        begin_ends, end_ends),
        cmocka_unit_test_setup_teardown(offline_one_that_dies_of_each_record_ends_all_with_failure,
                                        begin_ends, end_ends),
        cmocka_unit_test_setup_teardown(one_that_dies_behind_all_others_is_started_again_for_what_waits,
                                        begin_ends, end_ends),
        cmocka_unit_test_setup_teardown(one_that_dies_behind_all_others_with_nothing_left_is_a_failure,
                                        begin_ends, end_ends),
        cmocka_unit_test_setup_teardown(while_all_stop_it_is_tried_a_few_times, begin_ends, end_ends),
        cmocka_unit_test_setup_teardown(killed_with_all_others_it_is_not_started_again, begin_ends, end_ends),
        cmocka_unit_test_setup_teardown(a_second_stop_while_the_reporter_hands_over_ends_it, begin_ends,
                                        end_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
