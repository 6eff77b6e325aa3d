/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/ssh/session.h"

#include "protocol/protocol.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Sizes and directions as OpenSSH 9.2 makes them. */

static struct ssh_session session;
static unsigned tells;

static void note_tell(struct conversation *c, const struct bytes *facts) {
    (void)c;
    assert_true(facts[FACT_FLOW_BULK].n > 0);
    tells++;
}

static const struct protocol_services services = {.tell = note_tell};
static struct conversation conversation = {.services = &services};

static int setup(void **state) {
    (void)state;
    session = (struct ssh_session){0};
    tells = 0;
    return 0;
}

static void say(enum side from, unsigned times, size_t n) {
    while (times-- > 0)
        ssh_session_add(&session, &conversation, from, n);
}

/* Names, keys and the channel's opening. */
static void log_in(void) {
    say(SIDE_CLIENT, 3, 44);
    say(SIDE_SERVER, 3, 44);
    say(SIDE_CLIENT, 3, 500);
    say(SIDE_SERVER, 3, 600);
}

static void files_that_the_client_sends_are_an_upload(void **state) {
    (void)state;
    log_in();
    for (unsigned i = 0; i < 30; i++) {
        say(SIDE_CLIENT, 23, 1448);
        say(SIDE_SERVER, 1, 60);
    }
    assert_string_equal(ssh_session_kind(&session), "upload");
}

static void files_that_it_asks_for_piece_by_piece_are_a_download(void **state) {
    (void)state;
    log_in();
    for (unsigned i = 0; i < 30; i++) {
        say(SIDE_CLIENT, 1, 76);
        say(SIDE_SERVER, 23, 1448);
    }
    assert_string_equal(ssh_session_kind(&session), "download");
}

static void one_who_types_is_interactive_whatever_the_screen_shows(void **state) {
    (void)state;
    static const unsigned screens[] = {0, 1, 20};
    for (size_t i = 0; i < sizeof screens / sizeof *screens; i++) {
        setup(NULL);
        log_in();
        for (unsigned line = 0; line < 10; line++) {
            for (unsigned key = 0; key < 12; key++) {
                say(SIDE_CLIENT, 1, 36);
                say(SIDE_SERVER, 1, 36);
            }
            say(SIDE_SERVER, screens[i], 1448);
        }
        assert_string_equal(ssh_session_kind(&session), "interactive");
    }
}

static void a_login_alone_and_a_channel_that_goes_both_ways_are_unknown(void **state) {
    (void)state;
    log_in();
    assert_string_equal(ssh_session_kind(&session), "unknown");
    for (unsigned i = 0; i < 200; i++) {
        say(SIDE_CLIENT, 2, 1448);
        say(SIDE_SERVER, 2, 1448);
    }
    assert_string_equal(ssh_session_kind(&session), "unknown");
}

static void bytes_that_were_not_seen_count_too(void **state) {
    (void)state;
    log_in();
    ssh_session_lose(&session, SIDE_CLIENT, 3000000);
    assert_string_equal(ssh_session_kind(&session), "upload");
}

static void it_is_told_when_it_changes_and_not_with_each_segment(void **state) {
    (void)state;
    log_in();
    say(SIDE_CLIENT, 10000, 1448);
    assert_in_range(tells, 1, 3);
    unsigned before = tells;
    ssh_session_tell(&session, &conversation);
    assert_int_equal(tells, before);
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(files_that_the_client_sends_are_an_upload),
        TEST(files_that_it_asks_for_piece_by_piece_are_a_download),
        TEST(one_who_types_is_interactive_whatever_the_screen_shows),
        TEST(a_login_alone_and_a_channel_that_goes_both_ways_are_unknown),
        TEST(bytes_that_were_not_seen_count_too),
        TEST(it_is_told_when_it_changes_and_not_with_each_segment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
