/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/dispatch.h"
#include "protocol/ftp/ftp.h"
#include "protocol/http/http.h"
#include "protocol/socks/socks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *const none[] = {NULL};
/* Not of the table; nDPI has one name for it and for SOCKS. */
static const struct protocol other = {.name = "other", .ndpi_names = (const char *const[]){"socks", NULL}};

static const char *const *names_of(const struct protocol *p) {
    return p->ndpi_names ? p->ndpi_names : none;
}

static bool share_an_ndpi_name(const struct protocol *p, const struct protocol *q) {
    for (const char *const *a = names_of(p); *a; a++)
        for (const char *const *b = names_of(q); *b; b++)
            if (bytes_equal_nocase(bytes_text(*a), *b))
                return true;
    return false;
}

/* Of two rows: the same protocol, or two that nDPI's name cannot tell apart. */
static unsigned doubled_rows(const struct protocol *const *table) {
    unsigned doubled = 0;
    for (size_t i = 0; table[i]; i++)
        for (size_t j = 0; j < i; j++)
            doubled += table[i] == table[j] || share_an_ndpi_name(table[i], table[j]);
    return doubled;
}

static void test_no_protocol_stands_in_the_table_twice(void **state) {
    assert_int_equal(doubled_rows(protocol_table), 0);
}

static void test_a_table_with_a_protocol_twice_is_seen_as_such(void **state) {
    const struct protocol *const twice[] = {&protocol_http, &protocol_ftp, &protocol_http, NULL};
    const struct protocol *const same_name[] = {&protocol_socks, &other, NULL};
    assert_int_equal(doubled_rows(twice), 1);
    assert_int_equal(doubled_rows(same_name), 1);
}

static void test_each_protocol_reads_streams_or_datagrams_and_the_table_fits_the_dispatcher(void **state) {
    size_t n = 0;
    for (; protocol_table[n]; n++) {
        const struct protocol *p = protocol_table[n];
        assert_non_null(p->name);
        assert_true(p->data || p->datagram);
        assert_true(!p->data || p->gap);
        assert_true(!p->probe || p->data);
        assert_true(!p->probe_datagram || p->datagram);
        assert_non_null(p->open);
        assert_non_null(p->close);
    }
    assert_in_range(n, 1, PROTOCOLS_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_protocol_stands_in_the_table_twice),
        cmocka_unit_test(test_a_table_with_a_protocol_twice_is_seen_as_such),
        cmocka_unit_test(test_each_protocol_reads_streams_or_datagrams_and_the_table_fits_the_dispatcher),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
