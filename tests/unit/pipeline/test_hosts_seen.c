/* SPDX-License-Identifier: Apache-2.0 */
/* Who is told to the reporter as a host that speaks in an image network. */
#include "worker.h"

#include "base/counter.h"

enum { ETHERNET = 1 };
#define LAPTOP "10.40.3.77"
#define INSIDE "10.9.0.5"
#define CARD_A UINT64_C(0x3c52820a1b01)
#define CARD_B UINT64_C(0xa81e84ff0001)

static int begin_worker(void **state) {
    worker_open((struct pipeline_options){.keeps_hosts = true});
    return 0;
}

static int end_worker(void **state) {
    pipeline_destroy(t.pipeline);
    while (take(RECORD_HOST).kind)
        ;
    ring_commit(t.ring);
    return 0;
}

/* One packet in an Ethernet frame from this card; 0: without a link. TCP's flags are an ACK, and a PSH behind
 * a payload. */
static void send_frame(uint8_t transport, uint64_t card, const char *from, uint16_t from_port, const char *to,
                       uint16_t to_port, uint32_t seq, const char *payload) {
    uint8_t f[600] = {0}, *p = f + 14;
    size_t head = transport == PROTOCOL_TCP ? 20 : 8, n = strlen(payload), all = 20 + head + n;
    for (int i = 0; i < 6; i++)
        f[i] = 2, f[11 - i] = (uint8_t)(card >> 8 * i);
    f[12] = 8;
    put_ends(p, all, transport, from, from_port, to, to_port);
    if (transport == PROTOCOL_TCP) {
        for (int i = 0; i < 4; i++)
            p[24 + i] = (uint8_t)(seq >> (24 - 8 * i));
        p[32] = 0x50, p[33] = n ? TCP_ACK | TCP_PSH : TCP_ACK;
    } else {
        p[24] = (uint8_t)((8 + n) >> 8), p[25] = (uint8_t)(8 + n);
        if (transport == 1)
            p[20] = from_port & 0xff, p[21] = 0; /* type and code */
    }
    memcpy(p + 20 + head, payload, n);
    if (card)
        take_frame(ETHERNET, f, all + 14);
    else
        take_frame(DLT_RAW_V4, p, all);
}

static void send_tcp(uint64_t card, const char *from, uint16_t from_port, const char *to, uint16_t to_port,
                     uint32_t seq, const char *payload) {
    send_frame(PROTOCOL_TCP, card, from, from_port, to, to_port, seq, payload);
}

static struct record host(void) {
    return take(RECORD_HOST);
}

static void assert_host(const struct record *r, const char *address, uint64_t card) {
    struct address a;
    assert_int_equal(r->kind, RECORD_HOST);
    assert_true(address_parse(address, &a));
    assert_true(address_equal(&r->source, &a));
    assert_int_equal(r->object, card);
}

static uint16_t port = 30000;

/* A question and its answer, and the client's acknowledgement. */
static void converse(const char *client, uint64_t client_card, const char *server, uint64_t server_card) {
    send_tcp(client_card, client, ++port, server, 80, 1000, "question");
    send_tcp(server_card, server, 80, client, port, 5000, "answer");
    send_tcp(client_card, client, port, server, 80, 1008, "");
}

static void both_hosts_of_an_image_network_are_told_each_with_the_card_of_its_own_frames(void **state) {
    converse(LAPTOP, CARD_B, LANE, CARD_A);
    struct record r = host();
    assert_host(&r, LANE, CARD_A);
    assert_int_equal(r.source_port, 80);
    r = host();
    assert_host(&r, LAPTOP, CARD_B);
    assert_int_equal(r.destination_port, 80);
    assert_int_equal(host().kind, 0);
}

static void whoever_the_other_one_is_a_host_of_an_image_network_is_told_and_nobody_else(void **state) {
    const char *others[] = {INSIDE, APPROVED, UNAPPROVED, "100.66.0.1"};
    for (unsigned i = 0; i < 4; i++) {
        char lane[32];
        snprintf(lane, sizeof lane, "10.40.4.%u", i);
        converse(lane, CARD_A, others[i], CARD_B);
        struct record r = host();
        assert_host(&r, lane, CARD_A);
        assert_int_equal(host().kind, 0);
    }
}

