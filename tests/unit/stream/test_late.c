/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "model.h"

/* Late is not lost: when a hole becomes a gap, and when not. */

static const time_ns late = MODEL_LATE_TIME;

static void an_acknowledged_hole_is_a_gap_only_after_the_wait(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    model_send(m, SIDE_CLIENT, 3, 0, "def");
    model_ack(m, SIDE_SERVER, 0, 6);
    model_wait(m, late - 1);
    assert_string_equal(m->log, "");
    model_wait(m, 1);
    assert_string_equal(m->log, "cgap3 c3");
    model_close(m);
    model_destroy(m);
}

/* Each wait counts from when it could be noticed: holes behind one another are not waited for in turn. */
static void a_hole_behind_a_hole_has_waited_since_the_bytes_behind_it_came(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    model_send(m, SIDE_CLIENT, 3, 0, "def");
    model_ack(m, SIDE_SERVER, 0, 6);
    model_wait(m, late / 2);
    model_send(m, SIDE_CLIENT, 9, 0, "jkl");
    model_ack(m, SIDE_SERVER, 0, 12);
    model_wait(m, late / 2);
    assert_string_equal(m->log, "cgap3 c3");
    model_wait(m, late / 2 - 1);
    assert_string_equal(m->log, "cgap3 c3");
    model_wait(m, 1);
    assert_string_equal(m->log, "cgap3 c3 cgap3 c3");
    model_close(m);
    model_destroy(m);
}

/* It was not acknowledged: the sender is about to repeat it too, however long the first one took. */
static void a_hole_behind_a_hole_that_was_repeated_late_is_waited_for(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    model_send(m, SIDE_CLIENT, 3, 0, "def");
    model_send(m, SIDE_CLIENT, 9, 0, "jkl");
    for (int i = 0; i < 20; i++) {
        model_wait(m, late / 2);
        model_ack(m, SIDE_SERVER, 0, 0);
    }
    model_send(m, SIDE_CLIENT, 0, 0, "abc");
    assert_string_equal(m->log, "c3 c3");
    model_send(m, SIDE_CLIENT, 6, 0, "ghi");
    assert_string_equal(m->log, "c3 c3 c3 c3");
    model_close(m);
    model_destroy(m);
}

static void a_segment_that_comes_within_the_wait_leaves_no_gap(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    model_send(m, SIDE_CLIENT, 3, 0, "def");
    model_ack(m, SIDE_SERVER, 0, 6);
    model_wait(m, late - 1);
    model_send(m, SIDE_CLIENT, 0, 0, "abc");
    model_wait(m, 10 * late);
    assert_string_equal(m->log, "c3 c3");
    model_close(m);
    model_destroy(m);
}

static void a_segment_that_comes_after_its_gap_is_not_delivered(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    model_send(m, SIDE_CLIENT, 3, 0, "def");
    model_ack(m, SIDE_SERVER, 0, 6);
    model_wait(m, late);
    model_send(m, SIDE_CLIENT, 0, 0, "abc");
    assert_string_equal(m->log, "cgap3 c3");
    model_close(m);
    model_destroy(m);
}

static void an_unacknowledged_hole_waits_for_the_retransmission_as_long_as_the_receiver_speaks(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    model_send(m, SIDE_CLIENT, 3, 0, "def");
    for (int i = 0; i < 20; i++) {
        model_wait(m, late / 2);
        model_ack(m, SIDE_SERVER, 0, 0); /* duplicate ACKs: it misses them too */
    }
    assert_string_equal(m->log, "");
    model_send(m, SIDE_CLIENT, 0, 0, "abc");
    assert_string_equal(m->log, "c3 c3");
    model_close(m);
    model_destroy(m);
}

static void the_time_of_a_hole_counts_from_its_acknowledgement(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    model_send(m, SIDE_CLIENT, 3, 0, "def");
    for (int i = 0; i < 8; i++) {
        model_wait(m, late / 2);
        model_ack(m, SIDE_SERVER, 0, 0);
    }
    model_ack(m, SIDE_SERVER, 0, 6); /* overtook the retransmission */
    assert_string_equal(m->log, "");
    model_send(m, SIDE_CLIENT, 0, 0, "abc");
    assert_string_equal(m->log, "c3 c3");
    model_close(m);
    model_destroy(m);
}

