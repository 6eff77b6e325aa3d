/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/unknown/unknown.h"
#include "streams.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* With the sensor's own table of protocols, of which none knows these streams. */

static const size_t splits[] = {0, 1, 7, 333, 1448};

static struct stream client, server, picture;

static int setup(void **state) {
    client.n = server.n = picture.n = 0;
    memset(counter_values, 0, COUNTER_COUNT * sizeof *counter_values);
    return 0;
}

#define FOR_EACH_SPLIT(...)                                                                                  \
    for (size_t i_ = 0; i_ < sizeof splits / sizeof splits[0]; i_++) {                                       \
        struct world *w = streams_world();                                                                   \
        streams_say(w, SIDE_CLIENT, &client, splits[i_]);                                                    \
        streams_say(w, SIDE_SERVER, &server, splits[i_]);                                                    \
        streams_close(w);                                                                                    \
        __VA_ARGS__                                                                                          \
        world_destroy(w);                                                                                    \
    }

static void assert_one_picture(struct world *w, enum side from) {
    uint8_t digest[32];
    EVP_Digest(picture.p, picture.n, digest, NULL, EVP_sha256(), NULL);
    assert_int_equal(w->transfers, 1);
    assert_int_equal(w->transfer[0].from, from);
    assert_int_equal(w->transfer[0].size, picture.n);
    assert_int_equal(w->transfer[0].how, TRANSFER_DONE);
    assert_memory_equal(w->transfer[0].sha256, digest, 32);
}

static void a_bare_picture_is_a_transfer(void **state) {
    stream_jpeg(&picture, 20000);
    stream_add(&client, picture.p, picture.n);
    stream_text(&server, "\x06");
    FOR_EACH_SPLIT(assert_one_picture(w, SIDE_CLIENT);)
    assert_int_equal(counter_values[COUNTER_UNKNOWN_OBJECTS], 5);
}

static void so_is_one_behind_bytes_of_a_protocol_that_nobody_knows(void **state) {
    static const size_t before[] = {1, 5, 39, 41, 200, 5000, 40000};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        setup(NULL);
        stream_jpeg(&picture, 20000);
        stream_noise(&server, before[i], 6);
        stream_add(&server, picture.p, picture.n);
        stream_add(&client, "\x01\x02", 2);
        FOR_EACH_SPLIT(assert_one_picture(w, SIDE_SERVER);)
    }
}

static void rows_of_text_are_a_transfer(void **state) {
    for (unsigned i = 0; i < 20; i++)
        stream_text(&picture, "KXR4471;2026-05-31T04:12:09Z;lane 4\r\n");
    stream_add(&client, picture.p, picture.n);
    FOR_EACH_SPLIT(assert_one_picture(w, SIDE_CLIENT);)
}

static void http_behind_a_few_bytes_is_http(void **state) {
    static const char *const before[] = {"\x05", "PROXY TCP4 10.40.0.1 203.0.113.77 40000 80\r\n",
                                         "\r\n\r\x01"};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        setup(NULL);
        stream_text(&picture, "four plates and a picture");
        stream_text(&client, before[i]);
        stream_text(&client, "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 25\r\n\r\n");
        stream_add(&client, picture.p, picture.n);
        FOR_EACH_SPLIT(assert_int_equal(w->transfer[w->transfers - 1].size, 25);
                       assert_one_picture(w, SIDE_CLIENT);)
    }
}

static void noise_is_given_up_behind_its_first_octets(void **state) {
    stream_noise(&client, 140000, 1);
    stream_noise(&server, 140000, 2);
    FOR_EACH_SPLIT(assert_int_equal(w->transfers, 0); assert_false(w->wanted[0]);)
    assert_true(counter_values[COUNTER_FLOWS_UNIDENTIFIED] > 0);
    assert_int_equal(counter_values[COUNTER_PROTOCOL_LOST], 0);
}

static void a_gap_in_a_picture_is_told(void **state) {
    stream_jpeg(&picture, 9000);
    struct world *w = streams_world();
    streams_say(w, SIDE_CLIENT, &picture, 0);
    world_lose(w, 0, SIDE_CLIENT, 500);
    streams_say(w, SIDE_CLIENT, &picture, 0);
    world_close_all(w);
    assert_int_equal(w->transfers, 1);
    assert_int_equal(w->transfer[0].missing, 500);
    assert_int_equal(w->transfer[0].size, 18500);
    assert_int_equal(w->transfer[0].how, TRANSFER_CUT);
    world_destroy(w);
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_bare_picture_is_a_transfer),
        TEST(so_is_one_behind_bytes_of_a_protocol_that_nobody_knows),
        TEST(rows_of_text_are_a_transfer),
        TEST(http_behind_a_few_bytes_is_http),
        TEST(noise_is_given_up_behind_its_first_octets),
        TEST(a_gap_in_a_picture_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
