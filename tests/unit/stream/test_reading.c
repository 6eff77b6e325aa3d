/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "model.h"

/* Segments that contradict each other, and those that their receiver drops. */

static struct other {
    struct stream_pair *s;
    char out[2][256];
    size_t n[2];
    int begun, over;
    bool refused;
} other;

static void *begin_other(void *user, struct stream_pair *s) {
    if (other.refused)
        return NULL;
    other.s = s;
    other.begun++;
    other.n[0] = other.n[1] = 0;
    return &other;
}

static void other_data(void *user, enum side from, const uint8_t *bytes, size_t n, time_ns time) {
    assert_true(other.n[from] + n < sizeof other.out[0]);
    memcpy(other.out[from] + other.n[from], bytes, n);
    other.n[from] += n;
    other.out[from][other.n[from]] = 0;
}

static void other_gap(void *user, enum side from, uint64_t n, time_ns time) {
    while (n--)
        other_data(user, from, (const uint8_t *)"?", 1, time);
}

static void other_end(void *user, enum side from, bool clean, time_ns time) {
}

static void end_other(void *user) {
    other.over++;
}

static struct model *model_with_readings(void) {
    static const struct stream_again again = {
        .begin = begin_other,
        .sink = {.data = other_data, .gap = other_gap, .end = other_end},
        .over = end_other};
    static const struct stream_sink sink = {
        .data = model_data, .gap = model_gap, .end = model_end, .again = &again};
    struct model *m = model_create();
    stream_close(m->r, m->s, m->now);
    reassembler_destroy(m->r);
    memset(m->ended, 0, sizeof m->ended);
    m->logged = 0;
    m->r = reassembler_create(
        &(struct stream_options){
            .memory = 1 << 20, .pairs = 8, .late_bytes = MODEL_LATE_BYTES, .late_time = MODEL_LATE_TIME},
        &sink);
    m->s = stream_open(m->r, m);
    other = (struct other){0};
    model_handshake(m);
    return m;
}

static void finish(struct model *m) {
    model_close(m);
    assert_int_equal(other.begun, other.over);
    assert_int_equal(reassembler_memory(m->r), 0);
    assert_int_equal(reassembler_pairs(m->r), 0);
    model_destroy(m);
}

static void a_segment_that_closes_a_hole_is_judged_against_each_run_of_segments_alone(void **state) {
    struct model *m = model_with_readings();
    model_send(m, SIDE_CLIENT, 4, 0, "AAAA");
    model_send(m, SIDE_CLIENT, 12, 0, "BBBB");
    model_send(m, SIDE_CLIENT, 4, 0, "aaaaccccbbbb");
    model_send(m, SIDE_CLIENT, 0, 0, "PUT ");
    model_send(m, SIDE_SERVER, 0, 16, "201");
    assert_delivered(m, SIDE_CLIENT, "PUT aaaaccccbbbb");
    assert_string_equal(other.out[SIDE_CLIENT], "PUT AAAAccccBBBB");
    finish(m);
}

static void talk(struct model *m) {
    model_ack(m, SIDE_CLIENT, 0, 0);
    model_send(m, SIDE_CLIENT, 0, 0, "STOR x");
    model_send(m, SIDE_SERVER, 0, 6, "150");
    model_send(m, SIDE_CLIENT, 6, 3, "more");
    model_ack(m, SIDE_SERVER, 3, 10);
    assert_delivered(m, SIDE_CLIENT, "STOR xmore");
    assert_int_equal(m->gaps[SIDE_CLIENT], 0);
    model_close(m);
    model_destroy(m);
}

static const int64_t elsewhere[] = {5000, 1 << 20, 1 << 30, -5000, -(1 << 30)};
enum { ELSEWHERE = sizeof elsewhere / sizeof *elsewhere };

static void a_syn_that_is_not_the_answered_one_hides_nothing(void **state) {
    for (size_t i = 0; i < ELSEWHERE; i++) {
        struct model *m = model_create();
        stream_began(m->s, SIDE_CLIENT, (uint32_t)(m->first[SIDE_CLIENT] + elsewhere[i]),
                     (struct syn_options){0});
        model_packet(m, SIDE_SERVER, TCP_SYN | TCP_ACK, -1, 0, NULL, 0);
        talk(m);
    }
}

