/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/http/http_head.h"
#include "protocol/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Heads by RFC 9112, and what does not keep to it; expected values are read off the texts. */

static struct http_head fresh(bool request) {
    return (struct http_head){.request = request, .length = UINT64_MAX, .status = 200};
}

static bool is_strict(bool request, const char *text) {
    struct http_head h = fresh(request);
    return http_plain_parse(&h, bytes_text(text), HTTP_STRICTLY);
}

static void expect_text(struct bytes got, const char *want) {
    if (!bytes_equal(got, bytes_text(want)))
        fail_msg("\"%.*s\" in place of \"%s\"", (int)got.n, (const char *)got.p, want);
}

#define REQUEST                                                                                              \
    "PUT /in/a.jpg?k=1 HTTP/1.1\r\nHost: lanes.example:8080\r\nUser-Agent: x\r\nContent-Type:image/jpeg "    \
    "\r\n"                                                                                                   \
    "Content-Length: 12\r\nETag: \"a\"\r\nX-Empty:\r\nUpgrade:\r\n\r\n"

static void expect_request(const struct http_head *h) {
    expect_text(h->method, "PUT");
    expect_text(h->target, "/in/a.jpg?k=1");
    expect_text(h->host, "lanes.example");
    expect_text(h->field[HTTP_HOST], "lanes.example:8080");
    expect_text(h->field[HTTP_CONTENT_TYPE], "image/jpeg");
    expect_text(h->field[HTTP_ETAG], "\"a\"");
    assert_true(h->length == 12 && h->framing == HTTP_LENGTH && !h->old);
    assert_true(http_head_has(h, HTTP_UPGRADE) && h->field[HTTP_UPGRADE].n == 0);
    assert_false(http_head_has(h, HTTP_EXPECT));
}

static void a_plain_request_is_read_alike_in_every_way(void **state) {
    (void)state;
    struct bytes block = bytes_text(REQUEST);
    struct http_head h = fresh(true);
    assert_true(http_plain_parse(&h, block, HTTP_STRICTLY));
    expect_request(&h);
    h = fresh(true);
    assert_true(http_plain_parse(&h, block, HTTP_LENIENTLY));
    expect_request(&h);
    h = fresh(true);
    assert_int_equal(http_libhtp_parse(&h, block), HTTP_READ);
    expect_request(&h);
    http_head_finish(&h);
}

static void a_plain_answer_is_read_alike_in_every_way(void **state) {
    (void)state;
    struct bytes block = bytes_text("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-9/99\r\n"
                                    "Transfer-Encoding: Chunked\r\n\r\n");
    for (int way = 0; way < 3; way++) {
        struct http_head h = fresh(false);
        assert_true(way == 2 ? http_libhtp_parse(&h, block) == HTTP_READ
                             : http_plain_parse(&h, block, way ? HTTP_LENIENTLY : HTTP_STRICTLY));
        assert_true(h.status == 206 && h.status_read && h.framing == HTTP_CHUNKED && h.length == UINT64_MAX);
        expect_text(h.field[HTTP_CONTENT_RANGE], "bytes 0-9/99");
        if (way != 1)
            expect_text(h.reason, "Partial Content");
        http_head_finish(&h);
    }
}

static void a_plain_url_for_a_target_is_read_alike_in_every_way(void **state) {
    (void)state;
    struct bytes block =
        bytes_text("PUT http://a.example:81/x//y HTTP/1.1\r\nHost: b.example\r\nContent-Length: 1\r\n\r\n");
    for (int way = 0; way < 2; way++) {
        struct http_head h = fresh(true);
        assert_true(way ? http_libhtp_parse(&h, block) == HTTP_READ
                        : http_plain_parse(&h, block, HTTP_STRICTLY));
        expect_text(h.target, "http://a.example:81/x//y");
        expect_text(h.host, "a.example");
        expect_text(h.field[HTTP_HOST], "b.example");
        assert_true(h.length == 1 && h.framing == HTTP_LENGTH);
        http_head_finish(&h);
    }
}

