/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/promise.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define OCTETS(text) bytes_of(text, sizeof(text) - 1)
static const struct bytes nothing;

static void greetings_and_requests_of_protocols_that_go_over_to_tls_promise_it(void **state) {
    assert_true(promises_tls(nothing, OCTETS("220 mail.example ESMTP\r\n")));
    assert_true(promises_tls(OCTETS("EHLO a\r\n"), OCTETS("220-mail.example\r\n")));
    assert_true(promises_tls(nothing, OCTETS("+OK ready\r\n")));
    assert_true(promises_tls(nothing, OCTETS("* OK IMAP4rev1\r\n")));
    assert_true(promises_tls(nothing, OCTETS("201 news, no posting\r\n")));
    assert_true(promises_tls(OCTETS("<?xml version='1.0'?>"), nothing));
    assert_true(promises_tls(OCTETS("<stream:stream to='a'>"), nothing));
    assert_true(promises_tls(OCTETS("\0\0\0\x08\x04\xd2\x16\x2f"), nothing));
    assert_true(promises_tls(OCTETS("0\x1d\2\1\1\x77\x18\x80\x16"
                                    "1.3.6.1.4.1.1466.20037"),
                             nothing));
    assert_true(promises_tls(nothing, OCTETS("\x4a\0\0\0\x0a"
                                             "8.0.32")));
}

static void other_words_and_beginnings_of_words_promise_nothing(void **state) {
    assert_false(promises_tls(nothing, nothing));
    assert_false(
        promises_tls(OCTETS("220 mail.example ESMTP\r\n"), nothing)); /* the client greets nobody so */
    assert_false(promises_tls(nothing, OCTETS("22")));
    assert_false(promises_tls(nothing, OCTETS("2200")));
    assert_false(promises_tls(nothing, OCTETS("HTTP/1.1 200 OK\r\n")));
    assert_false(promises_tls(OCTETS("\0\0\0\x08\x04\xd2\x16"), nothing));
    assert_false(promises_tls(OCTETS("\0\0\0\x08\x00\x03\x00\x00"), nothing)); /* PostgreSQL in clear */
    assert_false(promises_tls(OCTETS("0\x0c\2\1\1\x60\7\2\1\3\4\0\x80\0"), nothing)); /* a bind of LDAP */
    assert_false(promises_tls(nothing, OCTETS("\x4a\0\0\1\x0a"
                                              "8.0.32")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(greetings_and_requests_of_protocols_that_go_over_to_tls_promise_it),
        cmocka_unit_test(other_words_and_beginnings_of_words_promise_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
