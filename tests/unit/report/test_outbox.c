/* SPDX-License-Identifier: Apache-2.0 */
#include "report/outbox.h"
#include "report/transport/hold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* --- messages that are answered for one by one --- */

static struct outbox *filled(int messages) {
    struct outbox *o = outbox_create(1 << 20);
    char text[2] = "a";
    for (int i = 0; i < messages; i++, text[0]++)
        assert_int_equal(outbox_put(o, (uint64_t)i + 1, OUTBOX_RECORD, bytes_of(text, 1), false), 0);
    return o;
}

static char next(const struct outbox *o) {
    struct bytes b;
    return outbox_next(o, &b) ? (char)b.p[0] : '-';
}

static void answers_in_any_order_take_their_message_and_no_other(void **state) {
    struct outbox *o = filled(5);
    for (int i = 0; i < 4; i++)
        outbox_sent(o);
    assert_true(outbox_answered(o, 3));
    assert_false(outbox_answered(o, 3));
    assert_true(outbox_answered(o, 1));
    assert_false(outbox_answered(o, 5)); /* waits, was not sent */
    assert_false(outbox_answered(o, 0));
    assert_int_equal(outbox_count(o), 3);
    assert_int_equal(next(o), 'e');
    assert_int_equal(outbox_rewind(o), 2); /* b and d go again, as numbers 1 and 2 */
    assert_int_equal(next(o), 'b');
    outbox_sent(o);
    assert_int_equal(next(o), 'd');
    outbox_sent(o);
    assert_true(outbox_answered(o, 2));
    assert_true(outbox_answered(o, 1));
    assert_int_equal(next(o), 'e');
    outbox_sent(o);
    assert_true(outbox_answered(o, 3));
    assert_int_equal(outbox_count(o), 0);
    outbox_put(o, 100, OUTBOX_RECORD, bytes_of("f", 1), false);
    assert_int_equal(next(o), 'f');
    outbox_destroy(o);
}

static void a_message_refused_three_times_is_given_up(void **state) {
    struct outbox *o = filled(2);
    for (int i = 0; i < OUTBOX_TRIES; i++) {
        outbox_rewind(o);
        outbox_sent(o);
        assert_int_equal(outbox_refused(o, 1), i == OUTBOX_TRIES - 1);
    }
    assert_int_equal(outbox_count(o), 1);
    assert_int_equal(next(o), 'b');
    assert_false(outbox_refused(o, 9));
    outbox_destroy(o);
}

/* --- messages that are held --- */

static void nothing_is_let_go_before_its_time_and_the_octets_behind_it(void **state) {
    struct hold h = {.bytes = 1000, .time = 10 * NS_PER_S};
    hold_begin(&h);
    hold_pass(&h, 5000, NS_PER_S);
    assert_int_equal(h.released, 0);
    hold_pass(&h, 5000, 10 * NS_PER_S);
    assert_int_equal(h.old, 0); /* nine seconds */
    hold_pass(&h, 5000, 11 * NS_PER_S);
    assert_int_equal(h.old, 5000);
    assert_int_equal(h.released, 4000); /* the last 1,000 stay whatever the time is */
    hold_pass(&h, 5000, 1000 * NS_PER_S);
    assert_int_equal(h.released, 4000);
    hold_pass(&h, 6500, 1001 * NS_PER_S);
    assert_int_equal(h.released, 5000); /* young ones behind do for the octets, their own time is to come */
    hold_pass(&h, 6500, 1011 * NS_PER_S);
    assert_int_equal(h.released, 5500);
    hold_begin(&h);
    assert_int_equal(h.released, 0);
}

static void steady_octets_are_let_go_late_rather_than_early(void **state) {
    struct hold h = {.bytes = 0, .time = 8 * NS_PER_S};
    hold_begin(&h);
    for (int i = 0; i <= 1000; i++) { /* 100 octets each 100 ms */
        hold_pass(&h, (uint64_t)i * 100, NS_PER_S + i * 100 * NS_PER_MS);
        uint64_t due = i > 80 ? (uint64_t)(i - 80) * 100 : 0;
        assert_true(h.released <= due);
        assert_true(h.released + 1100 >= due); /* an eighth of the time later at most */
    }
}

static void without_hold_an_acknowledged_octet_is_let_go(void **state) {
    struct hold h = {.bytes = 0, .time = 0};
    hold_begin(&h);
    hold_pass(&h, 77, NS_PER_S);
    assert_int_equal(h.released, 77);
}

static void a_full_outbox_drops_what_is_to_strangers_before_growth_about_partners(void **state) {
    char text[1000] = "";
    struct outbox *o = outbox_create(16 << 10);
    enum outbox_rank partner = (enum outbox_rank)(OUTBOX_STANDING * STANDING_DENIED + OUTBOX_UPDATE);
    uint64_t serial = 0, dropped = 0;
    for (int i = 0; i < 3; i++)
        outbox_put(o, ++serial, partner, bytes_of(text, sizeof text), false);
    for (int i = 0; i < 100; i++)
        dropped += outbox_put(o, ++serial, OUTBOX_OPENING, bytes_of(text, sizeof text), false);
    assert_int_equal(dropped + outbox_count(o), 103);
    assert_in_range(outbox_count(o), 10, 16);
    uint64_t end;
    for (uint64_t i = 1; i <= 3; i++)
        assert_true(outbox_holds(o, i, &end));
    for (int i = 0; i < 100; i++) /* and where there are none but partners' the oldest goes */
        outbox_put(o, ++serial, partner, bytes_of(text, sizeof text), false);
    assert_false(outbox_holds(o, 1, &end));
    outbox_destroy(o);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_in_any_order_take_their_message_and_no_other),
        cmocka_unit_test(a_message_refused_three_times_is_given_up),
        cmocka_unit_test(nothing_is_let_go_before_its_time_and_the_octets_behind_it),
        cmocka_unit_test(steady_octets_are_let_go_late_rather_than_early),
        cmocka_unit_test(without_hold_an_acknowledged_octet_is_let_go),
        cmocka_unit_test(a_full_outbox_drops_what_is_to_strangers_before_growth_about_partners),
    };
    return cmocka_run_group_tests_name("report/outbox", tests, NULL, NULL);
}
