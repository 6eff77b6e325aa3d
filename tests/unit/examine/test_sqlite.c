/* SPDX-License-Identifier: Apache-2.0 */
#include "examine_sample.h"

#include <sqlite3.h>

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

/* Its schema says that a page of its own is a virtual table's. */
static void a_virtual_table_is_not_asked_for_whatever_the_schema_says(void **state) {
    sqlite3 *db = NULL;
    sqlite3_int64 n = 0;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db,
                     "CREATE TABLE plain (a); INSERT INTO plain VALUES ('KXR4001');"
                     "CREATE VIRTUAL TABLE words USING fts5(a); INSERT INTO words VALUES ('KXR4002');"
                     "PRAGMA writable_schema = ON;"
                     "UPDATE sqlite_schema SET rootpage = 2 WHERE name = 'words'",
                     NULL, NULL, NULL),
        SQLITE_OK);
    unsigned char *image = sqlite3_serialize(db, "main", &n, 0);
    assert_true(image && n <= (sqlite3_int64)sizeof sample);
    memcpy(sample, image, sample_n = (size_t)n);
    sqlite3_free(image);
    sqlite3_close(db);
    sample_send("words.db");
    assert_text(sample_find("plain"), "a\nKXR4001\n");
    assert_non_null(sample_find("words_content"));
    assert_null(sample_find("words"));
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
        SAMPLE(a_virtual_table_is_not_asked_for_whatever_the_schema_says),
        SAMPLE(what_is_broken_ends),
    };
    return cmocka_run_group_tests_name("examine/sqlite", tests, NULL, NULL);
}
