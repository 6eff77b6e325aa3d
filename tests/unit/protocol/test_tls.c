/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/tls/tls.h"
#include "streams.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* With the sensor's own table of protocols: what is not TLS any more is another's. */

static const size_t splits[] = {0, 1, 7, 333, 1448};

static struct stream client, server, picture;

static int setup(void **state) {
    client.n = server.n = picture.n = 0;
    memset(counter_values, 0, COUNTER_COUNT * sizeof *counter_values);
    return 0;
}

static void digest_of(const struct stream *s, size_t at, uint8_t out[32]) {
    EVP_Digest(s->p + at, s->n - at, out, NULL, EVP_sha256(), NULL);
}

#define FOR_EACH_SPLIT(...)                                                                                  \
    for (size_t i_ = 0; i_ < sizeof splits / sizeof splits[0]; i_++) {                                       \
        struct world *w = streams_world();                                                                   \
        size_t split = splits[i_];                                                                           \
        __VA_ARGS__                                                                                          \
        world_destroy(w);                                                                                    \
    }

static void shake(void) {
    stream_hello(&client, 1);
    stream_hello(&server, 2);
    stream_record(&server, 20, "\1", 1);
    stream_sealed(&server, 900, 3);
    stream_record(&client, 20, "\1", 1);
    stream_sealed(&client, 53, 4);
}

static void assert_one_picture(struct world *w) {
    uint8_t digest[32];
    digest_of(&picture, 0, digest);
    assert_int_equal(w->transfers, 1);
    assert_int_equal(w->transfer[0].size, picture.n);
    assert_memory_equal(w->transfer[0].sha256, digest, 32);
}

static void a_connection_is_encrypted_and_stays_it_without_a_transfer(void **state) {
    shake();
    for (unsigned i = 0; i < 8; i++)
        stream_sealed(&client, i % 2 ? 16401 : 30 + i, 10 + i);
    stream_record(&client, 21, "\1\0zzzzzzzzzzzzzzzzz", 19);
    FOR_EACH_SPLIT(streams_say(w, SIDE_CLIENT, &client, split); streams_say(w, SIDE_SERVER, &server, split);
                   assert_true(w->wanted[0]); assert_true(conversation_read(w->flow[0])); streams_close(w);
                   assert_int_equal(w->encrypted, 1); assert_int_equal(w->cleared, 0);
                   assert_int_equal(w->transfers, 0);)
}

static void one_that_is_seen_from_the_middle_is_encrypted_too(void **state) {
    for (unsigned i = 0; i < 4; i++)
        stream_sealed(&client, 3000, 20 + i);
    stream_sealed(&server, 31, 9);
    stream_sealed(&server, 31, 10);
    FOR_EACH_SPLIT(streams_say(w, SIDE_CLIENT, &client, split); streams_say(w, SIDE_SERVER, &server, split);
                   streams_close(w); assert_int_equal(w->encrypted, 1); assert_int_equal(w->transfers, 0);)
}

static void a_picture_behind_a_hello_is_a_transfer(void **state) {
    stream_jpeg(&picture, 20000);
    stream_hello(&client, 1);
    stream_add(&client, picture.p, picture.n);
    FOR_EACH_SPLIT(streams_say(w, SIDE_CLIENT, &client, split); streams_close(w); assert_one_picture(w);
                   assert_int_equal(w->cleared, w->encrypted);)
}

static void so_is_one_behind_a_record_header_alone(void **state) {
    stream_jpeg(&picture, 9000);
    stream_header(&client, 22, 512);
    stream_add(&client, picture.p, picture.n);
    FOR_EACH_SPLIT(streams_say(w, SIDE_CLIENT, &client, split); streams_close(w); assert_one_picture(w);
                   assert_int_equal(w->cleared, w->encrypted);)
}

static void so_is_one_behind_a_whole_handshake(void **state) {
    shake();
    stream_jpeg(&picture, 30000);
    stream_add(&client, picture.p, picture.n);
    FOR_EACH_SPLIT(streams_say(w, SIDE_SERVER, &server, split); streams_say(w, SIDE_CLIENT, &client, split);
                   streams_close(w); assert_one_picture(w); assert_int_equal(w->cleared, 1);)
}

