/* SPDX-License-Identifier: Apache-2.0 */
#include "process/children/children.h"
#include "process/requests/requests.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

/* Roles that the sensor does not have, in a table of the test's own: what a row says holds, without a line
 * elsewhere. A toy does what it is told over a slot, which its role makes in the supervisor. */

enum { TOYS = 2, CHILDREN = 2 * TOYS, FIRST_WAIT_MS = 100 };
enum order { NOTHING, OPEN_A_FILE, CRASH, SAY_NO, HANG, LINGER, LEAVE };

static struct slot {
    _Atomic int order;
    _Atomic unsigned steps; /* of all that had this slot */
    _Atomic bool has_socket, has_upper;
} * slots;
static struct sensor sensor;
static struct children children;
static pid_t test_process;

/* AddressSanitizer looks for leaks at the end of a process by tracing it, which a closed-off one cannot be.
 */
__attribute__((visibility("default"))) int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void) {
    return test_process != 0 && getpid() != test_process;
}
static struct upper_status *upper;
static struct snapshot snapshot = {.version = 3, .slot = 1};

static bool share_slots(struct sensor *s, struct error *e) {
    slots = mmap(NULL, CHILDREN * sizeof *slots, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return slots != MAP_FAILED || error_set(e, "no memory");
}

static unsigned count_toys(const struct sensor *s) {
    return TOYS;
}

static struct toy {
    struct slot *slot;
    struct worker_status *status; /* of one that inspects */
} toy;

static void *begin_toy(struct sensor *s, const struct child *self, struct error *e) {
    unsigned char there;
    toy = (struct toy){&slots[self - children.child], self->role->inspects ? s->status[self->place] : NULL};
    toy.slot->has_socket = fcntl(s->control, F_GETFD) >= 0;
    toy.slot->has_upper = mincore(s->upper, 1, &there) == 0;
    if (toy.slot->order != SAY_NO)
        return &toy;
    error_set(e, "the toy is told not to begin");
    return NULL;
}

static int run_toy(void *begun) {
    struct toy *t = begun;
    while (!child_stopping || t->slot->order == LINGER) {
        if (t->slot->order == OPEN_A_FILE)
            (void)!open("/dev/null", O_RDONLY);
        if (t->slot->order == CRASH)
            abort();
        if (t->slot->order == LEAVE)
            return 0;
        if (t->status && t->slot->order != HANG)
            t->status->beat++;
        t->slot->steps++;
        poll(NULL, 0, 2);
    }
    return 0;
}

static time_ns soon(const struct sensor *s) {
    return 500 * NS_PER_MS;
}

#define SUPERVISOR_ROW                                                                                       \
    {                                                                                                        \
        .name = "supervisor", .sandbox = { SANDBOX_ALL, .descriptors = 4096 }                                \
    }
#define TOY_ROW(rights)                                                                                      \
    .name = "toy", .count = count_toys, .sandbox = {rights, .descriptors = 8}, .share = share_slots,         \
    .first_wait = FIRST_WAIT_MS / 4 * NS_PER_MS, .longest_wait = NS_PER_S, .begin = begin_toy,               \
    .run = run_toy
static const struct role strict[] = {SUPERVISOR_ROW, {TOY_ROW(0)}};
static const struct role keeping[] = {SUPERVISOR_ROW, {TOY_ROW(0), .keeps = KEEPS_SOCKETS | KEEPS_UPPER}};
static const struct role watched[] = {SUPERVISOR_ROW, {TOY_ROW(0), .inspects = true, .stuck_after = soon}};
static const struct role unwatched[] = {SUPERVISOR_ROW, {TOY_ROW(0), .inspects = true}};
static const struct role free_to_open[] = {
    SUPERVISOR_ROW,
    {TOY_ROW(SANDBOX_FILES)},
};

static const struct role served[] = {
    SUPERVISOR_ROW,
    {TOY_ROW(0)},
    {.name = "helper",
     .count = count_toys,
     .sandbox = {.descriptors = 8},
     .serves = true,
     .longest_wait = NS_PER_S,
     .begin = begin_toy,
     .run = run_toy},
};

static int begin_table(const struct role *table, size_t rows) {
    const struct sandbox_options whole = {.seccomp = true, .landlock = true};
    struct error e;
    upper = mmap(NULL, sizeof *upper, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    sensor = (struct sensor){.roles = table,
                             .role_count = rows,
                             .snapshot = &snapshot,
                             .upper = upper,
                             .doorbell = doorbell_create(),
                             .sandbox = sandbox_create(&whole, &e),
                             .control = open("/dev/null", O_RDONLY | O_CLOEXEC),
                             .metrics = -1,
                             .manager = -1};
    for (size_t i = 0; i < rows; i++)
        sandbox_prepare(sensor.sandbox, &table[i].sandbox, NULL, 0);
    if (!children_init(&children, &sensor, &e) || !table[1].share(&sensor, &e))
        return -1;
    if (!shared_create(&sensor.blame_memory, "blame", sizeof *sensor.blame))
        return -1;
    sensor.blame = sensor.blame_memory.own;
    for (unsigned i = 0; i < sensor.places; i++) {
        sensor.ring[i] = ring_create(1 << 16);
        handout_open(&sensor.handout[i]);
        shared_create(&sensor.status_memory[i], "status", sizeof *sensor.status[i]);
        sensor.status[i] = sensor.status_memory[i].own;
    }
    return children_start(&children) ? 0 : -1;
}

static int begin_with(const struct role *table) {
    return begin_table(table, 2);
}

static int begin_served(void **state) {
    return begin_table(served, 3);
}

static int begin_strict(void **state) {
    return begin_with(strict);
}

static int begin_keeping(void **state) {
    return begin_with(keeping);
}

static int begin_watched(void **state) {
    return begin_with(watched);
}

static int begin_unwatched(void **state) {
    return begin_with(unwatched);
}

static int begin_free(void **state) {
    return begin_with(free_to_open);
}

/* As the supervisor does, until it holds or the time has passed. */
static bool comes_within(bool (*holds)(void), time_ns time) {
    time_ns limit = clock_monotonic() + time;
    while (!holds() && clock_monotonic() < limit) {
        children_look(&children);
        children_reap(&children);
        poll(NULL, 0, 2);
    }
    return holds();
}

static bool comes(bool (*holds)(void)) {
    return comes_within(holds, 10 * NS_PER_S);
}

static bool all_have_ended(void) {
    return !children_left(&children);
}

static int end(void **state) {
    children_stop(&children);
    bool ended = comes(all_have_ended);
    for (unsigned i = 0; i < sensor.places; i++) {
        handout_close(&sensor.handout[i]);
        ring_destroy(sensor.ring[i]);
        shared_release(&sensor.status_memory[i]);
    }
    shared_release(&sensor.blame_memory);
    sandbox_destroy(sensor.sandbox);
    doorbell_destroy(sensor.doorbell);
    close(sensor.control);
    munmap(upper, sizeof *upper);
    munmap(slots, CHILDREN * sizeof *slots);
    return ended ? 0 : -1;
}

static unsigned seen[CHILDREN]; /* steps */

static bool all_step(void) {
    for (unsigned i = 0; i < children.count; i++)
        if (slots[i].steps <= seen[i])
            return false;
    return true;
}

/* From now on. */
static bool all_go_on(void) {
    for (unsigned i = 0; i < children.count; i++)
        seen[i] = slots[i].steps;
    return comes(all_step);
}

static bool first_has_died(void) {
    return children.child[0].quick_deaths == 1;
}

static bool first_runs_again(void) {
    return upper->child[0].starts == 2 && children.child[0].pid;
}

static bool first_has_died_twice(void) {
    return children.child[0].quick_deaths == 2 && !children.child[0].pid;
}

static bool first_runs_a_third_time(void) {
    return upper->child[0].starts == 3 && children.child[0].pid;
}

static void a_row_is_enough_for_its_processes_to_run(void **state) {
    assert_int_equal(children.count, TOYS);
    assert_true(all_go_on());
    assert_string_equal(children.child[1].name, "toy 2");
}

static bool seccomp_is_on(void) {
    return strstr(sandbox_text(sensor.sandbox, &strict[1].sandbox, "toy", (char[SANDBOX_TEXT_MAX]){""}),
                  "seccomp, kills") != NULL;
}

static void one_that_opens_a_file_against_its_row_is_killed_alone(void **state) {
    if (!seccomp_is_on())
        skip();
    assert_true(all_go_on());
    slots[0].order = OPEN_A_FILE;
    assert_true(comes(first_has_died));
    slots[0].order = NOTHING;
    assert_int_equal(upper->child[1].starts, 1);
    assert_true(all_go_on());
}

static void one_whose_row_allows_it_opens_files(void **state) {
    slots[0].order = OPEN_A_FILE;
    assert_true(all_go_on());
    assert_int_equal(upper->child[0].starts, 1);
}

static void one_that_dies_is_started_again_and_the_second_time_after_its_back_off(void **state) {
    assert_true(all_go_on());
    slots[0].order = CRASH;
    assert_true(comes(first_has_died_twice));
    slots[0].order = NOTHING;
    time_ns died = clock_monotonic();
    assert_int_equal(upper->child[0].starts, 2);
    assert_int_equal(upper->child[0].pid, 0);
    assert_true(comes(first_runs_a_third_time));
    assert_in_range((clock_monotonic() - died) / NS_PER_MS, FIRST_WAIT_MS - 50, FIRST_WAIT_MS + 900);
    assert_true(all_go_on());
    assert_int_equal(upper->child[1].starts, 1);
}

static void one_that_cannot_begin_is_started_again(void **state) {
    assert_true(all_go_on());
    slots[0].order = SAY_NO;
    kill(children.child[0].pid, SIGKILL);
    assert_true(comes(first_has_died_twice));
    slots[0].order = NOTHING;
    assert_true(all_go_on());
}

static void it_holds_nothing_of_others(void **state) {
    assert_true(all_go_on());
    assert_false(slots[0].has_socket || slots[0].has_upper);
}

static void it_holds_what_its_row_keeps(void **state) {
    assert_true(all_go_on());
    assert_true(slots[0].has_socket && slots[0].has_upper);
}

static void the_status_tells_each_process(void **state) {
    char text[512], wanted[512];
    struct json_writer j;
    assert_true(all_go_on());
    json_writer_init(&j, text, sizeof text);
    json_write_object(&j, NULL);
    request_processes(&j, &sensor);
    json_write_object_end(&j);
    text[json_writer_size(&j)] = '\0';
    snprintf(wanted, sizeof wanted,
             "{\"processes\":[{\"role\":\"toy\",\"number\":1,\"pid\":%d,\"starts\":1},"
             "{\"role\":\"toy\",\"number\":2,\"pid\":%d,\"starts\":1}]}",
             (int)children.child[0].pid, (int)children.child[1].pid);
    assert_string_equal(text, wanted);
}

static void told_to_stop_all_end_in_order(void **state) {
    assert_true(all_go_on());
    children_stop(&children);
    assert_true(comes(all_have_ended));
    assert_false(children.failed);
}

static bool first_helper_runs_again(void) {
    return upper->child[TOYS].starts == 2 && children.child[TOYS].pid;
}

static bool second_toy_has_ended(void) {
    return children.child[1].finished;
}

static void told_to_stop_those_that_serve_go_on_until_the_others_have_ended(void **state) {
    assert_true(all_go_on());
    slots[0].order = LINGER;
    children_stop(&children);
    assert_true(comes(second_toy_has_ended));
    kill(children.child[TOYS].pid, SIGKILL);
    assert_true(comes(first_helper_runs_again));
    assert_false(children.child[0].finished || children.child[TOYS + 1].finished);
    slots[0].order = NOTHING;
    assert_true(comes(all_have_ended));
    assert_false(children.failed);
    assert_int_equal(upper->child[TOYS + 1].starts, 1);
}

static void offline_those_that_serve_end_after_the_others(void **state) {
    sensor.offline = true;
    assert_true(all_go_on());
    slots[1].order = LEAVE;
    assert_true(comes(second_toy_has_ended));
    assert_false(children.child[TOYS].finished);
    slots[0].order = LEAVE;
    assert_true(comes(all_have_ended));
    assert_false(children.failed);
}

static void a_second_stop_kills_those_that_serve_too(void **state) {
    assert_true(all_go_on());
    slots[0].order = slots[TOYS].order = LINGER;
    children_stop(&children);
    assert_true(comes(second_toy_has_ended));
    assert_false(children.child[TOYS].finished);
    children_stop(&children);
    assert_true(comes(all_have_ended));
}

static void a_slow_one_is_killed_and_replaced_and_its_successor_is_told(void **state) {
    assert_true(all_go_on());
    slots[0].order = HANG;
    assert_true(comes(first_runs_again));
    slots[0].order = NOTHING;
    assert_true(sensor.status[0]->death.stuck);
    assert_int_equal(upper->child[1].starts, 1);
    assert_true(all_go_on());
}

static void one_that_nobody_watches_may_be_slow(void **state) {
    assert_true(all_go_on());
    slots[0].order = HANG;
    assert_false(comes_within(first_has_died, 1500 * NS_PER_MS));
}

static void two_roles_that_receive_are_refused(void **state) {
    const struct role two[] = {{.name = "one", .run = run_toy, .receives = true},
                               {.name = "two", .run = run_toy, .receives = true}};
    struct sensor s = {.roles = two, .role_count = 2, .upper = upper};
    static struct children c;
    struct error e;
    assert_false(children_init(&c, &s, &e));
    assert_non_null(strstr(e.text, "two"));
    s.role_count = 1;
    assert_true(children_init(&c, &s, &e));
    assert_ptr_equal(c.reporter, &c.child[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_row_is_enough_for_its_processes_to_run, begin_strict, end),
        cmocka_unit_test_setup_teardown(one_that_opens_a_file_against_its_row_is_killed_alone, begin_strict,
                                        end),
        cmocka_unit_test_setup_teardown(one_whose_row_allows_it_opens_files, begin_free, end),
        cmocka_unit_test_setup_teardown(one_that_dies_is_started_again_and_the_second_time_after_its_back_off,
                                        begin_strict, end),
        cmocka_unit_test_setup_teardown(one_that_cannot_begin_is_started_again, begin_strict, end),
        cmocka_unit_test_setup_teardown(it_holds_nothing_of_others, begin_strict, end),
        cmocka_unit_test_setup_teardown(it_holds_what_its_row_keeps, begin_keeping, end),
        cmocka_unit_test_setup_teardown(the_status_tells_each_process, begin_strict, end),
        cmocka_unit_test_setup_teardown(told_to_stop_all_end_in_order, begin_strict, end),
        cmocka_unit_test_setup_teardown(told_to_stop_those_that_serve_go_on_until_the_others_have_ended,
                                        begin_served, end),
        cmocka_unit_test_setup_teardown(offline_those_that_serve_end_after_the_others, begin_served, end),
        cmocka_unit_test_setup_teardown(a_second_stop_kills_those_that_serve_too, begin_served, end),
        cmocka_unit_test_setup_teardown(a_slow_one_is_killed_and_replaced_and_its_successor_is_told,
                                        begin_watched, end),
        cmocka_unit_test_setup_teardown(one_that_nobody_watches_may_be_slow, begin_unwatched, end),
        cmocka_unit_test_setup_teardown(two_roles_that_receive_are_refused, begin_strict, end),
    };
    test_process = getpid();
    return cmocka_run_group_tests_name("process/roles", tests, NULL, NULL);
}
