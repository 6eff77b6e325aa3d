/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/ftp/ftp.h"
#include "protocol/socks/socks.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Tunnels with an FTP control channel in them: it is known for what it is when it expects a data flow.
 * Messages are written after RFC 1928, RFC 1929 and the SOCKS 4 and 4A notes. */

struct piece {
    enum side from;
    const char *bytes;
    size_t n;
};

#define CLIENT(text)                                                                                         \
    { SIDE_CLIENT, text, sizeof text - 1 }
#define SERVER(text)                                                                                         \
    { SIDE_SERVER, text, sizeof text - 1 }
#define INNER SERVER("220 ready\r\n"), CLIENT("USER a\r\n"), CLIENT("PORT 192,0,2,1,19,136\r\n")

static const size_t splits[] = {1, 2, 3, 7, 64, 0};

static struct world *play(const struct piece *pieces, size_t count, size_t split) {
    struct world *w = world_create(&(struct dispatch_options){.conversations = 4});
    const uint8_t a[4] = {192, 0, 2, 1}, b[4] = {203, 0, 113, 8};
    size_t flow = world_open(w, (struct endpoint){address_from_v4(a), 40000},
                             (struct endpoint){address_from_v4(b), 1080});
    memset(counter_values, 0, COUNTER_COUNT * sizeof *counter_values);
    for (size_t i = 0; i < count; i++)
        world_deliver(w, flow, pieces[i].from, (const uint8_t *)pieces[i].bytes, pieces[i].n, split);
    return w;
}

#define FOR_EACH_SPLIT(pieces, check)                                                                        \
    for (size_t i_ = 0; i_ < sizeof splits / sizeof splits[0]; i_++) {                                       \
        struct world *w = play(pieces, sizeof pieces / sizeof pieces[0], splits[i_]);                        \
        check;                                                                                               \
        world_destroy(w);                                                                                    \
    }

static void assert_inner_is_ftp(const struct world *w) {
    assert_int_equal(w->expectations, 1);
    assert_ptr_equal(dispatcher_protocol(w->dispatcher, w->expectation[0].e.protocol), &protocol_ftp_data);
    assert_int_equal(counter_values[COUNTER_TUNNELS], 1);
}

static void assert_no_tunnel(const struct world *w) {
    assert_int_equal(w->expectations, 0);
    assert_int_equal(counter_values[COUNTER_TUNNELS], 0);
}

static void assert_name(const struct world *w, const char *name) {
    assert_true(bytes_equal(world_bytes(&w->named), bytes_text(name)));
}

static void socks_5_without_authentication_carries_ftp(void **state) {
    static const struct piece p[] = {CLIENT("\5\1\0"), SERVER("\5\0"), CLIENT("\5\1\0\1\xc6\x33\x64\2\0\x15"),
                                     SERVER("\5\0\0\1\0\0\0\0\0\0"), INNER};
    FOR_EACH_SPLIT(p, assert_inner_is_ftp(w));
}

static void assert_target(const struct world *w, const char *target) {
    assert_true(bytes_equal(world_bytes(&w->told[FACT_TARGET]), bytes_text(target)));
}

static void socks_5_with_a_password_carries_ftp_and_names_the_server(void **state) {
    static const struct piece p[] = {CLIENT("\5\2\0\2"),
                                     SERVER("\5\2"),
                                     CLIENT("\1\3bob\6secret"),
                                     SERVER("\1\0"),
                                     CLIENT("\5\1\0\3\13ftp.example\0\x15"),
                                     SERVER("\5\0\0\3\13ftp.example\0\x15"),
                                     INNER};
    FOR_EACH_SPLIT(p, assert_inner_is_ftp(w); assert_name(w, "ftp.example"); assert_target(w, "ftp.example"));
}

static void socks_5_to_an_ipv6_address_carries_ftp(void **state) {
    static const struct piece p[] = {CLIENT("\5\1\0"), SERVER("\5\0"),
                                     CLIENT("\5\1\0\4\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\7\0\x15"),
                                     SERVER("\5\0\0\4\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\7\0\x15"), INNER};
    FOR_EACH_SPLIT(p, assert_inner_is_ftp(w));
}

