/* SPDX-License-Identifier: Apache-2.0 */
#include "examine_sample.h"

static const struct collected *find_text(void) {
    for (size_t i = 1; i < got.n; i++)
        if (!got.list[i].hashed && got.list[i].type->kind == KIND_TEXT)
            return &got.list[i];
    return NULL;
}

static void assert_holds(const struct collected *o, const char *text) {
    assert_non_null(o);
    if (!memmem(o->data, o->bytes, text, strlen(text)))
        fail_msg("\"%s\" is not in: %.*s", text, (int)o->bytes, (const char *)o->data);
}

static void the_sheets_of_a_workbook_are_texts_of_their_rows(void **state) {
    char text[2048];
    int n = snprintf(text, sizeof text, "plate,state,day,time,both,confidence\n");
    for (int i = 0; i < 9; i++)
        n +=
            snprintf(text + n, sizeof text - (size_t)n,
                     "KXR%04d,TX,2026-05-31,04:12:%02d,2026-05-31T04:12:%02d,0.%d\n", 4000 + i, i, i, 81 + i);
    sample_examine("reads.xls");
    assert_int_equal(got.n, 2);
    assert_text(&got.list[1], text);
    assert_false(got.list[0].bounded);
}

static void the_text_of_a_document_is_a_text_its_tables_by_rows(void **state) {
    sample_examine("report.doc");
    assert_holds(find_text(), "shift report KXR4001\n");
    assert_holds(find_text(), "KXR4002\tTX\t\n");
    assert_holds(find_text(), "KXR4003\tLA\t\n");
    assert_false(got.list[0].bounded);
}

static void the_text_and_pictures_of_slides_are_found(void **state) {
    sample_examine("slides.ppt");
    assert_int_equal(got.n, 3);
    assert_text(find_text(), "lane report KXR4004\nKXR4005 in octets\n");
    assert_member(sample_find("picture-1"), "a.jpg");
}

static void the_text_and_attachments_of_a_message_are_found(void **state) {
    sample_examine("mail.msg");
    assert_int_equal(got.n, 4);
    assert_text(find_text(), "reads of the day\nas agreed\n\nKXR4005 at lane 4\n");
    assert_member(sample_find("reads.csv"), "reads.csv");
    assert_int_equal(sample_find("lane.bin")->size, 6000);
    assert_true(sample_find("lane.bin")->complete);
    assert_false(got.list[0].bounded);
}

static void what_is_broken_ends(void **state) {
    static const char *const names[] = {"reads.xls", "report.doc", "slides.ppt", "mail.msg"};
    for (size_t i = 0; i < 4; i++)
        assert_survives(names[i], 61);
}

int main(void) {
#define SAMPLE(test) cmocka_unit_test_setup_teardown(test, sample_begin, sample_finish)
    const struct CMUnitTest tests[] = {
        SAMPLE(the_sheets_of_a_workbook_are_texts_of_their_rows),
        SAMPLE(the_text_of_a_document_is_a_text_its_tables_by_rows),
        SAMPLE(the_text_and_pictures_of_slides_are_found),
        SAMPLE(the_text_and_attachments_of_a_message_are_found),
        SAMPLE(what_is_broken_ends),
    };
    return cmocka_run_group_tests_name("examine/ole", tests, NULL, NULL);
}
