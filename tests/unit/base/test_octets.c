/* SPDX-License-Identifier: Apache-2.0 */
#include "base/octets.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { KINDS = OCTETS_BREAK + 1 };

static bool is_one(unsigned kind, unsigned c) {
    if (kind == OCTETS_WORD_END)
        return c <= ' ' || strchr("<>,", (int)c);
    if (kind == OCTETS_VALUE_END)
        return c > 0 && strchr(" ,}>);&\n", (int)c);
    if (kind == OCTETS_NO_SIGN || kind == OCTETS_OUTSIDE)
        return c > 127 || c == 0 ||
               !(isalnum((int)c) || strchr(kind == OCTETS_OUTSIDE ? "+-/_%\\&#;" : "+-/_", (int)c));
    if (kind == OCTETS_LINE_END)
        return c == 0 || strchr("\n\v\f\r\x1e\x85\\", (int)c);
    if (kind == OCTETS_BREAK)
        return c == 0 || strchr("\n\v\f\r\x1e\x85\xe2", (int)c);
    static const char *const signs[] = {
        [OCTETS_DIGIT] = "0123456789", [OCTETS_PAIR] = "=:", [OCTETS_ESCAPE] = "\\%&", [OCTETS_APART] = ""};
    return kind == OCTETS_APART ? c > 127 || !isalnum((int)c) : c > 0 && strchr(signs[kind], (int)c);
}

static void the_next_octet_of_a_kind_is_the_one_that_stands_there(void **state) {
    uint8_t text[48];
    for (unsigned kind = 0; kind < KINDS; kind++)
        for (unsigned c = 0; c < 256; c++)
            for (size_t place = 0; place < sizeof text; place++) {
                memset(text, 'x', sizeof text);
                text[place] = (uint8_t)c;
                size_t found = octets_find(bytes_of(text, sizeof text), place / 2, (enum octets)kind);
                assert_int_equal(found, is_one(kind, c) ? place : sizeof text);
                found = octets_find(bytes_of(text, sizeof text), place + 1, (enum octets)kind);
                assert_int_equal(found, sizeof text);
            }
}

/* Of whatever octets, however many are left. */
static void a_mask_has_a_bit_for_each_of_the_next_64(void **state) {
    static const char signs[] = "xyz019=:\\%& ,\n\x80};)<>\r\x1e\x85\f";
    uint8_t text[150];
    for (int round = 0; round < 20000; round++) {
        unsigned kind = (unsigned)rand() % KINDS;
        size_t n = (size_t)rand() % sizeof text, at = (size_t)rand() % (n + 1);
        uint64_t want = 0;
        for (size_t i = 0; i < n; i++)
            text[i] = (uint8_t)signs[(size_t)rand() % (sizeof signs - 1)];
        for (size_t i = at; i < n && i < at + 64; i++)
            want |= (uint64_t)is_one(kind, text[i]) << (i - at);
        assert_true(octets_mask(bytes_of(text, n), at, (enum octets)kind) == want);
        size_t last = n;
        while (last > at && !is_one(kind, text[last - 1]))
            last--;
        assert_int_equal(octets_find_last(bytes_of(text, n), at, n, (enum octets)kind),
                         last > at ? last - 1 : n);
    }
}

static void the_next_one_of_two_is_found(void **state) {
    uint8_t text[40];
    for (size_t a = 0; a < sizeof text; a++)
        for (size_t b = 0; b < sizeof text; b++) {
            memset(text, 'x', sizeof text);
            text[a] = '"';
            text[b] = '\\';
            size_t from = (a + b) / 2, first = a < b ? a : b, second = a < b ? b : a;
            assert_int_equal(octets_find_either(bytes_of(text, sizeof text), 0, '"', '\\'), first);
            assert_int_equal(octets_find_either(bytes_of(text, sizeof text), from, '"', '\\'),
                             from > first ? second : first);
            assert_int_equal(octets_find_either(bytes_of(text, sizeof text), second + 1, '"', '\\'),
                             sizeof text);
        }
}

static void a_pair_is_found_where_both_stand_or_the_first_is_last(void **state) {
    uint8_t text[80];
    srand(11);
    for (int round = 0; round < 50000; round++) {
        size_t n = (size_t)rand() % sizeof text, from = n ? (size_t)rand() % (n + 1) : 0, due = from,
               other = from;
        for (size_t i = 0; i < n; i++)
            text[i] = (uint8_t) "xxxxxxxxxxxxx\n--"[rand() % 16];
        while (due < n && !(text[due] == '\n' && (due + 1 == n || text[due + 1] == '-')))
            due++;
        assert_int_equal(octets_find_pair(bytes_of(text, n), from, '\n', '-'), due);
        while (other < n && !(text[other] == '\n' && (other + 1 == n || text[other + 1] != '-')))
            other++;
        assert_int_equal(octets_find_unpaired(bytes_of(text, n), from, '\n', '-'), other);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_octet_of_a_kind_is_the_one_that_stands_there),
        cmocka_unit_test(a_mask_has_a_bit_for_each_of_the_next_64),
        cmocka_unit_test(the_next_one_of_two_is_found),
        cmocka_unit_test(a_pair_is_found_where_both_stand_or_the_first_is_last),
    };
    return cmocka_run_group_tests_name("base/octets", tests, NULL, NULL);
}
