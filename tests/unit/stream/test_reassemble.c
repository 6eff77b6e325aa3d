/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "model.h"

static void in_order_bytes_are_delivered_from_the_packet_itself(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    model_send(m, SIDE_CLIENT, 0, 0, "GET ");
    model_send(m, SIDE_CLIENT, 4, 0, "/ HTTP");
    model_send(m, SIDE_SERVER, 0, 10, "200");
    assert_string_equal(m->log, "c4 c6 s3");
    assert_int_equal(m->copied, 0);
    model_close(m);
    assert_delivered(m, SIDE_CLIENT, "GET / HTTP");
    assert_int_equal(m->gaps[0] + m->gaps[1], 0);
    model_destroy(m);
}

static void an_early_segment_waits_for_the_one_before_it(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    model_send(m, SIDE_CLIENT, 3, 0, "def");
    assert_string_equal(m->log, "");
    model_send(m, SIDE_CLIENT, 0, 0, "abc");
    assert_string_equal(m->log, "c3 c3");
    assert_delivered(m, SIDE_CLIENT, "abcdef");
    model_close(m);
    model_destroy(m);
}

static void a_retransmission_and_a_duplicate_deliver_nothing(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    model_send(m, SIDE_CLIENT, 0, 0, "abc");
    model_send(m, SIDE_CLIENT, 0, 0, "abc");
    model_send(m, SIDE_CLIENT, 0, 0, "abcdef"); /* repeated with more behind it */
    assert_string_equal(m->log, "c3 c3");
    assert_delivered(m, SIDE_CLIENT, "abcdef");
    model_close(m);
    model_destroy(m);
}

static void of_overlapping_bytes_those_delivered_first_win(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    model_send(m, SIDE_CLIENT, 0, 0, "abcd");
    model_send(m, SIDE_CLIENT, 2, 0, "XXef");
    assert_delivered(m, SIDE_CLIENT, "abcdef");
    model_close(m);
    model_destroy(m);
}

static void of_overlapping_bytes_those_that_begin_earlier_win_else_those_stored_first(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    model_send(m, SIDE_CLIENT, 4, 0, "XX");
    model_send(m, SIDE_CLIENT, 3, 0, "defg"); /* around what is stored */
    model_send(m, SIDE_CLIENT, 6, 0, "Xhij"); /* behind its begin */
    model_send(m, SIDE_CLIENT, 3, 0, "YYYY"); /* as long as it */
    model_send(m, SIDE_CLIENT, 0, 0, "abc");
    assert_delivered(m, SIDE_CLIENT, "abcdefghij");
    model_close(m);
    model_destroy(m);
}

static void sequence_numbers_wrap(void **state) {
    struct model *m = model_create();
    m->first[SIDE_CLIENT] = UINT32_MAX - 2;
    m->first[SIDE_SERVER] = UINT32_MAX;
    model_handshake(m);
    model_send(m, SIDE_CLIENT, 5, 0, "fgh"); /* behind the wrap, early */
    model_send(m, SIDE_CLIENT, 0, 0, "abcde");
    model_send(m, SIDE_SERVER, 0, 8, "xyz");
    assert_delivered(m, SIDE_CLIENT, "abcdefgh");
    assert_delivered(m, SIDE_SERVER, "xyz");
    model_close(m);
    model_destroy(m);
}

static void a_stream_may_be_longer_than_four_gigabytes(void **state) {
    static uint8_t big[60000];
    struct stream_options o = {
        .memory = 1 << 20, .pairs = 1, .late_bytes = MODEL_LATE_BYTES, .late_time = MODEL_LATE_TIME};
    struct model *m = model_create_with(&o, 1);
    uint64_t before = counter_values[COUNTER_STREAM_BYTES], gaps = counter_values[COUNTER_STREAM_GAPS];
    model_handshake(m);
    m->room = SIZE_MAX;
    uint8_t *out = m->out[0], *missing = m->missing[0];
    uint8_t *scratch = malloc(sizeof big);
    m->out[0] = m->missing[0] = scratch; /* only the counts are looked at */
    uint64_t total = 0;
    while (total < (UINT64_C(5) << 30)) {
        m->n[0] = 0;
        m->logged = 0;
        model_packet(m, SIDE_CLIENT, TCP_ACK, (int64_t)total, 0, big, sizeof big);
        total += sizeof big;
        if (total % (sizeof big * 64) == 0)
            model_ack(m, SIDE_SERVER, 0, (int64_t)total);
    }
    assert_int_equal(counter_values[COUNTER_STREAM_BYTES] - before, total);
    assert_int_equal(counter_values[COUNTER_STREAM_GAPS], gaps);
    m->out[0] = out;
    m->missing[0] = missing;
    free(scratch);
    stream_close(m->r, m->s, m->now);
    model_destroy(m);
}

