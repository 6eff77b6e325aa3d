/* SPDX-License-Identifier: Apache-2.0 */
#include "report/transport/transport.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { TRIES = 200 };

static time_ns wait_after(unsigned failures) {
    struct remote r = {.failures = failures, .reason = "away"};
    time_ns before = clock_monotonic();
    remote_failed(&r, "away");
    assert_int_equal(r.failures, failures + 1);
    return r.retry_at - before;
}

/* 250 ms doubled to 30 s, a quarter more or less; some time for this process to be held up. */
static void each_failure_waits_twice_as_long_up_to_half_a_minute_by_chance(void **state) {
    static const double seconds[] = {0.25, 0.5, 1, 2, 4, 8, 16, 30, 30, 30};
    for (unsigned k = 0; k < sizeof seconds / sizeof seconds[0]; k++) {
        double least = 1e9, most = 0;
        for (int i = 0; i < TRIES; i++) {
            double waited = (double)wait_after(k) / (double)NS_PER_S / seconds[k];
            least = waited < least ? waited : least;
            most = waited > most ? waited : most;
        }
        assert_true(least >= 0.75 && least < 0.85 && most > 1.15);
        assert_true(most < 1.25 + 0.5 / seconds[k]);
    }
}

/* What an unseeded generator would do. */
static void two_sensors_do_not_come_back_together(void **state) {
    time_ns mine[8], theirs[8];
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    if (fork() == 0) {
        for (int i = 0; i < 8; i++)
            theirs[i] = wait_after(7) / NS_PER_MS;
        _exit(write(ends[1], theirs, sizeof theirs) != sizeof theirs);
    }
    for (int i = 0; i < 8; i++)
        mine[i] = wait_after(7) / NS_PER_MS;
    assert_int_equal(read(ends[0], theirs, sizeof theirs), sizeof theirs);
    unsigned near = 0;
    for (int i = 0; i < 8; i++)
        near += mine[i] - theirs[i] < 20 && theirs[i] - mine[i] < 20;
    assert_in_range(near, 0, 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_failure_waits_twice_as_long_up_to_half_a_minute_by_chance),
        cmocka_unit_test(two_sensors_do_not_come_back_together),
    };
    return cmocka_run_group_tests_name("report/remote", tests, NULL, NULL);
}
