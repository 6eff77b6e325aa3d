/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/tftp/tftp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

/* Requests, answers and blocks after RFC 1350, 2347, 2348 and 7440, over the flow of the request and the one
 * that it announces. The file is octets of the test's own. */

enum { SIZE = 5000, ANSWERS = 40321 /* the server's own port */ };

static uint8_t file[WORLD_WRITTEN];
static struct endpoint client, server;
static struct world *w;

static int begin(void **state) {
    const uint8_t a[4] = {10, 40, 3, 7}, b[4] = {203, 0, 113, 9};
    for (size_t i = 0; i < sizeof file; i++)
        file[i] = (uint8_t)(i * 31 + i / 256 * 7 + i / 65536);
    client = (struct endpoint){address_from_v4(a), 50123};
    server = (struct endpoint){address_from_v4(b), 69};
    w = world_create(&(struct dispatch_options){.conversations = 4});
    memset(counter_values, 0, COUNTER_COUNT * sizeof *counter_values);
    return 0;
}

static int finish(void **state) {
    world_destroy(w);
    return 0;
}

/* Text ends with a NUL of its own: \0 stands between its words. */
#define SEND(flow, from, text) world_send(w, flow, from, text, sizeof text)

/* The flow that was announced, opened by whoever sends first. */
static size_t open_announced(enum side opener) {
    const struct expectation *e = &w->expectation[w->expectations - 1].e;
    struct endpoint answers = {server.address, ANSWERS};
    assert_true(w->expectations > 0);
    assert_int_equal(e->transport, PROTOCOL_UDP);
    assert_int_equal(e->end[SIDE_CLIENT].port, client.port);
    assert_int_equal(e->end[SIDE_SERVER].port, 0);
    assert_true(address_equal(&e->end[SIDE_CLIENT].address, &client.address));
    assert_true(address_equal(&e->end[SIDE_SERVER].address, &server.address));
    w->flow[w->flows] = NULL;
    size_t flow = world_open_over(w, PROTOCOL_UDP, opener == SIDE_CLIENT ? client : answers,
                                  opener == SIDE_CLIENT ? answers : client);
    assert_true(conversation_announce(w->dispatcher, w->flow[flow], e));
    return flow;
}

static size_t ask_so(const char *request, size_t n) {
    size_t flow = world_open_over(w, PROTOCOL_UDP, client, server);
    world_send(w, flow, SIDE_CLIENT, request, n);
    return flow;
}
#define ASK(text) ask_so(text, sizeof text)

static void send_block(size_t flow, enum side from, unsigned number, const uint8_t *p, size_t n) {
    static uint8_t datagram[4 + 65464];
    datagram[1] = 3;
    datagram[2] = (uint8_t)(number >> 8);
    datagram[3] = (uint8_t)number;
    memcpy(datagram + 4, p, n);
    world_send(w, flow, from, datagram, 4 + n);
}

static void put(size_t flow, enum side from, unsigned number, size_t block, size_t size) {
    size_t at = (number - 1) * block, n = at >= size ? 0 : size - at < block ? size - at : block;
    send_block(flow, from, number, file + at, n);
}

static void put_all(size_t flow, enum side from, size_t block, size_t size) {
    for (unsigned i = 1; (i - 1) * block <= size; i++)
        put(flow, from, i, block, size);
}

static void assert_file(const struct transfer *t, enum transfer_end how, const uint8_t *p, size_t n) {
    uint8_t sha256[32];
    EVP_Digest(p, n, sha256, NULL, EVP_sha256(), NULL);
    assert_true(t->ended);
    assert_int_equal(t->how, how);
    assert_int_equal(t->size, n);
    assert_int_equal(t->reach, n);
    assert_memory_equal(t->sha256, sha256, sizeof sha256);
}

static void assert_only(enum transfer_end how, size_t n) {
    assert_int_equal(w->transfers, 1);
    assert_file(&w->transfer[0], how, file, n);
}

static void assert_text(const struct world_text *t, const char *text) {
    assert_int_equal(t->n, strlen(text));
    assert_memory_equal(t->p, text, t->n);
}

/* --- files --- */

