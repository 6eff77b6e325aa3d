/* SPDX-License-Identifier: Apache-2.0 */
#include "process/readiness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct readiness r;
static int tell;

static int begin(void **state) {
    return readiness_begin(&r, &tell) ? 0 : -1;
}

static int end(void **state) {
    readiness_cancel(&r);
    return 0;
}

static enum readiness_state look(void) {
    readiness_look(&r);
    return r.state;
}

static void who_has_said_nothing_is_waited_for_without_waiting(void **state) {
    time_ns before = clock_monotonic();
    assert_int_equal(look(), READINESS_WAITS);
    assert_true(clock_monotonic() - before < NS_PER_S / 2);
    close(tell);
}

static void a_newline_and_the_end_mean_ready(void **state) {
    assert_int_equal(write(tell, "\n", 1), 1);
    assert_int_equal(look(), READINESS_WAITS);
    close(tell);
    assert_int_equal(look(), READINESS_READY);
    assert_int_equal(look(), READINESS_READY);
}

static void anything_else_is_why_not_in_however_many_pieces(void **state) {
    assert_int_equal(write(tell, "tcp://x: no ", 12), 12);
    assert_int_equal(look(), READINESS_WAITS);
    readiness_tell(tell, "such host");
    assert_int_equal(look(), READINESS_FAILED);
    assert_string_equal(r.why.text, "tcp://x: no such host");
}

static void who_ends_without_a_word_has_failed(void **state) {
    close(tell);
    assert_int_equal(look(), READINESS_FAILED);
    assert_non_null(strstr(r.why.text, "ended before it was ready"));
}

static void a_reason_without_end_is_cut(void **state) {
    char much[sizeof r.why.text * 2];
    memset(much, 'x', sizeof much);
    assert_int_equal(write(tell, much, sizeof much), (int)sizeof much);
    assert_int_equal(look(), READINESS_FAILED);
    assert_int_equal(strlen(r.why.text), sizeof r.why.text - 1);
    close(tell);
}

static void it_grows_late_once_and_only_while_it_waits(void **state) {
    time_ns late = r.since + READINESS_LATE_S * NS_PER_S + 1;
    assert_false(readiness_grew_late(&r, late - 1));
    assert_true(readiness_grew_late(&r, late));
    assert_false(readiness_grew_late(&r, late + NS_PER_S));
    close(tell);
    assert_true(readiness_begin(&r, &tell));
    readiness_tell(tell, "\n");
    assert_int_equal(look(), READINESS_READY);
    assert_false(readiness_grew_late(&r, r.since + 60 * NS_PER_S));
}

static int next_descriptor(void) {
    int fd = dup(0);
    close(fd);
    return fd;
}

static void no_descriptor_stays_open(void **state) {
    close(tell);
    readiness_cancel(&r);
    int before = next_descriptor();
    for (int i = 0; i < 3; i++) {
        assert_true(readiness_begin(&r, &tell));
        readiness_tell(tell, i ? "\n" : "no");
        if (i < 2)
            look();
    }
    readiness_cancel(&r);
    assert_int_equal(next_descriptor(), before);
    assert_int_equal(look(), READINESS_NONE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_has_said_nothing_is_waited_for_without_waiting, begin, end),
        cmocka_unit_test_setup_teardown(a_newline_and_the_end_mean_ready, begin, end),
        cmocka_unit_test_setup_teardown(anything_else_is_why_not_in_however_many_pieces, begin, end),
        cmocka_unit_test_setup_teardown(who_ends_without_a_word_has_failed, begin, end),
        cmocka_unit_test_setup_teardown(a_reason_without_end_is_cut, begin, end),
        cmocka_unit_test_setup_teardown(it_grows_late_once_and_only_while_it_waits, begin, end),
        cmocka_unit_test_setup_teardown(no_descriptor_stays_open, begin, end),
    };
    return cmocka_run_group_tests_name("process/readiness", tests, NULL, NULL);
}
