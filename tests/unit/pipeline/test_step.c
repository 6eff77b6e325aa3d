/* SPDX-License-Identifier: Apache-2.0 */
#include "worker.h"

#include "base/work.h"

/* An upload of text that waits behind its first byte, in the whole data path of a live worker: no step does
 * more than its share, and what comes of it is what came of it without a bound. */

enum {
    STEP = 64 << 10,
    PIECE = 1400,
    PIECES = 500,
    BODY = PIECE * PIECES,
    CALL_MOST = 5 * PIECE + 8 * WORK_CALL, /* told, matched, an object begun */
};

static char body[BODY + 1];

static void make_body(void) {
    for (size_t i = 0; i < BODY; i++)
        body[i] = i % 64 == 63 ? '\n' : (char)('a' + i % 23);
    memcpy(body + BODY - 100, "MARKMARK", 8);
}

/* Most work of one packet so far. */
static uint64_t heaviest;

static void send_piece(const struct talk *k, uint32_t at, const char *bytes, size_t n) {
    uint64_t before = work_done;
    send_bytes(LANE, k->client_port, k->server, k->port, k->sequence + at, TCP_ACK | TCP_PSH, bytes, n);
    if (work_done - before > heaviest)
        heaviest = work_done - before;
}

/* The head comes last; the body is there already. `contested`: a piece of it comes twice, with other bytes.
 */
static struct talk upload_as(const char *server, bool contested) {
    struct talk k = begin(server, 80);
    char head[200];
    int n = snprintf(head, sizeof head,
                     "PUT /in/a.txt HTTP/1.1\r\nHost: x.example\r\nContent-Length: %d\r\n\r\n", BODY);
    heaviest = 0;
    for (int i = 0; i < PIECES; i++)
        send_piece(&k, (uint32_t)(n + i * PIECE), body + i * PIECE, PIECE);
    if (contested)
        send_piece(&k, (uint32_t)(n + 2 * PIECE), body + PIECE, PIECE);
    send_piece(&k, 0, head, (size_t)n);
    k.sequence += (uint32_t)(n + BODY);
    return k;
}

static struct talk upload(const char *server) {
    return upload_as(server, false);
}

/* Turns without a packet until nothing is parked; returns how many. */
static unsigned wait_idle(void) {
    unsigned turns = 0;
    uint64_t before;
    bool more;
    do {
        before = work_done;
        more = pipeline_idle(t.pipeline, t.now);
        if (work_done - before > heaviest)
            heaviest = work_done - before;
        turns++;
    } while (more);
    return turns;
}

static struct outcome {
    unsigned transfers, whole, findings;
    uint64_t bytes;
    uint8_t sha256[32];
} outcome_of_ring(void) {
    static uint64_t copy[4096];
    struct outcome o = {0};
    uint64_t damaged = 0;
    const struct record *r;
    while ((r = ring_read(t.ring, copy, &damaged))) {
        o.findings += r->kind == RECORD_FINDING;
        if (r->kind != RECORD_TRANSFER)
            continue;
        o.transfers++;
        o.whole += r->complete;
        o.bytes += r->bytes;
        memcpy(o.sha256, r->sha256, sizeof o.sha256);
    }
    ring_commit(t.ring);
    return o;
}

static void no_step_does_more_than_its_share_and_all_is_found(void **state) {
    make_body();
    worker_open((struct pipeline_options){.step_work = STEP});
    struct talk k = upload(UNAPPROVED);
    assert_in_range(heaviest, STEP, 2 * (STEP + CALL_MOST));
    assert_in_range(wait_idle(), 5 * BODY / (2 * (STEP + CALL_MOST)) / 2, 5 * BODY / STEP + 2);
    assert_in_range(heaviest, STEP, 2 * (STEP + CALL_MOST));
    answer(&k);
    pause_talk();
    struct outcome o = outcome_of_ring();
    assert_int_equal(o.whole, 1);
    assert_int_equal(o.findings, 1);
    assert_int_equal(o.bytes, BODY);
    pipeline_destroy(t.pipeline);
    outcome_of_ring();
}

static void packets_of_others_take_what_is_parked_along(void **state) {
    worker_open((struct pipeline_options){.step_work = STEP});
    upload(UNAPPROVED);
    struct talk other = begin("198.51.100.77", 80);
    send_packet(LANE, other.client_port, other.server, 80, 1001, TCP_ACK, "GET / HTTP/1.1\r\n");
    for (int i = 0; pipeline_use(t.pipeline).stream_bytes > 64 << 10; i++) {
        assert_true(i < 20000);
        send_piece(&other, 16, "X: y\r\n", 6);
        other.sequence += 6;
    }
    assert_in_range(heaviest, 1, 2 * (STEP + CALL_MOST));
    pipeline_destroy(t.pipeline);
    assert_int_equal(outcome_of_ring().findings, 1);
}

