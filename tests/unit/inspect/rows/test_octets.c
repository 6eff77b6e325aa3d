/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/rows/cell.h"
#include "inspect/rows/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Quick ways beside the plain ones. */

static uint32_t seed = 1;

static uint32_t draw(uint32_t below) {
    seed = seed * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)seed * below >> 32);
}

/* A line of one octet is read by itself. */
static void a_line_is_of_the_classes_of_its_octets(void **state) {
    uint8_t line[100];
    for (int round = 0; round < 20000; round++) {
        size_t n = draw(sizeof line);
        unsigned want = 0;
        for (size_t i = 0; i < n; i++) {
            line[i] = draw(20) ? 'a' : (uint8_t)draw(256);
            want |= line_classes(bytes_of(line + i, 1));
        }
        assert_int_equal(line_classes(bytes_of(line, n)), want);
    }
}

static void a_joint_changes_no_sign_of_a_cell(void **state) {
    static const char signs[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    unsigned compared = 0;
    for (int round = 0; round < 20000; round++) {
        uint8_t plain[12], joined[13];
        size_t n = 4 + draw(7), at = 1 + draw((uint32_t)n - 1);
        struct cell a, b;
        for (size_t i = 0; i < n; i++)
            joined[i + (i >= at)] = plain[i] = (uint8_t)signs[draw(sizeof signs - 1)];
        joined[at] = '-';
        cell_read(bytes_of(plain, n), &a);
        cell_read(bytes_of(joined, n + 1), &b);
        if (!(a.is & b.is & CELL_WIDE))
            continue;
        assert_int_equal(a.n, b.n);
        assert_memory_equal(a.sign, b.sign, sizeof a.sign);
        assert_int_equal(a.build, b.build);
        assert_int_equal(a.shape, b.shape);
        compared++;
    }
    assert_in_range(compared, 5000, 20000);
}

/* What is skimmed counts on it. */
static void what_may_be_a_hexadecimal_number_is_likely_no_plate(void **state) {
    static const char signs[] = "0123456789ABCDEFabcdef- ._+";
    unsigned likely = 0;
    for (int round = 0; round < 50000; round++) {
        uint8_t text[16];
        size_t n = 4 + draw(9);
        struct cell cell;
        for (size_t i = 0; i < n; i++)
            text[i] = (uint8_t)signs[draw(sizeof signs - 1)];
        cell_read(cell_trim(bytes_of(text, n)), &cell);
        assert_false(cell.is & CELL_LIKELY);
        text[draw((uint32_t)n)] = 'K'; /* and others are */
        cell_read(cell_trim(bytes_of(text, n)), &cell);
        likely += (cell.is & CELL_LIKELY) != 0;
    }
    assert_true(likely > 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_may_be_a_hexadecimal_number_is_likely_no_plate),
                                       cmocka_unit_test(a_line_is_of_the_classes_of_its_octets),
                                       cmocka_unit_test(a_joint_changes_no_sign_of_a_cell)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