static void answers_to_a_syn_that_was_never_sent_hide_nothing(void **state) {
    for (size_t i = 0; i < 4 * ELSEWHERE; i++) {
        struct model *m = model_create();
        int64_t where = elsewhere[i / 4];
        model_packet(m, SIDE_CLIENT, TCP_SYN, -1, 0, NULL, 0);
        if (i & 1)
            model_packet(m, SIDE_SERVER, TCP_SYN | TCP_ACK, -1, where, NULL, 0);
        model_packet(m, SIDE_SERVER, TCP_SYN | TCP_ACK, -1, 0, NULL, 0);
        if (i & 2) {
            model_packet(m, SIDE_SERVER, TCP_SYN | TCP_ACK, -1, where, NULL, 0);
            model_packet(m, SIDE_SERVER, TCP_SYN | TCP_ACK, -1, where + 9, NULL, 0);
        }
        talk(m);
    }
}

static void of_bytes_that_come_again_otherwise_both_readings_are_told(void **state) {
    struct model *m = model_with_readings();
    model_send(m, SIDE_CLIENT, 0, 0, "PUT ");
    model_send(m, SIDE_CLIENT, 4, 0, "garbage");
    model_send(m, SIDE_CLIENT, 4, 0, "picture");
    model_send(m, SIDE_CLIENT, 11, 0, " end");
    model_send(m, SIDE_SERVER, 0, 15, "201");
    assert_delivered(m, SIDE_CLIENT, "PUT garbage end");
    assert_string_equal(other.out[0], "PUT picture end");
    assert_string_equal(other.out[1], "201");
    finish(m);
}

static void bytes_that_come_again_unchanged_begin_no_reading(void **state) {
    struct model *m = model_with_readings();
    model_send(m, SIDE_CLIENT, 0, 0, "PUT picture");
    model_send(m, SIDE_CLIENT, 4, 0, "picture end");
    assert_int_equal(other.begun, 0);
    finish(m);
}

static void what_was_acknowledged_is_contradicted_by_nothing(void **state) {
    struct model *m = model_with_readings();
    model_send(m, SIDE_CLIENT, 0, 0, "picture");
    model_ack(m, SIDE_SERVER, 0, 7);
    model_send(m, SIDE_CLIENT, 0, 0, "garbage");
    assert_int_equal(other.begun, 0);
    finish(m);
}

static void of_early_bytes_both_readings_are_told(void **state) {
    struct model *m = model_with_readings();
    model_send(m, SIDE_CLIENT, 4, 0, "picture");
    model_send(m, SIDE_CLIENT, 4, 0, "garbage");
    model_send(m, SIDE_CLIENT, 0, 0, "PUT ");
    assert_delivered(m, SIDE_CLIENT, "PUT picture");
    assert_string_equal(other.out[0], "PUT garbage");
    finish(m);
}

static void bytes_behind_a_reset_that_was_told_are_another_reading(void **state) {
    struct model *m = model_with_readings();
    model_send(m, SIDE_CLIENT, 0, 0, "abc");
    model_ack(m, SIDE_SERVER, 0, 3);
    model_send(m, SIDE_SERVER, 0, 3, "xyz");
    model_packet(m, SIDE_SERVER, TCP_RST, 3, 3, NULL, 0);
    model_wait(m, 2 * MODEL_LATE_TIME);
    assert_true(m->ended[0] && m->ended[1]);
    model_send(m, SIDE_CLIENT, 3, 3, "def");
    model_ack(m, SIDE_SERVER, 3, 6);
    model_send(m, SIDE_CLIENT, 6, 3, "ghi");
    assert_string_equal(other.out[0], "defghi");
    finish(m);
}

static void readings_of_one_connection_are_bounded_and_a_refusal_is_counted(void **state) {
    struct model *m = model_with_readings();
    uint64_t before = counter_values[COUNTER_STREAM_READINGS_SHED];
    for (int i = 0; i < 20; i++) {
        model_send(m, SIDE_CLIENT, 3 * i, 3 * i, "abc");
        model_send(m, SIDE_CLIENT, 3 * i, 3 * i, "xyz");
        model_send(m, SIDE_SERVER, 3 * i, 3 * i + 3, "ok.");
    }
    assert_int_equal(other.begun, 8);
    assert_int_equal(counter_values[COUNTER_STREAM_READINGS_SHED] - before, 12);
    finish(m);
}

static void send_doubtful(struct model *m, int64_t at, const char *text) {
    struct packet p = {.time = m->now,
                       .transport = PROTOCOL_TCP,
                       .tcp_flags = TCP_ACK,
                       .tcp_window = 65535,
                       .tcp_seq = (uint32_t)(m->first[0] + at),
                       .tcp_ack = m->first[1],
                       .payload = (const uint8_t *)text,
                       .payload_captured = (uint32_t)strlen(text),
                       .payload_length = (uint32_t)strlen(text)};
    stream_packet(m->r, m->s, SIDE_CLIENT, &p, true);
}

