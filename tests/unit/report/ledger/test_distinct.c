/* SPDX-License-Identifier: Apache-2.0 */
#include "report/ledger/distinct.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* 5 % are what an estimate may be off here; its standard error is 3.25 %, and these digests are fixed. */
static void assert_near(uint64_t estimate, uint64_t n) {
    assert_in_range(estimate, n - n / 20, n + n / 20);
}

/* A permutation of 0..n-1, n a power of two: `start` is odd. */
static uint64_t shuffle(uint64_t i, uint64_t n, uint64_t start) {
    return (i * 0x9e3779b1 + start) & (n - 1);
}

static void up_to_1024_every_count_is_exact(void **state) {
    struct distinct d = {.at = NULL};
    assert_int_equal(distinct_count(&d), 0);
    for (uint64_t i = 0; i < 1024; i++) {
        for (int twice = 0; twice < 2; twice++)
            assert_true(distinct_add(&d, i * 0x9e3779b97f4a7c15u));
        assert_int_equal(distinct_count(&d), i + 1);
        assert_false(d.estimated);
    }
    for (uint64_t i = 0; i < 1024; i++)
        assert_true(distinct_add(&d, i * 0x9e3779b97f4a7c15u));
    assert_int_equal(distinct_count(&d), 1024);
    distinct_finish(&d);
}

static void from_1025_on_it_is_an_estimate_that_never_says_less(void **state) {
    struct distinct d = {.at = NULL};
    for (uint64_t i = 0; i < 1025; i++)
        distinct_add(&d, i);
    assert_true(d.estimated);
    for (uint64_t i = 1025; i < 100000; i++) {
        assert_true(distinct_count(&d) >= 1025);
        distinct_add(&d, i);
        i += i > 1100 ? 97 : 0;
    }
    distinct_finish(&d);
}

static void neither_order_nor_split_changes_a_count(void **state) {
    static const uint64_t sizes[] = {1, 512, 1024, 2048, 8192};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        uint64_t first = 0;
        for (unsigned parts = 1; parts <= 9; parts += 4) {
            struct distinct part[9] = {{.at = NULL}}, all = {.at = NULL};
            struct distinct_union *u = calloc(1, sizeof *u), *back = calloc(1, sizeof *back);
            for (uint64_t i = 0; i < sizes[s]; i++)
                distinct_add(&part[i % parts], shuffle(i, sizes[s], 2 * parts + 1));
            for (unsigned p = 0; p < parts; p++) {
                assert_true(distinct_merge(&all, &part[p]));
                distinct_union_add(u, &part[p]);
                distinct_union_add(back, &part[parts - 1 - p]);
            }
            uint64_t n = distinct_count(&all);
            assert_int_equal(distinct_union_count(u), n);
            assert_int_equal(distinct_union_count(back), n);
            assert_int_equal(n, first ? first : n);
            first = n;
            if (sizes[s] <= 1024)
                assert_int_equal(n, sizes[s]);
            else
                assert_near(n, sizes[s]);
            for (unsigned p = 0; p < parts; p++)
                distinct_finish(&part[p]);
            distinct_finish(&all);
            free(u);
            free(back);
        }
    }
}

static void large_sets_are_counted_within_the_published_error(void **state) {
    static const uint64_t sizes[] = {1025, 2000, 10000, 100000, 1000000};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        double squares = 0;
        enum { SETS = 30 };
        for (uint64_t set = 0; set < SETS; set++) {
            struct distinct d = {.at = NULL};
            for (uint64_t i = 0; i < sizes[s]; i++)
                distinct_add(&d, set << 40 | i);
            double off = ((double)distinct_count(&d) - (double)sizes[s]) / (double)sizes[s];
            squares += off * off;
            assert_true(off < 0.13 && off > -0.13); /* four standard errors */
            distinct_finish(&d);
        }
        assert_true(squares / SETS < 0.045 * 0.045); /* 0.0325, and what 30 sets may be off */
    }
}