static void a_keep_alive_delivers_nothing(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    model_send(m, SIDE_CLIENT, 0, 0, "abc");
    model_ack(m, SIDE_SERVER, 0, 3);
    model_packet(m, SIDE_CLIENT, TCP_ACK, 2, 0, "\0", 1);
    model_packet(m, SIDE_CLIENT, TCP_ACK, 2, 0, NULL, 0);
    model_ack(m, SIDE_SERVER, 0, 3);
    model_send(m, SIDE_CLIENT, 3, 0, "d");
    assert_delivered(m, SIDE_CLIENT, "abcd");
    model_close(m);
    model_destroy(m);
}

static void the_byte_of_a_zero_window_probe_is_delivered_once(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    model_send(m, SIDE_CLIENT, 0, 0, "abc");
    model_ack(m, SIDE_SERVER, 0, 3); /* with window 0 */
    model_send(m, SIDE_CLIENT, 3, 0, "d");
    model_ack(m, SIDE_SERVER, 0, 3); /* refused */
    model_send(m, SIDE_CLIENT, 3, 0, "def");
    assert_delivered(m, SIDE_CLIENT, "abcdef");
    model_close(m);
    model_destroy(m);
}

static void data_in_the_syn_is_accepted(void **state) {
    struct model *m = model_create();
    model_packet(m, SIDE_CLIENT, TCP_SYN, -1, 0, "early", 5);
    model_packet(m, SIDE_SERVER, TCP_SYN | TCP_ACK, -1, 5, NULL, 0);
    model_send(m, SIDE_CLIENT, 5, 0, "late");
    assert_delivered(m, SIDE_CLIENT, "earlylate");
    model_close(m);
    model_destroy(m);
}

static void a_fin_in_order_ends_its_side_cleanly_and_the_other_goes_on(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    model_send(m, SIDE_CLIENT, 0, 0, "abc");
    model_fin(m, SIDE_CLIENT, 3, 0);
    model_send(m, SIDE_SERVER, 0, 4, "xyz");
    model_fin(m, SIDE_SERVER, 3, 4);
    assert_string_equal(m->log, "c3 cend0 s3 send0");
    model_close(m);
    assert_string_equal(m->log, "c3 cend0 s3 send0");
    model_destroy(m);
}

static void a_fin_with_a_hole_before_it_waits_for_the_hole(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    model_fin(m, SIDE_CLIENT, 6, 0);
    model_send(m, SIDE_CLIENT, 3, 0, "def");
    assert_string_equal(m->log, "");
    model_send(m, SIDE_CLIENT, 0, 0, "abc");
    assert_string_equal(m->log, "c3 c3");
    model_ack(m, SIDE_SERVER, 0, 7);
    assert_string_equal(m->log, "c3 c3 cend0");
    model_close(m);
    model_destroy(m);
}

static void a_hole_before_the_fin_that_never_comes_is_a_gap_and_the_end_is_clean(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    model_fin(m, SIDE_CLIENT, 6, 0);
    model_ack(m, SIDE_SERVER, 0, 7);
    model_wait(m, 3 * NS_PER_S);
    assert_string_equal(m->log, "cgap6 cend0");
    model_close(m);
    model_destroy(m);
}

static void data_behind_the_fin_is_not_delivered(void **state) {
    struct model *m = model_create();
    uint64_t before = counter_values[COUNTER_STREAM_AFTER_END];
    model_handshake(m);
    model_send(m, SIDE_CLIENT, 0, 0, "abc");
    model_fin(m, SIDE_CLIENT, 3, 0);
    model_ack(m, SIDE_SERVER, 0, 4);
    model_send(m, SIDE_CLIENT, 3, 0, "def");
    assert_delivered(m, SIDE_CLIENT, "abc");
    assert_int_equal(counter_values[COUNTER_STREAM_AFTER_END] - before, 3);
    model_close(m);
    model_destroy(m);
}

static void data_behind_a_fin_that_nobody_acknowledged_goes_on(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    model_send(m, SIDE_CLIENT, 0, 0, "abc");
    model_fin(m, SIDE_CLIENT, 3, 0);
    model_ack(m, SIDE_SERVER, 0, 3);
    model_wait(m, MODEL_LATE_TIME);
    model_send(m, SIDE_CLIENT, 3, 0, "def");
    assert_string_equal(m->log, "c3 c3");
    model_close(m);
    model_destroy(m);
}

