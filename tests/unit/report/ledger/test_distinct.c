/* SPDX-License-Identifier: Apache-2.0 */
#include "report/ledger/distinct.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void small_sets_are_counted_exactly(void **state) {
    struct distinct d;
    distinct_init(&d);
    for (int again = 0; again < 3; again++)
        for (uint64_t i = 0; i < DISTINCT_EXACT; i++)
            assert_true(distinct_add(&d, i * 7919));
    assert_int_equal(distinct_count(&d), DISTINCT_EXACT);
    distinct_finish(&d);
}

/* The standard error is 1.04 / sqrt(1024) = 3.25 %; of 60 independent sets the mean must be far closer, and
 * none may be off by more than five standard errors. */
static void large_sets_are_counted_within_the_published_error(void **state) {
    static const uint64_t sizes[] = {33, 100, 1000, 2500, 5000, 20000, 100000};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        double mean = 0, worst = 0;
        for (uint64_t set = 0; set < 60; set++) {
            struct distinct d;
            distinct_init(&d);
            for (uint64_t i = 0; i < sizes[s]; i++)
                distinct_add(&d, set << 40 | i);
            double off = ((double)distinct_count(&d) - (double)sizes[s]) / (double)sizes[s];
            mean += off / 60;
            worst = fabs(off) > worst ? fabs(off) : worst;
            distinct_finish(&d);
        }
        assert_true(fabs(mean) < 0.015);
        assert_true(worst < 5 * 0.0325);
    }
}

static void merged_sets_count_their_union(void **state) {
    struct distinct a, b, both;
    distinct_init(&a);
    distinct_init(&b);
    distinct_init(&both);
    for (uint64_t i = 0; i < 3000; i++) {
        distinct_add(i < 2000 ? &a : &b, i);
        distinct_add(&both, i);
        if (i > 1500 && i < 2000)
            distinct_add(&b, i);
    }
    distinct_merge(&a, &b);
    assert_int_equal(distinct_count(&a), distinct_count(&both));
    struct distinct small;
    distinct_init(&small);
    distinct_add(&small, 5);
    distinct_merge(&a, &small); /* it is in there */
    assert_int_equal(distinct_count(&a), distinct_count(&both));
    distinct_merge(&small, &both); /* exact into registers */
    assert_int_equal(distinct_count(&small), distinct_count(&both));
    distinct_finish(&a);
    distinct_finish(&b);
    distinct_finish(&both);
    distinct_finish(&small);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_sets_are_counted_exactly),
        cmocka_unit_test(large_sets_are_counted_within_the_published_error),
        cmocka_unit_test(merged_sets_count_their_union),
    };
    return cmocka_run_group_tests_name("report/distinct", tests, NULL, NULL);
}