static void a_file_that_is_read_comes_from_a_port_of_its_own(void **state) {
    ASK("\0\1lanes/L04.jpg\0octet");
    size_t flow = open_announced(SIDE_SERVER);
    put_all(flow, SIDE_CLIENT, 512, SIZE); /* who opened that flow is the server */
    assert_only(TRANSFER_DONE, SIZE);
    assert_text(&w->transfer[0].name, "L04.jpg");
    assert_text(&w->transfer[0].path, "lanes/L04.jpg");
    assert_text(&w->transfer[0].method, "RRQ");
    assert_text(&w->transfer[0].coded, "");
    assert_int_equal(w->transfer[0].from, SIDE_CLIENT);
}

static void a_file_that_is_written_goes_there(void **state) {
    ASK("\0\2L04.jpg\0OCTET");
    size_t flow = open_announced(SIDE_SERVER);
    SEND(flow, SIDE_CLIENT, "\0\4\0"); /* ACK 0 */
    put_all(flow, SIDE_SERVER, 512, 1024);
    assert_only(TRANSFER_DONE, 1024); /* with an empty block at its end */
    assert_text(&w->transfer[0].method, "WRQ");
    assert_int_equal(w->transfer[0].from, SIDE_SERVER);
}

static void a_server_may_stay_on_the_port_of_the_request(void **state) {
    size_t flow = ASK("\0\1L04.jpg\0octet");
    put_all(flow, SIDE_SERVER, 512, SIZE);
    SEND(flow, SIDE_CLIENT, "\0\1L05.jpg\0octet");
    put_all(flow, SIDE_SERVER, 512, 700);
    assert_int_equal(w->transfers, 2);
    assert_file(&w->transfer[0], TRANSFER_DONE, file, SIZE);
    assert_file(&w->transfer[1], TRANSFER_DONE, file, 700);
    assert_text(&w->transfer[1].name, "L05.jpg");
}

static void an_empty_file_is_one(void **state) {
    size_t flow = ASK("\0\1empty\0octet");
    put_all(flow, SIDE_SERVER, 512, 0);
    assert_only(TRANSFER_DONE, 0);
}

static void a_request_that_is_sent_again_announces_again_and_begins_nothing(void **state) {
    size_t flow = ASK("\0\1L04.jpg\0octet");
    SEND(flow, SIDE_CLIENT, "\0\1L04.jpg\0octet");
    assert_int_equal(w->expectations, 2);
    put_all(open_announced(SIDE_SERVER), SIDE_CLIENT, 512, SIZE);
    assert_only(TRANSFER_DONE, SIZE);
}

static void netascii_is_said_to_be_a_coding(void **state) {
    ASK("\0\1reads.csv\0NetASCII");
    put_all(open_announced(SIDE_SERVER), SIDE_CLIENT, 512, SIZE);
    assert_text(&w->transfer[0].coded, "netascii");
}

static void a_server_may_come_back_to_a_port_that_it_has_used(void **state) {
    size_t asks = ASK("\0\1L04.jpg\0octet"), flow = open_announced(SIDE_SERVER);
    put_all(flow, SIDE_CLIENT, 512, SIZE);
    SEND(asks, SIDE_CLIENT, "\0\1L05.jpg\0octet");
    send_block(flow, SIDE_CLIENT, 1, file + 77, 400);
    assert_int_equal(w->transfers, 2);
    assert_file(&w->transfer[1], TRANSFER_DONE, file + 77, 400);
    assert_text(&w->transfer[1].name, "L05.jpg");
}

static void a_request_that_is_refused_moves_nothing(void **state) {
    size_t flow = ASK("\0\1L04.jpg\0octet");
    SEND(flow, SIDE_SERVER, "\0\5\0\1File not found");
    assert_int_equal(w->transfers, 0);
}

static void a_file_that_breaks_off_is_cut(void **state) {
    size_t flow = ASK("\0\1L04.jpg\0octet");
    for (unsigned i = 1; i <= 3; i++)
        put(flow, SIDE_SERVER, i, 512, SIZE);
    SEND(flow, SIDE_SERVER, "\0\5\0\0no more");
    world_close(w, flow);
    assert_only(TRANSFER_CUT, 3 * 512);
}

/* --- blocks --- */

static void the_size_that_the_server_agrees_to_counts(void **state) {
    size_t flow = ASK("\0\1L04.jpg\0octet\0blksize\0001428\0tsize\0000");
    SEND(flow, SIDE_SERVER, "\0\6blksize\0001024\0tsize\0005000");
    put_all(flow, SIDE_SERVER, 1024, SIZE);
    assert_only(TRANSFER_DONE, SIZE);
}