static void a_set_merged_with_an_estimate_is_an_estimate_of_both(void **state) {
    for (int into_set = 0; into_set < 2; into_set++) {
        struct distinct set = {.at = NULL}, many = {.at = NULL}, both = {.at = NULL};
        for (uint64_t i = 0; i < 4000; i++) {
            if (i < 800)
                distinct_add(&set, i);
            if (i >= 400)
                distinct_add(&many, i);
            distinct_add(&both, i);
        }
        struct distinct *into = into_set ? &set : &many;
        assert_true(distinct_merge(into, into_set ? &many : &set));
        assert_int_equal(distinct_count(into), distinct_count(&both));
        distinct_finish(&set);
        distinct_finish(&many);
        distinct_finish(&both);
    }
}

static void a_set_that_gave_way_says_at_least_what_it_counted(void **state) {
    for (uint64_t n = 1; n <= 1024; n++) {
        struct distinct d = {.at = NULL};
        for (uint64_t i = 0; i < n; i++)
            distinct_add(&d, i);
        size_t before = distinct_octets(&d);
        distinct_estimate(&d);
        assert_true(d.estimated);
        assert_true(distinct_octets(&d) < before);
        assert_in_range(distinct_count(&d), n, n + n / 8 + 1);
        assert_true(distinct_add(&d, n));
        distinct_finish(&d);
    }
}

static struct distinct stored_and_read(const struct distinct *d) {
    static uint8_t set[DISTINCT_SET_OCTETS], registers[DISTINCT_REGISTERS];
    const struct distinct_stored from = {.set = set,
                                         .registers = registers,
                                         .set_octets = distinct_pack_set(d, set),
                                         .register_octets = distinct_pack_registers(d, registers),
                                         .least = d->least};
    struct distinct again = {.at = NULL};
    assert_true(distinct_load(&again, &from));
    return again;
}

static void what_is_stored_is_read_again_and_goes_on(void **state) {
    static const uint64_t sizes[] = {0, 1, 300, 1023, 1024, 1025, 5000};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        struct distinct d = {.at = NULL};
        for (uint64_t i = 0; i < sizes[s]; i++)
            distinct_add(&d, i);
        struct distinct again = stored_and_read(&d);
        assert_int_equal(again.estimated, sizes[s] > 1024);
        assert_int_equal(distinct_count(&again), distinct_count(&d));
        for (uint64_t i = 0; i < 10000; i++) {
            distinct_add(&d, i);
            distinct_add(&again, i);
        }
        assert_int_equal(distinct_count(&again), distinct_count(&d));
        distinct_finish(&d);
        distinct_finish(&again);
    }
}

static void sets_in_the_store_are_sorted_digests_of_8_octets(void **state) {
    uint8_t set[DISTINCT_SET_OCTETS];
    static const uint8_t expected[] = {1, 0, 0, 0, 0, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1};
    struct distinct d = {.at = NULL};
    distinct_add(&d, 0x0102030405060708);
    distinct_add(&d, 1);
    assert_int_equal(distinct_pack_set(&d, set), sizeof expected);
    assert_memory_equal(set, expected, sizeof expected);
    distinct_finish(&d);
}

static void what_is_no_stored_form_is_refused(void **state) {
    static const uint8_t twice[16] = {1, 0, 0, 0, 0, 0, 0, 0, 1}, wrong[] = {0, 4, 1};
    const struct distinct_stored bad[] = {{.set = twice, .set_octets = 16},
                                          {.set = twice, .set_octets = 15},
                                          {.registers = wrong, .register_octets = 3},
                                          {.registers = wrong, .register_octets = 2}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct distinct d = {.at = NULL};
        assert_false(distinct_load(&d, &bad[i]));
        assert_int_equal(distinct_count(&d), 0);
        distinct_finish(&d);
    }
}