static void many_bytes_behind_an_acknowledged_hole_make_it_a_gap(void **state) {
    static uint8_t bytes[1000];
    struct stream_options o = {
        .memory = 1 << 20, .pairs = 1, .late_bytes = 10000, .late_time = MODEL_LATE_TIME};
    struct model *m = model_create_with(&o, 1 << 16);
    model_handshake(m);
    model_packet(m, SIDE_CLIENT, TCP_ACK, 1000, 0, bytes, sizeof bytes);
    model_ack(m, SIDE_SERVER, 0, 2000);
    for (int i = 2; i < 11; i++)
        model_packet(m, SIDE_CLIENT, TCP_ACK, i * 1000, 0, bytes, sizeof bytes);
    assert_string_equal(m->log, ""); /* 9000 since the acknowledgement */
    model_packet(m, SIDE_CLIENT, TCP_ACK, 11000, 0, bytes, sizeof bytes);
    assert_int_equal(m->gaps[0], 1);
    assert_int_equal(m->n[0], 12000);
    assert_int_equal(m->missing[0][999], 1);
    assert_int_equal(m->missing[0][1000], 0);
    model_close(m);
    model_destroy(m);
}

static void a_hole_is_a_gap_only_as_far_as_it_was_acknowledged(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    model_send(m, SIDE_CLIENT, 6, 0, "ghi");
    model_ack(m, SIDE_SERVER, 0, 3);
    model_wait(m, late);
    assert_string_equal(m->log, "cgap3");
    model_send(m, SIDE_CLIENT, 3, 0, "def");
    assert_string_equal(m->log, "cgap3 c3 c3");
    model_close(m);
    model_destroy(m);
}

static void with_one_side_seen_time_alone_makes_a_gap(void **state) {
    struct model *m = model_create();
    model_packet(m, SIDE_CLIENT, TCP_SYN, -1, 0, NULL, 0);
    model_send(m, SIDE_CLIENT, 3, 0, "def");
    model_wait(m, late - 1);
    assert_string_equal(m->log, "");
    model_wait(m, 1);
    assert_string_equal(m->log, "cgap3 c3");
    model_close(m);
    model_destroy(m);
}

static void with_one_side_seen_nothing_waits_for_the_other(void **state) {
    struct model *m = model_create();
    model_packet(m, SIDE_SERVER, TCP_SYN | TCP_ACK, -1, 0, NULL, 0);
    model_send(m, SIDE_SERVER, 0, 100, "abc");
    model_send(m, SIDE_SERVER, 3, 200, "def");
    assert_string_equal(m->log, "s3 s3");
    model_close(m);
    assert_string_equal(m->log, "s3 s3 ccut0 scut0"); /* and no gap is made of a side that nobody sees */
    model_destroy(m);
}

static void a_response_does_not_overtake_its_request(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    model_send(m, SIDE_SERVER, 0, 6, "200");
    model_send(m, SIDE_CLIENT, 3, 0, "def");
    assert_string_equal(m->log, "");
    model_send(m, SIDE_CLIENT, 0, 0, "abc");
    assert_string_equal(m->log, "c3 c3 s3");
    model_close(m);
    model_destroy(m);
}

static void a_response_to_a_lost_request_comes_behind_the_gap(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    model_send(m, SIDE_SERVER, 0, 6, "200");
    model_ack(m, SIDE_CLIENT, 6, 3);
    model_wait(m, late);
    assert_string_equal(m->log, "cgap6 s3");
    model_send(m, SIDE_CLIENT, 6, 3, "ghi");
    assert_string_equal(m->log, "cgap6 s3 c3");
    model_close(m);
    model_destroy(m);
}

static void a_side_that_vanished_is_not_waited_for_again(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    model_send(m, SIDE_SERVER, 0, 6, "200");
    model_wait(m, late);
    model_send(m, SIDE_SERVER, 3, 100, "201");
    assert_string_equal(m->log, "s3 s3");
    model_close(m);
    model_destroy(m);
}

static void an_acknowledgement_that_nobody_confirms_makes_no_gap(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    model_send(m, SIDE_SERVER, 0, 1000, "200"); /* the client has sent nothing, and takes no notice */
    model_wait(m, 3 * late);
    model_ack(m, SIDE_SERVER, 3, 1000);
    model_wait(m, 3 * late);
    model_send(m, SIDE_CLIENT, 0, 0, "abc");
    model_send(m, SIDE_CLIENT, 3, 0, "def");
    assert_string_equal(m->log, "s3 c3 c3");
    model_close(m);
    model_destroy(m);
}

