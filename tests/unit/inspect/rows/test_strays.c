/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/rows/rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

static void count_cell(void *context, enum row_cell kind, struct bytes text) {
    ++*(unsigned *)context;
}

/* Texas has no vowels in its series. Some of these are hexadecimal numbers as well. */
static const char *plate_of(unsigned i) {
    static const char letters[] = "BCDFGHJKLMNPRSTVWXYZ";
    static char text[16];
    snprintf(text, sizeof text, "%c%c%c%04u", letters[i * 7 % 20], letters[i * 3 % 20], letters[i * 11 % 19],
             (i * 7919 + 13) % 10000);
    return text;
}

/* Plates that are handed on of 40 lines; `form` takes a plate and a minute. */
static unsigned read_lines(const char *form, bool strays) {
    char line[128];
    unsigned found = 0;
    struct row_reader *r = malloc(row_reader_size());
    const struct row_sink sink = {&found, count_cell};
    row_reader_init(r, 1);
    if (strays)
        row_reader_expect_strays(r);
    for (unsigned i = 0; i < 40; i++) {
        int n = snprintf(line, sizeof line, form, plate_of(i), i);
        row_reader_push(r, &sink, bytes_of(line, (size_t)n));
    }
    row_reader_end(r, &sink);
    free(r);
    return found;
}

static void cells_may_stand_behind_a_name(void **state) {
    assert_in_range(read_lines("X-Vehicle=%s;2026-05-31T04:%02u:11Z;\n", false), 30, 40);
    assert_in_range(read_lines("q=\"%s\",\"2026-05-31T04:%02u:11Z\";\n", false), 30, 40);
    assert_in_range(read_lines("X-Vehicle=\"%s\", 2026-05-31T04:%02u:11Z;\n", false), 30, 40);
}

static void names_in_heads_say_nothing_and_those_of_a_voucher_do(void **state) {
    assert_in_range(read_lines("Cookie=session=1; last=%s; at=2026-05-31T04:%02u:11Z;\n", true), 30, 40);
    assert_int_equal(read_lines("{\"voucher\": \"%s\", \"at\": \"2026-05-31T04:%02u:11Z\"}\n", false), 0);
    assert_int_equal(read_lines("Cookie=last=page%.3s; at=2026-05-31T04:%02u:11Z;\n", true), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_may_stand_behind_a_name),
        cmocka_unit_test(names_in_heads_say_nothing_and_those_of_a_voucher_do),
    };
    return cmocka_run_group_tests_name("inspect/rows/strays", tests, NULL, NULL);
}
