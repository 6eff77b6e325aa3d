/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/uploads.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { MSS = 1448 };
static const struct upload_manner tls = {.least = 24}, http2 = {.least = 52}, ssh = {.pieces = true};
static struct uploads u;
static time_ns now;

static int begin(void **state) {
    (void)state;
    memset(&u, 0, sizeof u);
    return 0;
}

/* Full segments and what is left. */
static void send_run(uint32_t octets) {
    for (; octets >= MSS; octets -= MSS)
        uploads_out(&u, MSS, now);
    if (octets)
        uploads_out(&u, octets, now);
}

static void a_run_that_is_answered_is_an_upload(void **state) {
    (void)state;
    for (int i = 1; i <= 20; i++) {
        send_run(20000 + (uint32_t)i * 1000);
        uploads_answer(&u, &tls, 150, true, i * NS_PER_S);
        assert_int_equal(u.count, i);
    }
    assert_int_equal(u.untold, 20);
    assert_int_equal(u.first, NS_PER_S);
    assert_int_equal(u.last, 20 * NS_PER_S);
    assert_in_range(upload_sizes_percentile(&u.sizes, 50), 27000, 34000);
}

static void one_that_is_only_acknowledged_is_none(void **state) {
    (void)state;
    send_run(500000);
    assert_int_equal(u.count, 0);
    uploads_answer(&u, &tls, 150, false, 0); /* the answer does not know all of it */
    assert_int_equal(u.count, 0);
    send_run(100);
    uploads_answer(&u, &tls, 150, true, 0);
    assert_int_equal(u.count, 1);
}

static void requests_are_none_however_many(void **state) {
    (void)state;
    for (int i = 0; i < 1000; i++) {
        uploads_out(&u, i % 2 ? 1400 : 300, now);
        uploads_answer(&u, &tls, 9000, true, i);
    }
    assert_int_equal(u.count, 0);
}

static void a_ticket_in_the_middle_divides_nothing(void **state) {
    (void)state;
    send_run(10 * MSS); /* the first window */
    uploads_answer(&u, &tls, 271, true, 0);
    send_run(20000);
    uploads_answer(&u, &tls, 150, true, 0);
    assert_int_equal(u.count, 1);
    assert_in_range(upload_sizes_percentile(&u.sizes, 50), 31000, 38000);
}

static void a_window_that_is_opened_divides_nothing(void **state) {
    (void)state;
    for (int i = 0; i < 4; i++) {
        send_run(65844);
        uploads_answer(&u, &http2, 35, true, 0);
    }
    send_run(5000);
    uploads_answer(&u, &http2, 71, true, 0);
    assert_int_equal(u.count, 1);
}

static void pieces_of_a_file_are_one_upload_until_it_is_closed(void **state) {
    (void)state;
    for (int file = 1; file <= 3; file++) {
        send_run(80); /* open */
        uploads_answer(&u, &ssh, 60, true, 0);
        for (int piece = 0; piece < 8; piece++) {
            send_run(32804);
            uploads_answer(&u, &ssh, 52, true, 0);
        }
        send_run(60); /* close */
        uploads_answer(&u, &ssh, 52, true, 0);
        assert_int_equal(u.count, file);
    }
    assert_in_range(upload_sizes_percentile(&u.sizes, 50), 236000, 289000); /* 262,432 */
}

static void requests_that_are_answered_too_early_are_parted_by_pauses(void **state) {
    (void)state;
    for (int i = 0; i < 100; i++) {
        send_run(1300);
        uploads_answer(&u, &http2, 200, false, now);
        now += NS_PER_S;
    }
    assert_int_equal(u.count, 0);
    send_run(14 * MSS); /* an end that looks like a middle */
    uploads_answer(&u, &tls, 200, true, now);
    now += NS_PER_S;
    send_run(100);
    assert_int_equal(u.count, 1);
}

static void keys_that_somebody_types_are_none(void **state) {
    (void)state;
    for (int i = 0; i < 5000; i++) {
        uploads_out(&u, 36, now);
        uploads_answer(&u, &ssh, 36, true, i);
    }
    assert_int_equal(u.count, 0);
}

/* --- sizes --- */

static void quartiles_are_within_a_tenth(void **state) {
    (void)state;
    for (uint64_t size = 16384; size < UINT64_C(40000000); size = size * 5 / 4) {
        struct upload_sizes s = {{0}};
        for (int i = 0; i < 1000; i++) { /* halved now and then */
            upload_sizes_add(&s, size / 3);
            upload_sizes_add(&s, size);
            upload_sizes_add(&s, size);
            upload_sizes_add(&s, size * 3);
        }
        assert_in_range(upload_sizes_percentile(&s, 50), size * 90 / 100, size * 110 / 100);
    }
    assert_int_equal(upload_sizes_percentile(&(struct upload_sizes){{0}}, 50), 0);
}

static void likeness_is_what_two_have_in_common(void **state) {
    (void)state;
    struct upload_sizes a = {{0}}, b = {{0}}, none = {{0}};
    for (int i = 0; i < 30; i++) {
        upload_sizes_add(&a, 50000);
        upload_sizes_add(&b, i % 3 ? 50000 : 4000000);
    }
    assert_int_equal(upload_sizes_alike(&a, &a), 100);
    assert_in_range(upload_sizes_alike(&a, &b), 65, 68);
    assert_int_equal(upload_sizes_alike(&a, &none), 0);
    upload_sizes_join(&none, &a);
    assert_int_equal(upload_sizes_alike(&a, &none), 100);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_run_that_is_answered_is_an_upload),
        TEST(one_that_is_only_acknowledged_is_none),
        TEST(requests_are_none_however_many),
        TEST(a_ticket_in_the_middle_divides_nothing),
        TEST(a_window_that_is_opened_divides_nothing),
        TEST(pieces_of_a_file_are_one_upload_until_it_is_closed),
        TEST(requests_that_are_answered_too_early_are_parted_by_pauses),
        TEST(keys_that_somebody_types_are_none),
        TEST(quartiles_are_within_a_tenth),
        TEST(likeness_is_what_two_have_in_common),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