static void two_sides_that_wait_for_each_other_go_on(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    m->now++;
    model_send(m, SIDE_SERVER, 0, 3, "xyz");
    m->now++;
    model_send(m, SIDE_CLIENT, 0, 3, "abc"); /* repeated with a newer ACK, the first one was not seen */
    assert_string_equal(m->log, "s3 c3");
    model_close(m);
    model_destroy(m);
}

static void bytes_that_acknowledge_what_nobody_sent_count_only_when_their_receiver_has_them(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    model_send(m, SIDE_SERVER, 0, 500 << 20, "xyz");
    model_wait(m, late);
    assert_string_equal(m->log, "");
    model_ack(m, SIDE_CLIENT, 0, 3);
    model_wait(m, late);
    assert_string_equal(m->log, "s3");
    model_close(m);
    assert_int_equal(m->gaps[0], 0);
    model_destroy(m);
}

static void a_fin_that_was_not_seen_is_no_gap(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    model_send(m, SIDE_CLIENT, 0, 0, "abc");
    model_send(m, SIDE_SERVER, 0, 4, "xyz"); /* acknowledges "abc" and a FIN */
    model_fin(m, SIDE_SERVER, 3, 4);
    model_wait(m, late);
    assert_string_equal(m->log, "c3 s3 send0");
    model_close(m);
    assert_string_equal(m->log, "c3 s3 send0 ccut0");
    model_destroy(m);
}

static void a_lost_byte_that_is_followed_by_others_is_a_gap(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    model_send(m, SIDE_CLIENT, 0, 0, "abc");
    model_send(m, SIDE_SERVER, 0, 4, "xyz");
    model_wait(m, late);
    model_send(m, SIDE_CLIENT, 4, 3, "efg");
    assert_string_equal(m->log, "c3 s3 cgap1 c3");
    model_close(m);
    model_destroy(m);
}

static void data_that_comes_before_the_syn_is_delivered_behind_it(void **state) {
    struct model *m = model_create();
    model_packet(m, SIDE_SERVER, TCP_SYN | TCP_ACK, -1, 0, NULL, 0);
    model_send(m, SIDE_CLIENT, 3, 0, "def");
    model_packet(m, SIDE_CLIENT, TCP_SYN, -1, 0, NULL, 0);
    model_send(m, SIDE_CLIENT, 0, 0, "abc");
    assert_string_equal(m->log, "c3 c3");
    model_close(m);
    model_destroy(m);
}

static void data_of_both_sides_may_come_before_both_syns(void **state) {
    struct model *m = model_create();
    model_send(m, SIDE_CLIENT, 3, 0, "def");
    model_send(m, SIDE_SERVER, 0, 6, "xyz");
    model_packet(m, SIDE_CLIENT, TCP_SYN, -1, 0, NULL, 0);
    model_packet(m, SIDE_SERVER, TCP_SYN | TCP_ACK, -1, 0, NULL, 0);
    assert_string_equal(m->log, "");
    model_send(m, SIDE_CLIENT, 0, 0, "abc");
    assert_string_equal(m->log, "c3 c3 s3");
    model_close(m);
    model_destroy(m);
}

static void a_stream_without_its_beginning_starts_at_its_first_segment(void **state) {
    struct model *m = model_create();
    model_send(m, SIDE_CLIENT, 500, 700, "abc");
    model_send(m, SIDE_SERVER, 700, 503, "xyz");
    for (int i = 0; i < 16; i++)
        model_ack(m, SIDE_CLIENT, 503, 703);
    assert_string_equal(m->log, "c3 s3");
    model_close(m);
    model_destroy(m);
}

static void a_dialogue_without_its_beginning_starts_with_its_third_turn(void **state) {
    struct model *m = model_create();
    model_send(m, SIDE_CLIENT, 500, 700, "TYPE I");
    model_send(m, SIDE_SERVER, 700, 506, "200");
    assert_string_equal(m->log, "");
    model_send(m, SIDE_CLIENT, 506, 703, "PASV");
    assert_string_equal(m->log, "c6 s3 c4");
    model_close(m);
    model_destroy(m);
}

static void a_hole_in_what_came_first_is_no_dialogue(void **state) {
    struct model *m = model_create();
    model_send(m, SIDE_CLIENT, 500, 700, "TYPE I");
    model_send(m, SIDE_SERVER, 700, 506, "200");
    model_send(m, SIDE_CLIENT, 510, 700, "STOR");
    assert_string_equal(m->log, "");
    model_close(m);
    model_destroy(m);
}