static void without_its_answer_the_first_block_tells(void **state) {
    static const size_t sizes[] = {512, 1428};
    for (size_t i = 0; i < 2; i++) {
        size_t flow = ASK("\0\1L04.jpg\0octet\0blksize\0001428");
        put_all(flow, SIDE_SERVER, sizes[i], SIZE);
        assert_int_equal(w->transfers, i + 1);
        assert_file(&w->transfer[i], TRANSFER_DONE, file, SIZE);
    }
}

static void a_file_shorter_than_what_was_asked_for_is_over(void **state) {
    size_t flow = ASK("\0\1L04.jpg\0octet\0blksize\0001428");
    put_all(flow, SIDE_SERVER, 1428, 900);
    assert_only(TRANSFER_DONE, 900);
}

static void blocks_that_come_again_or_out_of_order_are_put_in_their_places(void **state) {
    static const unsigned order[] = {2, 1, 1, 5, 4, 3, 5, 3, 6, 10, 8, 9, 7, 2, 10};
    size_t flow = ASK("\0\1L04.jpg\0octet\0windowsize\00016");
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        put(flow, SIDE_SERVER, order[i], 512, SIZE);
    assert_only(TRANSFER_DONE, SIZE);
    assert_int_equal(counter_values[COUNTER_TFTP_BLOCKS_AGAIN], 5);
}

static void of_blocks_that_come_twice_with_other_octets_both_files_are_seen(void **state) {
    size_t flow = ASK("\0\1L04.jpg\0octet");
    for (unsigned i = 1; i <= 10; i++) {
        size_t at = (i - 1) * 512, n = SIZE - at < 512 ? SIZE - at : 512;
        put(flow, SIDE_SERVER, i, 512, SIZE);
        send_block(flow, SIDE_SERVER, i, file + 77777 + at, n);
    }
    assert_int_equal(w->transfers, 2);
    assert_file(&w->transfer[0], TRANSFER_DONE, file, SIZE);
    assert_file(&w->transfer[1], TRANSFER_DONE, file + 77777, SIZE);
    assert_text(&w->transfer[1].name, "L04.jpg");
    assert_int_equal(counter_values[COUNTER_TFTP_BLOCKS_DIFFER], 10);
}

static void a_block_that_never_comes_is_missing(void **state) {
    size_t flow = ASK("\0\1L04.jpg\0octet");
    for (unsigned i = 1; i <= 10; i++)
        if (i != 4)
            put(flow, SIDE_SERVER, i, 512, SIZE);
    assert_false(w->transfer[0].ended); /* it may come yet */
    world_close(w, flow);
    assert_int_equal(w->transfers, 1);
    assert_int_equal(w->transfer[0].how, TRANSFER_DONE);
    assert_int_equal(w->transfer[0].size, SIZE - 512);
    assert_int_equal(w->transfer[0].reach, SIZE);
}

/* The receiver has had it: on its way here it was passed by the last block, the receipt, and more. */
static void a_block_behind_the_receipt_has_its_place(void **state) {
    for (int comes = 0; comes < 2; comes++) {
        size_t flow = ASK("\0\1L04.jpg\0octet");
        for (unsigned i = 1; i <= 10; i++)
            if (i != 7)
                put(flow, SIDE_SERVER, i, 512, SIZE);
        world_send(w, flow, SIDE_CLIENT, "\0\4\0\x0a", 4);
        const struct transfer *t = &w->transfer[w->transfers - 1];
        assert_false(t->ended);
        if (comes)
            put(flow, SIDE_SERVER, 7, 512, SIZE);
        else
            dispatcher_tick(w->dispatcher, w->now += NS_PER_S); /* it is not waited for long */
        assert_true(t->ended);
        assert_int_equal(t->how, TRANSFER_DONE);
        assert_int_equal(t->size, comes ? SIZE : SIZE - 512);
        assert_int_equal(t->reach, SIZE);
        assert_int_equal(w->transfers, comes + 1);
        world_close(w, flow);
    }
}

static void many_blocks_that_never_come_are_not_waited_for(void **state) {
    size_t flow = ASK("\0\1L04.jpg\0octet\0blksize\0008");
    SEND(flow, SIDE_SERVER, "\0\6blksize\0008");
    put(flow, SIDE_SERVER, 1, 8, 20000);
    for (unsigned i = 1500; i <= 2501; i++)
        put(flow, SIDE_SERVER, i, 8, 20000);
    world_close(w, flow);
    assert_int_equal(w->transfers, 1);
    assert_int_equal(w->transfer[0].reach, 20000);
    assert_int_equal(counter_values[COUNTER_TFTP_BLOCKS_MISSED], 2501 - TFTP_WINDOW - 1);
}