static void a_fin_that_contradicts_delivered_data_is_ignored(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    model_send(m, SIDE_CLIENT, 0, 0, "abcdef");
    model_fin(m, SIDE_CLIENT, 3, 0);
    model_send(m, SIDE_CLIENT, 6, 0, "ghi");
    assert_delivered(m, SIDE_CLIENT, "abcdefghi");
    model_close(m);
    model_destroy(m);
}

static void a_reset_ends_both_sides_unclean_after_the_wait(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    model_send(m, SIDE_CLIENT, 0, 0, "abc");
    model_packet(m, SIDE_SERVER, TCP_RST, 0, 3, NULL, 0);
    assert_string_equal(m->log, "c3");
    model_wait(m, 3 * NS_PER_S);
    assert_string_equal(m->log, "c3 ccut0 scut0");
    model_send(m, SIDE_CLIENT, 3, 0, "def");
    assert_string_equal(m->log, "c3 ccut0 scut0");
    model_close(m);
    model_destroy(m);
}

static void data_that_a_reset_overtook_is_delivered(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    model_send(m, SIDE_CLIENT, 3, 0, "def");
    model_packet(m, SIDE_CLIENT, TCP_RST, 6, 0, NULL, 0);
    model_send(m, SIDE_CLIENT, 0, 0, "abc");
    model_wait(m, 3 * NS_PER_S);
    assert_string_equal(m->log, "c3 c3 ccut0 scut0");
    model_close(m);
    model_destroy(m);
}

static void a_reset_with_a_wrong_sequence_number_changes_nothing(void **state) {
    struct model *m = model_create();
    uint64_t before = counter_values[COUNTER_STREAM_RESETS_WRONG];
    model_handshake(m);
    model_send(m, SIDE_CLIENT, 0, 0, "abc");
    model_packet(m, SIDE_SERVER, TCP_RST, 100 << 20, 0, NULL, 0);
    model_packet(m, SIDE_SERVER, TCP_RST, -(100 << 20), 0, NULL, 0);
    model_wait(m, 3 * NS_PER_S);
    model_send(m, SIDE_CLIENT, 3, 0, "def");
    assert_string_equal(m->log, "c3 c3");
    assert_int_equal(counter_values[COUNTER_STREAM_RESETS_WRONG] - before, 2);
    model_close(m);
    model_destroy(m);
}

static void a_reset_that_nobody_obeys_does_not_blind(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    model_send(m, SIDE_CLIENT, 0, 0, "abc");
    model_packet(m, SIDE_SERVER, TCP_RST, 0, 3, NULL, 0);
    for (int i = 1; i <= 10; i++) {
        model_wait(m, NS_PER_S);
        model_send(m, SIDE_CLIENT, 3 * i, 0, "def");
    }
    assert_int_equal(m->n[SIDE_CLIENT], 33);
    assert_false(m->ended[SIDE_CLIENT]);
    model_close(m);
    model_destroy(m);
}

static void a_refused_syn_ends_both_sides(void **state) {
    struct model *m = model_create();
    model_packet(m, SIDE_CLIENT, TCP_SYN, -1, 0, NULL, 0);
    model_packet(m, SIDE_SERVER, TCP_RST | TCP_ACK, -50000, 0, NULL, 0);
    model_wait(m, 3 * NS_PER_S);
    assert_string_equal(m->log, "ccut0 scut0");
    model_close(m);
    model_destroy(m);
}

static void a_skipped_side_delivers_nothing_more_and_the_other_does(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    m->skipping = true;
    m->skip_at_data = SIDE_CLIENT;
    model_send(m, SIDE_CLIENT, 6, 0, "ghi");
    model_send(m, SIDE_CLIENT, 3, 0, "def");
    model_send(m, SIDE_CLIENT, 0, 0, "abc"); /* the first data: nothing of what is stored may follow */
    model_send(m, SIDE_CLIENT, 9, 0, "jkl");
    model_send(m, SIDE_SERVER, 0, 500, "xyz"); /* needs no client byte any more */
    model_fin(m, SIDE_CLIENT, 12, 3);
    assert_string_equal(m->log, "c3 s3 cend0");
    model_close(m);
    model_destroy(m);
}

static void what_is_left_at_the_close_is_delivered_behind_its_gaps(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    model_send(m, SIDE_CLIENT, 3, 0, "def");
    model_send(m, SIDE_CLIENT, 8, 0, "ij");
    model_close(m);
    assert_string_equal(m->log, "cgap3 c3 cgap2 c2 ccut0 scut0");
    model_destroy(m);
}