static void a_plain_head_is_taken_from_what_stands_behind_it(void **state) {
    (void)state;
    struct bytes in = bytes_text(REQUEST "PUT /b HTTP/1.1\r\n\r\n");
    struct http_head h;
    for (size_t n = 0; n <= in.n; n++) {
        size_t whole = n < sizeof REQUEST - 1 ? 0 : sizeof REQUEST - 1;
        assert_int_equal(http_head_take(&h, true, bytes_of(in.p, n)), whole);
        if (whole)
            expect_request(&h);
    }
}

static void every_field_that_is_used_is_known_by_its_name(void **state) {
    (void)state;
    for (enum http_field i = 0; i < HTTP_FIELDS; i++) {
        char name[32], *end = stpcpy(name, http_field_names[i]);
        name[0] = (char)(name[0] & ~0x20);
        assert_int_equal(http_head_named(bytes_text(name)), i);
        end[-1] ^= 1;
        assert_int_equal(http_head_named(bytes_text(name)), HTTP_FIELD_NONE);
    }
    assert_int_equal(http_head_named(bytes_of(NULL, 0)), HTTP_FIELD_NONE);
}

static void what_receivers_read_differently_is_not_plain(void **state) {
    (void)state;
    static const char *const requests[] = {
        "GET /\r\n\r\n",
        "get / HTTP/1.1\r\n\r\n",
        "GET  / HTTP/1.1\r\n\r\n",
        "GET /a b HTTP/1.1\r\n\r\n",
        "GET http://a HTTP/1.1\r\n\r\n",
        "GET http://A/ HTTP/1.1\r\n\r\n",
        "GET http://u@a/ HTTP/1.1\r\n\r\n",
        "GET http://a:/ HTTP/1.1\r\n\r\n",
        "GET https://a/ HTTP/1.1\r\n\r\n",
        "GET http:///a HTTP/1.1\r\n\r\n",
        "CONNECT http://a/ HTTP/1.1\r\n\r\n",
        "GET http://a/ HTTP/1.1\r\nHost: B\r\n\r\n",
        "GET //a/ HTTP/1.1\r\n\r\n",
        "GET / HTTP/2.0\r\n\r\n",
        "GET / HTTP/1.1\n\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: A\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nX: a\r\n b\r\n\r\n",
        "GET / HTTP/1.1\r\nX: \x80\r\n\r\n",
        "GET / HTTP/1.1\r\n: a\r\n\r\n",
        "PUT / HTTP/1.1\r\nContent-Length: +1\r\n\r\n",
        "PUT / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "PUT / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "PUT / HTTP/1.1\r\nAuthorization: Basic YTpi\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\nX",
        "GET / HTTP/1.1\r\nX: a\r\n",
    };
    static const char *const answers[] = {"HTTP/1.1 20\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
                                          "HTTP/1.1 100 Continue\r\n\r\n", "ICY 200 OK\r\n\r\n",
                                          "HTTP/1.1  200 OK\r\n\r\n"};
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
        if (is_strict(true, requests[i]))
            fail_msg("%s", requests[i]);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        if (is_strict(false, answers[i]))
            fail_msg("%s", answers[i]);
    assert_true(is_strict(true, "GET / HTTP/1.1\r\n\r\n") && is_strict(false, "HTTP/1.0 200\r\n\r\n"));
}

static void what_is_not_plain_is_read_by_libhtp_while_it_is_paid(void **state) {
    (void)state;
    struct bytes block =
        bytes_text("PUT http://a.example/x HTTP/1.1\nHost : B\nAuthorization: Basic YTpi\n\n");
    struct allowance payer;
    allowance_init(&payer, 1000);
    struct http_head h;
    assert_true(http_head_parse(&h, true, block, &payer));
    expect_text(h.host, "a.example");
    expect_text(h.user, "a");
    http_head_finish(&h);
    allowance_take(&payer, ACCOUNT_OBJECTS, SIZE_MAX);
    uint64_t before = counter_values[COUNTER_HTTP_HEADS_UNPAID];
    assert_true(http_head_parse(&h, true, block, &payer));
    expect_text(h.method, "PUT");
    expect_text(h.target, "http://a.example/x");
    expect_text(h.host, "B");
    expect_text(h.user, "");
    assert_int_equal(counter_values[COUNTER_HTTP_HEADS_UNPAID], before + 1);
    http_head_finish(&h);
}

