/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ground.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

static void ground_begins_where_a_huge_page_may(void **state) {
    for (size_t i = 0; i < 4; i++) { /* wherever the kernel puts it */
        uint8_t *p = ground_reserve(GROUND_PAGE);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % GROUND_PAGE, 0);
        assert_true(ground_open(p, GROUND_PAGE));
        for (size_t at = 0; at < GROUND_PAGE; at += 4096)
            assert_int_equal(p[at], 0);
        memset(p, 1, GROUND_PAGE);
    }
}

static void ground_is_asked_for_in_steps_and_never_beyond_its_end(void **state) {
    enum { SIZE = GROUND_PAGE - 4096 };
    uint8_t *p = ground_reserve(GROUND_PAGE);
    assert_non_null(p);
    assert_true(ground_open(p, SIZE)); /* the last page stays without rights */
    size_t ready = ground_prepare(p, 0, 0, SIZE);
    assert_int_equal(ready, 0);
    ready = ground_prepare(p, ready, 1, SIZE);
    assert_int_equal(ready, GROUND_STEP);
    assert_int_equal(ground_prepare(p, ready, GROUND_STEP, SIZE), GROUND_STEP);
    ready = ground_prepare(p, ready, GROUND_STEP + 1, SIZE);
    assert_int_equal(ready, 2 * GROUND_STEP);
    assert_int_equal(ground_prepare(p, ready, SIZE, SIZE), SIZE);
    for (size_t at = 0; at < SIZE; at += 4096)
        assert_int_equal(p[at], 0);
    munmap(p, GROUND_PAGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ground_begins_where_a_huge_page_may),
        cmocka_unit_test(ground_is_asked_for_in_steps_and_never_beyond_its_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
