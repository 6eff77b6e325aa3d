/* SPDX-License-Identifier: Apache-2.0 */
#include "problem_text.h"

#include "base/json_writer.h"

static char buffer[512];

static void assert_json(const struct json_writer *j, const char *expected) {
    assert_int_equal(json_writer_size(j), strlen(expected));
    assert_memory_equal(buffer, expected, strlen(expected));
}

static void test_nested_values_are_separated_by_commas(void **state) {
    struct json_writer j;
    json_writer_init(&j, buffer, sizeof buffer);
    json_write_object(&j, NULL);
    json_write_number(&j, "a", UINT64_MAX);
    json_write_array(&j, "b");
    json_write_object(&j, NULL);
    json_write_object_end(&j);
    json_write_integer(&j, NULL, INT64_MIN);
    json_write_array(&j, NULL);
    json_write_array_end(&j);
    json_write_array_end(&j);
    json_write_bool(&j, "c", true);
    json_write_bool(&j, "d", false);
    json_write_null(&j, "e");
    json_write_text(&j, "f", NULL);
    json_write_decimal(&j, "g", 1.25);
    json_write_object_end(&j);
    assert_json(&j, "{\"a\":18446744073709551615,\"b\":[{},-9223372036854775808,[]],\"c\":true,\"d\":false,"
                    "\"e\":null,\"f\":null,\"g\":1.250}");
}

static void test_hostile_text_cannot_leave_its_quotes(void **state) {
    struct json_writer j;
    json_writer_init(&j, buffer, sizeof buffer);
    json_write_bytes(&j, NULL, bytes_of("\"\\\n\0\x1b\x7f/\xff\xc3\xa9\xed\xa0\x80", 13));
    /* RFC 8259 section 7; each byte of the surrogate is invalid by itself */
    assert_json(&j,
                "\"\\\"\\\\\\u000a\\u0000\\u001b\\u007f/\xEF\xBF\xBD\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF"
                "\xBD\"");
}

static void test_a_small_buffer_overflows_into_nothing(void **state) {
    for (size_t size = 0; size < 30; size++) {
        struct json_writer j;
        memset(buffer, '#', sizeof buffer);
        json_writer_init(&j, buffer, size);
        json_write_object(&j, NULL);
        json_write_text(&j, "key", "some value\n");
        json_write_object_end(&j);
        /* {"key":"some value\u000a"} has 26 octets */
        assert_int_equal(json_writer_size(&j), size < 26 ? 0 : 26);
        assert_int_equal(j.overflow, size < 26);
        assert_int_equal(buffer[size], '#');
    }
}

/* Runs of plain octets are stepped over eight at a time. */
static void test_each_octet_is_written_alike_wherever_it_stands(void **state) {
    enum { LONG = 24 };
    for (unsigned octet = 0; octet < 256; octet++) {
        char alone[16], expected[2 * LONG + 16];
        const uint8_t one = (uint8_t)octet;
        struct json_writer j;
        json_writer_init(&j, alone, sizeof alone);
        json_write_bytes(&j, NULL, bytes_of(&one, 1));
        size_t n = json_writer_size(&j);
        for (size_t place = 0; place < LONG; place++) {
            uint8_t text[LONG];
            memset(text, '~', sizeof text);
            text[place] = one;
            memset(expected, '~', sizeof expected);
            expected[0] = '"';
            memcpy(expected + 1 + place, alone + 1, n - 2);
            memcpy(expected + LONG - 1 + n - 1, "\"", 2);
            json_writer_init(&j, buffer, sizeof buffer);
            json_write_bytes(&j, NULL, bytes_of(text, sizeof text));
            assert_json(&j, expected);
        }
    }
}

static void test_numbers_that_json_cannot_say_become_zero(void **state) {
    struct json_writer j;
    json_writer_init(&j, buffer, sizeof buffer);
    json_write_array(&j, NULL);
    json_write_decimal(&j, NULL, __builtin_inf());
    json_write_decimal(&j, NULL, __builtin_nan(""));
    json_write_array_end(&j);
    assert_json(&j, "[0.000,0.000]");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nested_values_are_separated_by_commas),
        cmocka_unit_test(test_hostile_text_cannot_leave_its_quotes),
        cmocka_unit_test(test_a_small_buffer_overflows_into_nothing),
        cmocka_unit_test(test_each_octet_is_written_alike_wherever_it_stands),
        cmocka_unit_test(test_numbers_that_json_cannot_say_become_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