static void an_odd_head_for_which_there_is_no_memory_is_read_in_place(void **state) {
    (void)state;
    struct http_head h;
    uint64_t before = counter_values[COUNTER_HTTP_NO_MEMORY];
    protocol_memory_limit(1024);
    assert_true(http_head_parse(&h, true, bytes_text("PUT /x HTTP/1.1\nContent-Length : 9\n\n"), NULL));
    protocol_memory_limit(0);
    expect_text(h.target, "/x");
    assert_true(h.length == 9 && h.framing == HTTP_LENGTH);
    assert_int_equal(counter_values[COUNTER_HTTP_NO_MEMORY], before + 1);
    http_head_finish(&h);
}

static void odd_heads_that_nobody_pays_for_keep_their_bodies(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum http_framing framing;
        uint64_t length;
    } heads[] = {
        {"PUT /a HTTP/1.1\ncontent-length : 7\n\n", HTTP_LENGTH, 7},
        {"PUT /a HTTP/1.1\nContent-Length: 7, 7\n\n", HTTP_LENGTH, 7},
        {"PUT /a HTTP/1.1\nTransfer-Encoding: gzip, chunked\n\n", HTTP_CHUNKED, UINT64_MAX},
        {"PUT /a HTTP/1.1\nTransfer-Encoding: xchunked\n\n", HTTP_CHUNKS_LIKELY, UINT64_MAX},
        {"PUT /a HTTP/1.1\n\n", HTTP_UNTIL_CLOSE, UINT64_MAX},
    };
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        struct http_head h = fresh(true);
        assert_true(http_plain_parse(&h, bytes_text(heads[i].text), HTTP_LENIENTLY));
        assert_int_equal(h.framing, heads[i].framing);
        assert_true(h.length == heads[i].length);
    }
    struct http_head h = fresh(false);
    assert_true(http_plain_parse(&h, bytes_text("ICY  404 gone\r\n\r\n"), HTTP_LENIENTLY));
    assert_true(h.status == 404 && h.status_read);
    h = fresh(true);
    assert_true(http_plain_parse(&h, bytes_text("GET /x\r\n\r\n"), HTTP_LENIENTLY) && h.old);
}

static void a_kept_head_outlives_its_bytes(void **state) {
    (void)state;
    char *block = strdup(REQUEST);
    struct http_head h;
    assert_true(http_head_parse(&h, true, bytes_text(block), NULL));
    struct http_head *kept = http_head_keep(&h);
    http_head_finish(&h);
    memset(block, 'x', strlen(block));
    free(block);
    expect_request(kept);
    protocol_free(kept);
    assert_int_equal(protocol_memory_used(PROTOCOL_HELD), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_request_is_read_alike_in_every_way),
        cmocka_unit_test(a_plain_answer_is_read_alike_in_every_way),
        cmocka_unit_test(a_plain_url_for_a_target_is_read_alike_in_every_way),
        cmocka_unit_test(a_plain_head_is_taken_from_what_stands_behind_it),
        cmocka_unit_test(every_field_that_is_used_is_known_by_its_name),
        cmocka_unit_test(what_receivers_read_differently_is_not_plain),
        cmocka_unit_test(what_is_not_plain_is_read_by_libhtp_while_it_is_paid),
        cmocka_unit_test(an_odd_head_for_which_there_is_no_memory_is_read_in_place),
        cmocka_unit_test(odd_heads_that_nobody_pays_for_keep_their_bodies),
        cmocka_unit_test(a_kept_head_outlives_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
