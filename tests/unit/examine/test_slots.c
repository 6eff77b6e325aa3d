/* SPDX-License-Identifier: Apache-2.0 */
#include "examine/slots.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { AREA = 16 * EXAMINE_BLOCK };
static uint8_t area[AREA], byte[EXAMINE_BLOCK];
static struct examine_slots s;
static const struct allowance one, other;
#define UNKNOWN UINT64_MAX

static int begin(void **state) {
    memset(area, 0, sizeof area);
    memset(byte, 7, sizeof byte);
    return slots_init(&s, area, AREA, AREA, 4) ? 0 : -1;
}

static int finish(void **state) {
    slots_finish(&s);
    return 0;
}

static void what_is_added_lies_in_one_piece_however_it_grows(void **state) {
    struct examine_slot *a = slots_open(&s, UNKNOWN, NULL), *b = slots_open(&s, UNKNOWN, NULL);
    for (size_t i = 0; i < 5; i++) {
        memset(byte, (int)i, sizeof byte);
        assert_true(slots_add(&s, a, byte, 50000) && slots_add(&s, b, byte, 60000));
    }
    assert_int_equal(slots_bytes(&s, a).n, 250000);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(slots_bytes(&s, a).p[i * 50000], i);
        assert_int_equal(slots_bytes(&s, b).p[i * 60000 + 59999], i);
    }
}

static void what_is_closed_is_cleared_and_its_room_free(void **state) {
    struct examine_slot *a = slots_open(&s, AREA, NULL);
    assert_non_null(a);
    assert_null(slots_open(&s, 1, NULL));
    for (size_t i = 0; i < 16; i++)
        assert_true(slots_add(&s, a, byte, sizeof byte));
    assert_false(slots_add(&s, a, byte, 1));
    slots_close(&s, a);
    for (size_t i = 0; i < AREA; i++)
        assert_int_equal(area[i], 0);
    assert_non_null(slots_open(&s, AREA, NULL));
}

static void one_payer_has_half_of_it_at_most_beside_its_first(void **state) {
    assert_non_null(slots_open(&s, AREA / 4, &one));
    assert_null(slots_open(&s, AREA / 2, &one));
    assert_non_null(slots_open(&s, AREA / 4, &one));
    assert_null(slots_open(&s, 1, &one));
    assert_non_null(slots_open(&s, AREA / 2, &other));
}

static void a_file_that_alone_is_larger_than_half_has_room(void **state) {
    assert_non_null(slots_open(&s, AREA, &one));
}

static void there_are_no_more_files_than_slots(void **state) {
    for (size_t i = 0; i < 4; i++)
        assert_non_null(slots_open(&s, 1, NULL));
    assert_null(slots_open(&s, 1, NULL));
}

static void no_file_is_longer_than_it_may_be(void **state) {
    s.size_max = 1000;
    struct examine_slot *a = slots_open(&s, UNKNOWN, NULL);
    assert_true(slots_add(&s, a, byte, 999));
    assert_false(slots_add(&s, a, byte, 2));
    assert_int_equal(slots_bytes(&s, a).n, 1000);
}

static void a_kept_file_is_found_by_its_object(void **state) {
    struct examine_slot *a = slots_open(&s, 1, NULL), *b = slots_open(&s, 1, NULL);
    a->object = 7, b->object = 8;
    b->state = SLOT_KEPT;
    assert_null(slots_find(&s, 7));
    assert_ptr_equal(slots_find(&s, 8), b);
}

static void what_a_process_before_left_is_wiped_and_nothing_beside_it(void **state) {
    enum { BLOCKS = AREA / EXAMINE_BLOCK };
    static const struct examine_slot beyond[] = {
        {.first = BLOCKS, .blocks = 1}, {.first = 1, .blocks = BLOCKS}, {.first = SIZE_MAX, .blocks = 2}};
    memset(area, 1, AREA);
    for (size_t i = 0; i < 3; i++)
        slots_wipe(&beyond[i], area, AREA);
    slots_wipe(&(struct examine_slot){.first = 1, .blocks = 2}, area, AREA);
    for (size_t i = 0; i < AREA; i++)
        assert_int_equal(area[i], i / EXAMINE_BLOCK != 1 && i / EXAMINE_BLOCK != 2);
    memset(area, 0, AREA);
}

int main(void) {
#define OPEN(test) cmocka_unit_test_setup_teardown(test, begin, finish)
    const struct CMUnitTest tests[] = {
        OPEN(what_is_added_lies_in_one_piece_however_it_grows),
        OPEN(what_is_closed_is_cleared_and_its_room_free),
        OPEN(one_payer_has_half_of_it_at_most_beside_its_first),
        OPEN(a_file_that_alone_is_larger_than_half_has_room),
        OPEN(there_are_no_more_files_than_slots),
        OPEN(no_file_is_longer_than_it_may_be),
        OPEN(a_kept_file_is_found_by_its_object),
        OPEN(what_a_process_before_left_is_wiped_and_nothing_beside_it),
    };
    return cmocka_run_group_tests_name("examine/slots", tests, NULL, NULL);
}
