/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/lpd/lpd_session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "talk.h"

/* Jobs after RFC 1179, at every split. */

/* clang-format off */
#define QUEUE C("\2lp\n"), S("\0")
#define CONTROL "Hlane\nProot\nfdfA001lane\nUdfA001lane\nN/srv/L04.jpg\n" /* 50 octets */
#define CONTROL_FILE C("\00250 cfA001lane\n"), S("\0"), C(CONTROL "\0"), S("\0")
/* clang-format on */

static void assert_file(const struct transfer *t, enum transfer_end how, const char *name, const char *text) {
    assert_true(t->ended);
    assert_int_equal(t->how, how);
    assert_int_equal(t->from, SIDE_CLIENT);
    assert_text(&t->name, name);
    assert_bytes(t, text);
}

static void a_job_is_the_file_that_its_control_file_names(void **state) {
    static const struct piece p[] = {QUEUE,   CONTROL_FILE, C("\0035 dfA001lane\n"),
                                     S("\0"), C("plate\0"), S("\0")};
    assert_int_equal(strlen(CONTROL), 50);
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_file(&w->transfer[0], TRANSFER_DONE, "L04.jpg", "plate");
        assert_text(&w->transfer[0].path, "/srv/L04.jpg");
        assert_text(&w->transfer[0].user, "root");
    });
}

static void the_control_file_may_come_behind_and_nothing_need_be_answered(void **state) {
    static const struct piece p[] = {C("\2lp\n\0035 dfA001lane\nplate\0\00250 cfA001lane\n" CONTROL "\0")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_file(&w->transfer[0], TRANSFER_DONE, "L04.jpg", "plate");
    });
}

static void of_several_files_each_has_its_name(void **state) {
    static const struct piece p[] = {
        QUEUE, C("\00255 cfA002lane\nHlane\nNone\nfdfA002lane\nfdfA002lane\nNtwo\nldfB002lane\nUx\n\0"),
        S("\0\0"), C("\0033 dfA002lane\nabc\0\0033 dfB002lane\ndef\0\0033 dfC002lane\nghi\0"),
        S("\0\0\0\0\0\0")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 3);
        assert_file(&w->transfer[0], TRANSFER_DONE, "one", "abc");
        assert_file(&w->transfer[1], TRANSFER_DONE, "two", "def");
        assert_file(&w->transfer[2], TRANSFER_DONE, "dfC002lane", "ghi");
    });
}

/* A line a file, up to twice as many as are kept; the names stand behind them. */
static void the_names_of_many_files_are_bounded(void **state) {
    enum { FILES = 64, KEPT = 32 };
    char text[LPD_CONTROL_MAX];
    size_t n = 0;
    struct lpd_names names;
    for (int i = 0; i < FILES; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "fdfA%03dlane\n", i);
    for (int i = 0; i < FILES; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "N%d.jpg\n", i);
    memset(counter_values, 0, COUNTER_COUNT * sizeof *counter_values);
    lpd_names_read(&names, bytes_of(text, n));
    assert_true(bytes_equal(lpd_names_find(&names, bytes_text("dfA000lane")), bytes_text("0.jpg")));
    assert_true(bytes_equal(lpd_names_find(&names, bytes_text("dfA031lane")), bytes_text("31.jpg")));
    assert_int_equal(lpd_names_find(&names, bytes_text("dfA032lane")).n, 0);
    assert_int_equal(counter_values[COUNTER_LPD_NAMES_SHED], 2 * (FILES - KEPT));
}

static void a_count_of_nothing_means_all_up_to_the_end(void **state) {
    static const struct piece p[] = {QUEUE, CONTROL_FILE, C("\0030 dfA001lane\n"), S("\0"),
                                     C("plate\2\3\0012 x")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_file(&w->transfer[0], TRANSFER_DONE, "L04.jpg", "plate\2\3\0012 x");
    });
}

static void so_it_is_where_a_zero_comes_first(void **state) {
    static const struct piece p[] = {QUEUE, C("\0030 dfA001lane\n"), S("\0"), C("\0\3x")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_int_equal(w->transfer[0].size, 3);
        assert_int_equal(w->transfer[0].how, TRANSFER_DONE);
    });
}

static void an_empty_file_is_one(void **state) {
    static const struct piece p[] = {QUEUE, C("\0030 dfA001lane\n\0"), S("\0\0"), CONTROL_FILE};
    static const struct piece last[] = {QUEUE, C("\0030 dfA001lane\n\0"), S("\0\0")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_file(&w->transfer[0], TRANSFER_DONE, "L04.jpg", "");
    });
    FOR_EACH_SPLIT(last, {
        assert_int_equal(w->transfers, 1);
        assert_file(&w->transfer[0], TRANSFER_DONE, "dfA001lane", "");
    });
}

static void what_breaks_off_is_cut(void **state) {
    static const struct piece p[] = {QUEUE, C("\0039 dfA001lane\n"), S("\0"), C("plate")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_file(&w->transfer[0], TRANSFER_CUT, "dfA001lane", "plate");
    });
}

