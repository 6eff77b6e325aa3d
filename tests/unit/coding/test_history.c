/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "coding/decoder.h"

enum { MIB = 1 << 20, MEMORY = 64 * MIB };

static struct codings all = {.options = {.memory = MEMORY}};

static void what_was_filled_counts_for_as_long_as_it_is_mapped(void **state) {
    struct decoder first = {.codings = &all}, second[40];
    void *taken[40];
    for (unsigned i = 0; i < 40;
         i++) { /* one fills much and goes, another takes what it left, and fills nothing */
        void *p = coding_history_alloc(&first, 4 * MIB);
        assert_non_null(p);
        assert_true(coding_history_fill(&first, 4 * MIB));
        coding_history_free(&first, p);
        second[i] = (struct decoder){.codings = &all};
        taken[i] = coding_history_alloc(&second[i], 4 * MIB);
        assert_non_null(taken[i]);
        assert_in_range(all.bytes + all.spare_bytes, 0, MEMORY + MEMORY / 8);
        assert_in_range(all.spare_bytes, 0, MEMORY / 8);
    }
    assert_int_not_equal(all.spare_bytes, 0);
    for (unsigned i = 0; i < 40; i++)
        coding_history_free(&second[i], taken[i]);
    assert_int_equal(all.bytes, 0);
    coding_history_finish(&all);
    assert_int_equal(all.spare_bytes, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_was_filled_counts_for_as_long_as_it_is_mapped)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
