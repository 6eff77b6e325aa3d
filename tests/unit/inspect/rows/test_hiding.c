/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/rows/rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

/* What a sender who knows how the reader works may put before or between the rows of a table of plates. */
struct text {
    char text[1 << 18];
    size_t n;
    unsigned seed;
};
static struct text text;

static void begin(void) {
    text.n = 0;
    text.seed = 11;
}

/* @ is a letter, # a digit. */
static void add_line(const char *form) {
    for (const char *s = form; *s; s++) {
        static const char letters[] = "GHJKLMNPRSTVWXYZ";
        text.seed = text.seed * 1103515245u + 12345;
        unsigned v = text.seed >> 16;
        text.text[text.n++] = *s == '@'   ? letters[v % (sizeof letters - 1)]
                              : *s == '#' ? (char)('0' + v % 10)
                                          : *s;
    }
    text.text[text.n++] = '\n';
}

static void count_cell(void *context, enum row_cell kind, struct bytes cell) {
    ++*(unsigned *)context;
}

static unsigned read_keyed(uint64_t key) {
    unsigned found = 0;
    struct row_reader *r = malloc(row_reader_size());
    const struct row_sink sink = {&found, count_cell};
    row_reader_init(r, key);
    row_reader_push(r, &sink, bytes_of(text.text, text.n));
    row_reader_end(r, &sink);
    free(r);
    return found;
}

static void add_plates(unsigned rows) {
    static const char *const forms[] = {"@@@####,TX,4,2026-05-31T04:11:##",
                                        "#@@@###,TX,4,2026-05-31T04:11:##"};
    for (unsigned i = 0; i < rows; i++)
        add_line(forms[i % 2]);
}

static void nobody_knows_which_rows_of_a_long_table_are_looked_at(void **state) {
    begin();
    for (uint32_t i = 0; i < 400; i++)
        add_line(i > 100 && i * 2654435761u >> 29 != 0 ? "@@@####,TX,4,2026-05-31T04:11:##"
                                                       : "word,TX,4,2026-05-31T04:11:##");
    assert_in_range(read_keyed(1), 200, 270);
    assert_in_range(read_keyed(0x123456789abcdef), 200, 270);
}

static void nobody_knows_which_lines_of_a_dull_text_are_looked_at(void **state) {
    begin();
    for (unsigned i = 0; i < 2000; i++)
        add_line(i > 600 && (i + 1) / 4 % 8 != 0 ? "@@@####,TX,4,2026-05-31T04:11:##" : "word word word 1");
    assert_in_range(read_keyed(1), 1100, 1225);
    assert_in_range(read_keyed(0x123456789abcdef), 1100, 1225);
}

static void columns_that_get_no_more_values_keep_no_others_from_being_looked_at(void **state) {
    static const char names[] = "tag;tag;tag;tag;tag;tag;tag;tag;tag;tag;tag;tag;tag;tag;tag;tag",
                      cells[] =
                          "aaa1;aab1;aac1;aad1;aae1;aaf1;aag1;aah1;aai1;aaj1;aak1;aal1;aam1;aan1;aao1;aap1",
                      codes[] =
                          "1;@@@####;@@@####;@@@####;@@@####;@@@####;@@@####;@@@####;@@@####;@@@####;@@@####;"
                          "@@@####;@@@####";
    begin();
    add_line(names);
    add_line(cells);
    add_plates(100);
    assert_in_range(read_keyed(1), 80, 100);
    begin();
    add_line(codes);
    add_plates(100);
    assert_in_range(read_keyed(1), 70, 100);
    begin();
    add_line(names);
    add_line(cells);
    add_line("vrm|lane");
    for (unsigned i = 0; i < 40; i++)
        add_line("@@@####|4");
    assert_in_range(read_keyed(1), 20, 40);
}

static void what_was_opened_and_not_closed_hides_no_table(void **state) {
    static const char *const before[] = {
        "<td>", "<td>word",         "<a><b",         "<a><![CDATA[",     "(a,",
        "(1,'", "create table t (", "COPY t (plate", "insert into t (a", "insert into t values (1, '"};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        begin();
        add_line(before[i]);
        add_plates(200);
        if (read_keyed(1) < 100)
            fail_msg("%s: %u", before[i], read_keyed(1));
    }
}

static void brackets_before_lines_that_are_no_json_hide_no_table(void **state) {
    static const char *const before[] = {"{", "[", "[[", "{\"a\": [", "{\"a\": {\"b\":{", "[{"};
    static const char *const rows[] = {"#@@@###,TX,4,2026-05-31T04:11:##",
                                       "\"@@@####\",\"TX\",\"4\",\"2026-05-31T04:11:##\"",
                                       "\"@@@####\";\"TX\";\"4\";\"2026-05-31T04:11:##\""};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++)
        for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
            begin();
            add_line(before[i]);
            for (unsigned n = 0; n < 100; n++)
                add_line(rows[k]);
            if (read_keyed(1) < 60)
                fail_msg("%s: %s: %u", before[i], rows[k], read_keyed(1));
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_knows_which_rows_of_a_long_table_are_looked_at),
        cmocka_unit_test(nobody_knows_which_lines_of_a_dull_text_are_looked_at),
        cmocka_unit_test(columns_that_get_no_more_values_keep_no_others_from_being_looked_at),
        cmocka_unit_test(what_was_opened_and_not_closed_hides_no_table),
        cmocka_unit_test(brackets_before_lines_that_are_no_json_hide_no_table),
    };
    return cmocka_run_group_tests_name("inspect/rows/hiding", tests, NULL, NULL);
}