static void messages_of_other_methods_are_stepped_over(void **state) {
    /* CHAP (method 3): version, number of attributes, each with type, length, value. */
    static const struct piece p[] = {CLIENT("\5\2\0\3"),
                                     SERVER("\5\3"),
                                     CLIENT("\1\2\x11\1\x85\2\3bob"),
                                     SERVER("\1\2\x11\1\x85\3\4abcd"),
                                     CLIENT("\1\1\4\4dcba"),
                                     SERVER("\1\1\0\1\0"),
                                     CLIENT("\5\1\0\1\xc6\x33\x64\2\0\x15"),
                                     SERVER("\5\0\0\1\0\0\0\0\0\0"),
                                     INNER};
    FOR_EACH_SPLIT(p, assert_inner_is_ftp(w));
}

static void socks_4_carries_ftp(void **state) {
    static const struct piece p[] = {CLIENT("\4\1\0\x15\xc6\x33\x64\2bob\0"), SERVER("\0\x5a\0\0\0\0\0\0"),
                                     INNER};
    FOR_EACH_SPLIT(p, assert_inner_is_ftp(w); assert_int_equal(w->names, 0);
                   assert_target(w, "198.51.100.2"));
}

static void socks_4a_names_the_server(void **state) {
    static const struct piece p[] = {CLIENT("\4\1\0\x15\0\0\0\1bob\0ftp.example\0"),
                                     SERVER("\0\x5a\0\0\0\0\0\0"), INNER};
    FOR_EACH_SPLIT(p, assert_inner_is_ftp(w); assert_name(w, "ftp.example"); assert_target(w, "ftp.example"));
}

static void what_a_client_sends_ahead_of_the_reply_is_kept(void **state) {
    static const struct piece p[] = {
        CLIENT("\5\1\0"), SERVER("\5\0"),
        CLIENT("\5\1\0\1\xc6\x33\x64\2\0\x15USER a\r\nPORT 192,0,2,1,19,136\r\n"),
        SERVER("\5\0\0\1\0\0\0\0\0\0"
               "220 ready\r\n")};
    FOR_EACH_SPLIT(p, assert_inner_is_ftp(w));
}

static void bind_waits_for_its_second_reply(void **state) {
    static const struct piece p[] = {CLIENT("\5\1\0"),
                                     SERVER("\5\0"),
                                     CLIENT("\5\2\0\1\xc6\x33\x64\2\0\x15"),
                                     SERVER("\5\0\0\1\0\0\0\0\4\0"),
                                     SERVER("\5\0\0\1\xc6\x33\x64\2\0\x15"),
                                     INNER};
    FOR_EACH_SPLIT(p, assert_inner_is_ftp(w));
}

/* A server may refuse and serve all the same. */
static void what_goes_on_behind_a_refusal_is_looked_at(void **state) {
    static const struct piece p[] = {CLIENT("\5\1\0"), SERVER("\5\0"), CLIENT("\5\1\0\1\xc6\x33\x64\2\0\x15"),
                                     SERVER("\5\5\0\1\0\0\0\0\0\0"), INNER};
    static const struct piece q[] = {CLIENT("\4\1\0\x15\xc6\x33\x64\2\0"), SERVER("\0\x5b\0\0\0\0\0\0"),
                                     INNER};
    static const struct piece r[] = {CLIENT("\5\1\2"), SERVER("\5\2"), CLIENT("\1\3bob\1x"), SERVER("\1\1"),
                                     INNER};
    FOR_EACH_SPLIT(p, assert_inner_is_ftp(w); assert_int_equal(counter_values[COUNTER_SOCKS_REFUSED], 1));
    FOR_EACH_SPLIT(q, assert_inner_is_ftp(w); assert_int_equal(counter_values[COUNTER_SOCKS_REFUSED], 1));
    FOR_EACH_SPLIT(r, assert_inner_is_ftp(w));
}

