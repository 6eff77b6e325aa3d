/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/value_set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_value_is_the_same_however_it_is_written(void **state) {
    uint8_t out[VALUE_MAX];
    assert_int_equal(value_normalise(bytes_text(" abc-12\t34"), out), 7);
    assert_memory_equal(out, "ABC1234", 7);
    assert_int_equal(value_normalise(bytes_text("abc.1234"), out), 8); /* another joint is another value */
    assert_memory_equal(out, "ABC.1234", 8);
}

static void only_the_start_of_a_long_value_counts(void **state) {
    uint8_t out[VALUE_MAX], text[VALUE_MAX + 10];
    memset(text, 'x', sizeof text);
    assert_int_equal(value_normalise(bytes_of(text, sizeof text), out), VALUE_MAX);
}

static void values_are_shown_redacted(void **state) {
    char out[8];
    value_redact(bytes_text("ABC1234"), out);
    assert_string_equal(out, "AB***34");
    value_redact(bytes_text("ABC12"), out);
    assert_string_equal(out, "A***2");
    value_redact(bytes_text("AB1"), out);
    assert_string_equal(out, "***");
    value_redact(bytes_text("\x01\x02"
                            "C123\xff"),
                 out);
    assert_string_equal(out, "??***3?");
}

static void a_value_set_counts_what_is_new_up_to_its_limit(void **state) {
    uint64_t room[128];
    struct value_set *s = (struct value_set *)(void *)room;
    assert_true(value_set_size(10) <= sizeof room);
    value_set_init(s, 10);
    for (uint64_t i = 0; i < 20; i++)
        assert_true(value_set_add(s, i / 2 * 16) == (i % 2 == 0)); /* all in one slot: the worst case */
    assert_int_equal(s->count, 10);
    assert_true(value_set_full(s));
    assert_false(value_set_add(s, 999));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_the_same_however_it_is_written),
        cmocka_unit_test(only_the_start_of_a_long_value_counts),
        cmocka_unit_test(values_are_shown_redacted),
        cmocka_unit_test(a_value_set_counts_what_is_new_up_to_its_limit),
    };
    return cmocka_run_group_tests_name("inspect/value_set", tests, NULL, NULL);
}
