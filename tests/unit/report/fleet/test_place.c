/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "report/fleet/place.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static redisReply *reply_of(const char *text) {
    struct reply_reader r;
    redisReply *reply;
    assert_true(reply_begin(&r));
    assert_true(reply_feed(&r, text, strlen(text)));
    assert_true(reply_next(&r, &reply));
    assert_non_null(reply);
    reply_finish(&r);
    return reply;
}

static void all_keys_of_a_line_have_its_digest_between_braces(void **state) {
    const struct fleet_options o = {.prefix = "gantry"};
    char out[PLACE_MAX];
    place_of_bucket(&o, "0123", 'd', 20610, out);
    assert_string_equal(out, "gantry:{0123}:d20610");
    place_of_line(&o, "0123", "n", out);
    assert_string_equal(out, "gantry:{0123}:n");
    place_of_lines(&o, 2944, '0', out);
    assert_string_equal(out, "gantry:lines:2944:0");
}

static void amounts_are_read_as_they_were_written(void **state) {
    const struct share_amount a = {.objects = 12, .bytes = INT64_MAX, .denied_objects = 0, .denied_bytes = 7};
    struct share_amount b;
    char text[PLACE_AMOUNT_MAX];
    place_write_amount(&a, text);
    assert_string_equal(text, "12 9223372036854775807 0 7");
    assert_true(place_read_amount(bytes_text(text), &b));
    assert_true(a.objects == b.objects && a.bytes == b.bytes && a.denied_objects == b.denied_objects &&
                a.denied_bytes == b.denied_bytes);
}

static void what_is_no_amount_is_refused(void **state) {
    static const char *const wrong[] = {"",
                                        "1",
                                        "1 2 3",
                                        "1 2 3 4 5",
                                        "1 2 3 x",
                                        "-1 2 3 4",
                                        "1  2 3 4",
                                        "1 2 3 18446744073709551616",
                                        "1 2 3 9223372036854775808",
                                        " 1 2 3 4"};
    struct share_amount a;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (place_read_amount(bytes_text(wrong[i]), &a))
            fail_msg("%s", wrong[i]);
}

static void hours_and_days_are_told_apart(void **state) {
    bool day;
    int64_t index;
    assert_true(place_read_bucket(bytes_text("d20610"), &day, &index) && day && index == 20610);
    assert_true(place_read_bucket(bytes_text("h494640"), &day, &index) && !day && index == 494640);
    assert_false(place_read_bucket(bytes_text("x1"), &day, &index));
    assert_false(place_read_bucket(bytes_text("d"), &day, &index));
    assert_false(place_read_bucket(bytes_text("d-1"), &day, &index));
    assert_false(place_read_bucket(bytes_text("d99999999999"), &day, &index));
}

static void the_others_are_added_up_and_what_is_malformed_is_counted(void **state) {
    redisReply *r = reply_of(
        "*10\r\n$3\r\na/1\r\n$7\r\n1 2 3 4\r\n$3\r\nb/1\r\n$11\r\n10 20 30 40\r\n$3\r\nc/1\r\n$1\r\nx\r\n"
        "$3\r\nd/1\r\n$27\r\n9223372036854775807 0 0 100\r\n"
        "$3\r\ne/1\r\n$27\r\n9223372036854775807 0 0 100\r\n");
    struct share_amount sum = {.objects = 0};
    size_t fields;
    uint64_t malformed = counter_values[COUNTER_FLEET_MALFORMED];
    assert_true(place_add_up(r, "a/1", &sum, &fields));
    assert_int_equal(fields, 4);
    assert_int_equal(counter_values[COUNTER_FLEET_MALFORMED] - malformed, 1);
    assert_true(sum.objects == UINT64_MAX - 1); /* and no less */
    assert_int_equal(sum.bytes, 20);
    assert_int_equal(sum.denied_bytes, 240);
    freeReplyObject(r);
    r = reply_of(":1\r\n");
    assert_false(place_add_up(r, NULL, &sum, &fields));
    freeReplyObject(r);
    r = reply_of("*1\r\n$1\r\na\r\n");
    assert_false(place_add_up(r, NULL, &sum, &fields));
    freeReplyObject(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_keys_of_a_line_have_its_digest_between_braces),
        cmocka_unit_test(amounts_are_read_as_they_were_written),
        cmocka_unit_test(what_is_no_amount_is_refused),
        cmocka_unit_test(hours_and_days_are_told_apart),
        cmocka_unit_test(the_others_are_added_up_and_what_is_malformed_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