static void send_round(size_t flow, unsigned first, unsigned blocks) {
    unsigned number = 1;
    for (unsigned i = 0; i <= blocks; i++) {
        send_block(flow, SIDE_SERVER, number, file + 8 * i, i == blocks ? 3 : 8);
        number = number == 65535 ? first : number + 1;
    }
}

static void numbers_go_round_to_zero_or_to_one(void **state) {
    for (unsigned first = 0; first <= 1; first++) {
        size_t flow = ASK("\0\1L04.jpg\0octet\0blksize\0008");
        SEND(flow, SIDE_SERVER, "\0\6blksize\0008");
        send_round(flow, first, 130000);
        assert_int_equal(w->transfers, first + 1);
        assert_file(&w->transfer[first], TRANSFER_DONE, file, 130000 * 8 + 3);
    }
}

static void the_server_may_say_how_they_go_round(void **state) {
    size_t flow = ASK("\0\1L04.jpg\0octet\0blksize\0008\0rollover\0001");
    SEND(flow, SIDE_SERVER, "\0\6blksize\0008\0rollover\0001");
    send_round(flow, 1, 66000);
    assert_only(TRANSFER_DONE, 66000 * 8 + 3);
}

/* --- what nobody asked for --- */

static void another_file_behind_the_end_is_another_transfer_without_its_name(void **state) {
    size_t flow = ASK("\0\1notes.txt\0octet");
    put_all(flow, SIDE_SERVER, 512, 700);
    put(flow, SIDE_SERVER, 2, 512, 700); /* its answer was lost */
    send_block(flow, SIDE_SERVER, 1, file + 9999, 512);
    send_block(flow, SIDE_SERVER, 2, file + 9999 + 512, 100);
    assert_int_equal(w->transfers, 2);
    assert_file(&w->transfer[0], TRANSFER_DONE, file, 700);
    assert_file(&w->transfer[1], TRANSFER_DONE, file + 9999, 612);
    assert_text(&w->transfer[1].name, "");
}

static void what_goes_on_behind_a_short_block_is_another_transfer(void **state) {
    size_t flow = ASK("\0\1notes.txt\0octet");
    put_all(flow, SIDE_SERVER, 512, 700);
    send_block(flow, SIDE_SERVER, 3, file, 512);
    send_block(flow, SIDE_SERVER, 4, file + 512, 188);
    assert_int_equal(w->transfers, 2);
    assert_file(&w->transfer[1], TRANSFER_DONE, file, 700);
}

static void what_the_other_side_sends_in_blocks_is_seen_too(void **state) {
    size_t flow = ASK("\0\1notes.txt\0octet");
    put_all(flow, SIDE_SERVER, 512, 700);
    put_all(flow, SIDE_CLIENT, 512, SIZE);
    assert_int_equal(w->transfers, 2);
    assert_file(&w->transfer[1], TRANSFER_DONE, file, SIZE);
    assert_int_equal(w->transfer[1].from, SIDE_CLIENT);
}

static void blocks_without_their_request_are_known_by_ndpis_name(void **state) {
    size_t flow = world_open_over(w, PROTOCOL_UDP, client, (struct endpoint){server.address, ANSWERS});
    for (unsigned i = 1; i <= 10; i++) {
        put(flow, SIDE_CLIENT, i, 512, SIZE);
        SEND(flow, SIDE_SERVER, ((const char[]){0, 4, 0, (char)i}));
        if (i == 2)
            conversation_named(w->dispatcher, w->flow[flow], "TFTP");
    }
    assert_only(TRANSFER_DONE, SIZE);
}

static void without_a_name_they_are_none(void **state) {
    size_t flow = world_open_over(w, PROTOCOL_UDP, client, (struct endpoint){server.address, ANSWERS});
    for (unsigned i = 1; i <= 10; i++)
        put(flow, SIDE_CLIENT, i, 512, SIZE);
    conversation_named(w->dispatcher, w->flow[flow], NULL);
    assert_int_equal(w->transfers, 0);
}

