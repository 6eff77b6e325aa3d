/* SPDX-License-Identifier: Apache-2.0 */
#include "process/children.h"

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

static struct sensor_status status;
static struct upper_status upper;
static struct snapshot snapshot = {.version = 3, .slot = 1};
static struct config config;
static struct sensor sensor;
static struct children children;

static int begin(void **state) {
    memset(&status, 0, sizeof status);
    sensor = (struct sensor){.snapshot = &snapshot,
                             .config = &config,
                             .status = &status,
                             .upper = &upper,
                             .control = -1,
                             .metrics = -1};
    children = (struct children){.sensor = &sensor};
    return 0;
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
        children.reporter.again = 0;
        children_reap(&children);
    }
    return next_descriptor() == before && children_left(&children) ? 0 : 1;
}

static void a_reporter_that_cannot_be_started_leaves_no_descriptor_open(void **state) {
    assert_int_equal(without_forks(try_and_count), 0);
}

static int try_twice(void) {
    children_reap(&children);
    time_ns again = children.reporter.again;
    children_reap(&children);
    return again > clock_monotonic() && children.reporter.again == again ? 0 : 1;
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

static void add_worker(unsigned slots) {
    unsigned i = sensor.workers++;
    pid_t pid = fork();
    if (pid == 0)
        while (pause())
            ;
    children.worker[i] =
        (struct child){.pid = pid, .offered = snapshot.version, .offered_slot = snapshot.slot};
    status.worker[i].version = snapshot.version;
    status.worker[i].slots = slots;
}

/* 0: it runs, and is ended here. */
static int killed(unsigned index) {
    int result = 0;
    pid_t pid = children.worker[index].pid;
    usleep(50000);
    if (waitpid(pid, &result, WNOHANG) == 0) {
        kill(pid, SIGTERM);
        waitpid(pid, NULL, 0);
    }
    return WTERMSIG(result);
}

static void a_worker_that_claims_more_than_the_configuration_in_force_is_ended_alone(void **state) {
    add_worker(1U << snapshot.slot);
    add_worker(~0U);
    assert_true(children_slots(&children) == ~0U);
    children_end_holders(&children);
    assert_int_equal(killed(0), 0);
    assert_int_equal(killed(1), SIGKILL);
}

/* --- workers that end --- */

static int begin_ends(void **state) {
    begin(state);
    sensor.doorbell = doorbell_create();
    for (unsigned i = 0; i < 2; i++) {
        sensor.ring[i] = ring_create(1 << 16);
        add_worker(1U << snapshot.slot);
        status.worker[i].beat = 5;
    }
    return sensor.doorbell && sensor.ring[1] ? 0 : -1;
}

static int end_ends(void **state) {
    for (unsigned i = 0; i < 2; i++) {
        if (children.worker[i].pid)
            killed(i);
        ring_destroy(sensor.ring[i]);
        sensor.ring[i] = NULL;
    }
    doorbell_destroy(sensor.doorbell);
    return 0;
}

/* Its first worker ends by itself; `begun` is false, so that nobody is started again here. */
static struct child *end_with(int code) {
    struct child *first = &children.worker[0];
    if (first->pid)
        killed(0);
    first->started = clock_monotonic();
    first->pid = fork();
    if (first->pid == 0)
        _exit(code);
    children.reporter.again = INT64_MAX;
    while (first->pid) {
        children_reap(&children);
        usleep(1000);
    }
    return first;
}

static bool both_end(void) {
    for (int i = 0; i < 2000 && children.worker[1].pid; i++) {
        children_reap(&children);
        usleep(1000);
    }
    return children.worker[0].finished && children.worker[1].finished;
}

static void a_live_worker_that_ends_by_itself_is_to_be_started_again(void **state) {
    for (int code = 0; code < 2; code++) {
        assert_false(end_with(code)->finished);
        assert_true(!children.stopping && !children.failed && !ring_finished(sensor.ring[0]));
        assert_int_equal(status.worker[0].death.signal, 0);
        assert_int_equal(status.worker[0].death.status, code);
    }
    assert_true(children.worker[0].again > clock_monotonic()); /* the second time it backs off */
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
    status.worker[0].broken = true;
    assert_true(end_with(1)->finished);
    assert_true(children.stopping && children.failed);
    assert_true(both_end());
}

static void a_worker_that_could_not_begin_ends_all_with_failure(void **state) {
    status.worker[0].beat = 0;
    assert_true(end_with(1)->finished);
    assert_true(children.stopping && children.failed);
    assert_true(both_end());
}

/* --- handing over --- */

static void a_second_stop_while_the_reporter_hands_over_ends_it(void **state) {
    children.reporter.pid = fork();
    if (children.reporter.pid == 0) {
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
        cmocka_unit_test_setup_teardown(a_second_stop_while_the_reporter_hands_over_ends_it, begin_ends,
                                        end_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
