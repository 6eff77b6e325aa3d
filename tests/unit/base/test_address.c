/* SPDX-License-Identifier: Apache-2.0 */
#include "problem_text.h"

#include "base/address.h"

#include <arpa/inet.h>

static struct address at(const char *text) {
    struct address a;
    assert_true(address_parse(text, &a));
    return a;
}

static void test_addresses_are_written_as_they_are_read(void **state) {
    /* canonical forms of RFC 5952 section 4 */
    static const char *const texts[] = {"192.0.2.1", "0.0.0.0", "255.255.255.255",     "2001:db8::1",
                                        "::",        "::1",     "2001:db8:0:1:1:1:1:1"};
    char out[ADDRESS_TEXT_MAX];
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct address a = at(texts[i]);
        assert_string_equal(address_format(&a, out), texts[i]);
    }
}

static void test_each_octet_is_written_as_the_c_library_writes_it(void **state) {
    char out[ADDRESS_TEXT_MAX], plain[ADDRESS_TEXT_MAX];
    for (unsigned i = 0; i < 4 * 256; i++) {
        uint8_t raw[4] = {9, 99, 199, 0};
        raw[i / 256] = (uint8_t)i;
        struct address a = address_from_v4(raw);
        assert_string_equal(address_format(&a, out), inet_ntop(AF_INET, raw, plain, sizeof plain));
    }
}

static void test_ipv4_and_its_mapped_form_are_one_address(void **state) {
    static const uint8_t raw[4] = {192, 0, 2, 1};
    struct address a = at("192.0.2.1"), b = at("::ffff:192.0.2.1"), c = address_from_v4(raw);
    assert_true(address_equal(&a, &b));
    assert_true(address_equal(&a, &c));
    assert_true(address_is_v4(&b));
    struct address v6 = at("::192.0.2.1");
    assert_false(address_is_v4(&v6));
}

static void test_an_address_of_a_translator_holds_one_of_ipv4(void **state) {
    static const char *const none[] = {"64:ff9b::1:198.51.100.20", "64:ff9c::198.51.100.20",
                                       "2001:db8::198.51.100.20", "198.51.100.20",
                                       "64:ff9b:2::198.51.100.20"};
    struct address wanted = at("198.51.100.20"), got, a = at("64:ff9b::198.51.100.20"),
                   b = at("64:ff9b:1:7::198.51.100.20");
    assert_true(address_translated(&a, &got) && address_equal(&got, &wanted));
    assert_true(address_translated(&b, &got) && address_equal(&got, &wanted));
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        a = at(none[i]);
        assert_false(address_translated(&a, &got));
    }
}

static void test_what_is_no_address_is_refused(void **state) {
    static const char *const texts[] = {"",     "192.0.2", "192.0.2.256", "192.0.2.1 ", "2001:db8:::1",
                                        "host", "1",       "192.0.2.01"};
    struct address a;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_false(address_parse(texts[i], &a));
}

static void test_the_prefix_of_an_address_keeps_its_first_bits(void **state) {
    static const struct {
        const char *address, *prefix;
        unsigned length;
    } cases[] = {{"203.0.113.255", "203.0.112.0/20", 96 + 20},
                 {"203.0.113.255", "203.0.113.255", 128},
                 {"203.0.113.255", "203.0.113.0/24", 96 + 24},
                 {"2001:db8:ffff:a1ff::9", "2001:db8:ffff:a100::/56", 56},
                 {"2001:db8:ffff::9", "2001:db8:8000::/33", 33}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct address a;
        struct prefix want;
        const char *why;
        assert_true(address_parse(cases[i].address, &a) && prefix_parse(cases[i].prefix, &want, &why));
        struct prefix got = prefix_of(&a, cases[i].length);
        assert_memory_equal(&got, &want, sizeof want);
    }
}

static void test_a_prefix_contains_its_first_and_last_address_only(void **state) {
    static const struct {
        const char *prefix, *first, *last, *below, *above;
    } cases[] = {
        {"10.40.0.0/16", "10.40.0.0", "10.40.255.255", "10.39.255.255", "10.41.0.0"},
        {"192.0.2.128/25", "192.0.2.128", "192.0.2.255", "192.0.2.127", "192.0.3.0"},
        {"198.51.100.7", "198.51.100.7", "198.51.100.7", "198.51.100.6", "198.51.100.8"},
        {"2001:db8:40::/45", "2001:db8:40::", "2001:db8:47:ffff:ffff:ffff:ffff:ffff",
         "2001:db8:3f::", "2001:db8:48::"},
        {"0.0.0.0/0", "0.0.0.0", "255.255.255.255", "::fffe:ffff:ffff", "::1:0:0:0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct prefix p;
        const char *why;
        struct address first = at(cases[i].first), last = at(cases[i].last);
        struct address below = at(cases[i].below), above = at(cases[i].above);
        assert_true(prefix_parse(cases[i].prefix, &p, &why));
        assert_true(prefix_contains(&p, &first));
        assert_true(prefix_contains(&p, &last));
        assert_false(prefix_contains(&p, &below));
        assert_false(prefix_contains(&p, &above));
    }
}

static void test_prefixes_are_written_as_they_are_read(void **state) {
    static const char *const texts[] = {"10.0.0.0/8",    "0.0.0.0/0", "192.0.2.1/32",
                                        "2001:db8::/32", "::/0",      "::1/128"};
    char out[ADDRESS_TEXT_MAX + 4];
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct prefix p;
        const char *why;
        assert_true(prefix_parse(texts[i], &p, &why));
        assert_string_equal(prefix_format(&p, out), texts[i]);
    }
}

static void test_a_bad_prefix_says_why(void **state) {
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"10.0.0.0/33", "the prefix length must be 0 to 32"},
        {"2001:db8::/129", "the prefix length must be 0 to 128"},
        {"10.0.0.0/", "the prefix length must be 0 to 32"},
        {"10.0.0.0/8x", "the prefix length must be 0 to 32"},
        {"10.0.0.1/8", "bits are set behind the prefix length; clear them, or lengthen the prefix"},
        {"10.0.0/8", "not an IPv4 or IPv6 prefix; write it like 198.51.100.0/24 or 2001:db8::/32"},
        {"", "not an IPv4 or IPv6 prefix; write it like 198.51.100.0/24 or 2001:db8::/32"},
        {"/8", "not an IPv4 or IPv6 prefix; write it like 198.51.100.0/24 or 2001:db8::/32"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct prefix p;
        const char *why;
        assert_false(prefix_parse(cases[i].text, &p, &why));
        assert_string_equal(why, cases[i].why);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_are_written_as_they_are_read),
        cmocka_unit_test(test_each_octet_is_written_as_the_c_library_writes_it),
        cmocka_unit_test(test_ipv4_and_its_mapped_form_are_one_address),
        cmocka_unit_test(test_an_address_of_a_translator_holds_one_of_ipv4),
        cmocka_unit_test(test_what_is_no_address_is_refused),
        cmocka_unit_test(test_the_prefix_of_an_address_keeps_its_first_bits),
        cmocka_unit_test(test_a_prefix_contains_its_first_and_last_address_only),
        cmocka_unit_test(test_prefixes_are_written_as_they_are_read),
        cmocka_unit_test(test_a_bad_prefix_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
