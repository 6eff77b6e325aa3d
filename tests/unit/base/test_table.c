/* SPDX-License-Identifier: Apache-2.0 */
#include "base/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* An entry whose node is not its first member. */
struct word {
    char text[16];
    struct table_node node;
};

static unsigned compared;

static bool is_word(const struct table_node *node, const void *key) {
    compared++;
    return strcmp(TABLE_ENTRY(node, struct word, node)->text, key) == 0;
}

static struct word *find_word(const struct table *t, uint64_t hash, const char *text, uint32_t steps) {
    return TABLE_ENTRY(table_find(t, hash, is_word, text, steps), struct word, node);
}

static void add_word(struct table *t, struct word *w, const char *text, uint64_t hash) {
    snprintf(w->text, sizeof w->text, "%s", text);
    table_add(t, &w->node, hash);
}

/* The texts from the oldest to the youngest, and the same backwards must be their reverse. */
static void assert_order(const struct table *t, const char *expected) {
    char there[64] = "", back[64] = "";
    size_t n = 0;
    for (const struct table_node *i = table_oldest(t); i; i = table_younger(i))
        there[n++] = TABLE_ENTRY(i, struct word, node)->text[0];
    assert_string_equal(there, expected);
    for (const struct table_node *i = table_youngest(t); i; i = table_older(i))
        back[--n] = TABLE_ENTRY(i, struct word, node)->text[0];
    assert_string_equal(back, expected);
    assert_int_equal(n, 0);
    assert_int_equal(t->count, strlen(expected));
}

static void test_an_entry_is_found_by_hash_and_key_and_not_by_either_alone(void **state) {
    struct table t;
    struct word a, b;
    assert_true(table_init(&t, 4));
    add_word(&t, &a, "a", 7);
    add_word(&t, &b, "b", 7); /* the same hash */
    assert_ptr_equal(find_word(&t, 7, "a", TABLE_STEPS_ALL), &a);
    assert_ptr_equal(find_word(&t, 7, "b", TABLE_STEPS_ALL), &b);
    assert_null(find_word(&t, 7, "c", TABLE_STEPS_ALL));
    assert_null(find_word(&t, 8, "a", TABLE_STEPS_ALL));
    compared = 0;
    assert_null(find_word(&t, 7 + 16, "a", TABLE_STEPS_ALL)); /* the same bucket */
    assert_int_equal(compared, 0);
    table_finish(&t);
}

static void test_the_list_by_age_follows_additions_touches_and_removals(void **state) {
    struct table t;
    struct word w[4];
    const char *const texts[] = {"a", "b", "c", "d"};
    assert_true(table_init(&t, 4));
    assert_order(&t, "");
    for (size_t i = 0; i < 4; i++)
        add_word(&t, &w[i], texts[i], i * 16); /* all in one bucket */
    assert_order(&t, "abcd");
    table_touch(&t, &w[3].node);
    assert_order(&t, "abcd");
    table_touch(&t, &w[0].node);
    assert_order(&t, "bcda");
    table_touch(&t, &w[2].node);
    assert_order(&t, "bdac");
    table_remove(&t, &w[0].node); /* from the middle */
    assert_order(&t, "bdc");
    table_remove(&t, &w[1].node); /* the oldest */
    assert_order(&t, "dc");
    table_remove(&t, &w[2].node); /* the youngest */
    assert_order(&t, "d");
    table_remove(&t, &w[3].node);
    assert_order(&t, "");
    assert_null(find_word(&t, 48, "d", TABLE_STEPS_ALL));
    table_finish(&t);
}

static void test_of_equal_keys_the_last_added_is_found_and_each_can_be_removed(void **state) {
    struct table t;
    struct word w[3];
    assert_true(table_init(&t, 4));
    for (size_t i = 0; i < 3; i++)
        add_word(&t, &w[i], "same", 5);
    assert_ptr_equal(find_word(&t, 5, "same", TABLE_STEPS_ALL), &w[2]);
    table_remove(&t, &w[1].node);
    assert_ptr_equal(find_word(&t, 5, "same", TABLE_STEPS_ALL), &w[2]);
    table_remove(&t, &w[2].node);
    assert_ptr_equal(find_word(&t, 5, "same", TABLE_STEPS_ALL), &w[0]);
    table_finish(&t);
}

