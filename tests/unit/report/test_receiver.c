/* SPDX-License-Identifier: Apache-2.0 */
#include "report/output.h"

#include "example.h"
#include "peer.h"
#include "report_defaults.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Receivers of every conduct over RELP and TLS. */
static struct record_builder b;
static uint64_t room[4096];
static struct peer peer;
static struct output_config config;
static const char *format = "json";
static char folder[] = "/tmp/gantry-test-tls.XXXXXX", ca_path[64], to[64];
static struct identity authority, stranger, good, misnamed, expired;

static struct reporter *start(const char *scheme) {
    snprintf(to, sizeof to, "%s127.0.0.1:%d", scheme, ntohs(peer.address.sin_port));
    config.format = format;
    config.to = to;
    config.records = REPORT_TRANSFER;
    struct report_options options = report_defaults(&config, 1);
    options.offline = true;
    struct error e = {""};
    struct reporter *r = reporter_create(&options, &e);
    if (!r)
        fail_msg("%s", e.text);
    return r;
}

static void give(struct reporter *r, int count) {
    for (int i = 0; i < count; i++) {
        example_begin(&b, RECORD_TRANSFER);
        reporter_record(r, example_pack(&b, room));
    }
}

static void pump(struct reporter *r, int ms) {
    for (int i = 0; i < ms; i++) {
        reporter_deliver(r);
        peer_step(&peer);
        usleep(1000);
    }
}

/* Until the client has said `text`; fails after ten seconds. */
static void expect(struct reporter *r, const char *text) {
    for (int i = 0; i < 10000; i++) {
        pump(r, 1);
        if (peer.fd >= 0 && strstr(peer.said, text))
            return;
    }
    fail_msg("the client never said %s but %s", text, peer.said);
}

static void expect_connection(struct reporter *r, int number) {
    for (int i = 0; i < 10000 && peer.connections < number; i++)
        pump(r, 1);
    assert_int_equal(peer.connections, number);
}

/* How often `text` was said. */
static int count(const char *text) {
    int n = 0;
    for (const char *at = peer.said; (at = strstr(at, text)); at += strlen(text))
        n++;
    return n;
}

static void expect_sequence(struct reporter *r, int number) {
    char text[32];
    snprintf(text, sizeof text, "\"sequence\":%d,", number);
    expect(r, text);
}

static bool has_sequence(int number) {
    char text[32];
    snprintf(text, sizeof text, "\"sequence\":%d,", number);
    return strstr(peer.said, text) != NULL;
}

#define WELCOME "1 rsp 46 200 OK\nrelp_version=1\ncommands=syslog,eventlog\n"

static struct reporter *start_relp(void) {
    config = (struct output_config){0};
    peer_listen(&peer);
    return start("relp://");
}

static void stop(struct reporter *r) {
    peer_close(&peer);
    reporter_destroy(r);
}

/* --- RELP --- */

static void relp_sends_nothing_before_it_is_welcome_and_no_more_than_the_window(void **state) {
    struct reporter *r = start_relp();
    give(r, 300);
    expect(r, "1 open ");
    pump(r, 100);
    assert_non_null(strstr(peer.said, "relp_version="));
    assert_int_equal(count(" syslog "), 0);
    peer_say(&peer, WELCOME);
    expect_sequence(r, 128);
    pump(r, 100);
    assert_int_equal(count(" syslog "), 128);
    assert_non_null(strstr(peer.said, "\n2 syslog "));
    assert_non_null(strstr(peer.said, "\n129 syslog "));
    peer_say(&peer, "2 rsp 6 200 OK\n3 rsp 6 200 OK\n");
    expect_sequence(r, 130);
    pump(r, 50);
    assert_int_equal(count(" syslog "), 130);
    stop(r);
}

static void relp_sends_again_what_was_not_answered_and_nothing_else(void **state) {
    uint64_t delivered = counter_values[COUNTER_MESSAGES_DELIVERED];
    struct reporter *r = start_relp();
    give(r, 5);
    expect(r, "1 open ");
    peer_say(&peer, WELCOME);
    expect_sequence(r, 5);
    peer_say(&peer, "6 rsp 6 200 OK\n3 rs"); /* the answer to 2 is cut off with the connection */
    pump(r, 30);
    peer_say(&peer, "p 6 200 OK\n4 rsp 6 200");
    pump(r, 30);
    peer_end(&peer, PEER_RESET);
    expect_connection(r, 2);
    expect(r, "1 open ");
    peer_say(&peer, WELCOME);
    expect_sequence(r, 4);
    pump(r, 50);
    assert_int_equal(count(" syslog "), 3);
    assert_true(has_sequence(1) && has_sequence(3) && has_sequence(4));
    peer_say(&peer, "4 rsp 6 200 OK\n2 rsp 6 200 OK\n3 rsp 6 200 OK\n");
    pump(r, 30);
    assert_int_equal(reporter_finish(r, 100), 0);
    assert_int_equal(counter_values[COUNTER_MESSAGES_DELIVERED] - delivered, 5);
    stop(r);
}

