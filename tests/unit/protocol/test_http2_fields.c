/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/http2/http2_fields.h"
#include "protocol/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Heads as octets of HPACK (RFC 7541): 0x44 is :path, 0x42 :method and 0x6e content-disposition, each with a
 * value that enters the table, of which 0xbe is the newest entry. */

enum { VALUE = 3900, LENGTH = 4 };

static void take(struct http2_fields *f, struct http2_text *t, struct allowance *payer, const void *p,
                 size_t n) {
    http2_fields_take(f, bytes_of(p, n), t, payer);
    http2_fields_end(f, t);
}

static size_t put_long(uint8_t *out, uint8_t name) {
    const uint8_t head[LENGTH] = {name, 0x7f, 0xbd, 0x1d}; /* 127 + 0x3d + 0x1d * 128 */
    memcpy(out, head, LENGTH);
    memset(out + LENGTH, 'v', VALUE);
    return LENGTH + VALUE;
}

/* One head with two long values in a table of 8 KB, and another one of `n` octets. */
static struct http2_text unfold(uint8_t name, uint8_t other, const void *p, size_t n,
                                struct allowance *payer) {
    static uint8_t first[3 + 2 * (LENGTH + VALUE)] = "\x3f\xe1\x3f"; /* 31 + 0x61 + 0x3f * 128 */
    struct http2_fields f = {.inflater = NULL};
    struct http2_text t = {.n = 0};
    size_t at = 3;
    at += put_long(first + at, name);
    at += put_long(first + at, other);
    take(&f, &t, payer, first, at);
    http2_text_forget(&t);
    memset(counter_values, 0, COUNTER_COUNT * sizeof *counter_values);
    take(&f, &t, payer, p, n);
    http2_fields_finish(&f);
    assert_int_equal(counter_values[COUNTER_HTTP2_FIELDS_BAD] + counter_values[COUNTER_HTTP2_FIELDS_UNKNOWN],
                     0);
    return t;
}

static const uint8_t newest[] = "\xbe\xbe\xbe\xbe\xbe\xbe\xbe\xbe\xbe\xbe", both[] = "\xbf\xbe";

static void what_a_head_unfolds_to_is_kept_where_it_is_paid(void **state) {
    struct http2_text t = unfold(0x42, 0x44, both, 2, NULL);
    assert_int_equal(http2_text_pseudo(&t, HTTP2_METHOD).n, VALUE);
    assert_int_equal(http2_text_pseudo(&t, HTTP2_PATH).n, VALUE);
    http2_text_forget(&t);
    t = unfold(0x42, 0x6e, newest, 10, NULL);
    assert_in_range(t.n, 10 * VALUE, HTTP2_HEAD_MAX);
    assert_int_equal(counter_values[COUNTER_HTTP2_HEADS_PARTLY], 0);
    http2_text_forget(&t);
    assert_int_equal(protocol_memory_used(PROTOCOL_HELD), 0);
}

static void of_fields_that_are_used_a_little_is_kept_though_nobody_pays(void **state) {
    struct allowance payer;
    allowance_init(&payer, 0);
    struct http2_text t = unfold(0x42, 0x6e, newest, 10, &payer);
    assert_in_range(t.n, VALUE, HTTP2_UNPAID_MAX);
    assert_int_equal(counter_values[COUNTER_HTTP2_HEADS_PARTLY], 1);
    http2_text_forget(&t);
}

static void a_path_that_nobody_pays_for_is_cut(void **state) {
    struct allowance payer;
    allowance_init(&payer, 0);
    struct http2_text t = unfold(0x42, 0x44, both, 2, &payer);
    assert_int_equal(http2_text_pseudo(&t, HTTP2_METHOD).n, VALUE);
    assert_int_equal(http2_text_pseudo(&t, HTTP2_PATH).n, 2 + HTTP2_UNPAID_MAX - VALUE);
    assert_int_equal(counter_values[COUNTER_HTTP2_HEADS_PARTLY], 1);
    http2_text_forget(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_head_unfolds_to_is_kept_where_it_is_paid),
        cmocka_unit_test(of_fields_that_are_used_a_little_is_kept_though_nobody_pays),
        cmocka_unit_test(a_path_that_nobody_pays_for_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
