/* SPDX-License-Identifier: Apache-2.0 */
#include "examine_sample.h"

static const struct collected *find_text(void) {
    for (size_t i = 1; i < got.n; i++)
        if (!got.list[i].hashed && strncmp(got.list[i].type->mime, "text/", 5) == 0)
            return &got.list[i];
    return NULL;
}

static void assert_document(void) {
    assert_int_equal(got.n, 5);
    assert_text(find_text(), "KXR4001\tTX\nKXR4002\tTX\nAB\n");
    assert_member(sample_find("reads.csv"), "reads.csv");
    assert_false(got.list[0].bounded);
}

static void its_text_is_a_text_and_pictures_and_embedded_files_are_files(void **state) {
    sample_examine("text.pdf");
    assert_document();
    assert_member(sample_find("image-11.jpg"), "a.jpg");
    const struct collected *pixels = sample_find("image-12.pgm");
    assert_non_null(pixels);
    assert_string_equal(pixels->type->mime, "image/x-portable-greymap");
    assert_memory_equal(pixels->data, "P5\n400 200\n255\n\x10\x11\x12\x13\x13", 20);
    assert_memory_equal(pixels->data + 15 + 400, "\x11\x12\x13\x14\x14",
                        5); /* the next line: one more each */
}

static void objects_in_streams_are_found(void **state) {
    sample_examine("streams.pdf");
    assert_document();
}

static void one_that_asks_for_no_password_is_read(void **state) {
    sample_examine("no-password.pdf");
    assert_document();
}

static void one_that_asks_for_a_password_is_not_told_as_broken(void **state) {
    sample_examine("password.pdf");
    assert_int_equal(got.n, 1);
    assert_false(got.list[0].bounded); /* but its facts say so */
}

static void a_picture_that_img2pdf_put_in_is_the_same_file(void **state) {
    sample_examine("img2pdf.pdf");
    assert_int_equal(got.n, 2);
    assert_string_equal(got.list[1].type->mime, "image/jpeg");
    assert_true(got.list[1].complete && got.list[1].hashed);
}

static void without_its_table_of_objects_it_is_read_all_the_same(void **state) {
    sample_read("text.pdf");
    sample_n -= 300;
    sample_send("text.pdf");
    assert_text(find_text(), "KXR4001\tTX\nKXR4002\tTX\nAB\n");
}

/* `of`: octets of the sample that stand behind the beginning of a document. */
static void send_behind_a_head(struct bytes of) {
    static const char head[] = "%PDF-1.4\n1 0 obj\n<</Type/XObject/Filter/DCTDecode>>\nstream\n";
    memmove(sample + sizeof head - 1, of.p, of.n);
    memcpy(sample, head, sizeof head - 1);
    sample_n = sizeof head - 1 + of.n;
    sample_send("notes.bin");
}

static void a_picture_behind_the_head_of_one_is_found_all_the_same(void **state) {
    sample_read("img2pdf.pdf");
    const uint8_t *start = memmem(sample, sample_n, "\xff\xd8\xff", 3);
    assert_non_null(start);
    send_behind_a_head(bytes_of(start, sample_n - (size_t)(start - sample)));
    assert_int_equal(got.n, 2);
    assert_string_equal(got.list[1].type->mime, "image/jpeg");
}

static void words_behind_the_head_of_one_are_neither_a_document_nor_unread(void **state) {
    sample_read("img2pdf.pdf");
    memset(sample, 'w', 2000);
    send_behind_a_head(bytes_of(sample, 2000));
    assert_int_equal(got.n, 1);
    assert_false(got.list[0].bounded);
}

/* One page whose content is this, of a font of one width. */
static void send_page(const char *contents, const char *font, const char *stream) {
    sample_n =
        (size_t)snprintf((char *)sample, sizeof sample,
                         "%%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
                         "2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n"
                         "3 0 obj\n<</Type/Page/Parent 2 0 R/Contents %s/Resources<</Font<</F %s>>>>>>\n"
                         "endobj\n4 0 obj\n<</Length %zu>>\nstream\n%s\nendstream\nendobj\n"
                         "trailer\n<</Root 1 0 R/Size 5>>\n",
                         contents, font, strlen(stream), stream);
    sample_send("page.pdf");
}