static void who_is_not_answered_or_answers_nothing_is_no_host(void **state) {
    for (int i = 0; i < 100; i++)
        send_tcp(CARD_B, LAPTOP, 1234, LANE, (uint16_t)(2000 + i), 1000, "hello");
    send_frame(PROTOCOL_UDP, CARD_B, LAPTOP, 1234, LANE, 53, 0, "hello");
    send_tcp(CARD_B, LAPTOP, 1235, LANE, 22, 1000, "");
    send_tcp(CARD_A, LANE, 22, LAPTOP, 1235, 5000, "SSH-2.0-x\r\n"); /* who only connects has said nothing */
    send_tcp(CARD_B, LAPTOP, 1235, LANE, 22, 1001, "");
    pipeline_destroy(t.pipeline);
    assert_int_equal(host().kind, 0);
    worker_open((struct pipeline_options){.keeps_hosts = true});
}

static void pings_make_no_host(void **state) {
    send_frame(1, CARD_B, LAPTOP, 8, LANE, 0, 0, "abcdefgh");
    send_frame(1, CARD_A, LANE, 0, LAPTOP, 0, 0, "abcdefgh");
    send_frame(1, CARD_B, LAPTOP, 8, LANE, 0, 0, "abcdefgh");
    assert_int_equal(host().kind, 0);
}

static void who_sends_no_more_behind_the_answer_is_told_without_a_card_when_the_flow_ends(void **state) {
    send_frame(PROTOCOL_UDP, CARD_B, LAPTOP, 1234, LANE, 161, 0, "question");
    send_frame(PROTOCOL_UDP, CARD_A, LANE, 161, LAPTOP, 1234, 0, "answer");
    struct record r = host();
    assert_host(&r, LANE, CARD_A);
    assert_int_equal(host().kind, 0);
    t.now += 600 * NS_PER_S;
    pipeline_idle(t.pipeline, t.now);
    r = host();
    assert_host(&r, LAPTOP, 0);
    assert_int_equal(host().kind, 0);
}

static void of_a_link_without_cards_addresses_are_told(void **state) {
    converse(LAPTOP, 0, LANE, 0);
    struct record r = host();
    assert_host(&r, LANE, 0);
    r = host();
    assert_host(&r, LAPTOP, 0);
}

static void a_card_that_is_a_groups_is_none(void **state) {
    converse(LAPTOP, CARD_B | UINT64_C(1) << 40, INSIDE, CARD_A);
    struct record r = host();
    assert_host(&r, LAPTOP, 0);
}

static void a_host_is_told_once_an_hour_however_many_flows_it_has(void **state) {
    for (int i = 0; i < 500; i++)
        converse(LAPTOP, CARD_B, INSIDE, CARD_A);
    assert_int_equal(host().kind, RECORD_HOST);
    assert_int_equal(host().kind, 0);
    t.now += 3600 * NS_PER_S;
    converse(LAPTOP, CARD_B, INSIDE, CARD_A);
    assert_int_equal(host().kind, RECORD_HOST);
    assert_int_equal(host().kind, 0);
}

static void who_makes_hosts_up_fills_no_ring_and_the_rest_is_counted(void **state) {
    char lane[32];
    unsigned n = 0;
    for (int i = 0; i < 2000; i++, t.now -= 3 * NS_PER_MS) { /* within a second */
        snprintf(lane, sizeof lane, "10.40.%d.%d", 100 + i / 200, i % 200 + 1);
        converse(lane, CARD_B, INSIDE, CARD_A);
    }
    while (host().kind)
        n++;
    assert_int_equal(n, 256);
    assert_int_equal(COUNT(HOSTS_UNTOLD), 2000 - 256);
    t.now += 2 * NS_PER_S;
    converse(lane, CARD_B, INSIDE, CARD_A); /* with its next flow */
    const struct record r = host();
    assert_host(&r, lane, CARD_B);
}

static void without_a_store_nobody_is_told(void **state) {
    pipeline_destroy(t.pipeline);
    worker_open((struct pipeline_options){.keeps_hosts = false});
    converse(LAPTOP, CARD_B, LANE, CARD_A);
    assert_int_equal(host().kind, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_worker, end_worker)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(both_hosts_of_an_image_network_are_told_each_with_the_card_of_its_own_frames),
        TEST(whoever_the_other_one_is_a_host_of_an_image_network_is_told_and_nobody_else),
        TEST(who_is_not_answered_or_answers_nothing_is_no_host),
        TEST(pings_make_no_host),
        TEST(who_sends_no_more_behind_the_answer_is_told_without_a_card_when_the_flow_ends),
        TEST(of_a_link_without_cards_addresses_are_told),
        TEST(a_card_that_is_a_groups_is_none),
        TEST(a_host_is_told_once_an_hour_however_many_flows_it_has),
        TEST(who_makes_hosts_up_fills_no_ring_and_the_rest_is_counted),
        TEST(without_a_store_nobody_is_told),
    };
    return cmocka_run_group_tests(tests, worker_begin, NULL);
}
