/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "flow/board.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct board *board;

static int begin(void **state) {
    board = calloc(1, sizeof *board);
    memset(counter_values, 0, COUNTER_COUNT * sizeof *counter_values);
    return board ? 0 : -1;
}

static int finish(void **state) {
    free(board);
    return 0;
}

static void write_port(uint16_t port) {
    board_write_expectation(board,
                            &(struct expectation){.transport = 6, .end = {{.port = 0}, {.port = port}}});
}

static uint16_t port_of(const struct board_item *item) {
    return item->is.expectation.end[SIDE_SERVER].port;
}

static uint64_t lost(void) {
    return counter_values[COUNTER_ANNOUNCEMENTS_LOST];
}

static void what_is_written_is_read_once_and_in_order(void **state) {
    struct board_reader r = board_read_from(board, BOARD_ANNOUNCEMENTS);
    struct board_item item;
    assert_false(board_has_news(&r));
    write_port(5000);
    board_write_note(board, 3, bytes_text("hello"));
    assert_true(board_has_news(&r));
    assert_true(board_next(&r, BOARD_END, &item));
    assert_int_equal(item.kind, BOARD_EXPECTATION);
    assert_int_equal(port_of(&item), 5000);
    assert_true(board_next(&r, BOARD_END, &item));
    assert_int_equal(item.kind, BOARD_NOTE);
    assert_int_equal(item.is.note.protocol, 3);
    assert_true(bytes_equal(bytes_of(item.is.note.bytes, item.is.note.n), bytes_text("hello")));
    assert_false(board_next(&r, BOARD_END, &item));
    assert_false(board_has_news(&r));
    assert_int_equal(lost(), 0);
}

/* Names stand by themselves: however many there are, no announcement is lost. */
static void a_flood_of_names_overwrites_no_announcement(void **state) {
    struct board_reader r = board_read_from(board, BOARD_ANNOUNCEMENTS),
                        names = board_read_from(board, BOARD_NAMES);
    struct board_item item;
    const struct resolution name = {.n = 3, .name = "a.b"}, none = {.n = RESOLVED_NAME_MAX + 1};
    write_port(5000);
    for (unsigned i = 0; i < BOARD_ENTRIES + 5; i++)
        board_write_name(board, &name);
    board_write_name(board, &none);
    assert_true(board_next(&r, BOARD_END, &item));
    assert_int_equal(port_of(&item), 5000);
    assert_false(board_next(&r, BOARD_END, &item));
    assert_int_equal(lost(), 0);
    unsigned n = 0;
    for (; board_next(&names, BOARD_END, &item); n++)
        assert_memory_equal(item.is.name.name, "a.b", 3);
    assert_int_equal(n, BOARD_ENTRIES - 1);
    assert_int_equal(counter_values[COUNTER_NAMES_MISSED], 7);
}

static void who_comes_later_reads_what_is_written_from_then_on(void **state) {
    struct board_item item;
    write_port(5000);
    struct board_reader r = board_read_from(board, BOARD_ANNOUNCEMENTS);
    write_port(5001);
    assert_true(board_next(&r, BOARD_END, &item));
    assert_int_equal(port_of(&item), 5001);
}

static void who_reads_too_late_gets_the_newest_and_the_rest_is_counted(void **state) {
    struct board_reader r = board_read_from(board, BOARD_ANNOUNCEMENTS);
    struct board_item item;
    for (unsigned i = 1; i <= BOARD_ENTRIES + 7; i++)
        write_port((uint16_t)i);
    for (unsigned i = 8; i <= BOARD_ENTRIES + 7; i++) {
        assert_true(board_next(&r, BOARD_END, &item));
        assert_int_equal(port_of(&item), i);
    }
    assert_false(board_next(&r, BOARD_END, &item));
    assert_int_equal(lost(), 7);
}

static void an_item_that_is_being_written_is_passed_over(void **state) {
    struct board_reader r = board_read_from(board, BOARD_ANNOUNCEMENTS);
    struct board_item item;
    write_port(5000);
    write_port(5001);
    board->ring[BOARD_ANNOUNCEMENTS].entry[1].number = 0;
    assert_true(board_next(&r, BOARD_END, &item));
    assert_int_equal(port_of(&item), 5001);
    assert_int_equal(lost(), 1);
}

