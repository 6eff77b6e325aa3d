/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/irc/irc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "talk.h"

/* Conversations after RFC 1459 and the DCC specification, at every split. The client is 192.0.2.1
 * (3221225985), the other one 198.51.100.7 (3325256711). */

#define LOGIN C("NICK lane4\r\nUSER lane4 0 * :Lane\r\n"), S(":irc.example 001 lane4 :Welcome\r\n")

static const uint8_t here[4] = {192, 0, 2, 1}, there[4] = {198, 51, 100, 7};

static void what_is_said_is_text_and_what_servers_do_is_none(void **state) {
    static const struct piece p[] = {
        LOGIN, C("JOIN #lanes\r\nPRIVMSG #lanes :ABC1234 at four\r\n"),
        S(":irc.example 353 lane4 = #lanes :lane4 desk\r\nPING :irc.example\r\n"),
        C("PONG :irc.example\r\nPRIVMSG #lanes word\r\nNOTICE desk :two words\r\n"),
        S("@time=1 :desk!d@example PRIVMSG #lanes :thanks\r\n")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 2);
        assert_int_equal(w->transfer[0].from, SIDE_CLIENT);
        assert_bytes(&w->transfer[0], "ABC1234 at four\nword\ntwo words\n");
        assert_text(&w->transfer[0].user, "lane4");
        assert_bytes(&w->transfer[1], "thanks\n");
        assert_int_equal(w->transfer[0].how, TRANSFER_DONE);
    });
}

static void what_is_left_of_a_line_behind_a_gap_was_said(void **state) {
    static const struct piece p[] = {LOGIN, C("PRIVMSG desk :first\r\n"), GAP(SIDE_CLIENT, 40),
                                     C("a plate ABC1234 and more")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_bytes(&w->transfer[0], "first\na plate ABC1234 and more\n");
        assert_int_equal(w->transfer[0].missing, 1);
    });
}

static void assert_announced(const struct world *w, size_t i, const uint8_t *client, const uint8_t server[4],
                             uint16_t port) {
    const struct expectation *e = &w->expectation[i].e;
    struct address b = address_from_v4(server), a = {0};
    if (client)
        a = address_from_v4(client);
    assert_true(address_equal(&e->end[SIDE_CLIENT].address, &a));
    assert_true(address_equal(&e->end[SIDE_SERVER].address, &b));
    assert_int_equal(e->end[SIDE_SERVER].port, port);
    assert_int_equal(e->end[SIDE_CLIENT].port, 0);
}

static void files_that_are_offered_are_announced(void **state) {
    static const struct piece mine[] = {LOGIN, C("PRIVMSG desk :\1DCC SEND p.jpg 3221225985 5000 8\1\r\n")};
    static const struct piece translated[] = {
        LOGIN, C("PRIVMSG desk :\1DCC SEND \"a b.jpg\" 10.0.0.9 5000 8\1\r\n")};
    static const struct piece theirs[] = {
        LOGIN, S(":desk!d@e PRIVMSG lane4 :\1DCC SEND p.jpg 3325256711 5001 8\1\r\n")};
    static const struct piece passive[] = {
        LOGIN, C("PRIVMSG desk :\1DCC SEND p.jpg 3221225985 0 8 77\1\r\n"),
        S(":desk!d@e PRIVMSG lane4 :\1DCC SEND p.jpg 3325256711 5002 8 77\1\r\n")};
    static const struct piece none[] = {
        LOGIN, C("PRIVMSG desk :DCC SEND p.jpg 3221225985 5000 8\r\nPRIVMSG desk :\1VERSION\1\r\n")};
    FOR_EACH_SPLIT(mine, {
        assert_int_equal(w->expectations, 1);
        assert_announced(w, 0, NULL, here, 5000);
    });
    FOR_EACH_SPLIT(translated, {
        assert_int_equal(w->expectations, 2);
        assert_announced(w, 0, NULL, (const uint8_t[]){10, 0, 0, 9}, 5000);
        assert_announced(w, 1, NULL, here, 5000);
    });
    FOR_EACH_SPLIT(theirs, {
        assert_int_equal(w->expectations, 1);
        assert_announced(w, 0, here, there, 5001);
    });
    FOR_EACH_SPLIT(passive, {
        assert_int_equal(w->expectations, 1);
        assert_announced(w, 0, here, there, 5002);
    });
    FOR_EACH_SPLIT(none, assert_int_equal(w->expectations, 0));
}

/* A second flow between the client and the other one. */
static struct world *offer(const struct piece *p, size_t count, const struct piece *data, size_t data_count,
                           uint16_t from_port, uint16_t port, size_t split) {
    struct world *w = world_create(&(struct dispatch_options){.conversations = 4});
    memset(counter_values, 0, COUNTER_COUNT * sizeof *counter_values);
    world_open(w, (struct endpoint){address_from_v4(here), 40000},
               (struct endpoint){address_from_v4(there), 6667});
    for (size_t i = 0; i < count; i++)
        world_deliver(w, 0, p[i].from, (const uint8_t *)p[i].bytes, p[i].n, 0);
    size_t flow = world_open(w, (struct endpoint){address_from_v4(here), from_port},
                             (struct endpoint){address_from_v4(there), port});
    for (size_t i = 0; i < data_count; i++)
        world_deliver(w, flow, data[i].from, (const uint8_t *)data[i].bytes, data[i].n, split);
    world_finish(w, flow, SIDE_SERVER, true);
    world_finish(w, flow, SIDE_CLIENT, true);
    return w;
}

