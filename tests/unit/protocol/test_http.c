/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http/http.h"
#include "protocol/http/http_facts.h"
#include "protocol/http/http_words.h"
#include "protocol/shared.h"

#include "transcripts.h"

/* --- what transcripts cannot say --- */

static enum probe probe_text(const char *client, const char *server) {
    struct bytes first[2] = {bytes_text(client), bytes_text(server)};
    return protocol_http.probe(first);
}

static void probe_knows_requests_and_status_lines(void **state) {
    (void)state;
    assert_int_equal(probe_text("GET / HTTP/1.1\r\n", ""), PROBE_YES);
    assert_int_equal(probe_text("\r\nput /x?y HTTP/1.0\r\n", ""), PROBE_YES);
    assert_int_equal(probe_text("FROB /x HTTP/1.1\r\n", ""), PROBE_YES);
    assert_int_equal(probe_text("", "HTTP/1.1 200 OK"), PROBE_YES);
    assert_int_equal(probe_text("HTTP/1.0 404", ""), PROBE_YES);
    assert_int_equal(probe_text("", ""), PROBE_MORE);
    assert_int_equal(probe_text("PO", "HTT"), PROBE_MORE);
    assert_int_equal(probe_text("POST /upload/with/a/long/path", "HT"), PROBE_MORE);
}

static void probe_leaves_look_alikes_alone(void **state) {
    (void)state;
    static const char *const server = "220 ready\r\n", *const alikes[] = {
                                                           "USER anonymous\r\n",
                                                           "OPTIONS rtsp://cam/1 RTSP/1.0\r\nCSeq: 1\r\n",
                                                           "INVITE sip:a@b SIP/2.0\r\nVia: x\r\n",
                                                           "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                                                           "\x16\x03\x01\x02",
                                                           "GET /\x01\x02"};
    for (size_t i = 0; i < sizeof alikes / sizeof *alikes; i++) {
        assert_int_not_equal(probe_text(alikes[i], server), PROBE_YES);
        /* Nor what goes on behind it: then it is none. */
        char long_one[8192];
        size_t n = (size_t)snprintf(long_one, sizeof long_one, "%s", alikes[i]);
        memset(long_one + n, '\n', sizeof long_one - n);
        struct bytes first[2] = {bytes_of(long_one, sizeof long_one), bytes_of(long_one, sizeof long_one)};
        assert_int_equal(protocol_http.probe(first), PROBE_NO);
    }
}

static void a_greeting_is_none_of_http_whatever_its_text(void **state) {
    assert_int_equal(probe_text("", "220 HTTP/1.1 200 OK\r\n"), PROBE_MORE); /* the client may say so */
    assert_int_equal(probe_text("USER a\r\n", "220-hello\r\nHTTP/1.1 200 OK\r\n\r\n220 ready\r\n"),
                     PROBE_MORE);
    assert_int_equal(probe_text("220 ready HTTP/1.1\r\n", ""), PROBE_MORE); /* its ends swapped */
    assert_int_equal(probe_text("", "22"), PROBE_MORE);
    assert_int_equal(probe_text("", "221 x\r\nHTTP/1.1 200 OK\r\n"), PROBE_YES);
    assert_int_equal(probe_text("220 /up HTTP/1.1\r\n", ""), PROBE_YES);
    assert_int_equal(probe_text("PUT /up HTTP/1.1\r\n", "220 ready\r\n"), PROBE_YES);
}

static void a_request_behind_junk_is_found_by_the_probe(void **state) {
    (void)state;
    assert_int_equal(probe_text("hello there\r\nPUT /a HTTP/1.1\r\n", ""), PROBE_YES);
    assert_int_equal(probe_text("\x01\x02\xffPUT /a HTTP/1.1\r\n", ""), PROBE_YES);
    assert_int_equal(probe_text("P@T(x) /a HTTP/1.1\r\n", ""), PROBE_YES);
    assert_int_equal(probe_text("FROB /a\r\nHost: h\r\n", ""), PROBE_YES);
    assert_int_not_equal(probe_text("hello there\r\nPUT /a or not\r\n", ""), PROBE_YES);
}

static void a_long_target_is_recognised_before_its_line_ends(void **state) {
    (void)state;
    char line[3000] = "GET /";
    memset(line + 5, 'a', sizeof line - 6);
    line[sizeof line - 1] = 0;
    assert_int_equal(probe_text(line, ""), PROBE_YES);
}

static void requests_without_answers_need_bounded_memory(void **state) {
    (void)state;
    static const char request[] = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx";
    struct recorder *r = recorder_create(&protocol_http);
    for (int i = 0; i < 2000; i++)
        assert_int_equal(protocol_http.data(&r->c, SIDE_CLIENT, (const uint8_t *)request, sizeof request - 1),
                         PROTOCOL_OK);
    assert_int_equal(r->count, 2000);
    assert_int_equal(r->named, 1);
    recorder_destroy(r);
}

static void a_flow_without_any_message_is_one_body(void **state) {
    (void)state;
    struct recorder *r = recorder_create(&protocol_http);
    static uint8_t junk[65536];
    memset(junk, 'j', sizeof junk);
    enum protocol_result result = PROTOCOL_OK;
    int i = 0;
    for (; i < 1024 && result == PROTOCOL_OK; i++)
        result = protocol_http.data(&r->c, SIDE_SERVER, junk, sizeof junk);
    assert_int_equal(result, PROTOCOL_OK);
    recorder_close(r);
    assert_int_equal(r->count, 1);
    assert_true(r->list[0]->size == 1024 * sizeof junk && r->list[0]->how != TRANSFER_DONE);
    recorder_destroy(r);
}

