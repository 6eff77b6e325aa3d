/* SPDX-License-Identifier: Apache-2.0 */
#include "examine_sample.h"

static void a_table_is_a_text_of_its_rows(void **state) {
    sample_examine("reads.dbf");
    assert_int_equal(got.n, 2);
    assert_string_equal(got.list[0].type->mime, "application/x-dbf");
    assert_text(&got.list[1],
                "PLATE,LANE,SEEN,COUNT\nKXR4001,0,20260531,7\nKXR4002,1,20260531,6\nKXR4003,2,20260531,5\n");
    assert_false(got.list[0].bounded);
}

static void what_is_broken_ends(void **state) {
    assert_survives("reads.dbf", 3);
}

int main(void) {
#define SAMPLE(test) cmocka_unit_test_setup_teardown(test, sample_begin, sample_finish)
    const struct CMUnitTest tests[] = {
        SAMPLE(a_table_is_a_text_of_its_rows),
        SAMPLE(what_is_broken_ends),
    };
    return cmocka_run_group_tests_name("examine/dbf", tests, NULL, NULL);
}
