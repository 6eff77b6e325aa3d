/* SPDX-License-Identifier: Apache-2.0 */
#include "collect.h"

#include "content/unpack/zip/office.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Documents by LibreOffice and openpyxl (tests/data/make_office_samples.py), and by hand. */

static struct collector got;
static uint8_t document[1 << 16];
static size_t document_n;
static char seen[1 << 13];

static size_t read_file(const char *name, void *out, size_t size) {
    char path[300];
    snprintf(path, sizeof path, TEST_DATA "/office/%s", name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(out, 1, size, f);
    fclose(f);
    return n;
}

static void send(size_t split) {
    struct content_options options = {.objects = 64};
    struct content *c = collect_content(&options, &got);
    struct conversation flow = {.now = 1};
    const struct transfer_seed seed = transfer_seed_of("test", SIDE_CLIENT);
    struct transfer *t = content_begin(c, &flow, NULL, &seed);
    for (size_t at = 0; at < document_n; at += split)
        content_data(&flow, t, document + at, document_n - at < split ? document_n - at : split);
    content_end(&flow, t, TRANSFER_DONE);
    collect_destroy(c);
}

/* A text that was gathered from the document, but for the names in it. */
static bool shows(const char *text, size_t n) {
    for (size_t i = 0; i < got.n; i++)
        if (!got.list[i].hashed && got.list[i].data && memmem(got.list[i].data, got.list[i].bytes, text, n))
            return true;
    return false;
}

static void rows_of_a_sheet_are_as_people_see_them(void **state) {
    static const char *const names[] = {"reads.xlsx", "openpyxl.xlsx", "order.xlsx"};
    static const size_t splits[] = {1, 100, 1 << 16};
    size_t n = read_file("reads.tsv", seen, sizeof seen);
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 3; j++) {
            document_n = read_file(names[i], document, sizeof document);
            send(splits[j]);
            assert_true(shows(seen, n));
            assert_string_equal(got.list[0].type->mime,
                                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
            collect_finish(&got);
        }
}

/* Times are shown in the language of the document. */
static void rows_of_open_document_have_their_cells(void **state) {
    size_t n = read_file("reads.tsv", seen, sizeof seen - 1);
    seen[n] = '\0';
    document_n = read_file("reads.ods", document, sizeof document);
    send(1000);
    for (char *line = strtok(seen, "\n"); line; line = strtok(NULL, "\n"))
        assert_true(shows(line, (size_t)(strrchr(line, '\t') - line)));
    collect_finish(&got);
}

static void tables_and_paragraphs_of_texts_are_lines(void **state) {
    static const char *const names[] = {"reads.docx", "reads.odt"};
    size_t n = read_file("reads.tsv", seen, sizeof seen);
    for (size_t i = 0; i < 2; i++) {
        document_n = read_file(names[i], document, sizeof document);
        send(1000);
        assert_true(shows(seen, n));
        assert_true(shows("Reads of the day\n", 17) && shows("That is all.\n", 13));
        collect_finish(&got);
    }
}

static void a_number_is_a_date_where_its_format_says_so(void **state) {
    static const struct {
        const char *code;
        bool is;
    } codes[] = {{"yyyy-mm-dd hh:mm", true}, {"General", false}, {"0.00", false},  {"[Red]0.00", false},
                 {"\"day\" 0", false},       {"\\d0", false},    {"m/d/yy", true}, {"[$-409]d mmm", true}};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        assert_int_equal(date_is_code(bytes_text(codes[i].code)), codes[i].is);
    assert_true(date_is_format(14) && date_is_format(22) && !date_is_format(0) && !date_is_format(10));
}

/* By LibreOffice, which shows these numbers so. */
static void a_number_of_days_is_shown_as_a_date(void **state) {
    static const struct {
        const char *number, *shown;
    } rows[] = {{"46173", "2026-05-31"}, {"46173.175", "2026-05-31 04:12:00"},
                {"0.5", "12:00:00"},     {"36526", "2000-01-01"},
                {"60", "1900-02-28"},    {"45351", "2024-02-29"}};
    char out[DATE_TEXT];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(bytes_equal(bytes_of(out, date_show(bytes_text(rows[i].number), out)),
                                bytes_text(rows[i].shown)));
    assert_int_equal(date_show(bytes_text("-1"), out), 0);
    assert_int_equal(date_show(bytes_text("1e9"), out), 0);
    assert_int_equal(date_show(bytes_text("x"), out), 0);
}

static void only_parts_of_documents_are_read(void **state) {
    assert_int_equal(office_part_of(bytes_text("xl/worksheets/sheet12.xml")), OFFICE_SHEET);
    assert_int_equal(office_part_of(bytes_text("xl/sharedStrings.xml")), OFFICE_STRINGS);
    assert_int_equal(office_part_of(bytes_text("word/document.xml")), OFFICE_TEXT);
    assert_int_equal(office_part_of(bytes_text("content.xml")), OFFICE_CONTENT);
    assert_int_equal(office_part_of(bytes_text("xl/worksheets/_rels/sheet1.xml.rels")), OFFICE_NONE);
    assert_int_equal(office_part_of(bytes_text("a/content.xml")), OFFICE_NONE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_a_sheet_are_as_people_see_them),
        cmocka_unit_test(rows_of_open_document_have_their_cells),
        cmocka_unit_test(tables_and_paragraphs_of_texts_are_lines),
        cmocka_unit_test(a_number_is_a_date_where_its_format_says_so),
        cmocka_unit_test(a_number_of_days_is_shown_as_a_date),
        cmocka_unit_test(only_parts_of_documents_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