static void doubtful_bytes_give_way_to_others(void **state) {
    struct model *m = model_with_readings();
    send_doubtful(m, 0, "garbage");
    model_send(m, SIDE_CLIENT, 0, 0, "picture");
    model_ack(m, SIDE_SERVER, 0, 7);
    model_wait(m, 2 * MODEL_LATE_TIME);
    assert_delivered(m, SIDE_CLIENT, "picture");
    finish(m);
}

static void doubtful_bytes_that_were_acknowledged_and_come_in_no_other_way_are_data(void **state) {
    struct model *m = model_with_readings();
    send_doubtful(m, 0, "picture");
    model_wait(m, 2 * MODEL_LATE_TIME);
    assert_delivered(m, SIDE_CLIENT, "");
    model_ack(m, SIDE_SERVER, 0, 7);
    model_wait(m, 2 * MODEL_LATE_TIME);
    assert_delivered(m, SIDE_CLIENT, "picture");
    assert_int_equal(m->gaps[0], 0);
    finish(m);
}

static void a_segment_without_ack_is_no_data(void **state) {
    struct model *m = model_with_readings();
    model_packet(m, SIDE_CLIENT, TCP_PSH, 0, 0, "garbage", 7);
    model_packet(m, SIDE_CLIENT, TCP_FIN, 0, 0, NULL, 0);
    model_send(m, SIDE_CLIENT, 0, 0, "picture");
    assert_delivered(m, SIDE_CLIENT, "picture");
    assert_false(m->ended[0]);
    finish(m);
}

static void an_urgent_byte_is_not_delivered_and_a_data_mark_is(void **state) {
    struct model *m = model_with_readings();
    struct packet p = {.time = m->now,
                       .transport = PROTOCOL_TCP,
                       .tcp_flags = TCP_ACK | TCP_URG,
                       .tcp_window = 65535,
                       .tcp_urgent = 3,
                       .tcp_seq = m->first[0],
                       .tcp_ack = m->first[1],
                       .payload = (const uint8_t *)"abXcd",
                       .payload_captured = 5,
                       .payload_length = 5};
    stream_packet(m->r, m->s, SIDE_CLIENT, &p, false);
    assert_delivered(m, SIDE_CLIENT, "abcd");
    p.tcp_seq += 5;
    p.payload = (const uint8_t *)"ef\xf2gh";
    stream_packet(m->r, m->s, SIDE_CLIENT, &p, false);
    assert_delivered(m, SIDE_CLIENT, "abcdef\xf2gh");
    finish(m);
}

static void what_a_side_said_is_kept_up_to_its_end_and_no_longer(void **state) {
    struct model *m = model_with_readings();
    model_send(m, SIDE_CLIENT, 0, 0, "PUT one");
    model_send(m, SIDE_SERVER, 0, 7, "201");
    model_ack(m, SIDE_CLIENT, 7, 3);
    assert_true(reassembler_memory(m->r) > 0);
    model_fin(m, SIDE_SERVER, 3, 7);
    model_fin(m, SIDE_CLIENT, 7, 4);
    model_ack(m, SIDE_SERVER, 4, 8);
    assert_true(m->ended[SIDE_CLIENT] && m->ended[SIDE_SERVER]);
    assert_int_equal(reassembler_memory(m->r), 0);
    finish(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_side_said_is_kept_up_to_its_end_and_no_longer),
        cmocka_unit_test(a_segment_that_closes_a_hole_is_judged_against_each_run_of_segments_alone),
        cmocka_unit_test(a_syn_that_is_not_the_answered_one_hides_nothing),
        cmocka_unit_test(answers_to_a_syn_that_was_never_sent_hide_nothing),
        cmocka_unit_test(of_bytes_that_come_again_otherwise_both_readings_are_told),
        cmocka_unit_test(bytes_that_come_again_unchanged_begin_no_reading),
        cmocka_unit_test(what_was_acknowledged_is_contradicted_by_nothing),
        cmocka_unit_test(of_early_bytes_both_readings_are_told),
        cmocka_unit_test(bytes_behind_a_reset_that_was_told_are_another_reading),
        cmocka_unit_test(readings_of_one_connection_are_bounded_and_a_refusal_is_counted),
        cmocka_unit_test(doubtful_bytes_give_way_to_others),
        cmocka_unit_test(doubtful_bytes_that_were_acknowledged_and_come_in_no_other_way_are_data),
        cmocka_unit_test(a_segment_without_ack_is_no_data),
        cmocka_unit_test(an_urgent_byte_is_not_delivered_and_a_data_mark_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