static void a_refused_request_opens_no_tunnel(void **state) {
    static const struct piece p[] = {CLIENT("\5\1\0"), SERVER("\5\0"), CLIENT("\5\1\0\1\xc6\x33\x64\2\0\x15"),
                                     SERVER("\5\5\0\1\0\0\0\0\0\0")};
    FOR_EACH_SPLIT(p, assert_no_tunnel(w); assert_int_equal(counter_values[COUNTER_SOCKS_REFUSED], 1));
}

static void what_gssapi_wraps_is_looked_at(void **state) {
    static const struct piece p[] = {CLIENT("\5\1\1"), SERVER("\5\1"), CLIENT("\1\1\0\4abcd")};
    FOR_EACH_SPLIT(p, assert_int_equal(counter_values[COUNTER_TUNNELS], 1);
                   assert_int_equal(w->encrypted, 0));
}

static void tls_in_a_tunnel_is_encrypted(void **state) {
    static const struct piece p[] = {CLIENT("\5\1\0"), SERVER("\5\0"), CLIENT("\5\1\0\1\xc6\x33\x64\2\1\xbb"),
                                     SERVER("\5\0\0\1\0\0\0\0\0\0"), CLIENT("\x16\3\1\0\x40\1\0\0\x3c\3\3")};
    FOR_EACH_SPLIT(p, assert_int_equal(w->encrypted, 1);
                   assert_int_equal(counter_values[COUNTER_FLOWS_UNIDENTIFIED], 0));
}

static void who_connects_to_a_bound_port_is_whom_it_is_for(void **state) {
    static const struct piece p[] = {CLIENT("\5\1\0"),
                                     SERVER("\5\0"),
                                     CLIENT("\5\2\0\1\0\0\0\0\0\0"),
                                     SERVER("\5\0\0\1\xcb\0\x71\x8\4\0"),
                                     SERVER("\5\0\0\1\xc6\x33\x64\2\0\x15"),
                                     INNER};
    static const struct piece q[] = {CLIENT("\4\2\0\x15\xc6\x33\x64\2\0"), SERVER("\0\x5a\4\0\xcb\0\x71\x8"),
                                     SERVER("\0\x5a\0\x15\xc6\x33\x64\2"), INNER};
    FOR_EACH_SPLIT(p, assert_inner_is_ftp(w); assert_target(w, "198.51.100.2"));
    FOR_EACH_SPLIT(q, assert_inner_is_ftp(w); assert_target(w, "198.51.100.2"));
}

static void an_answer_that_names_nobody_says_nothing(void **state) {
    static const struct piece bound[] = {CLIENT("\5\1\0"),
                                         SERVER("\5\0"),
                                         CLIENT("\5\2\0\1\xc6\x33\x64\2\0\0"),
                                         SERVER("\5\0\0\1\xcb\0\x71\x8\4\0"),
                                         SERVER("\5\0\0\3\0\0\x15"),
                                         INNER};
    static const struct piece datagrams[] = {CLIENT("\5\1\0"), SERVER("\5\0"), CLIENT("\5\3\0\1\0\0\0\0\0\0"),
                                             SERVER("\5\0\0\3\0\4\0")};
    FOR_EACH_SPLIT(bound, assert_inner_is_ftp(w); assert_target(w, "198.51.100.2"));
    FOR_EACH_SPLIT(datagrams, assert_int_equal(w->expectations, 0));
}

