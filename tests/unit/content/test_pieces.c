/* SPDX-License-Identifier: Apache-2.0 */
#include "collect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Pieces that have a number and no announced size, as S3's parts. */

enum { SIZE = 100000 };

/* for i in range(100000): (i * 7 + i // 256) % 256; its digest by sha256sum. */
static const char whole_sha256[] = "55af394c980c7a7fb68aa904c4afdd93d76e5f826487105fc06f92a25bab8cbe";

static uint8_t content[SIZE];
static struct collector got;
static struct content *c;
static const size_t cuts[] = {0, 30000, 30001, 70000, SIZE};
enum { PIECES = 4 };

static void begin_with(uint64_t assembly_bytes) {
    const struct content_options options = {.objects = 64, .assembly_bytes = assembly_bytes};
    for (size_t i = 0; i < SIZE; i++)
        content[i] = (uint8_t)(i * 7 + i / 256);
    c = collect_content(&options, &got);
    assert_non_null(c);
}

static void finish(void) {
    collect_destroy(c);
    collect_finish(&got);
}

static struct transfer *piece(struct conversation *conversation, uint64_t number, uint64_t pieces,
                              const char *codings) {
    struct transfer_seed facts = collect_facts("PUT", "/b/20260531.bin");
    facts.key[3] = bytes_text("upload-1");
    facts.resumable = false;
    facts.resume = RESUME_PIECE;
    facts.offset = number;
    facts.total = pieces ? pieces : LENGTH_UNKNOWN;
    facts.codings = bytes_text(codings);
    return content_begin(c, conversation, NULL, &facts);
}

static void piece_sent(struct conversation *conversation, uint64_t number) {
    struct transfer *t = piece(conversation, number, 0, "");
    content_data(conversation, t, content + cuts[number - 1], cuts[number] - cuts[number - 1]);
    content_end(conversation, t, TRANSFER_DONE);
}

static void pieces_listed(struct conversation *conversation, uint64_t pieces) {
    content_end(conversation, piece(conversation, pieces + 1, pieces, ""), TRANSFER_DONE);
}

static void one_whole(void) {
    assert_int_equal(got.ended, 1);
    assert_true(got.list[0].complete);
    assert_int_equal(got.list[0].size, SIZE);
    assert_string_equal(got.list[0].sha256, whole_sha256);
}

static void pieces_in_any_order_make_one_object_once_they_are_listed(void **state) {
    static const uint64_t orders[][PIECES] = {{1, 2, 3, 4}, {4, 3, 2, 1}, {2, 4, 1, 3}};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        struct conversation a = collect_conversation(1);
        begin_with(1 << 20);
        for (size_t n = 0; n < PIECES; n++)
            piece_sent(&a, orders[i][n]);
        assert_int_equal(got.ended, 0);
        pieces_listed(&a, PIECES);
        one_whole();
        finish();
    }
}

static void pieces_at_once_on_several_connections_make_one_object(void **state) {
    struct conversation flows[PIECES];
    struct transfer *t[PIECES];
    size_t at[PIECES];
    begin_with(1 << 20);
    for (unsigned i = PIECES; i-- > 0;) {
        flows[i] = collect_conversation(i + 1);
        t[i] = piece(&flows[i], i + 1, 0, "");
        at[i] = cuts[i];
    }
    for (bool more = true; more;) {
        more = false;
        for (unsigned i = 0; i < PIECES; i++) {
            size_t n = cuts[i + 1] - at[i] < 700 ? cuts[i + 1] - at[i] : 700;
            content_data(&flows[i], t[i], content + at[i], n);
            at[i] += n;
            more |= n > 0;
        }
    }
    for (unsigned i = 0; i < PIECES; i++)
        content_end(&flows[i], t[i], TRANSFER_DONE);
    pieces_listed(&flows[0], PIECES);
    one_whole();
    finish();
}

static void a_piece_that_was_cut_is_sent_again(void **state) {
    struct conversation a = collect_conversation(1);
    begin_with(1 << 20);
    for (uint64_t cut = 1; cut <= 3; cut += 2) { /* at the frontier, and ahead of it */
        struct transfer *t = piece(&a, cut, 0, "");
        content_data(&a, t, content + cuts[cut - 1], 500);
        content_end(&a, t, TRANSFER_CUT);
    }
    for (uint64_t n = 1; n <= PIECES; n++)
        piece_sent(&a, n);
    pieces_listed(&a, PIECES);
    one_whole();
    finish();
}

static void pieces_without_content_are_none_of_it(void **state) {
    struct conversation a = collect_conversation(1);
    begin_with(1 << 20);
    piece_sent(&a, 1);
    piece_sent(&a, 2);
    struct transfer *t = piece(&a, 4, 0, "");
    content_data(&a, t, content + cuts[2], SIZE - cuts[2]);
    content_end(&a, t, TRANSFER_DONE);
    content_end(&a, piece(&a, 3, 0, ""), TRANSFER_DONE);
    pieces_listed(&a, 4);
    one_whole();
    finish();
}