static void with_a_name_but_without_an_order_they_are_none(void **state) {
    size_t flow = world_open_over(w, PROTOCOL_UDP, client, (struct endpoint){server.address, ANSWERS});
    for (unsigned i = 1; i <= 10; i++) {
        send_block(flow, SIDE_CLIENT, 12345, file + i, 100);
        if (i == 4)
            conversation_named(w->dispatcher, w->flow[flow], "TFTP");
    }
    assert_int_equal(w->transfers, 0);
    assert_true(conversation_lost(w->flow[flow]));
}

static void what_is_no_request_is_none(void **state) {
    static const struct {
        const char *text;
        size_t n;
    } none[] = {{"\0\1\0octet", 8},           {"\0\1name\0octet", 12}, {"\0\3name\0octet", 13},
                {"\0\1name\0octets", 14},     {"\0\1name", 6},         {"\0\1name\0octet\0odd", 16},
                {"\0\1name\0octet\0\0x", 16}, {"\1\0name\0octet", 13}};
    struct tftp_request r;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_false(tftp_read_request(bytes_of(none[i].text, none[i].n), &r));
    assert_true(tftp_read_request(bytes_of("\0\1name\0octet", 13), &r));
}

static void a_flow_of_something_else_is_left(void **state) {
    size_t flow = ASK("\0\1notes.txt\0octet");
    for (unsigned i = 0; i < 8; i++) {
        assert_true(w->wanted[flow]);
        SEND(flow, SIDE_CLIENT, "\7\7 something else");
    }
    assert_false(w->wanted[flow]);
    assert_true(conversation_lost(w->flow[flow]));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)

/* One that was seen and one that is far ahead: of those between them a window is still waited for. */
static void blocks_that_are_skipped_are_counted_however_many(void **state) {
    enum { FAR = 30000 };
    struct tftp_blocks b = {.base = 0};
    uint64_t index;
    assert_int_equal(tftp_blocks_take(&b, 1, &index), TFTP_BLOCK_NEW);
    assert_int_equal(tftp_blocks_take(&b, 500, &index), TFTP_BLOCK_NEW);
    assert_int_equal(tftp_blocks_take(&b, FAR, &index), TFTP_BLOCK_NEW);
    assert_int_equal(index, FAR - 1);
    assert_int_equal(counter_values[COUNTER_TFTP_BLOCKS_MISSED], FAR - TFTP_WINDOW - 2);
    assert_int_equal(tftp_blocks_take(&b, FAR - TFTP_WINDOW + 1, &index), TFTP_BLOCK_NEW);
    assert_int_equal(tftp_blocks_take(&b, FAR - TFTP_WINDOW, &index), TFTP_BLOCK_AGAIN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_file_that_is_read_comes_from_a_port_of_its_own),
        TEST(a_file_that_is_written_goes_there),
        TEST(a_server_may_stay_on_the_port_of_the_request),
        TEST(an_empty_file_is_one),
        TEST(a_request_that_is_sent_again_announces_again_and_begins_nothing),
        TEST(netascii_is_said_to_be_a_coding),
        TEST(a_server_may_come_back_to_a_port_that_it_has_used),
        TEST(a_request_that_is_refused_moves_nothing),
        TEST(a_file_that_breaks_off_is_cut),
        TEST(the_size_that_the_server_agrees_to_counts),
        TEST(without_its_answer_the_first_block_tells),
        TEST(a_file_shorter_than_what_was_asked_for_is_over),
        TEST(blocks_that_come_again_or_out_of_order_are_put_in_their_places),
        TEST(of_blocks_that_come_twice_with_other_octets_both_files_are_seen),
        TEST(a_block_that_never_comes_is_missing),
        TEST(a_block_behind_the_receipt_has_its_place),
        TEST(many_blocks_that_never_come_are_not_waited_for),
        TEST(numbers_go_round_to_zero_or_to_one),
        TEST(the_server_may_say_how_they_go_round),
        TEST(another_file_behind_the_end_is_another_transfer_without_its_name),
        TEST(what_goes_on_behind_a_short_block_is_another_transfer),
        TEST(what_the_other_side_sends_in_blocks_is_seen_too),
        TEST(blocks_without_their_request_are_known_by_ndpis_name),
        TEST(without_a_name_they_are_none),
        TEST(with_a_name_but_without_an_order_they_are_none),
        TEST(what_is_no_request_is_none),
        TEST(blocks_that_are_skipped_are_counted_however_many),
        TEST(a_flow_of_something_else_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