/* The datagrams' flow is the one that the server's answer names: its own address where that has none. */
static void datagrams_through_a_relay_say_for_whom_they_are(void **state) {
    static const struct piece own[] = {CLIENT("\5\1\0"), SERVER("\5\0"), CLIENT("\5\3\0\1\0\0\0\0\0\0"),
                                       SERVER("\5\0\0\1\xcb\0\x71\x8\4\0")};
    static const struct piece none[] = {CLIENT("\5\1\0"), SERVER("\5\0"), CLIENT("\5\3\0\1\0\0\0\0\0\0"),
                                        SERVER("\5\0\0\1\0\0\0\0\4\0")};
    static const char first[] = "\0\0\0\1\xc6\x33\x64\2\0\x45plain words",
                      named[] = "\0\0\0\3\5b.exa\0\x45plain";
    for (int i = 0; i < 2; i++) {
        struct world *w = play(i ? own : none, 4, 0);
        const uint8_t a[4] = {192, 0, 2, 1}, b[4] = {203, 0, 113, 8};
        assert_int_equal(counter_values[COUNTER_SOCKS_UDP], 1);
        assert_int_equal(w->expectations, 1);
        size_t flow = world_open_over(w, PROTOCOL_UDP, (struct endpoint){address_from_v4(a), 5000},
                                      (struct endpoint){address_from_v4(b), 1024});
        world_send(w, flow, SIDE_CLIENT, first, sizeof first - 1);
        assert_target(w, "198.51.100.2");
        assert_int_equal(counter_values[COUNTER_TUNNELS], 1);
        world_send(w, flow, SIDE_CLIENT, named, sizeof named - 1);
        assert_target(w, "b.exa");
        world_send(w, flow, SIDE_SERVER, first, sizeof first - 1);
        world_send(w, flow, SIDE_CLIENT, "\0\0\0\1\xc6", 5); /* cut */
        world_send(w, flow, SIDE_CLIENT, "\0", 1);
        assert_target(w, "b.exa");
        world_send(w, flow, SIDE_CLIENT, "\0\0\0\3\0\0\x45plain", 12); /* for nobody */
        assert_target(w, "b.exa");
        world_destroy(w);
    }
}

static void bytes_that_only_begin_like_socks_are_not(void **state) {
    static const struct piece p[] = {CLIENT("\5\1\0"), SERVER("\5\2"),
                                     INNER}; /* a method that was not offered */
    static const struct piece q[] = {CLIENT("\4\7\0\x15\xc6\x33\x64\2\0"), SERVER("\0\x5a\0\0\0\0\0\0"),
                                     INNER};
    FOR_EACH_SPLIT(p, assert_no_tunnel(w));
    FOR_EACH_SPLIT(q, assert_no_tunnel(w));
}

static void more_sent_ahead_than_is_kept_is_lost_and_counted(void **state) {
    static char ahead[9000];
    memcpy(ahead, "\5\1\0\1\xc6\x33\x64\2\0\x15", 10);
    const struct piece p[] = {CLIENT("\5\1\0"), SERVER("\5\0"), {SIDE_CLIENT, ahead, sizeof ahead}};
    FOR_EACH_SPLIT(p, assert_no_tunnel(w); assert_int_equal(counter_values[COUNTER_PROTOCOL_LOST], 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(socks_5_without_authentication_carries_ftp),
        cmocka_unit_test(socks_5_with_a_password_carries_ftp_and_names_the_server),
        cmocka_unit_test(socks_5_to_an_ipv6_address_carries_ftp),
        cmocka_unit_test(messages_of_other_methods_are_stepped_over),
        cmocka_unit_test(socks_4_carries_ftp),
        cmocka_unit_test(socks_4a_names_the_server),
        cmocka_unit_test(what_a_client_sends_ahead_of_the_reply_is_kept),
        cmocka_unit_test(bind_waits_for_its_second_reply),
        cmocka_unit_test(a_refused_request_opens_no_tunnel),
        cmocka_unit_test(what_goes_on_behind_a_refusal_is_looked_at),
        cmocka_unit_test(what_gssapi_wraps_is_looked_at),
        cmocka_unit_test(tls_in_a_tunnel_is_encrypted),
        cmocka_unit_test(who_connects_to_a_bound_port_is_whom_it_is_for),
        cmocka_unit_test(an_answer_that_names_nobody_says_nothing),
        cmocka_unit_test(datagrams_through_a_relay_say_for_whom_they_are),
        cmocka_unit_test(bytes_that_only_begin_like_socks_are_not),
        cmocka_unit_test(more_sent_ahead_than_is_kept_is_lost_and_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