static void what_makes_no_sense_is_passed_over(void **state) {
    struct board_reader r = board_read_from(board, BOARD_ANNOUNCEMENTS);
    struct board_item item;
    for (int i = 0; i < 5; i++)
        write_port(5000);
    board->ring[BOARD_ANNOUNCEMENTS].entry[1].item.kind = 9;
    board->ring[BOARD_ANNOUNCEMENTS].entry[2].item.is.expectation.facts_n = EXPECT_FACTS_MAX + 1;
    board->ring[BOARD_ANNOUNCEMENTS].entry[3].item.is.expectation.end[SIDE_SERVER].port = 0;
    board->ring[BOARD_ANNOUNCEMENTS].entry[4].item.kind = BOARD_NOTE;
    board->ring[BOARD_ANNOUNCEMENTS].entry[4].item.is.note.n = BOARD_NOTE_MAX + 1;
    assert_true(board_next(&r, BOARD_END, &item));
    assert_int_equal(port_of(&item), 5000);
    assert_false(board_next(&r, BOARD_END, &item));
    assert_int_equal(lost(), 4);
}

static void whatever_number_a_writer_tells_the_reader_takes_few_steps_and_finds_its_way_back(void **state) {
    static const uint64_t told[] = {UINT64_MAX, 1, UINT64_MAX / 2, 0, 3 * BOARD_ENTRIES, BOARD_ENTRIES / 2};
    struct board_reader r = board_read_from(board, BOARD_ANNOUNCEMENTS);
    struct board_item item;
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        board->ring[BOARD_ANNOUNCEMENTS].written = told[i];
        for (int n = 0; n < 3; n++)
            assert_false(board_next(&r, BOARD_END, &item));
        assert_int_equal(r.read, told[i]);
    }
    write_port(5000);
    assert_true(board_next(&r, BOARD_END, &item));
    assert_int_equal(port_of(&item), 5000);
}

static void reading_files_nothing_is_taken_from_a_packet_that_comes_later(void **state) {
    struct board_reader r = board_read_from(board, BOARD_ANNOUNCEMENTS);
    struct board_item item;
    board->place = 9; /* it is at its tenth packet */
    write_port(5000);
    assert_false(board_next(&r, 9, &item));
    assert_int_equal(lost(), 0);
    assert_true(board_next(&r, 10, &item));
}

static void *read_on(void *context) {
    for (int i = 0; i < 20; i++) {
        struct timespec t = {.tv_nsec = 1000000};
        nanosleep(&t, NULL);
        board->place++;
    }
    return NULL;
}

static void reading_files_one_waits_until_the_other_is_as_far(void **state) {
    struct board_reader r = board_read_from(board, BOARD_ANNOUNCEMENTS);
    pthread_t other;
    board_wait(&r, 0);
    assert_int_equal(pthread_create(&other, NULL, read_on, NULL), 0);
    board_wait(&r, 20);
    assert_true(board->place >= 20);
    pthread_join(other, NULL);
    assert_int_equal(counter_values[COUNTER_ANNOUNCEMENTS_LATE], 0);
}

static void a_note_longer_than_the_bound_is_cut(void **state) {
    static uint8_t longest[BOARD_NOTE_MAX + 50];
    struct board_reader r = board_read_from(board, BOARD_ANNOUNCEMENTS);
    struct board_item item;
    board_write_note(board, 3, bytes_of(longest, sizeof longest));
    assert_true(board_next(&r, BOARD_END, &item));
    assert_int_equal(item.is.note.n, BOARD_NOTE_MAX);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_is_read_once_and_in_order),
        TEST(a_flood_of_names_overwrites_no_announcement),
        TEST(who_comes_later_reads_what_is_written_from_then_on),
        TEST(who_reads_too_late_gets_the_newest_and_the_rest_is_counted),
        TEST(an_item_that_is_being_written_is_passed_over),
        TEST(what_makes_no_sense_is_passed_over),
        TEST(whatever_number_a_writer_tells_the_reader_takes_few_steps_and_finds_its_way_back),
        TEST(reading_files_nothing_is_taken_from_a_packet_that_comes_later),
        TEST(reading_files_one_waits_until_the_other_is_as_far),
        TEST(a_note_longer_than_the_bound_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