/* Else the ranges of a download of which only one side is seen would meet nowhere. */
static void responses_without_their_request_have_a_key_that_no_path_has(void **state) {
    (void)state;
    char scratch[HTTP_SCRATCH];
    const struct http_origin asked = {.path = bytes_text("/a")}, unknown = {.path = {NULL, 0}};
    struct transfer_seed known, alone;
    size_t octets = 0;
    bool differ = false;
    http_facts_fill(&known, SIDE_SERVER, NULL, &asked, scratch);
    http_facts_fill(&alone, SIDE_SERVER, NULL, &unknown, scratch);
    for (int i = 0; i < TRANSFER_KEY_PARTS; i++) {
        octets += alone.key[i].n;
        differ |= !bytes_equal(alone.key[i], known.key[i]);
    }
    assert_true(octets > 0 && differ);
}

static void words_that_may_be_plates_are_told_from_others(void **state) {
    (void)state;
    static const char *const likely[] = {"KXR4471", "kxr4471",      "(KXR 4471)",    "a=KXR-4471;b",
                                         "7ABC123", "x A1B2C3D4 y", "NT 10 ABC-1234"};
    static const char *const unlikely[] = {"",
                                           "4471",
                                           "KXR",
                                           "X11",
                                           "Linux x86_64",
                                           "0.6 Python",
                                           "Chrome/120.0.0.0",
                                           "2026-05-31",
                                           "A1B2C3D4E5",
                                           "deadbeefcafe0123",
                                           "Sun, 31 May 2026"};
    for (size_t i = 0; i < sizeof likely / sizeof *likely; i++)
        assert_true(http_words_likely(bytes_text(likely[i])));
    for (size_t i = 0; i < sizeof unlikely / sizeof *unlikely; i++)
        assert_false(http_words_likely(bytes_text(unlikely[i])));
}

static struct {
    size_t n, wholes;
    char text[1 << 20];
} gathered;

static struct transfer *begin_gathered(struct conversation *c, const struct transfer_seed *f) {
    return NULL;
}

static void gather(struct conversation *c, struct transfer *t, const uint8_t *bytes, size_t n) {
    memcpy(gathered.text + gathered.n, bytes, n);
    gathered.n += n;
}

static void end_gathered(struct conversation *c, struct transfer *t, enum transfer_end how) {
    gathered.wholes += how == TRANSFER_DONE;
}

/* `fields` of 82 octets with what may be a plate, and one more, in `heads` heads. */
static void gather_words(int heads, int fields) {
    static const struct protocol_services services = {
        .begin = begin_gathered, .data = gather, .end = end_gathered};
    static char head[1 << 14];
    struct conversation c = {.services = &services, .now = NS_PER_S};
    size_t n = 0;
    for (int i = 0; i < fields; i++)
        n += (size_t)snprintf(head + n, sizeof head - n, "X-Field-%03d: GHT7720 %060d\r\n", i, 0);
    n += (size_t)snprintf(head + n, sizeof head - n, "X-Last: KXR4471\r\n");
    memset(&gathered, 0, sizeof gathered);
    for (int i = 0; i < heads; i++)
        http_words_take(&c, SIDE_CLIENT, bytes_of(head, n), false);
    shared_state_tick(2 * SHARED_LINGER);
}

static void words_at_the_end_of_a_long_head_are_gathered_too(void **state) {
    gather_words(1, 100);
    assert_non_null(memmem(gathered.text, gathered.n, "X-Last=KXR4471;", 15));
    assert_int_equal(gathered.wholes, 0);
}

/* 256 KiB each, whatever the time is. */
static void words_are_gathered_in_objects_of_a_bounded_size(void **state) {
    gather_words(300, 25);
    assert_in_range(gathered.n, 512 << 10, 767 << 10);
    assert_int_equal(gathered.wholes, 2);
}

int main(void) {
    static struct CMUnitTest tests[TRANSCRIPTS_MAX] = {
        cmocka_unit_test(probe_knows_requests_and_status_lines),
        cmocka_unit_test(probe_leaves_look_alikes_alone),
        cmocka_unit_test(a_long_target_is_recognised_before_its_line_ends),
        cmocka_unit_test(requests_without_answers_need_bounded_memory),
        cmocka_unit_test(a_flow_without_any_message_is_one_body),
        cmocka_unit_test(a_greeting_is_none_of_http_whatever_its_text),
        cmocka_unit_test(a_request_behind_junk_is_found_by_the_probe),
        cmocka_unit_test(responses_without_their_request_have_a_key_that_no_path_has),
        cmocka_unit_test(words_that_may_be_plates_are_told_from_others),
        cmocka_unit_test(words_at_the_end_of_a_long_head_are_gathered_too),
        cmocka_unit_test(words_are_gathered_in_objects_of_a_bounded_size),
    };
    size_t fixed = 0;
    while (tests[fixed].test_func)
        fixed++;
    return run_with_transcripts("http", &protocol_http, SOURCE_ROOT "/tests/transcripts/http", tests, fixed);
}
