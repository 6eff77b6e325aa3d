/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/unknown/envelope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static struct envelope e;

static int begin(void **state) {
    e = (struct envelope){.text = false};
    return 0;
}

static bool say(const char *text) {
    return envelope_read(&e, bytes_text(text));
}

static void assert_list(const char *list) {
    char room[ENVELOPE_LIST + 1];
    snprintf(room, sizeof room, "%.*s", (int)e.list_n, e.list);
    assert_string_equal(room, list);
}

static void recipients_of_all_mails_of_a_connection_are_listed_one_a_domain(void **state) {
    assert_false(say("EHLO lane.example\r\nMAIL FROM:<lane@corp.example>\r\n"));
    assert_true(say("RCPT TO:<b@platesystems.example>\r\n"));
    assert_false(say("RCPT TO:<other@PlateSystems.example>\r\nDATA\r\n"));
    assert_false(say("Subject: x\r\n\r\ntext\r\n.\r\n"));
    assert_true(say("MAIL FROM:<>\r\nrcpt to: <c@labs.example> NOTIFY=NEVER\r\n"));
    assert_list("b@platesystems.example, c@labs.example");
}

static void each_split_gives_the_same_list(void **state) {
    static const char all[] = "EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nBDAT 30 LAST\r\n"
                              "RCPT TO:<no@text.example>\r\n\r\n\r\nRCPT TO:<e@f.example>\nDATA\n.\nQUIT\r\n";
    for (size_t step = 1; step < sizeof all; step++) {
        begin(NULL);
        for (size_t at = 0; at < sizeof all - 1; at += step)
            envelope_read(&e, bytes_of(all + at, sizeof all - 1 - at < step ? sizeof all - 1 - at : step));
        assert_list("c@d.example, e@f.example");
    }
}

static void what_stands_in_a_mail_is_no_command(void **state) {
    say("RCPT TO:<c@d.example>\r\nDATA\r\nRCPT TO:<no@text.example>\r\n..\r\n. \r\nRCPT "
        "TO:<no@text.example>\r\n.\r\n");
    assert_list("c@d.example");
    say("RCPT TO:<e@f.example>\r\n");
    assert_list("c@d.example, e@f.example");
}

static void behind_a_text_that_was_refused_commands_go_on(void **state) {
    say("DATA\r\nRSET\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n");
    say("DATA\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<e@f.example>\r\n");
    assert_list("c@d.example, e@f.example");
}

static void routes_are_left_out_and_what_is_no_address_is_none(void **state) {
    static const char *const none[] = {
        "RCPT TO:<>\r\n",      "RCPT TO:<postmaster>\r\n", "RCPT TO:b@c.example\r\n", "RCPT TO:<b@>\r\n",
        "RCPT TO:<b@c,d>\r\n", "VRFY <b@c.example>\r\n",   " RCPT TO:<b@c.d>\r\n"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_false(say(none[i]));
    say("RCPT TO:<@relay.example,@two.example:b@c.example>\r\n");
    say("RCPT TO:<\"a, b\"@d.example>\r\n");
    assert_list("b@c.example, @d.example");
}

static void of_many_the_latest_are_kept_and_of_a_long_line_its_beginning(void **state) {
    char line[2000];
    for (int i = 0; i < 100; i++) {
        sprintf(line, "RCPT TO:<somebody@domain-%d.example>\r\n", i);
        assert_true(say(line));
        assert_in_range(e.list_n, 1, ENVELOPE_LIST);
    }
    assert_non_null(memmem(e.list, e.list_n, "domain-99.example", 17));
    assert_null(memmem(e.list, e.list_n, "domain-1.example", 16));
    memset(line, 'x', sizeof line);
    memcpy(line, "RCPT TO:<a@b.example>", 21);
    strcpy(line + 1996, "\r\n");
    assert_true(say(line));
    assert_false(say("\r\n"));
}

static void behind_a_gap_the_next_line_counts(void **state) {
    say("RCPT TO:<a@b.ex");
    envelope_gap(&e, 10);
    say("ample>\r\nRCPT TO:<c@d.example>\r\nBDAT 100\r\n");
    envelope_gap(&e, 100);
    say("RCPT TO:<e@f.example>\r\n");
    assert_list("c@d.example, e@f.example");
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(recipients_of_all_mails_of_a_connection_are_listed_one_a_domain),
        TEST(each_split_gives_the_same_list),
        TEST(what_stands_in_a_mail_is_no_command),
        TEST(behind_a_text_that_was_refused_commands_go_on),
        TEST(routes_are_left_out_and_what_is_no_address_is_none),
        TEST(of_many_the_latest_are_kept_and_of_a_long_line_its_beginning),
        TEST(behind_a_gap_the_next_line_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
