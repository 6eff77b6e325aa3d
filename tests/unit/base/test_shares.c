/* SPDX-License-Identifier: Apache-2.0 */
#include "base/shares.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct shares s;

static uint32_t *count_of(const char *text) {
    struct address a;
    assert_true(address_parse(text, &a));
    return shares_of(&s, &a);
}

static void a_source_is_an_address_or_the_first_64_bits_of_one(void **state) {
    shares_init(&s);
    assert_ptr_equal(count_of("10.40.3.7"), count_of("10.40.3.7"));
    assert_ptr_equal(count_of("2001:db8:40::1"), count_of("2001:db8:40:0:ffff::9"));
}

/* Of a hundred pairs of sources that differ hardly any falls together: by chance 1 in 4,096 does. */
static void different_sources_have_counts_of_their_own(void **state) {
    unsigned together = 0;
    char a[32], b[32];
    shares_init(&s);
    for (unsigned i = 0; i < 100; i++) {
        snprintf(a, sizeof a, "10.40.3.%u", i);
        snprintf(b, sizeof b, "2001:db8:%u::1", i + 1);
        together += count_of(a) == count_of("10.40.4.1");
        together += count_of(b) == count_of("2001:db8:0:1::1");
    }
    assert_in_range(together, 0, 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source_is_an_address_or_the_first_64_bits_of_one),
        cmocka_unit_test(different_sources_have_counts_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
