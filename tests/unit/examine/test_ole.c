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

static void put_u32(size_t at, uint32_t value) {
    for (unsigned i = 0; i < 4; i++)
        sample[at + i] = (uint8_t)(value >> 8 * i);
}

/* Sector 0 has the table, 1 to 4 the directory, and all streams begin at the fifth. */
static void make_streams_that_share_sectors(void) {
    enum { SECTORS = 105, DIRECTORY = 1024, ENTRIES = 16, DATA = 5 };
    sample_n = 512 * (SECTORS + 1);
    memset(sample, 'x', sample_n);
    memset(sample, 0, 512);
    memcpy(sample, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8);
    sample[26] = 3;
    sample[28] = 0xfe;
    sample[29] = 0xff;
    sample[30] = 9;
    sample[32] = 6;
    put_u32(44, 1);
    put_u32(48, 1);
    put_u32(56, 4096);
    put_u32(60, 0xfffffffe);
    put_u32(68, 0xfffffffe);
    for (size_t i = 0; i < 109; i++)
        put_u32(76 + 4 * i, i ? 0xffffffff : 0);
    for (uint32_t i = 0; i < 128; i++)
        put_u32(512 + 4 * i, i == 0 ? 0xfffffffd : i == 4 || i >= SECTORS - 1 ? 0xfffffffe : i + 1);
    memset(sample + DIRECTORY, 0, ENTRIES * 128);
    for (size_t i = 0; i < ENTRIES; i++) {
        size_t at = DIRECTORY + i * 128;
        sample[at] = (uint8_t)('A' + i);
        sample[at + 64] = 4;
        sample[at + 66] = i ? 2 : 5;
        put_u32(at + 68, 0xffffffff);
        put_u32(at + 72, i && i + 1 < ENTRIES ? (uint32_t)i + 1 : 0xffffffff);
        put_u32(at + 76, i ? 0xffffffff : 1);
        put_u32(at + 116, i ? DATA : 0xfffffffe);
        put_u32(at + 120, i ? (SECTORS - DATA) * 512 : 0);
    }
}

static void streams_that_share_sectors_are_read_as_far_as_a_file_can_hold_them(void **state) {
    size_t all = 0;
    make_streams_that_share_sectors();
    sample_send("shared.bin");
    for (size_t i = 1; i < got.n; i++)
        all += got.list[i].size;
    assert_true(all > 0 && all <= 2 * sample_n);
    assert_true(got.list[0].bounded);
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
        SAMPLE(streams_that_share_sectors_are_read_as_far_as_a_file_can_hold_them),
        SAMPLE(what_is_broken_ends),
    };
    return cmocka_run_group_tests_name("examine/ole", tests, NULL, NULL);
}