static void test_a_look_ends_after_its_steps_however_many_equal_hashes_there_are(void **state) {
    struct table t;
    struct word w[100];
    assert_true(table_init(&t, 16));
    add_word(&t, &w[0], "wanted", 5);
    for (size_t i = 1; i < 100; i++)
        add_word(&t, &w[i], "other", 5);
    compared = 0;
    assert_null(find_word(&t, 5, "wanted", 99));
    assert_int_equal(compared, 99);
    assert_ptr_equal(find_word(&t, 5, "wanted", 100), &w[0]);
    assert_null(find_word(&t, 5, "other", 0));
    table_finish(&t);
}

static void test_a_new_key_leaves_an_entry_as_old_as_it_was(void **state) {
    struct table t;
    struct word a, b;
    assert_true(table_init(&t, 4));
    add_word(&t, &a, "a", 1);
    add_word(&t, &b, "b", 1);
    table_rehash(&t, &a.node, 2);
    assert_null(find_word(&t, 1, "a", TABLE_STEPS_ALL));
    assert_ptr_equal(find_word(&t, 2, "a", TABLE_STEPS_ALL), &a);
    assert_ptr_equal(find_word(&t, 1, "b", TABLE_STEPS_ALL), &b);
    assert_order(&t, "ab");
    table_finish(&t);
}

/* Against a plain array that is moved by hand. */
static void test_a_table_agrees_with_an_array_over_many_random_steps(void **state) {
    enum { ENTRIES = 40, STEPS = 20000 };
    static struct word w[ENTRIES];
    size_t order[ENTRIES], n = 0;
    struct table t;
    unsigned seed = 1;
    assert_true(table_init(&t, ENTRIES / 4)); /* more entries than buckets */
    for (unsigned step = 0; step < STEPS; step++) {
        size_t which = (size_t)rand_r(&seed) % ENTRIES, at = 0;
        while (at < n && order[at] != which)
            at++;
        bool known = at < n, remove = rand_r(&seed) % 2;
        snprintf(w[which].text, sizeof w[which].text, "%zu", which);
        assert_ptr_equal(find_word(&t, which % 11, w[which].text, TABLE_STEPS_ALL), known ? &w[which] : NULL);
        if (known)
            memmove(order + at, order + at + 1, (--n - at) * sizeof *order);
        if (known && remove)
            table_remove(&t, &w[which].node);
        else if (known)
            table_touch(&t, &w[which].node);
        else
            table_add(&t, &w[which].node, which % 11);
        if (!known || !remove)
            order[n++] = which;
        assert_int_equal(t.count, n);
        const struct table_node *node = table_oldest(&t);
        for (size_t i = 0; i < n; i++, node = table_younger(node))
            assert_ptr_equal(TABLE_ENTRY(node, struct word, node), &w[order[i]]);
        assert_null(node);
    }
    table_finish(&t);
}

static void test_the_bytes_of_a_table_are_those_of_its_buckets(void **state) {
    struct table t;
    const size_t entries[] = {0, 1, 16, 17, 1000};
    const size_t buckets[] = {16, 16, 16, 32, 1024};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(table_bytes(entries[i]), buckets[i] * sizeof(void *));
        assert_true(table_init(&t, entries[i]));
        assert_int_equal(t.mask + 1, buckets[i]);
        table_finish(&t);
    }
    assert_null(t.buckets);
    table_finish(&t); /* of zeros */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_entry_is_found_by_hash_and_key_and_not_by_either_alone),
        cmocka_unit_test(test_the_list_by_age_follows_additions_touches_and_removals),
        cmocka_unit_test(test_of_equal_keys_the_last_added_is_found_and_each_can_be_removed),
        cmocka_unit_test(test_a_look_ends_after_its_steps_however_many_equal_hashes_there_are),
        cmocka_unit_test(test_a_new_key_leaves_an_entry_as_old_as_it_was),
        cmocka_unit_test(test_a_table_agrees_with_an_array_over_many_random_steps),
        cmocka_unit_test(test_the_bytes_of_a_table_are_those_of_its_buckets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