static void a_stream_without_its_beginning_starts_when_the_wait_is_over(void **state) {
    struct model *m = model_create();
    model_send(m, SIDE_CLIENT, 503, 700, "def");
    model_send(m, SIDE_CLIENT, 500, 700, "abc"); /* swapped places */
    assert_string_equal(m->log, "");
    model_wait(m, late);
    assert_string_equal(m->log, "c3 c3");
    model_close(m);
    model_destroy(m);
}

static void bytes_acknowledged_behind_the_syn_and_lost_are_a_gap(void **state) {
    struct model *m = model_create();
    model_packet(m, SIDE_CLIENT, TCP_SYN, -1, 0, NULL, 0);
    model_ack(m, SIDE_CLIENT, 0, 0);             /* the SYN+ACK was lost */
    model_send(m, SIDE_SERVER, 10, 0, "banner"); /* and ten bytes before this */
    for (int i = 0; i < 16; i++)
        model_ack(m, SIDE_CLIENT, 0, 16);
    model_wait(m, late);
    assert_string_equal(m->log, "sgap10 s6");
    model_close(m);
    model_destroy(m);
}

static void without_memory_the_longest_wait_ends_and_it_is_counted(void **state) {
    static uint8_t bytes[1000];
    struct stream_options o = {
        .memory = 8 * 2048, .pairs = 2, .late_bytes = MODEL_LATE_BYTES, .late_time = MODEL_LATE_TIME};
    struct model *m = model_create_with(&o, 1 << 16), other = *m;
    uint64_t before = counter_values[COUNTER_STREAM_MEMORY_FULL];
    other.out[0] = calloc(1, 1 << 16);
    other.missing[0] = calloc(1, 1 << 16);
    other.s = stream_open(m->r, &other);
    model_handshake(&other);
    model_handshake(m);
    model_packet(&other, SIDE_CLIENT, TCP_ACK, 1000, 0, bytes, sizeof bytes);
    assert_string_equal(other.log, "");
    for (int i = 1; i <= 8; i++) { /* in pieces that never join */
        model_ack(m, SIDE_SERVER, 0, i * 2000);
        model_packet(m, SIDE_CLIENT, TCP_ACK, i * 2000, 0, bytes, sizeof bytes);
    }
    assert_string_equal(other.log, "cgap1000 c1000");
    assert_true(counter_values[COUNTER_STREAM_MEMORY_FULL] > before);
    model_close(m);
    stream_close(m->r, other.s, m->now);
    free(other.out[0]);
    free(other.missing[0]);
    model_destroy(m);
}

static void with_no_memory_at_all_a_hole_is_a_gap_at_once(void **state) {
    struct model *m = model_create_with(
        &(struct stream_options){
            .memory = 0, .pairs = 1, .late_bytes = MODEL_LATE_BYTES, .late_time = MODEL_LATE_TIME},
        64);
    model_handshake(m);
    model_send(m, SIDE_CLIENT, 3, 0, "def");
    model_send(m, SIDE_CLIENT, 6, 0, "ghi");
    assert_string_equal(m->log, "cgap3 c3 c3");
    model_close(m);
    model_destroy(m);
}

static void one_connection_of_tiny_segments_cannot_take_all_memory(void **state) {
    struct stream_options o = {
        .memory = 1000 * 2048, .pairs = 1, .late_bytes = MODEL_LATE_BYTES, .late_time = MODEL_LATE_TIME};
    struct model *m = model_create_with(&o, 1 << 16);
    model_handshake(m);
    for (int i = 1; i < 400; i++) {
        model_ack(m, SIDE_SERVER, 0, 0);
        model_send(m, SIDE_CLIENT, 2 * i, 0, "x");
    }
    assert_true(m->gaps[SIDE_CLIENT] > 0); /* a quarter of the blocks */
    model_close(m);
    model_destroy(m);
}

static void a_segment_far_ahead_that_nobody_acknowledges_does_not_tear_the_stream(void **state) {
    struct model *m = model_create();
    uint64_t before = counter_values[COUNTER_STREAM_DOUBTFUL];
    model_handshake(m);
    model_send(m, SIDE_CLIENT, 0, 0, "abc");
    model_send(m, SIDE_CLIENT, 1000 << 20, 0, "forged");
    model_wait(m, 10 * late);
    model_send(m, SIDE_CLIENT, 3, 0, "def");
    model_close(m);
    assert_string_equal(m->log, "c3 c3 ccut0 scut0");
    assert_int_equal(counter_values[COUNTER_STREAM_DOUBTFUL] - before, 1);
    model_destroy(m);
}