static void so_is_one_in_records_whose_bodies_are_clear(void **state) {
    for (size_t size = 100; size <= 16000; size += 5300) {
        setup(NULL);
        shake();
        stream_sealed(&client, 4000, 5);
        stream_jpeg(&picture, 30000);
        for (size_t at = 0; at < picture.n; at += size)
            stream_record(&client, 23, picture.p + at, picture.n - at < size ? picture.n - at : size);
        stream_record(&client, 21, "\1\0", 2);
        FOR_EACH_SPLIT(streams_say(w, SIDE_SERVER, &server, split);
                       streams_say(w, SIDE_CLIENT, &client, split); streams_close(w); assert_one_picture(w);
                       assert_int_equal(w->cleared, 1);)
    }
}

static void short_records_of_text_are_one_text(void **state) {
    static const char row[] = "KXR4471,2026-05-31T04:12:09Z\n";
    shake();
    for (unsigned i = 0; i < 60; i++) {
        stream_record(&client, 23, row, sizeof row - 1);
        stream_text(&picture, row);
    }
    FOR_EACH_SPLIT(streams_say(w, SIDE_CLIENT, &client, split); streams_close(w); assert_one_picture(w);)
}

static void http_goes_on_where_tls_ends(void **state) {
    shake();
    stream_text(&picture, "four plates and a picture");
    stream_text(&client, "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 25\r\n\r\n");
    stream_text(&client, "four plates and a picture");
    FOR_EACH_SPLIT(streams_say(w, SIDE_CLIENT, &client, split); streams_close(w); assert_one_picture(w);)
}

static void http_in_the_bodies_is_read_too(void **state) {
    static const char head[] = "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 25\r\n\r\n";
    shake();
    stream_text(&picture, "four plates and a picture");
    stream_record(&client, 23, head, sizeof head - 1);
    stream_record(&client, 23, picture.p, 10);
    stream_record(&client, 23, picture.p + 10, 15);
    FOR_EACH_SPLIT(streams_say(w, SIDE_CLIENT, &client, split); streams_close(w); assert_one_picture(w);)
}

static void what_a_server_forges_does_not_hide_what_a_client_says(void **state) {
    stream_hello(&server, 2);
    stream_sealed(&server, 2000, 3);
    stream_text(&picture, "four plates and a picture");
    stream_text(&client, "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 25\r\n\r\n");
    stream_text(&client, "four plates and a picture");
    FOR_EACH_SPLIT(streams_say(w, SIDE_SERVER, &server, split); streams_say(w, SIDE_CLIENT, &client, split);
                   streams_close(w); assert_one_picture(w);)
}

/* The end of a record's body, and whole records. */
static void write_rest(struct stream *rest, size_t n) {
    stream_noise(rest, n, 8);
    for (unsigned i = 0; i < 5; i++)
        stream_sealed(rest, 6000, 30 + i);
}

static void assert_stays_encrypted(struct world *w) {
    streams_close(w);
    assert_int_equal(w->encrypted, 1);
    assert_int_equal(w->cleared, 0);
    assert_int_equal(w->transfers, 0);
}

static void a_gap_inside_of_a_body_changes_nothing(void **state) {
    struct stream *rest = &picture;
    shake();
    stream_header(&client, 23, 5000);
    write_rest(rest, 1000);
    FOR_EACH_SPLIT(streams_say(w, SIDE_CLIENT, &client, split); world_lose(w, 0, SIDE_CLIENT, 4000);
                   streams_say(w, SIDE_CLIENT, rest, split); assert_stays_encrypted(w);)
}

