/* SPDX-License-Identifier: Apache-2.0 */
#include "report/store/change.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct thing {
    struct change change;
    int taken;
};

static void what_changed_twice_is_told_once_and_what_was_unmarked_is_not(void **state) {
    struct changes list = {.kept = true};
    struct thing things[4] = {{.taken = 0}}, *t;
    for (int i = 0; i < 8; i++)
        change_mark(&list, &things[i % 4].change);
    change_unmark(&list, &things[1].change);
    change_unmark(&list, &things[1].change);
    for (; (t = (struct thing *)change_take(&list)); t->taken++)
        assert_false(t->change.marked);
    for (int i = 0; i < 4; i++)
        assert_int_equal(things[i].taken, i != 1);
    change_mark(&list, &things[1].change); /* again */
    assert_ptr_equal(change_take(&list), &things[1].change);
    assert_null(change_take(&list));
}

static void whatever_is_unmarked_the_others_stay(void **state) {
    for (unsigned out = 0; out < 1 << 4; out++) {
        struct changes list = {.kept = true};
        struct thing things[4] = {{.taken = 0}}, *t;
        for (int i = 0; i < 4; i++)
            change_mark(&list, &things[i].change);
        for (int i = 0; i < 4; i++)
            if (out >> i & 1)
                change_unmark(&list, &things[i].change);
        for (; (t = (struct thing *)change_take(&list)); t->taken++)
            ;
        for (unsigned i = 0; i < 4; i++)
            assert_int_equal(things[i].taken, !(out >> i & 1));
    }
}

static void without_a_store_nothing_is_marked(void **state) {
    struct changes list = {.kept = false};
    struct thing thing = {.taken = 0};
    change_mark(&list, &thing.change);
    assert_false(thing.change.marked);
    assert_null(change_take(&list));
}

static void keys_that_are_gone_are_kept_in_their_order(void **state) {
    struct gone g = {.keys = NULL};
    for (uint64_t i = 0; i < 1000; i++)
        assert_true(gone_note(&g, &i, sizeof i));
    assert_int_equal(g.count, 1000);
    for (uint64_t i = 0; i < 1000; i++)
        assert_int_equal(((const uint64_t *)g.keys)[i], i);
    gone_finish(&g);
    assert_int_equal(g.count, 0);
    gone_finish(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_changed_twice_is_told_once_and_what_was_unmarked_is_not),
        cmocka_unit_test(whatever_is_unmarked_the_others_stay),
        cmocka_unit_test(without_a_store_nothing_is_marked),
        cmocka_unit_test(keys_that_are_gone_are_kept_in_their_order),
    };
    return cmocka_run_group_tests_name("report/store/change", tests, NULL, NULL);
}
