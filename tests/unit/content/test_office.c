/* SPDX-License-Identifier: Apache-2.0 */
#include "base/allowance.h"
#include "content/unpack/zip/office.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "made_zip.h"

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
    const struct transfer_seed seed = transfer_seed_of("test", SIDE_CLIENT);
    collect_send(collect_content(&options, &got), &seed, bytes_of(document, document_n), split, 0, 0);
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

/* --- by hand --- */

static char part[6 << 20];
static size_t part_n;

static void write_part(const char *text, size_t times) {
    for (size_t i = 0; i < times; i++, part_n += strlen(text))
        memcpy(part + part_n, text, strlen(text));
}

static void end_part(const char *name) {
    put_member(name, part, part_n);
    part_n = 0;
}

static struct allowance hosts;

static struct allowance *give_allowance(void *context, void *owner) {
    return &hosts;
}

/* Between hosts of which nothing is known yet. */
static void send_made(void) {
    struct content_options options = {.objects = 64};
    const struct content_parts parts = collect_parts(&options);
    struct object_sink sink = collect_sink(&got);
    sink.allowance = give_allowance;
    allowance_init(&hosts, 1000);
    const struct transfer_seed seed = transfer_seed_of("test", SIDE_CLIENT);
    collect_send(content_create(&options, &parts, &sink), &seed, bytes_of(archive, archive_n), 1448, 0, 0);
    archive_n = 0;
}

/* The last one is the text of the rows. */
static const struct collected *find_text(void) {
    const struct collected *text = NULL;
    for (size_t i = 0; i < got.n; i++)
        if (!got.list[i].hashed && got.list[i].depth == 1)
            text = &got.list[i];
    return text;
}

static void put_strings(size_t octets) {
    write_part("<sst><si><t>", 1);
    write_part("a lane, ", octets / 8);
    write_part("</t></si></sst>", 1);
    end_part("xl/sharedStrings.xml");
    write_part("<styleSheet/>", 1);
    end_part("xl/styles.xml");
}

static void a_long_text_that_very_many_cells_name_is_written_as_far_as_it_is_paid_for(void **state) {
    for (int before = 0; before < 2; before++) {
        if (before)
            put_strings(64 << 10);
        write_part("<sheetData>", 1);
        write_part("<row><c t=\"s\"><v>0</v></c></row>", 2000);
        end_part("xl/worksheets/sheet1.xml");
        if (!before)
            put_strings(64 << 10);
        send_made();
        const struct collected *text = find_text();
        assert_non_null(text);
        assert_in_range(text->size, 512 << 10, 1 << 20);
        assert_true(text->bounded && !text->complete);
        assert_string_equal(text->notes, "allowance-bound");
        collect_finish(&got);
    }
}

static void columns_far_to_the_right_are_written_as_far_as_they_are_paid_for(void **state) {
    put_strings(8);
    write_part("<sheetData>", 1);
    write_part("<row><c r=\"AMJ1\"><v>1</v></c></row>", 4000);
    end_part("xl/worksheets/sheet1.xml");
    send_made();
    assert_in_range(find_text()->size, 512 << 10, 1 << 20);
    assert_true(find_text()->bounded && !find_text()->complete);
    collect_finish(&got);
}

static void texts_for_which_there_is_no_memory_are_told(void **state) {
    uint64_t before = collect_counter(COUNTER_ZIP_ROWS_FULL);
    put_strings(1 << 20);
    send_made();
    assert_false(got.list[0].bounded);
    assert_int_equal(collect_counter(COUNTER_ZIP_ROWS_FULL) - before, 0);
    collect_finish(&got);
    put_strings(3 << 20);
    send_made();
    assert_true(got.list[0].bounded);
    assert_non_null(strstr(got.list[0].notes, "memory-bound"));
    assert_int_equal(collect_counter(COUNTER_ZIP_ROWS_FULL) - before, 1);
    collect_finish(&got);
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
        cmocka_unit_test(a_long_text_that_very_many_cells_name_is_written_as_far_as_it_is_paid_for),
        cmocka_unit_test(columns_far_to_the_right_are_written_as_far_as_they_are_paid_for),
        cmocka_unit_test(texts_for_which_there_is_no_memory_are_told),
        cmocka_unit_test(only_parts_of_documents_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
