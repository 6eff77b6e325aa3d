/* SPDX-License-Identifier: Apache-2.0 */
#include "examine_sample.h"

static void assert_reads(void) {
    char text[4096];
    int n = snprintf(text, sizeof text, "plate,state,lane,seen,crop,note\n");
    for (int i = 0; i < 40; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, "KXR%04d,TX,%d,2026-05-31T04:12:%02dZ,,%s\n",
                      i * 37 % 10000, i % 8, i % 60, i == 4 ? "\"\"\"a\"\", b\"" : "");
    assert_text(sample_find("reads"), text);
}

static void a_table_is_a_text_of_its_rows_and_large_values_are_files(void **state) {
    sample_examine("reads.db");
    assert_int_equal(got.n, 4);
    assert_reads();
    assert_member(sample_find("reads.crop.1"), "a.jpg");
    assert_string_equal(sample_find("reads.crop.1")->type->mime, "image/jpeg");
    assert_text(sample_find("odd \" name"), "a,b\n1.5,\n");
    assert_false(got.list[0].bounded);
}

static void one_that_is_written_ahead_is_read_as_it_stands(void **state) {
    sample_examine("ahead.db");
    assert_int_equal(got.n, 4);
    assert_reads();
    assert_false(got.list[0].bounded);
}

static void of_one_that_is_cut_the_rows_before_are_there_and_it_is_told(void **state) {
    sample_read("reads.db");
    sample_n = sample_n / 4096 * 4096 - 4096;
    sample_send("reads.db");
    assert_true(got.list[0].bounded);
}

static void what_is_broken_ends(void **state) {
    assert_survives("reads.db", 509);
}

int main(void) {
#define SAMPLE(test) cmocka_unit_test_setup_teardown(test, sample_begin, sample_finish)
    const struct CMUnitTest tests[] = {
        SAMPLE(a_table_is_a_text_of_its_rows_and_large_values_are_files),
        SAMPLE(one_that_is_written_ahead_is_read_as_it_stands),
        SAMPLE(of_one_that_is_cut_the_rows_before_are_there_and_it_is_told),
        SAMPLE(what_is_broken_ends),
    };
    return cmocka_run_group_tests_name("examine/sqlite", tests, NULL, NULL);
}