static void registers_of_an_older_store_are_an_estimate(void **state) {
    uint8_t registers[DISTINCT_REGISTERS] = {0}, packed[DISTINCT_REGISTERS];
    for (uint64_t i = 0; i < 100; i++)
        distinct_registers_add(registers, i);
    const struct distinct_stored from = {.registers = packed,
                                         .register_octets = distinct_registers_pack(registers, packed)};
    struct distinct d = {.at = NULL};
    assert_true(distinct_load(&d, &from));
    assert_true(d.estimated);
    assert_in_range(distinct_count(&d), 90, 110);
    distinct_finish(&d);
}

/* --- the pool --- */

enum { OWNERS = 8 };
static struct holder {
    struct distinct_owner owner;
    struct distinct d;
} holders[OWNERS];

static void estimate_holder(void *context, struct distinct_owner *owner) {
    struct holder *h = (struct holder *)owner;
    distinct_estimate(&h->d);
    ++*(int *)context;
}

static void add_to(struct distinct_pool *p, struct holder *h, enum standing standing, uint64_t n) {
    for (uint64_t i = 0; i < n; i++)
        distinct_add(&h->d, i);
    distinct_pool_weigh(p, &h->owner, standing, distinct_set_octets(&h->d));
}

static void at_the_pools_end_strangers_are_estimated_before_partners_and_all_are_counted(void **state) {
    int gave_way = 0;
    struct distinct_pool p = {.limit = 6 * 8192};
    p.kinds[DISTINCT_OF_INCIDENT].give_way = estimate_holder;
    p.kinds[DISTINCT_OF_INCIDENT].context = &gave_way;
    memset(holders, 0, sizeof holders);
    for (int i = 0; i < OWNERS; i++) /* four of each; there is room for six sets */
        add_to(&p, &holders[i], i % 2 ? STANDING_DENIED : STANDING_SMALL, 1000);
    assert_int_equal(gave_way, 2);
    assert_true(p.used <= p.limit);
    for (int i = 0; i < OWNERS; i++) {
        bool out = i == 0 || i == 2; /* the least recent strangers */
        assert_int_equal(holders[i].d.estimated, out);
        if (out)
            assert_in_range(distinct_count(&holders[i].d), 1000, 1100);
        else
            assert_int_equal(distinct_count(&holders[i].d), 1000);
        distinct_pool_leave(&p, &holders[i].owner);
        distinct_pool_leave(&p, &holders[i].owner);
        distinct_finish(&holders[i].d);
    }
    assert_int_equal(p.used, 0);
}

static void what_the_pool_cannot_hold_at_all_gives_way_itself(void **state) {
    int gave_way = 0;
    struct distinct_pool p = {.limit = 4096};
    p.kinds[DISTINCT_OF_INCIDENT].give_way = estimate_holder;
    p.kinds[DISTINCT_OF_INCIDENT].context = &gave_way;
    memset(holders, 0, sizeof holders);
    add_to(&p, &holders[0], STANDING_DENIED, 1000);
    assert_int_equal(gave_way, 1);
    assert_int_equal(p.used, 0);
    assert_true(holders[0].d.estimated);
    distinct_finish(&holders[0].d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(up_to_1024_every_count_is_exact),
        cmocka_unit_test(from_1025_on_it_is_an_estimate_that_never_says_less),
        cmocka_unit_test(neither_order_nor_split_changes_a_count),
        cmocka_unit_test(large_sets_are_counted_within_the_published_error),
        cmocka_unit_test(a_set_merged_with_an_estimate_is_an_estimate_of_both),
        cmocka_unit_test(a_set_that_gave_way_says_at_least_what_it_counted),
        cmocka_unit_test(what_is_stored_is_read_again_and_goes_on),
        cmocka_unit_test(sets_in_the_store_are_sorted_digests_of_8_octets),
        cmocka_unit_test(what_is_no_stored_form_is_refused),
        cmocka_unit_test(registers_of_an_older_store_are_an_estimate),
        cmocka_unit_test(at_the_pools_end_strangers_are_estimated_before_partners_and_all_are_counted),
        cmocka_unit_test(what_the_pool_cannot_hold_at_all_gives_way_itself),
    };
    return cmocka_run_group_tests_name("report/distinct", tests, NULL, NULL);
}