static void more_than_was_announced_is_more_of_the_file(void **state) {
    static const struct piece p[] = {QUEUE, CONTROL_FILE, C("\0033 dfA001lane\n"), S("\0"), C("plate image")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_file(&w->transfer[0], TRANSFER_DONE, "L04.jpg", "plate image");
        assert_int_equal(counter_values[COUNTER_LPD_COUNTS_WRONG], 1);
    });
}

static void a_zero_may_be_left_out(void **state) {
    static const struct piece p[] = {QUEUE, C("\0035 dfA001lane\nplate\00250 cfA001lane\n" CONTROL)};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_file(&w->transfer[0], TRANSFER_DONE, "L04.jpg", "plate");
    });
}

static void two_jobs_may_follow_each_other(void **state) {
    static const struct piece p[] = {QUEUE, CONTROL_FILE, C("\0035 dfA001lane\nplate\0"), QUEUE,
                                     C("\0031 dfA009lane\nx\0")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 2);
        assert_file(&w->transfer[1], TRANSFER_DONE, "dfA009lane", "x");
    });
}

static void a_long_control_file_is_looked_at_as_a_file(void **state) {
    static char text[64 + 5000] = "\2lp\n\0025000 cfA001lane\n";
    size_t head = strlen(text);
    memset(text + head, 'x', 5000);
    const struct piece p[] = {{SIDE_CLIENT, text, head + 5000}};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_int_equal(w->transfer[0].size, 5000);
        assert_text(&w->transfer[0].name, "cfA001lane");
    });
}

static void a_gap_in_a_file_is_missing_there_alone(void **state) {
    static const struct piece p[] = {QUEUE,
                                     CONTROL_FILE,
                                     C("\0039 dfA001lane\npl"),
                                     GAP(SIDE_CLIENT, 4),
                                     C("ate"),
                                     C("\0\0032 dfB001lane\nxy\0")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 2);
        assert_file(&w->transfer[0], TRANSFER_DONE, "L04.jpg", "plate");
        assert_int_equal(w->transfer[0].missing, 4);
        assert_file(&w->transfer[1], TRANSFER_DONE, "dfB001lane", "xy");
    });
}

static void what_follows_a_gap_between_files_is_looked_at(void **state) {
    static const struct piece p[] = {QUEUE, CONTROL_FILE, GAP(SIDE_CLIENT, 30), C("plate")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_int_equal(w->transfer[0].how, TRANSFER_UNKNOWN);
        assert_bytes(&w->transfer[0], "plate");
    });
}

static void what_is_no_line_is_a_thing_of_its_own(void **state) {
    static const struct piece p[] = {QUEUE, CONTROL_FILE, C("\7plate\nimage")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_bytes(&w->transfer[0], "\7plate\nimage");
    });
}

static void answers_that_are_none_are_looked_at_too(void **state) {
    static char text[300];
    const struct piece p[] = {QUEUE, CONTROL_FILE, {SIDE_SERVER, text, sizeof text}};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_int_equal(w->transfer[0].from, SIDE_SERVER);
        assert_int_equal(w->transfer[0].size, 300 - 256 + 3);
    });
}

static enum probe probe_of(const char *client, size_t n) {
    return lpd_probe((const struct bytes[2]){bytes_of(client, n), {NULL, 0}});
}

static void a_job_is_certain_with_the_line_of_its_first_file(void **state) {
    static const char job[] = "\2lp\n\00250 cfA001lane\n";
    for (size_t n = 0; n < sizeof job - 1; n++)
        assert_int_equal(probe_of(job, n), PROBE_MORE);
    assert_int_equal(probe_of(job, sizeof job - 1), PROBE_YES);
}

static void other_beginnings_are_none(void **state) {
    static const char *const none[] = {"\2\n",        "\1lp\n",       "\2l\1p\n",          "\2lp\n\1",
                                       "GET / HTTP/", "\2lp\n\2x\n",  "\2lp\n\0025 abc\n", "\2lp\n\2 5 cfA\n",
                                       "\2lp\nplate", "\2lp\n\0025\n"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(probe_of(none[i], strlen(none[i])), PROBE_NO);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_is_the_file_that_its_control_file_names),
        cmocka_unit_test(the_control_file_may_come_behind_and_nothing_need_be_answered),
        cmocka_unit_test(of_several_files_each_has_its_name),
        cmocka_unit_test(the_names_of_many_files_are_bounded),
        cmocka_unit_test(a_count_of_nothing_means_all_up_to_the_end),
        cmocka_unit_test(so_it_is_where_a_zero_comes_first),
        cmocka_unit_test(an_empty_file_is_one),
        cmocka_unit_test(what_breaks_off_is_cut),
        cmocka_unit_test(more_than_was_announced_is_more_of_the_file),
        cmocka_unit_test(a_zero_may_be_left_out),
        cmocka_unit_test(two_jobs_may_follow_each_other),
        cmocka_unit_test(a_long_control_file_is_looked_at_as_a_file),
        cmocka_unit_test(a_gap_in_a_file_is_missing_there_alone),
        cmocka_unit_test(what_follows_a_gap_between_files_is_looked_at),
        cmocka_unit_test(what_is_no_line_is_a_thing_of_its_own),
        cmocka_unit_test(answers_that_are_none_are_looked_at_too),
        cmocka_unit_test(a_job_is_certain_with_the_line_of_its_first_file),
        cmocka_unit_test(other_beginnings_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