static void a_large_hole_that_was_acknowledged_again_and_again_is_a_gap(void **state) {
    struct model *m = model_create_with(
        &(struct stream_options){
            .memory = 1 << 20, .pairs = 1, .late_bytes = MODEL_LATE_BYTES, .late_time = MODEL_LATE_TIME},
        40 << 20);
    model_handshake(m);
    model_send(m, SIDE_CLIENT, 0, 0, "abc");
    for (int i = 0; i < 20; i++) { /* the capture paused */
        model_send(m, SIDE_CLIENT, (30 << 20) + 3 * i, 0, "xyz");
        model_ack(m, SIDE_SERVER, 0, (30 << 20) + 3 * i + 3);
    }
    for (int i = 0; i < 3; i++)
        model_wait(m, late);
    assert_int_equal(m->n[SIDE_CLIENT], (30 << 20) + 60);
    assert_int_equal(m->gaps[SIDE_CLIENT], 1);
    model_close(m);
    model_destroy(m);
}

static void a_step_back_of_time_does_not_stop_the_clock(void **state) {
    struct model *m = model_create();
    model_handshake(m);
    model_send(m, SIDE_CLIENT, 3, 0, "def");
    model_ack(m, SIDE_SERVER, 0, 6);
    model_wait(m, -1000 * NS_PER_S);
    assert_string_equal(m->log, "cgap3 c3");
    model_close(m);
    model_destroy(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_acknowledged_hole_is_a_gap_only_after_the_wait),
        cmocka_unit_test(a_hole_behind_a_hole_has_waited_since_the_bytes_behind_it_came),
        cmocka_unit_test(a_hole_behind_a_hole_that_was_repeated_late_is_waited_for),
        cmocka_unit_test(a_segment_that_comes_within_the_wait_leaves_no_gap),
        cmocka_unit_test(a_segment_that_comes_after_its_gap_is_not_delivered),
        cmocka_unit_test(an_unacknowledged_hole_waits_for_the_retransmission_as_long_as_the_receiver_speaks),
        cmocka_unit_test(the_time_of_a_hole_counts_from_its_acknowledgement),
        cmocka_unit_test(many_bytes_behind_an_acknowledged_hole_make_it_a_gap),
        cmocka_unit_test(a_hole_is_a_gap_only_as_far_as_it_was_acknowledged),
        cmocka_unit_test(with_one_side_seen_time_alone_makes_a_gap),
        cmocka_unit_test(with_one_side_seen_nothing_waits_for_the_other),
        cmocka_unit_test(a_response_does_not_overtake_its_request),
        cmocka_unit_test(a_response_to_a_lost_request_comes_behind_the_gap),
        cmocka_unit_test(a_side_that_vanished_is_not_waited_for_again),
        cmocka_unit_test(an_acknowledgement_that_nobody_confirms_makes_no_gap),
        cmocka_unit_test(two_sides_that_wait_for_each_other_go_on),
        cmocka_unit_test(bytes_that_acknowledge_what_nobody_sent_count_only_when_their_receiver_has_them),
        cmocka_unit_test(a_fin_that_was_not_seen_is_no_gap),
        cmocka_unit_test(a_lost_byte_that_is_followed_by_others_is_a_gap),
        cmocka_unit_test(data_that_comes_before_the_syn_is_delivered_behind_it),
        cmocka_unit_test(data_of_both_sides_may_come_before_both_syns),
        cmocka_unit_test(a_stream_without_its_beginning_starts_at_its_first_segment),
        cmocka_unit_test(a_dialogue_without_its_beginning_starts_with_its_third_turn),
        cmocka_unit_test(a_hole_in_what_came_first_is_no_dialogue),
        cmocka_unit_test(a_stream_without_its_beginning_starts_when_the_wait_is_over),
        cmocka_unit_test(bytes_acknowledged_behind_the_syn_and_lost_are_a_gap),
        cmocka_unit_test(without_memory_the_longest_wait_ends_and_it_is_counted),
        cmocka_unit_test(with_no_memory_at_all_a_hole_is_a_gap_at_once),
        cmocka_unit_test(one_connection_of_tiny_segments_cannot_take_all_memory),
        cmocka_unit_test(a_segment_far_ahead_that_nobody_acknowledges_does_not_tear_the_stream),
        cmocka_unit_test(a_large_hole_that_was_acknowledged_again_and_again_is_a_gap),
        cmocka_unit_test(a_step_back_of_time_does_not_stop_the_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
