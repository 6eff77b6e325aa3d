/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/proxied.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LONG_60 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff"

static void expect_list(const char *before, const char *target, const char *list) {
    char room[PROXIED_MAX];
    struct bytes got = proxied_add(bytes_text(before), bytes_text(target), room);
    assert_int_equal(got.n, strlen(list));
    assert_memory_equal(got.p, list, got.n);
}

static void one_stands_behind_those_before_it_once(void **state) {
    expect_list("", "198.51.100.7", "198.51.100.7");
    expect_list("198.51.100.7", "proxy.example:3128", "198.51.100.7, proxy.example:3128");
    expect_list("198.51.100.7, b.example", "198.51.100.7", "b.example, 198.51.100.7");
}

/* Who is a part of another one's text is somebody else. */
static void a_part_of_another_is_another(void **state) {
    expect_list("198.51.100.71", "198.51.100.7", "198.51.100.71, 198.51.100.7");
    expect_list("platesystems.example.org", "platesystems.example",
                "platesystems.example.org, platesystems.example");
}

/* Long names push no address out, and the newest is always there. */
static void addresses_stay_and_names_go_first(void **state) {
    expect_list(LONG_60 ".1, " LONG_60 ".2, 198.51.100.7, " LONG_60 ".3", LONG_60 ".4",
                LONG_60 ".2, 198.51.100.7, " LONG_60 ".3, " LONG_60 ".4");
    expect_list("198.51.100.7", LONG_60 LONG_60 LONG_60 LONG_60 ".plates.example",
                "198.51.100.7, bbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff.plates.example");
}

static void of_many_addresses_the_newest_stay(void **state) {
    char list[PROXIED_MAX], other[PROXIED_MAX], one[32];
    struct bytes got = {NULL, 0};
    for (int i = 1; i <= 200; i++) {
        snprintf(one, sizeof one, "203.0.113.%d", i);
        got = proxied_add(got, bytes_text(one), i % 2 ? list : other);
        assert_true(got.n <= PROXIED_MAX);
        assert_true(memmem(got.p, got.n, one, strlen(one)));
    }
    assert_true(memmem(got.p, got.n, "203.0.113.190, ", 15));
    assert_null(memmem(got.p, got.n, "203.0.113.10, ", 14));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_stands_behind_those_before_it_once),
        cmocka_unit_test(a_part_of_another_is_another),
        cmocka_unit_test(addresses_stay_and_names_go_first),
        cmocka_unit_test(of_many_addresses_the_newest_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
