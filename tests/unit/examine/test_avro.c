/* SPDX-License-Identifier: Apache-2.0 */
#include "examine_sample.h"

static void assert_reads(const struct collected *o) {
    char text[4096];
    int n = snprintf(text, sizeof text, "plate,lane,seen,place.lat,place.lon,side,tags,crop\n");
    for (int i = 0; i < 40; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, "KXR%d,%d,2026-05-31T04:12:%02dZ,%s,%s,%s,\n",
                      4000 + i, i % 8, i, i % 2 ? "29.5,-98.25" : ",", i % 3 ? "OUT" : "IN",
                      i == 1 ? "a b " : "");
    assert_text(o, text);
}

static void rows_are_a_text_and_large_values_files(void **state) {
    static const char *const names[] = {"null.avro", "deflate.avro", "zstandard.avro"};
    for (size_t i = 0; i < 3; i++) {
        sample_examine(names[i]);
        assert_int_equal(got.n, 3);
        assert_reads(sample_find(names[i]));
        assert_member(sample_find("value.crop.1"), "a.jpg");
        assert_false(got.list[0].bounded);
    }
}

static void of_one_that_is_cut_the_blocks_before_are_there_and_it_is_told(void **state) {
    sample_read("null.avro");
    sample_n -= 30;
    sample_send("null.avro");
    assert_true(got.list[0].bounded);
}

static void what_is_broken_ends(void **state) {
    assert_survives("null.avro", 7);
    assert_survives("deflate.avro", 7);
}

int main(void) {
#define SAMPLE(test) cmocka_unit_test_setup_teardown(test, sample_begin, sample_finish)
    const struct CMUnitTest tests[] = {
        SAMPLE(rows_are_a_text_and_large_values_files),
        SAMPLE(of_one_that_is_cut_the_blocks_before_are_there_and_it_is_told),
        SAMPLE(what_is_broken_ends),
    };
    return cmocka_run_group_tests_name("examine/avro", tests, NULL, NULL);
}