static void relp_gives_up_a_message_that_is_refused_three_times_and_no_other(void **state) {
    uint64_t refused = counter_values[COUNTER_MESSAGES_REFUSED];
    struct reporter *r = start_relp();
    give(r, 2);
    for (int i = 1; i <= 3; i++) {
        expect_connection(r, i);
        expect(r, "1 open ");
        peer_say(&peer, WELCOME);
        expect_sequence(r, 2);
        peer_say(&peer, "2 rsp 9 500 wrong\n");
        pump(r, 30);
        peer_end(&peer, PEER_SILENT);
    }
    expect_connection(r, 4);
    expect(r, "1 open ");
    peer_say(&peer, WELCOME);
    expect_sequence(r, 2);
    assert_false(has_sequence(1));
    peer_say(&peer, "2 rsp 6 200 OK\n");
    pump(r, 30);
    assert_int_equal(reporter_finish(r, 100), 0);
    assert_int_equal(counter_values[COUNTER_MESSAGES_REFUSED] - refused, 1);
    stop(r);
}

static void relp_leaves_a_receiver_that_talks_nonsense_and_keeps_the_messages(void **state) {
    static const char *const nonsense[] = {
        "HTTP/1.1 400 Bad Request\r\n\r\n",
        "1 rsp 999999999 x",
        "1 rsp 9 no code!!\n",
        "7 rsp 6 200 OK\n",
        "1 rsp 6 200 OK\n", /* offers nothing */
        "1 rsp 12 500 go away!\n",
        "1 syslog 2 hi\n",
        WELCOME "200 rsp 6 200 OK\n",
        WELCOME "1 rsp 6 200 OK\n",
        "0 serverclose 0\n",
    };
    struct reporter *r = start_relp();
    give(r, 1);
    for (size_t i = 0; i < sizeof nonsense / sizeof nonsense[0]; i++) {
        expect(r, "1 open ");
        peer_say(&peer, nonsense[i]);
        for (int k = 0; k < 1000 && !peer.ended; k++)
            pump(r, 1);
        assert_true(peer.ended);
        peer_end(&peer, PEER_SILENT);
        reporter_destroy(r); /* the back-off would grow with each */
        r = start("relp://");
        give(r, 1);
    }
    expect(r, "1 open ");
    peer_say(&peer, WELCOME);
    expect_sequence(r, 1);
    peer_say(&peer, "2 rsp 3 200\n");
    pump(r, 30);
    assert_int_equal(reporter_finish(r, 100), 0);
    stop(r);
}

/* --- TLS --- */

static struct reporter *start_tls(const struct identity *i, uint64_t hold_time) {
    config = (struct output_config){
        .ca = ca_path, .name = "siem.example", .hold_bytes = 64 << 10, .hold_time = hold_time};
    peer_listen(&peer);
    peer.context = identity_server(i);
    return start("tls://");
}

static void a_receiver_with_the_right_certificate_gets_octet_counted_messages(void **state) {
    format = "rfc5424";
    struct reporter *r = start_tls(&good, 0);
    format = "json";
    give(r, 10);
    expect(r, "seq=\"10\"");
    pump(r, 20);
    int messages = 0;
    for (const char *at = peer.said; *at;) {
        char *rest;
        size_t n = strtoul(at, &rest, 10);
        assert_true(*rest == ' ' && rest[1] == '<');
        at = rest + 1 + n;
        messages++;
    }
    assert_int_equal(messages, 10);
    stop(r);
}

static void a_receiver_with_a_wrong_certificate_gets_nothing(void **state) {
    static const struct identity *const wrong[] = {&misnamed, &expired, &stranger};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint64_t refused = counter_values[COUNTER_TLS_REFUSED];
        struct reporter *r = start_tls(wrong[i], 0);
        give(r, 1);
        pump(r, 150);
        assert_true(counter_values[COUNTER_TLS_REFUSED] > refused);
        assert_int_equal(peer.size, 0);
        assert_int_equal(reporter_finish(r, 50), 1);
        stop(r);
    }
}

