/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/http/http_exchange.h"
#include "protocol/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static int begin(void **state) {
    protocol_memory_limit(200000); /* 100,000 for each kind */
    return 0;
}

static void what_is_given_back_is_there_again(void **state) {
    void *p = protocol_alloc(PROTOCOL_HELD, 90000);
    assert_non_null(p);
    assert_null(protocol_alloc(PROTOCOL_HELD, 20000));
    protocol_free(p);
    assert_int_equal(protocol_memory_used(PROTOCOL_HELD), 0);
    p = protocol_alloc(PROTOCOL_HELD, 90000);
    assert_non_null(p);
    protocol_free(p);
}

static void held_bytes_take_nothing_from_the_states_of_flows(void **state) {
    void *held = protocol_alloc(PROTOCOL_HELD, 99000), *own = protocol_alloc(PROTOCOL_STATE, 99000);
    assert_non_null(held);
    assert_non_null(own);
    protocol_free(held);
    protocol_free(own);
}

static void what_cannot_grow_keeps_its_bytes(void **state) {
    char *p = protocol_alloc(PROTOCOL_HELD, 8);
    strcpy(p, "plates");
    assert_null(protocol_grow(PROTOCOL_HELD, p, 200000));
    assert_null(protocol_grow(PROTOCOL_HELD, p, SIZE_MAX - 8));
    assert_string_equal(p, "plates");
    p = protocol_grow(PROTOCOL_HELD, p, 50000);
    assert_string_equal(p, "plates");
    protocol_free(p);
    assert_int_equal(protocol_memory_used(PROTOCOL_HELD), 0);
}

static struct http_origin origin_of(const char *path, size_t n) {
    return (struct http_origin){.method = bytes_text("GET"), .path = bytes_of(path, n)};
}

static void requests_of_one_flow_wait_within_64_kib(void **state) {
    static char path[2048];
    struct http_exchanges q;
    uint64_t before = counter_values[COUNTER_HTTP_UNANSWERED];
    http_exchanges_init(&q);
    for (int i = 0; i < 200; i++) {
        struct http_origin o = origin_of(path, sizeof path);
        http_exchanges_asked(&q, &o, false);
    }
    assert_true(protocol_memory_used(PROTOCOL_HELD) < 70000);
    assert_true(q.count >= 28 && q.count <= 32);
    assert_int_equal(counter_values[COUNTER_HTTP_UNANSWERED] - before, 200 - q.count);
    http_exchanges_finish(&q);
    assert_int_equal(q.bytes, 0);
    assert_int_equal(protocol_memory_used(PROTOCOL_HELD), 0);
}

static void a_request_that_finds_no_memory_leaves_no_wrong_pairs(void **state) {
    struct http_exchanges q;
    struct http_origin o = origin_of("/a", 2);
    http_exchanges_init(&q);
    http_exchanges_asked(&q, &o, false);
    size_t rest = 100000 - (size_t)protocol_memory_used(PROTOCOL_HELD);
    assert_true(protocol_charge(PROTOCOL_HELD, rest));
    http_exchanges_asked(&q, &o, false);
    assert_null(http_exchanges_answered(&q));
    protocol_discharge(PROTOCOL_HELD, rest);
    http_exchanges_finish(&q);
    assert_int_equal(protocol_memory_used(PROTOCOL_HELD), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_given_back_is_there_again, begin),
        cmocka_unit_test_setup(held_bytes_take_nothing_from_the_states_of_flows, begin),
        cmocka_unit_test_setup(what_cannot_grow_keeps_its_bytes, begin),
        cmocka_unit_test_setup(requests_of_one_flow_wait_within_64_kib, begin),
        cmocka_unit_test_setup(a_request_that_finds_no_memory_leaves_no_wrong_pairs, begin),
    };
    return cmocka_run_group_tests_name("protocol/memory", tests, NULL, NULL);
}