static void behind_one_that_took_a_header_the_next_is_found_and_a_picture_as_well(void **state) {
    struct stream *rest = &server;
    shake();
    server.n = 0;
    write_rest(rest, 700);
    FOR_EACH_SPLIT(streams_say(w, SIDE_CLIENT, &client, split); world_lose(w, 0, SIDE_CLIENT, 4000);
                   streams_say(w, SIDE_CLIENT, rest, split); assert_stays_encrypted(w);)
    stream_jpeg(&picture, 9000);
    stream_add(rest, picture.p, picture.n);
    FOR_EACH_SPLIT(streams_say(w, SIDE_CLIENT, &client, split); world_lose(w, 0, SIDE_CLIENT, 4000);
                   streams_say(w, SIDE_CLIENT, rest, split); streams_close(w);
                   assert_int_equal(w->encrypted, 1); assert_int_equal(w->cleared, 1); assert_one_picture(w);)
}

/* Whatever octet comes next, it begins no hello any more. */
static void so_does_one_that_took_a_side_s_first_records(void **state) {
    struct stream *rest = &server;
    shake();
    server.n = 0;
    stream_text(rest, "\x9a");
    write_rest(rest, 700);
    FOR_EACH_SPLIT(streams_say(w, SIDE_CLIENT, &client, split); world_lose(w, 0, SIDE_SERVER, 4000);
                   streams_say(w, SIDE_SERVER, rest, split); assert_stays_encrypted(w);)
}

static void small_records_are_no_place_to_hide_in(void **state) {
    shake();
    stream_jpeg(&picture, 16000);
    for (size_t at = 0; at < picture.n; at += 200)
        stream_record(&client, 21, picture.p + at, 200);
    FOR_EACH_SPLIT(streams_say(w, SIDE_CLIENT, &client, split); streams_close(w);
                   assert_int_equal(w->cleared, 1); assert_int_equal(w->transfers, 1);)
}

static void what_is_no_record_is_refused(void **state) {
    static const char *const none[] = {"\x16\x03\x05\0\x40\1\0\0\x3c\3\3", "\x17\x03\x03\0\4abcdXYZ..",
                                       "\x19\x03\x03\0\4abcd\x17"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        const struct bytes first[2] = {bytes_of(none[i], 11), bytes_of(NULL, 0)};
        assert_int_equal(tls_probe(first), PROBE_NO);
    }
}

/* draft-hickman-netscape-ssl-00, CLIENT-HELLO: a challenge of 16 octets, two ciphers. */
static void add_old_hello(struct stream *s, uint8_t major, uint8_t minor) {
    const uint8_t head[] = {0x80, 31, 1, major, minor, 0, 6, 0, 0, 0, 16, 0, 0, 0x39, 7, 0, 0xc0};
    stream_add(s, head, sizeof head);
    stream_noise(s, 16, 9);
}

static void a_hello_in_the_form_of_ssl_2_begins_tls(void **state) {
    FOR_EACH_SPLIT({
        setup(NULL);
        add_old_hello(&client, 3, 1);
        stream_plain_answer(&server);
        stream_sealed(&server, 900, 3);
        stream_sealed(&client, 16000, 4);
        streams_say(w, SIDE_CLIENT, &client, split);
        streams_say(w, SIDE_SERVER, &server, split);
        streams_close(w);
        assert_int_equal(w->encrypted, 1);
        assert_int_equal(w->cleared, 0);
        assert_int_equal(w->transfers, 0);
        assert_true(bytes_equal(world_bytes(&w->told[FACT_TLS_VERSION]), bytes_text("TLS 1.2")));
    })
}

static void so_does_it_behind_the_words_of_another_protocol(void **state) {
    struct world *w = streams_world();
    add_old_hello(&client, 3, 1);
    stream_plain_answer(&server);
    world_deliver(w, 0, SIDE_SERVER, (const uint8_t *)"+OK ready\r\n", 11, 0);
    world_deliver(w, 0, SIDE_CLIENT, (const uint8_t *)"STLS\r\n", 6, 0);
    world_deliver(w, 0, SIDE_SERVER, (const uint8_t *)"+OK\r\n", 5, 0);
    streams_say(w, SIDE_CLIENT, &client, 0);
    streams_say(w, SIDE_SERVER, &server, 0);
    conversation_decide(w->dispatcher, w->flow[0]);
    assert_int_equal(w->encrypted, 1);
    world_destroy(w);
}

