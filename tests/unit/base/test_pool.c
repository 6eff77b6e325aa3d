/* SPDX-License-Identifier: Apache-2.0 */
#include "problem_text.h"

#include "base/pool.h"
#include "settings/arena.h"

static void test_a_pool_hands_out_distinct_objects_up_to_its_cap(void **state) {
    struct pool p;
    uint8_t *objects[5];
    assert_true(pool_init(&p, 33, 5));
    for (int i = 0; i < 5; i++) {
        objects[i] = pool_take(&p);
        assert_non_null(objects[i]);
        assert_int_equal((uintptr_t)objects[i] % 16, 0);
        memset(objects[i], i, 33);
    }
    assert_null(pool_take(&p));
    assert_int_equal(p.in_use, 5);
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 33; k++)
            assert_int_equal(objects[i][k], i);
    pool_finish(&p);
}

static void test_given_back_objects_are_handed_out_again(void **state) {
    struct pool p;
    assert_true(pool_init(&p, 64, 2));
    void *a = pool_take(&p), *b = pool_take(&p);
    pool_give(&p, a);
    pool_give(&p, NULL);
    assert_int_equal(p.in_use, 1);
    assert_ptr_equal(pool_take(&p), a);
    assert_null(pool_take(&p));
    pool_give(&p, a);
    pool_give(&p, b);
    assert_int_equal(p.in_use, 0);
    assert_int_equal(p.touched, 2);
    pool_finish(&p);
}

static void test_a_pool_of_nothing_gives_nothing(void **state) {
    struct pool p;
    assert_true(pool_init(&p, 64, 0));
    assert_null(pool_take(&p));
    pool_finish(&p);
    assert_false(pool_init(&p, SIZE_MAX / 4, 64)); /* more than there are addresses */
    pool_finish(&p);
}

static void test_an_arena_is_zeroed_aligned_and_stays_failed(void **state) {
    _Alignas(16) uint8_t region[64];
    struct arena a;
    memset(region, 0xff, sizeof region);
    arena_init(&a, region, sizeof region);
    uint8_t *one = arena_alloc(&a, 1), *two = arena_array(&a, 2, 8);
    assert_ptr_equal(one, region);
    assert_ptr_equal(two, region + 16);
    assert_int_equal(one[0], 0);
    assert_string_equal(arena_text(&a, "abcdef", 3), "abc");
    assert_null(arena_alloc(&a, 17));
    assert_true(a.failed);
    assert_null(arena_alloc(&a, 1));
    assert_int_equal(region[48], 0xff);
}

static void test_an_arena_does_not_wrap(void **state) {
    uint8_t region[16];
    struct arena a;
    arena_init(&a, region, sizeof region);
    assert_null(arena_array(&a, SIZE_MAX / 2, 4));
    arena_init(&a, region, sizeof region);
    assert_null(arena_alloc(&a, SIZE_MAX - 3));
    arena_init(&a, region, sizeof region);
    assert_null(arena_text(&a, "x", SIZE_MAX));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_pool_hands_out_distinct_objects_up_to_its_cap),
        cmocka_unit_test(test_given_back_objects_are_handed_out_again),
        cmocka_unit_test(test_a_pool_of_nothing_gives_nothing),
        cmocka_unit_test(test_an_arena_is_zeroed_aligned_and_stays_failed),
        cmocka_unit_test(test_an_arena_does_not_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