#define OFFER(p, data, split)                                                                                \
    offer(p, sizeof p / sizeof *p, data, sizeof data / sizeof *data, 41000, 5001, split)

static const struct transfer *file_of(const struct world *w) {
    for (size_t i = 0; i < w->transfers; i++)
        if (w->transfer[i].name.n)
            return &w->transfer[i];
    fail();
    return NULL;
}

static void a_file_comes_from_who_listens_and_is_acknowledged(void **state) {
    static const struct piece p[] = {
        LOGIN, S(":desk!d@e PRIVMSG lane4 :\1DCC SEND /x/p.jpg 3325256711 5001 8\1\r\n")};
    static const struct piece data[] = {S("abcd"), C("\0\0\0\4"), S("efgh"), C("\0\0\0\10")};
    for (size_t split = 0; split < 4; split++) {
        struct world *w = OFFER(p, data, split);
        const struct transfer *t = file_of(w);
        assert_bytes(t, "abcdefgh");
        assert_text(&t->name, "p.jpg");
        assert_int_equal(t->total, 8);
        assert_int_equal(t->from, SIDE_SERVER);
        assert_int_equal(t->how, TRANSFER_DONE);
        assert_int_equal(counter_values[COUNTER_DCC_STRAYS], 0);
        world_destroy(w);
    }
}

static void with_passive_dcc_who_connects_sends(void **state) {
    static const struct piece p[] = {
        LOGIN, C("PRIVMSG desk :\1DCC SEND p.jpg 3221225985 0 8 77\1\r\n"),
        S(":desk!d@e PRIVMSG lane4 :\1DCC SEND p.jpg 3325256711 5001 8 77\1\r\n")};
    static const struct piece data[] = {C("abcdefgh"), S("\0\0\0\10")};
    struct world *w = OFFER(p, data, 3);
    assert_bytes(file_of(w), "abcdefgh");
    assert_int_equal(file_of(w)->from, SIDE_CLIENT);
    assert_int_equal(file_of(w)->how, TRANSFER_DONE);
    world_destroy(w);
}

static void one_that_is_shorter_is_cut_and_one_that_goes_on_begins_where_it_was(void **state) {
    static const struct piece p[] = {LOGIN,
                                     S(":desk!d@e PRIVMSG lane4 :\1DCC SEND p.jpg 3325256711 5001 8\1\r\n")};
    static const struct piece again[] = {
        LOGIN, S(":desk!d@e PRIVMSG lane4 :\1DCC SEND p.jpg 3325256711 5001 8\1\r\n"),
        C("PRIVMSG desk :\1DCC RESUME p.jpg 5001 4\1\r\n"),
        S(":desk!d@e PRIVMSG lane4 :\1DCC ACCEPT p.jpg 5001 4\1\r\n")};
    static const struct piece data[] = {S("abcd"), C("\0\0\0\4")}, rest[] = {S("efgh"), C("\0\0\0\10")};
    struct world *w = OFFER(p, data, 0);
    assert_int_equal(file_of(w)->how, TRANSFER_CUT);
    world_destroy(w);
    w = OFFER(again, rest, 0);
    assert_int_equal(file_of(w)->how, TRANSFER_DONE);
    assert_int_equal(file_of(w)->offset, 4);
    world_destroy(w);
}

static void what_a_receiver_says_besides_is_a_thing(void **state) {
    static const struct piece p[] = {LOGIN,
                                     S(":desk!d@e PRIVMSG lane4 :\1DCC SEND p.jpg 3325256711 5001 8\1\r\n")};
    static const struct piece data[] = {S("abcd"), C("\0\0\0\4plates: ABC1234")};
    struct world *w = OFFER(p, data, 0);
    assert_int_equal(counter_values[COUNTER_DCC_STRAYS], 1);
    assert_bytes(&w->transfer[w->transfers - 1], "plates: ABC1234");
    world_destroy(w);
}

static void who_comes_and_speaks_first_is_another_one(void **state) {
    static const struct piece p[] = {LOGIN,
                                     S(":desk!d@e PRIVMSG lane4 :\1DCC SEND p.jpg 3325256711 5001 8\1\r\n")};
    static const struct piece data[] = {C("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
                                        S("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")};
    struct world *w = OFFER(p, data, 0);
    assert_int_equal(w->transfers, 1);
    assert_bytes(&w->transfer[0], "ok");
    world_destroy(w);
}

static void others_that_log_in_alike_are_none(void **state) {
    static const struct piece ftp[] = {C("USER lane4\r\nPASS x\r\n"), S("220 ready\r\n")};
    static const struct piece pop[] = {C("USER lane4\r\n"), S("+OK\r\n")};
    FOR_EACH_SPLIT(ftp, assert_ptr_not_equal(w->flow[0]->protocol, &protocol_irc));
    FOR_EACH_SPLIT(pop, assert_ptr_not_equal(w->flow[0]->protocol, &protocol_irc));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_said_is_text_and_what_servers_do_is_none),
        cmocka_unit_test(what_is_left_of_a_line_behind_a_gap_was_said),
        cmocka_unit_test(files_that_are_offered_are_announced),
        cmocka_unit_test(a_file_comes_from_who_listens_and_is_acknowledged),
        cmocka_unit_test(with_passive_dcc_who_connects_sends),
        cmocka_unit_test(one_that_is_shorter_is_cut_and_one_that_goes_on_begins_where_it_was),
        cmocka_unit_test(what_a_receiver_says_besides_is_a_thing),
        cmocka_unit_test(who_comes_and_speaks_first_is_another_one),
        cmocka_unit_test(others_that_log_in_alike_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