static void the_missing_tail_of_a_packet_that_the_capture_cut_is_a_gap(void **state) {
    struct model *m = model_create();
    struct packet p = {
        .time = m->now, .transport = PROTOCOL_TCP, .tcp_flags = TCP_ACK, .payload_length = 5000};
    model_handshake(m);
    p.payload = (const uint8_t *)"abcdefgh";
    p.tcp_seq = m->first[0] + 5000;
    p.tcp_ack = m->first[1];
    p.payload_captured = 8;
    stream_packet(m->r, m->s, SIDE_CLIENT, &p, false); /* early: stored */
    p.tcp_seq = m->first[0];
    p.payload_captured = 4;
    stream_packet(m->r, m->s, SIDE_CLIENT, &p, false);
    model_send(m, SIDE_CLIENT, 10000, 0, "end");
    assert_string_equal(m->log, "c4 cgap4996 c8 cgap4992 c3");
    model_close(m);
    model_destroy(m);
}

static void a_segment_larger_than_a_block_is_stored_whole(void **state) {
    struct model *m = model_create();
    static uint8_t big[60000];
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (uint8_t)(i * 7 + i / 256);
    model_handshake(m);
    model_packet(m, SIDE_CLIENT, TCP_ACK, 1, 0, big + 1, sizeof big - 1);
    model_packet(m, SIDE_CLIENT, TCP_ACK, 0, 0, big, 1);
    assert_int_equal(m->n[0], sizeof big);
    assert_memory_equal(m->out[0], big, sizeof big);
    model_close(m);
    model_destroy(m);
}

static void at_the_cap_of_pairs_none_is_opened_and_it_is_counted(void **state) {
    struct model *m = model_create_with(
        &(struct stream_options){
            .memory = 1 << 20, .pairs = 1, .late_bytes = MODEL_LATE_BYTES, .late_time = MODEL_LATE_TIME},
        64);
    uint64_t before = counter_values[COUNTER_STREAM_PAIRS_SHED];
    assert_null(stream_open(m->r, m));
    assert_int_equal(counter_values[COUNTER_STREAM_PAIRS_SHED] - before, 1);
    model_close(m);
    assert_non_null(m->s = stream_open(m->r, m));
    memset(m->ended, 0, sizeof m->ended);
    model_close(m);
    model_destroy(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_order_bytes_are_delivered_from_the_packet_itself),
        cmocka_unit_test(an_early_segment_waits_for_the_one_before_it),
        cmocka_unit_test(a_retransmission_and_a_duplicate_deliver_nothing),
        cmocka_unit_test(of_overlapping_bytes_those_delivered_first_win),
        cmocka_unit_test(of_overlapping_bytes_those_that_begin_earlier_win_else_those_stored_first),
        cmocka_unit_test(sequence_numbers_wrap),
        cmocka_unit_test(a_stream_may_be_longer_than_four_gigabytes),
        cmocka_unit_test(a_keep_alive_delivers_nothing),
        cmocka_unit_test(the_byte_of_a_zero_window_probe_is_delivered_once),
        cmocka_unit_test(data_in_the_syn_is_accepted),
        cmocka_unit_test(a_fin_in_order_ends_its_side_cleanly_and_the_other_goes_on),
        cmocka_unit_test(a_fin_with_a_hole_before_it_waits_for_the_hole),
        cmocka_unit_test(a_hole_before_the_fin_that_never_comes_is_a_gap_and_the_end_is_clean),
        cmocka_unit_test(data_behind_the_fin_is_not_delivered),
        cmocka_unit_test(data_behind_a_fin_that_nobody_acknowledged_goes_on),
        cmocka_unit_test(a_fin_that_contradicts_delivered_data_is_ignored),
        cmocka_unit_test(a_reset_ends_both_sides_unclean_after_the_wait),
        cmocka_unit_test(data_that_a_reset_overtook_is_delivered),
        cmocka_unit_test(a_reset_with_a_wrong_sequence_number_changes_nothing),
        cmocka_unit_test(a_reset_that_nobody_obeys_does_not_blind),
        cmocka_unit_test(a_refused_syn_ends_both_sides),
        cmocka_unit_test(a_skipped_side_delivers_nothing_more_and_the_other_does),
        cmocka_unit_test(what_is_left_at_the_close_is_delivered_behind_its_gaps),
        cmocka_unit_test(the_missing_tail_of_a_packet_that_the_capture_cut_is_a_gap),
        cmocka_unit_test(a_segment_larger_than_a_block_is_stored_whole),
        cmocka_unit_test(at_the_cap_of_pairs_none_is_opened_and_it_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