static void what_only_says_how_many_there_are_is_nothing(void **state) {
    struct conversation a = collect_conversation(1);
    begin_with(1 << 20);
    pieces_listed(&a, PIECES);
    assert_int_equal(content_open(c), 0);
    content_tick(c, a.now + 200 * NS_PER_S);
    assert_int_equal(got.ended, 0);
    finish();
}

static void the_list_may_come_before_the_last_piece_is_seen(void **state) {
    struct conversation a = collect_conversation(1);
    begin_with(1 << 20);
    piece_sent(&a, 1);
    piece_sent(&a, 3);
    piece_sent(&a, 4);
    pieces_listed(&a, PIECES);
    assert_int_equal(got.ended, 0);
    piece_sent(&a, 2);
    one_whole();
    finish();
}

static void pieces_whose_first_one_goes_elsewhere_are_told_soon_with_their_numbers(void **state) {
    struct conversation a = collect_conversation(1);
    begin_with(1 << 20);
    piece_sent(&a, 2);
    piece_sent(&a, 3);
    content_tick(c, a.now + 4 * NS_PER_S);
    assert_int_equal(got.ended, 0);
    content_tick(c, a.now + 6 * NS_PER_S);
    assert_int_equal(got.ended, 1);
    assert_false(got.list[0].complete);
    assert_string_equal(got.list[0].part, "2-3");
    assert_int_equal(got.list[0].bytes, cuts[3] - cuts[1]);
    assert_memory_equal(got.list[0].data, content + cuts[1], cuts[3] - cuts[1]);
    finish();
}

static void a_missing_piece_is_missing(void **state) {
    struct conversation a = collect_conversation(1);
    begin_with(1 << 20);
    piece_sent(&a, 1);
    piece_sent(&a, 4);
    pieces_listed(&a, PIECES);
    content_tick(c, a.now + 121 * NS_PER_S);
    assert_int_equal(got.ended, 1);
    assert_false(got.list[0].complete);
    assert_true(got.list[0].missing > 0);
    assert_string_equal(got.list[0].part, "1-4");
    finish();
}

static void each_piece_has_codings_of_its_own(void **state) {
    struct conversation a = collect_conversation(1);
    begin_with(1 << 20);
    for (uint64_t number = 1; number <= PIECES; number++) {
        char line[32];
        size_t n = cuts[number] - cuts[number - 1];
        struct transfer *t = piece(&a, number, 0, "aws-chunked");
        int line_n = snprintf(line, sizeof line, "%zx;chunk-signature=0\r\n", n);
        content_data(&a, t, (const uint8_t *)line, (size_t)line_n);
        content_data(&a, t, content + cuts[number - 1], n);
        content_data(&a, t, (const uint8_t *)"\r\n0;chunk-signature=0\r\n\r\n", 25);
        content_end(&a, t, TRANSFER_DONE);
    }
    pieces_listed(&a, PIECES);
    one_whole();
    finish();
}

static void a_piece_for_which_no_room_is_left_is_an_object_of_its_own(void **state) {
    struct conversation a = collect_conversation(1);
    begin_with(32 << 10);
    piece_sent(&a, 4);
    assert_int_equal(got.ended, 1);
    assert_int_equal(got.list[0].bytes, cuts[4] - cuts[3]);
    for (uint64_t n = 1; n <= 3; n++)
        piece_sent(&a, n);
    pieces_listed(&a, PIECES);
    content_tick(c, a.now + 200 * NS_PER_S);
    assert_int_equal(got.ended, 2);
    assert_false(got.list[1].complete);
    assert_int_equal(got.list[1].bytes, cuts[3]);
    finish();
}

static void a_range_of_nothing_may_say_where_the_whole_ends(void **state) {
    struct conversation a = collect_conversation(1);
    begin_with(1 << 20);
    struct transfer_seed facts = collect_facts("PUT", "/session/1");
    facts.resumable = false;
    facts.resume = RESUME_RANGE;
    struct transfer *t = content_begin(c, &a, NULL, &facts);
    content_data(&a, t, content, SIZE);
    content_end(&a, t, TRANSFER_DONE);
    assert_int_equal(got.ended, 0);
    facts.offset = facts.total = SIZE;
    facts.length = 0;
    content_end(&a, content_begin(c, &a, NULL, &facts), TRANSFER_DONE);
    one_whole();
    finish();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_in_any_order_make_one_object_once_they_are_listed),
        cmocka_unit_test(pieces_at_once_on_several_connections_make_one_object),
        cmocka_unit_test(a_piece_that_was_cut_is_sent_again),
        cmocka_unit_test(pieces_without_content_are_none_of_it),
        cmocka_unit_test(what_only_says_how_many_there_are_is_nothing),
        cmocka_unit_test(the_list_may_come_before_the_last_piece_is_seen),
        cmocka_unit_test(pieces_whose_first_one_goes_elsewhere_are_told_soon_with_their_numbers),
        cmocka_unit_test(a_missing_piece_is_missing),
        cmocka_unit_test(each_piece_has_codings_of_its_own),
        cmocka_unit_test(a_piece_for_which_no_room_is_left_is_an_object_of_its_own),
        cmocka_unit_test(a_range_of_nothing_may_say_where_the_whole_ends),
    };
    return cmocka_run_group_tests_name("content/pieces", tests, NULL, NULL);
}