static void a_receiver_that_speaks_only_old_tls_gets_nothing(void **state) {
    struct reporter *r = start_tls(&good, 0);
    SSL_CTX_set_cipher_list(peer.context, "ALL:@SECLEVEL=0");
    SSL_CTX_set_min_proto_version(peer.context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(peer.context, TLS1_1_VERSION);
    give(r, 1);
    pump(r, 150);
    assert_int_equal(peer.size, 0);
    assert_int_equal(reporter_finish(r, 50), 1);
    stop(r);
}

static void a_receiver_that_takes_leave_gets_again_what_is_young_alone(void **state) {
    struct reporter *r = start_tls(&good, 200 * NS_PER_MS);
    give(r, 3);
    expect_sequence(r, 3);
    pump(r, 500);
    give(r, 2);
    expect_sequence(r, 5);
    peer_end(&peer, PEER_GOODBYE);
    expect_connection(r, 2);
    expect_sequence(r, 5);
    pump(r, 30);
    assert_true(has_sequence(4));
    assert_false(has_sequence(3));
    stop(r);
}

static void a_receiver_that_ends_without_goodbye_gets_again_all_that_is_held(void **state) {
    static const enum peer_end ways[] = {PEER_SILENT, PEER_RESET};
    for (size_t i = 0; i < 2; i++) {
        struct reporter *r = start_tls(&good, 100 * NS_PER_MS);
        give(r, 5);
        expect_sequence(r, 5);
        pump(r, 400); /* old, but with fewer than hold-bytes behind them */
        peer_end(&peer, ways[i]);
        expect_connection(r, 2);
        expect_sequence(r, 5);
        assert_int_equal(count("\"sequence\":"), 5);
        stop(r);
    }
}

static void messages_with_enough_behind_them_are_not_sent_again(void **state) {
    struct reporter *r = start_tls(&good, 100 * NS_PER_MS);
    give(r, 300); /* some 300 KB */
    expect_sequence(r, 300);
    pump(r, 400);
    peer_end(&peer, PEER_RESET);
    expect_connection(r, 2);
    expect_sequence(r, 300);
    assert_false(has_sequence(1));
    assert_true(count("\"sequence\":") >= 30 && count("\"sequence\":") < 200);
    stop(r);
}

/* The receiver's answer to our goodbye is what tells that all was read. */
static void the_end_of_a_run_waits_until_the_receiver_has_read_all(void **state) {
    struct reporter *r = start_tls(&good, 10 * NS_PER_S);
    give(r, 5);
    pump(r, 100);
    assert_int_equal(reporter_finish(r, 100), 5); /* nobody reads, so nobody answers */
    for (int i = 0; i < 1000 && !peer.ended; i++)
        peer_step(&peer);
    assert_true(peer.ended);
    peer_end(&peer, PEER_GOODBYE);
    assert_int_equal(reporter_finish(r, 1000), 0);
    stop(r);
}

/* --- the group --- */

static int begin(void **state) {
    if (!mkdtemp(folder))
        return -1;
    authority = identity_make(NULL, NULL, 86400);
    stranger = identity_make("DNS:siem.example", NULL, 86400);
    good = identity_make("DNS:siem.example", &authority, 86400);
    misnamed = identity_make("DNS:other.example", &authority, 86400);
    expired = identity_make("DNS:siem.example", &authority, -3600);
    identity_write(&authority, folder, "ca", NULL);
    snprintf(ca_path, sizeof ca_path, "%s/ca.pem", folder);
    return 0;
}

static int end(void **state) {
    struct identity *all[] = {&authority, &stranger, &good, &misnamed, &expired};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        identity_free(all[i]);
    unlink(ca_path);
    strcpy(strrchr(ca_path, '.'), ".key");
    unlink(ca_path);
    return rmdir(folder);
}

int main(void) {
    log_verbosity(LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relp_sends_nothing_before_it_is_welcome_and_no_more_than_the_window),
        cmocka_unit_test(relp_sends_again_what_was_not_answered_and_nothing_else),
        cmocka_unit_test(relp_gives_up_a_message_that_is_refused_three_times_and_no_other),
        cmocka_unit_test(relp_leaves_a_receiver_that_talks_nonsense_and_keeps_the_messages),
        cmocka_unit_test(a_receiver_with_the_right_certificate_gets_octet_counted_messages),
        cmocka_unit_test(a_receiver_with_a_wrong_certificate_gets_nothing),
        cmocka_unit_test(a_receiver_that_speaks_only_old_tls_gets_nothing),
        cmocka_unit_test(a_receiver_that_takes_leave_gets_again_what_is_young_alone),
        cmocka_unit_test(a_receiver_that_ends_without_goodbye_gets_again_all_that_is_held),
        cmocka_unit_test(messages_with_enough_behind_them_are_not_sent_again),
        cmocka_unit_test(the_end_of_a_run_waits_until_the_receiver_has_read_all),
    };
    return cmocka_run_group_tests_name("report/receiver", tests, begin, end);
}