/* SERVER-HELLO with a certificate of 3 octets, which is none, and an id of 16. */
static void ssl_2_itself_is_told_and_stays_encrypted(void **state) {
    static const uint8_t head[] = {0x80, 33, 4, 0, 1, 0, 2, 0, 3, 0, 3, 0, 16, 'x', 'y', 'z', 7, 0, 0xc0};
    FOR_EACH_SPLIT({
        setup(NULL);
        add_old_hello(&client, 0, 2);
        stream_add(&server, head, sizeof head);
        stream_noise(&server, 16, 3);
        stream_text(&client, "\x80");
        stream_noise(&client, 70000, 5);
        stream_text(&server, "\x80");
        stream_noise(&server, 9000, 6);
        streams_say(w, SIDE_CLIENT, &client, split);
        streams_say(w, SIDE_SERVER, &server, split);
        streams_close(w);
        assert_int_equal(w->encrypted, 1);
        assert_int_equal(w->cleared, 0);
        assert_true(bytes_equal(world_bytes(&w->told[FACT_TLS_VERSION]), bytes_text("SSL 2.0")));
    })
}

static void a_gap_in_such_a_hello_ends_it(void **state) {
    static const uint8_t head[] = {0x80, 33, 4, 0, 1, 0, 2, 0, 3, 0, 3, 0, 16, 'x'};
    struct stream *rest = &picture;
    add_old_hello(&client, 3, 1);
    stream_add(&server, head, sizeof head);
    stream_noise(rest, 3000, 8);
    for (unsigned i = 0; i < 5; i++)
        stream_sealed(rest, 6000, 30 + i);
    FOR_EACH_SPLIT(streams_say(w, SIDE_CLIENT, &client, split); streams_say(w, SIDE_SERVER, &server, split);
                   world_lose(w, 0, SIDE_SERVER, 4000); streams_say(w, SIDE_SERVER, rest, split);
                   assert_int_equal(w->told[FACT_TLS_VERSION].n, 0); streams_close(w);
                   assert_int_equal(w->encrypted, 1); assert_int_equal(w->cleared, 0);)
}

static void a_picture_behind_such_a_hello_is_a_transfer(void **state) {
    FOR_EACH_SPLIT({
        setup(NULL);
        stream_jpeg(&picture, 20000);
        add_old_hello(&client, 3, 1);
        stream_add(&client, picture.p, picture.n);
        streams_say(w, SIDE_CLIENT, &client, split);
        streams_close(w);
        assert_one_picture(w);
    })
}

static void one_whose_lengths_do_not_add_up_is_none(void **state) {
    add_old_hello(&client, 3, 1);
    client.p[1]++;
    stream_text(&client, "x");
    const struct bytes first[2] = {bytes_of(client.p, client.n), bytes_of(NULL, 0)};
    assert_int_equal(tls_probe(first), PROBE_NO);
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_connection_is_encrypted_and_stays_it_without_a_transfer),
        TEST(one_that_is_seen_from_the_middle_is_encrypted_too),
        TEST(a_picture_behind_a_hello_is_a_transfer),
        TEST(so_is_one_behind_a_record_header_alone),
        TEST(so_is_one_behind_a_whole_handshake),
        TEST(so_is_one_in_records_whose_bodies_are_clear),
        TEST(short_records_of_text_are_one_text),
        TEST(http_goes_on_where_tls_ends),
        TEST(http_in_the_bodies_is_read_too),
        TEST(what_a_server_forges_does_not_hide_what_a_client_says),
        TEST(a_gap_inside_of_a_body_changes_nothing),
        TEST(behind_one_that_took_a_header_the_next_is_found_and_a_picture_as_well),
        TEST(so_does_one_that_took_a_side_s_first_records),
        TEST(small_records_are_no_place_to_hide_in),
        TEST(what_is_no_record_is_refused),
        TEST(a_hello_in_the_form_of_ssl_2_begins_tls),
        TEST(so_does_it_behind_the_words_of_another_protocol),
        TEST(ssl_2_itself_is_told_and_stays_encrypted),
        TEST(a_gap_in_such_a_hello_ends_it),
        TEST(a_picture_behind_such_a_hello_is_a_transfer),
        TEST(one_whose_lengths_do_not_add_up_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
