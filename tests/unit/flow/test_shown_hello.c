/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/shown_hello.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Octets of RFC 8446 section 4.1.2, by hand. */
#define RANDOM "0123456789abcdef0123456789ABCDEF"
#define ZEROS "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define NAME                                                                                                 \
    "\0\0\0\x0e\0\x0c\0\0\x09"                                                                               \
    "a.example"
#define ALPN "\0\x10\0\5\0\3\2h2"
#define VERSIONS "\0\x2b\0\3\2\3\4"
#define GROUPS "\0\x0a\0\4\0\2\0\x1d"
#define PADDING "\0\x15\0\4\0\0\0\0"

/* extensions of all but the two between them: 18 + 9 + 7 octets */
static const char long_hello[] =
    "\x16\3\1\0\x74\1\0\0\x70\3\3" RANDOM "\x08sessions\0\6\x13\1\x13\2\x13\3\1\0"
    "\0\x39" /* 57 */ NAME GROUPS ALPN PADDING VERSIONS "\0\x17\0\3xyz";
static const char short_hello[] =
    "\x16\3\1\0\x51\1\0\0\x4d\3\3" ZEROS "\0\0\2\x13\1\1\0\0\x22" NAME ALPN VERSIONS;

static struct bytes text(const char *octets, size_t size) {
    return bytes_of(octets, size - 1);
}

static void of_a_hello_its_name_protocols_versions_and_first_cipher_are_shown(void **state) {
    uint8_t out[SHOWN_HELLO_MAX];
    size_t n = shown_hello(out, text(long_hello, sizeof long_hello));
    assert_int_equal(n, sizeof short_hello - 1);
    assert_memory_equal(out, short_hello, n);
}

static void numbers_that_mean_nothing_are_all_one(void **state) {
    static const char drawn[] =
        "\x16\3\1\0\x3a\1\0\0\x36\3\3" RANDOM "\0\0\2\xfa\xfa\1\0\0\x0b\0\x2b\0\7\6\x3a\x3a\3\4\x7a\x7a";
    static const char shown_as[] =
        "\x16\3\1\0\x3a\1\0\0\x36\3\3" ZEROS "\0\0\2\x0a\x0a\1\0\0\x0b\0\x2b\0\7\6\x0a\x0a\3\4\x0a\x0a";
    uint8_t out[SHOWN_HELLO_MAX];
    assert_int_equal(shown_hello(out, text(drawn, sizeof drawn)), sizeof shown_as - 1);
    assert_memory_equal(out, shown_as, sizeof shown_as - 1);
}

static void what_follows_the_record_of_a_hello_is_not_shown(void **state) {
    uint8_t out[SHOWN_HELLO_MAX], in[sizeof long_hello - 1 + 6];
    memcpy(in, long_hello, sizeof long_hello - 1);
    memcpy(in + sizeof long_hello - 1, "\x14\3\3\0\1\1", 6);
    assert_int_equal(shown_hello(out, bytes_of(in, sizeof in)), sizeof short_hello - 1);
}

static void a_hello_that_has_not_come_as_a_whole_is_left_as_it_is(void **state) {
    uint8_t out[SHOWN_HELLO_MAX];
    for (size_t n = 0; n < sizeof long_hello - 1; n++)
        assert_int_equal(shown_hello(out, bytes_of(long_hello, n)), 0);
}

static void what_is_no_hello_of_a_client_is_left_as_it_is(void **state) {
    uint8_t out[SHOWN_HELLO_MAX], in[sizeof long_hello - 1];
    /* kind of record, version, message, lengths of message, session, ciphers, compression, extensions */
    static const size_t places[] = {0, 1, 5, 8, 43, 53, 60, 63};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        memcpy(in, long_hello, sizeof in);
        in[places[i]]++;
        assert_int_equal(shown_hello(out, bytes_of(in, sizeof in)), 0);
    }
}

static void a_name_that_does_not_fit_is_left_as_it_is(void **state) {
    static uint8_t in[2048] = "\x16\3\1\7\xfb\1\0\7\xf7\3\3" RANDOM "\0\0\2\x13\1\1\0\7\xcc\0\0\7\xc8";
    uint8_t out[SHOWN_HELLO_MAX];
    assert_int_equal(shown_hello(out, bytes_of(in, sizeof in)), 0);
    in[53] = 1; /* an extension that is not shown */
    assert_int_not_equal(shown_hello(out, bytes_of(in, sizeof in)), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_a_hello_its_name_protocols_versions_and_first_cipher_are_shown),
        cmocka_unit_test(numbers_that_mean_nothing_are_all_one),
        cmocka_unit_test(what_follows_the_record_of_a_hello_is_not_shown),
        cmocka_unit_test(a_hello_that_has_not_come_as_a_whole_is_left_as_it_is),
        cmocka_unit_test(what_is_no_hello_of_a_client_is_left_as_it_is),
        cmocka_unit_test(a_name_that_does_not_fit_is_left_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