static void numbers_that_no_font_has_are_none(void **state) {
    send_page("4 0 R", "<</Type/Font/Subtype/Type1/FirstChar 9223372036854775807/Widths[500 500]>>",
              "BT /F 9 Tf (AB) Tj ET");
    assert_text(find_text(), "AB\n");
    send_page("4 0 R",
              "<</Type/Font/Subtype/Type1/DescendantFonts[<</W[9223372036854775807[1 2] 1 "
              "9223372036854775807 3]>>]>>",
              "BT /F 9 Tf (AB) Tj ET");
    assert_text(find_text(), "AB\n");
    assert_false(got.list[0].bounded);
}

static void a_stream_that_is_asked_for_again_and_again_is_read_so_often_and_it_is_told(void **state) {
    enum { TIMES = 4000 };
    static char list[TIMES * 8 + 4] = "[";
    here_options.output_max = 1 << 20;
    for (int i = 0; i < TIMES; i++)
        strcat(list, "4 0 R ");
    strcat(list, "]");
    send_page(list, "null", "q Q");
    assert_true(got.list[0].bounded);
    send_page("[4 0 R 4 0 R 4 0 R]", "null", "q Q");
    assert_false(got.list[0].bounded);
}

static void a_large_stream_costs_its_octets_each_time_though_nothing_packs_it(void **state) {
    static char stream[64 << 10];
    here_options.output_max = 1 << 20;
    memset(stream, ' ', sizeof stream - 1);
    send_page("[4 0 R 4 0 R 4 0 R]", "null", stream);
    assert_false(got.list[0].bounded);
    char list[32 * 6 + 3] = "[";
    for (int i = 0; i < 32; i++)
        strcat(list, "4 0 R ");
    strcat(list, "]");
    send_page(list, "null", stream);
    assert_true(got.list[0].bounded);
}

static void a_font_that_stands_in_the_page_is_read_so_often_and_it_is_told(void **state) {
    enum { TIMES = 4000 };
    static char words[TIMES * 8 + 4];
    here_options.output_max = 1 << 20;
    words[0] = '\0';
    for (int i = 0; i < TIMES; i++)
        strcat(words, "/F 9 Tf ");
    send_page("4 0 R", "<</Type/Font/Subtype/Type0/DescendantFonts[<</W[0 65535 3]>>]>>", words);
    assert_true(got.list[0].bounded);
}

static void what_is_broken_ends(void **state) {
    assert_survives("text.pdf", 97);
    assert_survives("streams.pdf", 97);
}

int main(void) {
#define SAMPLE(test) cmocka_unit_test_setup_teardown(test, sample_begin, sample_finish)
    const struct CMUnitTest tests[] = {
        SAMPLE(its_text_is_a_text_and_pictures_and_embedded_files_are_files),
        SAMPLE(objects_in_streams_are_found),
        SAMPLE(one_that_asks_for_no_password_is_read),
        SAMPLE(one_that_asks_for_a_password_is_not_told_as_broken),
        SAMPLE(a_picture_that_img2pdf_put_in_is_the_same_file),
        SAMPLE(without_its_table_of_objects_it_is_read_all_the_same),
        SAMPLE(a_picture_behind_the_head_of_one_is_found_all_the_same),
        SAMPLE(words_behind_the_head_of_one_are_neither_a_document_nor_unread),
        SAMPLE(numbers_that_no_font_has_are_none),
        SAMPLE(a_stream_that_is_asked_for_again_and_again_is_read_so_often_and_it_is_told),
        SAMPLE(a_large_stream_costs_its_octets_each_time_though_nothing_packs_it),
        SAMPLE(a_font_that_stands_in_the_page_is_read_so_often_and_it_is_told),
        SAMPLE(what_is_broken_ends),
    };
    return cmocka_run_group_tests_name("examine/pdf", tests, NULL, NULL);
}
