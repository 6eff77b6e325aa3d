/* SPDX-License-Identifier: Apache-2.0 */
#include "tunnel/tunnel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct tunnel_name name;

static const char *domain_of(const char *text) {
    static char out[TUNNEL_NAME_MAX + 1];
    tunnel_name_read(&name, bytes_text(text));
    memcpy(out, name.text + name.domain, name.n - name.domain);
    out[name.n - name.domain] = '\0';
    return out;
}

static unsigned octets_of(const char *text) {
    tunnel_name_read(&name, bytes_text(text));
    return name.octets;
}

static void a_domain_is_what_somebody_can_register(void **state) {
    (void)state;
    assert_string_equal(domain_of("a.b.Example.COM"), "example.com");
    assert_string_equal(domain_of("example.com"), "example.com");
    assert_string_equal(domain_of("a.b.example.co.uk"), "example.co.uk");
    assert_string_equal(domain_of("x.example.com.au"), "example.com.au");
    assert_string_equal(domain_of("x.y.or.jp"), "y.or.jp");
    assert_string_equal(domain_of("x.bbc.uk"), "bbc.uk");   /* a country without a registry there */
    assert_string_equal(domain_of("x.co.info"), "co.info"); /* no country */
}

static void a_suffix_alone_is_no_domain(void **state) {
    (void)state;
    assert_string_equal(domain_of("localhost"), "");
    assert_string_equal(domain_of("co.uk"), "");
    assert_string_equal(domain_of(""), "");
    assert_int_equal(name.octets, 0);
}

static void octets_are_those_of_the_labels_below_the_domain(void **state) {
    (void)state;
    assert_int_equal(octets_of("www.example.com"), 3);
    assert_int_equal(octets_of("abcd.efg.example.co.uk"), 7);
    assert_int_equal(octets_of("example.com"), 0);
}

static void an_address_that_is_spelled_counts_as_the_address(void **state) {
    (void)state;
    assert_int_equal(octets_of("113.2.0.192.blocklist.example"), 4);
    assert_int_equal(octets_of("113.2.0.192.zen.blocklist.example"), 4 + 3);
    assert_int_equal(
        octets_of("b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.blocklist.example"), 16);
    assert_int_equal(octets_of("999.2.0.192.blocklist.example"), 8); /* no address */
    assert_int_equal(octets_of("1.2.3.blocklist.example"), 3);
}

static void a_reverse_zone_is_one_as_long_as_nothing_but_an_address_stands_in_it(void **state) {
    (void)state;
    octets_of("113.2.0.192.in-addr.arpa");
    assert_true(name.reverse);
    octets_of("b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.IP6.arpa");
    assert_true(name.reverse);
    assert_string_equal(domain_of("c2VjcmV0.c2VjcmV1.7.in-addr.arpa"), "7.in-addr.arpa");
    assert_false(name.reverse);
    octets_of("113.2.0.192.in-addr.arpa.example.com");
    assert_false(name.reverse);
}

static void the_longest_name_and_empty_labels_do_no_harm(void **state) {
    (void)state;
    char text[TUNNEL_NAME_MAX + 40];
    memset(text, '.', sizeof text);
    tunnel_name_read(&name, bytes_of(text, sizeof text));
    assert_true(name.domain <= name.n && name.n <= TUNNEL_NAME_MAX);
    memset(text, 'a', sizeof text);
    for (size_t i = 1; i < sizeof text; i += 2)
        text[i] = '.';
    tunnel_name_read(&name, bytes_of(text, sizeof text));
    assert_true(name.octets <= name.n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_domain_is_what_somebody_can_register),
        cmocka_unit_test(a_suffix_alone_is_no_domain),
        cmocka_unit_test(octets_are_those_of_the_labels_below_the_domain),
        cmocka_unit_test(an_address_that_is_spelled_counts_as_the_address),
        cmocka_unit_test(a_reverse_zone_is_one_as_long_as_nothing_but_an_address_stands_in_it),
        cmocka_unit_test(the_longest_name_and_empty_labels_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