static void a_new_connection_on_the_same_ports_does_not_push_out_what_is_parked(void **state) {
    worker_open((struct pipeline_options){.step_work = STEP});
    struct talk k = upload(UNAPPROVED);
    heaviest = 0;
    uint64_t before = work_done;
    send_packet(k.server, 80, LANE, k.client_port, k.answered, TCP_ACK | TCP_FIN, "");
    send_packet(LANE, k.client_port, k.server, 80, k.sequence, TCP_ACK | TCP_FIN, "");
    send_packet(LANE, k.client_port, k.server, 80, 900000, TCP_SYN, "");
    assert_in_range(work_done - before, 0, 6 * (STEP + CALL_MOST));
    assert_int_equal(pipeline_use(t.pipeline).flows, 2); /* the old one is not over yet */
    k.sequence = 900001;
    say_on(&k, put_text("a MARKMARK b", 12));
    wait_idle();
    assert_in_range(heaviest, 1, 2 * (STEP + CALL_MOST));
    assert_int_equal(pipeline_use(t.pipeline).flows, 1);
    pipeline_destroy(t.pipeline);
    struct outcome o = outcome_of_ring();
    assert_int_equal(o.findings, 2);
    assert_int_equal(o.bytes, BODY + 12);
}

static void the_end_of_the_worker_tells_all(void **state) {
    worker_open((struct pipeline_options){.step_work = STEP});
    upload(UNAPPROVED);
    assert_int_equal(outcome_of_ring().findings, 0);
    pipeline_destroy(t.pipeline);
    struct outcome o = outcome_of_ring();
    assert_int_equal(o.findings, 1);
    assert_int_equal(o.whole, 1);
    assert_int_equal(o.bytes, BODY);
}

static void every_budget_gives_the_same(void **state) {
    static const uint64_t works[] = {UINT64_MAX, 1, 100, 3000, 20000, 200000};
    struct outcome first = {0};
    for (size_t i = 0; i < sizeof works / sizeof *works; i++) {
        worker_open((struct pipeline_options){.step_work = works[i]});
        struct talk k = upload(UNAPPROVED);
        wait_idle();
        answer(&k);
        wait_idle();
        pipeline_destroy(t.pipeline);
        struct outcome o = outcome_of_ring();
        if (i == 0)
            first = o;
        assert_int_equal(o.transfers, 1);
        assert_memory_equal(&o, &first, sizeof o);
    }
}

/* What waits for more behind a body is decided by the end that is parked, not by the time that has passed:
 * here a packet of another connection, much later, ends the flow and uses up the step. */
static void the_end_of_a_flow_is_parked_like_its_bytes(void **state) {
    static const uint64_t budgets[] = {UINT64_MAX, 1};
    struct outcome of[2];
    for (int i = 0; i < 2; i++) {
        worker_open((struct pipeline_options){.step_work = budgets[i]});
        struct talk k = begin(UNAPPROVED, 80), other = begin("198.51.100.77", 80);
        say_on(&k, put_text("a MARKMARK b and then GE", 12));
        wait_idle();
        t.now += 2 * 3600 * NS_PER_S;
        say_on(&other, put_text("weather", 7));
        wait_idle();
        pause_talk();
        wait_idle();
        pipeline_destroy(t.pipeline);
        of[i] = outcome_of_ring();
        assert_int_equal(of[i].transfers, 2);
        assert_int_equal(of[i].findings, 1);
    }
    assert_memory_equal(&of[0], &of[1], sizeof of[0]);
}

static void a_flow_that_overload_leaves_out_leaves_nothing_parked(void **state) {
    worker_open((struct pipeline_options){.step_work = STEP});
    struct talk k = upload(APPROVED);
    assert_true(pipeline_use(t.pipeline).stream_bytes > 0);
    press(1);
    say_on(&k, "more");
    wait_idle();
    assert_int_equal(pipeline_use(t.pipeline).stream_bytes, 0);
    assert_int_equal(pipeline_use(t.pipeline).streams, 0);
    pipeline_destroy(t.pipeline);
    outcome_of_ring();
}

static void a_flow_that_is_left_out_is_told_in_none_of_its_readings(void **state) {
    worker_open((struct pipeline_options){.step_work = STEP});
    struct talk k = upload_as(APPROVED, true);
    assert_int_equal(pipeline_use(t.pipeline).streams, 2);
    press(1);
    heaviest = 0;
    send_piece(&k, 0, "more", 4);
    assert_in_range(heaviest, 0, 2 * (STEP + CALL_MOST));
    assert_int_equal(pipeline_use(t.pipeline).streams, 0);
    assert_int_equal(pipeline_use(t.pipeline).stream_bytes, 0);
    pipeline_destroy(t.pipeline);
    outcome_of_ring();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_step_does_more_than_its_share_and_all_is_found),
        cmocka_unit_test(packets_of_others_take_what_is_parked_along),
        cmocka_unit_test(a_new_connection_on_the_same_ports_does_not_push_out_what_is_parked),
        cmocka_unit_test(the_end_of_the_worker_tells_all),
        cmocka_unit_test(every_budget_gives_the_same),
        cmocka_unit_test(the_end_of_a_flow_is_parked_like_its_bytes),
        cmocka_unit_test(a_flow_that_overload_leaves_out_leaves_nothing_parked),
        cmocka_unit_test(a_flow_that_is_left_out_is_told_in_none_of_its_readings),
    };
    return cmocka_run_group_tests(tests, worker_begin, NULL);
}
