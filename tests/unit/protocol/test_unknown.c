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

static void assert_transfer(const struct transfer *t, struct bytes file, enum transfer_end how) {
    uint8_t digest[32];
    EVP_Digest(file.p, file.n, digest, NULL, EVP_sha256(), NULL);
    assert_int_equal(t->size, file.n);
    assert_int_equal(t->missing, 0);
    assert_memory_equal(t->sha256, digest, 32);
    assert_int_equal(t->how, how);
}

static void pictures_in_frames_are_a_transfer_each(void **state) {
    stream_jpeg(&picture, 9000);
    for (unsigned i = 0; i < 6; i++) {
        const uint8_t head[] = {0x4c, 1, 0, (uint8_t)i, 0, 0, 0x23, 0x28};
        stream_add(&client, head, i < 3 ? sizeof head : 0); /* the last three follow each other at once */
        stream_add(&client, picture.p, picture.n);
    }
    stream_noise(&client, 300, 5);
    FOR_EACH_SPLIT(assert_int_equal(w->transfers, 6); for (size_t t = 0; t < 6; t++)
                       assert_transfer(&w->transfer[t], bytes_of(picture.p, picture.n), TRANSFER_DONE);)
}

static void both_sides_may_send_at_once(void **state) {
    stream_jpeg(&picture, 9000);
    stream_noise(&client, 50, 2);
    stream_add(&client, picture.p, picture.n);
    struct world *w = streams_world();
    for (size_t at = 0; at < client.n; at += 333)
        for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++)
            world_deliver(w, 0, side, client.p + at, client.n - at < 333 ? client.n - at : 333, 0);
    streams_close(w);
    assert_int_equal(w->transfers, 2);
    for (size_t t = 0; t < 2; t++)
        assert_transfer(&w->transfer[t], bytes_of(picture.p, picture.n), TRANSFER_DONE);
    world_destroy(w);
}

static void one_that_is_cut_is_not_whole_and_the_next_one_is(void **state) {
    stream_jpeg(&picture, 9000);
    stream_noise(&client, 50, 2);
    stream_add(&client, picture.p, 4000);
    stream_add(&client, picture.p, picture.n);
    stream_add(&client, picture.p, 3000);
    FOR_EACH_SPLIT(assert_int_equal(w->transfers, 3); assert_int_equal(w->transfer[0].how, TRANSFER_CUT);
                   assert_transfer(&w->transfer[1], bytes_of(picture.p, picture.n), TRANSFER_DONE);
                   assert_transfer(&w->transfer[2], bytes_of(picture.p, 3000), TRANSFER_CUT);)
}

static void behind_a_gap_the_next_picture_is_found(void **state) {
    stream_jpeg(&picture, 9000);
    for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
        struct world *w = streams_world();
        world_deliver(w, 0, SIDE_CLIENT, picture.p, 30, splits[i]); /* nobody knows what the gap took */
        world_lose(w, 0, SIDE_CLIENT, 500);
        world_deliver(w, 0, SIDE_CLIENT, picture.p + 530, picture.n - 530, splits[i]);
        streams_say(w, SIDE_CLIENT, &picture, splits[i]);
        streams_close(w);
        assert_int_equal(w->transfers, 2);
        assert_int_equal(w->transfer[0].how, TRANSFER_CUT);
        assert_transfer(&w->transfer[1], bytes_of(picture.p, picture.n), TRANSFER_DONE);
        world_destroy(w);
    }
}

static void text_between_pictures_is_one_transfer_that_is_not_whole(void **state) {
    static const char line[] = "{\"plate\": \"KXR4471\", \"time\": \"2026-05-31T04:12:09Z\", \"lane\": 4, "
                               "\"camera\": \"lane4-in\"}\n";
    stream_jpeg(&picture, 9000);
    for (unsigned i = 0; i < 3; i++) {
        stream_add(&client, "\0\0\0\x58", 4);
        stream_text(&client, line);
        stream_add(&client, "\0\0\x23\x28", 4);
        stream_add(&client, picture.p, picture.n);
    }
    FOR_EACH_SPLIT(assert_int_equal(w->transfers, 4); struct transfer *text = &w->transfer[0];
                   assert_int_equal(text->how, TRANSFER_CUT);
                   assert_in_range(text->size - text->missing, 3 * (sizeof line - 1), 3 * (sizeof line + 16));
                   for (size_t t = 1; t < 4; t++)
                       assert_transfer(&w->transfer[t], bytes_of(picture.p, picture.n), TRANSFER_DONE);)
}

static void what_a_side_begins_with_may_be_of_a_kind_of_its_own_and_is_all_that_it_sends(void **state) {
    stream_jpeg(&picture, 5000);
    picture.n = 40; /* a frame without a scan, and then something */
    stream_noise(&picture, 5000, 8);
    stream_add(&client, picture.p, picture.n);
    FOR_EACH_SPLIT(assert_one_picture(w, SIDE_CLIENT);)
}

static void of_one_that_breaks_where_its_next_part_should_begin_nothing_is_missing(void **state) {
    stream_add(&picture,
               "\0\0\0\x18"
               "ftypabcd\0\0\0\0abcdefgh",
               24);
    stream_noise(&picture, 5000, 8);
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

static void what_stands_before_it_in_the_same_run_is_looked_at_too(void **state) {
    static const size_t cuts[] = {0, 333, 700}; /* shorter ones leave HTTP in the picture */
    stream_noise(&server, 5000, 3);             /* the client's: of a protocol that nobody knows */
    stream_jpeg(&picture, 740);
    stream_add(&client, picture.p, picture.n);
    stream_text(&client, "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 25\r\n\r\n");
    stream_text(&client, "four plates and a picture");
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        struct world *w = streams_world();
        world_deliver(w, 0, SIDE_CLIENT, server.p, server.n, 0);
        streams_say(w, SIDE_CLIENT, &client, cuts[i]);
        streams_close(w);
        assert_int_equal(w->transfers, 2);
        assert_int_equal(w->transfer[0].size, picture.n);
        assert_int_equal(w->transfer[1].size, 25);
        world_destroy(w);
    }
}

static void noise_makes_no_object_and_may_be_left_out_behind_its_first_octets(void **state) {
    stream_noise(&client, 140000, 1);
    struct world *w = streams_world();
    world_deliver(w, 0, SIDE_SERVER, client.p, 1000, 0);
    assert_false(w->flow[0]->spare);
    streams_say(w, SIDE_CLIENT, &client, 1448);
    assert_true(w->flow[0]->spare);
    assert_true(w->wanted[0]);
    stream_jpeg(&picture, 9000);
    world_deliver(w, 0, SIDE_CLIENT, picture.p, 5000, 0); /* not in the middle of a picture */
    assert_false(w->flow[0]->spare);
    world_deliver(w, 0, SIDE_CLIENT, picture.p + 5000, 4000, 0);
    assert_true(w->flow[0]->spare);
    streams_close(w);
    assert_int_equal(w->transfers, 1);
    world_destroy(w);
    assert_true(counter_values[COUNTER_FLOWS_UNIDENTIFIED] > 0);
    assert_int_equal(counter_values[COUNTER_PROTOCOL_LOST], 0);
}

/* A tar without members, of which nobody knows whether it is filled up. */
static void add_tar(struct stream *s) {
    uint8_t header[512] = "a.txt";
    unsigned sum = 8 * ' ';
    memcpy(header + 124, "00000000000", 11);
    memcpy(header + 257, "ustar", 5);
    for (size_t i = 0; i < sizeof header; i++)
        sum += header[i];
    snprintf((char *)header + 148, 8, "%06o", sum);
    stream_add(s, header, sizeof header);
    memset(header, 0, sizeof header);
    stream_add(s, header, sizeof header);
    stream_add(s, header, sizeof header);
}

static void what_was_taken_ahead_is_looked_at_where_the_side_ends_or_is_torn(void **state) {
    for (size_t i = 0; i < 300; i++)
        stream_text(&picture, i % 60 == 59 ? "\n" : "b");
    add_tar(&client);
    stream_add(&client, picture.p, picture.n);
    FOR_EACH_SPLIT(assert_int_equal(w->transfers, 2); assert_int_equal(w->transfer[0].size, 3 * 512);
                   assert_int_equal(w->transfer[0].how, TRANSFER_DONE);
                   assert_transfer(&w->transfer[1], bytes_of(picture.p, picture.n), TRANSFER_CUT);)
    struct world *w = streams_world();
    streams_say(w, SIDE_CLIENT, &client, 0);
    world_lose(w, 0, SIDE_CLIENT, 500);
    streams_close(w);
    assert_int_equal(w->transfers, 2);
    assert_transfer(&w->transfer[1], bytes_of(picture.p, picture.n), TRANSFER_CUT);
    world_destroy(w);
}

static void a_gap_in_a_picture_is_told(void **state) {
    stream_jpeg(&picture, 9000);
    struct world *w = streams_world();
    world_deliver(w, 0, SIDE_CLIENT, picture.p, 4000, 0);
    world_lose(w, 0, SIDE_CLIENT, 500);
    world_deliver(w, 0, SIDE_CLIENT, picture.p + 4500, 4500, 0);
    world_close_all(w);
    assert_int_equal(w->transfers, 1);
    assert_int_equal(w->transfer[0].missing, 500);
    assert_int_equal(w->transfer[0].size, 9000);
    assert_int_equal(w->transfer[0].how, TRANSFER_DONE); /* what is missing is told beside */
    world_destroy(w);
}

/* --- what one side offers and the other takes --- */

/* How each protocol gets to TLS: who speaks first, and what is said before. */
static const struct way {
    bool server_first;
    const char *client, *server, *consent;
    size_t client_n, server_n, consent_n;
} ways[] = {
#define WAY(server_first, server, client, consent)                                                           \
    { server_first, client, server, consent, sizeof client - 1, sizeof server - 1, sizeof consent - 1 }
    WAY(true, "220 mail.example ESMTP\r\n", "EHLO lane4\r\nSTARTTLS\r\n", "220 Go ahead\r\n"),
    WAY(true, "* OK IMAP4rev1 ready\r\n", "a1 STARTTLS\r\n", "a1 OK Begin TLS negotiation now\r\n"),
    WAY(true, "+OK POP3\r\n", "STLS\r\n", "+OK\r\n"),
    WAY(true, "200 news.example\r\n", "STARTTLS\r\n", "382 Continue\r\n"),
    WAY(false, "", "<stream:stream to='a'><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", "<proceed/>"),
    WAY(true, "\x4a\0\0\0\x0a\x35.7.16\0\x09", "\x20\0\0\1\x8f\xaa\x3a\0\xff\xff\xff\0", ""),
    WAY(false, "", "\0\0\0\x08\x04\xd2\x16\x2f", "S"),
    WAY(false, "", "\x03\0\0\x13\x0e\xe0\0\0\0\0\0\1\0\x08\0\3\0\0\0",
        "\x03\0\0\x13\x0e\xd0\0\0\x12\x34\0\2\x1f\x08\0\2\0\0\0"),
    WAY(false, "",
        "0\x1d\2\1\1w\x18\x80\x16"
        "1.3.6.1.4.1.1466.20037",
        "0\x0c\2\1\1x\x07\x0a\1\0\4\0\4\0"),
    WAY(false, "", "STLS\0\0\0\1", "STLS\0\0\0\1"),
    WAY(false, "", "PROXY TCP4 10.40.0.1 203.0.113.77 40000 443\r\n", ""),
};

static void say(struct world *w, enum side from, const void *bytes, size_t n, size_t split) {
    world_deliver(w, 0, from, bytes, n, split);
}

static void say_before(struct world *w, const struct way *way, size_t split) {
    if (way->server_first)
        say(w, SIDE_SERVER, way->server, way->server_n, split);
    say(w, SIDE_CLIENT, way->client, way->client_n, split);
    say(w, SIDE_SERVER, way->consent, way->consent_n, split);
}

static void tls_behind_anything_is_tls_and_its_name_is_told(void **state) {
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        for (size_t j = 0; j < sizeof splits / sizeof *splits; j++) {
            struct world *w = streams_world();
            setup(NULL);
            stream_named_hello(&client, "db.example");
            stream_plain_answer(&server);
            stream_sealed(&server, 900, 3);
            say_before(w, &ways[i], splits[j]);
            streams_say(w, SIDE_CLIENT, &client, splits[j]);
            streams_say(w, SIDE_SERVER, &server, splits[j]);
            conversation_decide(w->dispatcher, w->flow[0]);
            assert_string_equal(conversation_spoken(w->flow[0]), "tls");
            assert_true(bytes_equal(world_bytes(&w->told[FACT_TLS_SERVER_NAME]), bytes_text("db.example")));
            assert_true(bytes_equal(world_bytes(&w->told[FACT_TLS_VERSION]), bytes_text("TLS 1.2")));
            assert_int_equal(w->encrypted, 1);
            assert_int_equal(w->cleared, 0);
            world_destroy(w);
        }
}

static void a_refusal_by_an_alert_answers_too(void **state) {
    struct world *w = streams_world();
    stream_named_hello(&client, "db.example");
    say_before(w, &ways[0], 0);
    streams_say(w, SIDE_CLIENT, &client, 0);
    say(w, SIDE_SERVER, "\x15\3\3\0\2\2\x28", 7, 0);
    conversation_decide(w->dispatcher, w->flow[0]);
    assert_int_equal(w->encrypted, 1);
    world_destroy(w);
}

static void what_stands_before_an_answer_in_the_same_run_is_looked_at_too(void **state) {
    for (unsigned i = 0; i < 20; i++)
        stream_text(&picture, "KXR4471;2026-05-31T04:12:09Z;lane 4\r\n");
    stream_add(&server, picture.p, picture.n);
    stream_plain_answer(&server);
    stream_named_hello(&client, "db.example");
    static const size_t cuts[] = {0, 333, 700};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        struct world *w = streams_world();
        say(w, SIDE_CLIENT, "\x01\x02", 2, 0);
        streams_say(w, SIDE_CLIENT, &client, 0);
        streams_say(w, SIDE_SERVER, &server, cuts[i]);
        conversation_decide(w->dispatcher, w->flow[0]);
        assert_int_equal(w->encrypted, 1);
        streams_close(w);
        assert_int_equal(w->transfers, 1);
        assert_int_equal(w->transfer[0].size, picture.n);
        world_destroy(w);
    }
}

static void a_hello_that_nobody_answers_hides_no_picture_behind_it(void **state) {
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        for (size_t j = 0; j < sizeof splits / sizeof *splits; j++) {
            struct world *w = streams_world();
            setup(NULL);
            stream_jpeg(&picture, 20000);
            stream_named_hello(&client, "db.example");
            stream_add(&client, picture.p, picture.n);
            say(w, SIDE_CLIENT, "\x01\x02", 2, 0);
            say(w, SIDE_SERVER, ways[i].consent, ways[i].consent_n, splits[j]);
            streams_say(w, SIDE_CLIENT, &client, splits[j]);
            streams_close(w);
            struct transfer *last = &w->transfer[w->transfers - 1];
            assert_int_equal(w->encrypted, 0);
            assert_int_equal(last->from, SIDE_CLIENT);
            assert_int_equal(last->size, picture.n);
            world_destroy(w);
        }
}

static void octets_that_are_offered_and_not_taken_are_of_the_object_in_their_place(void **state) {
    for (size_t j = 0; j < sizeof splits / sizeof *splits; j++) {
        struct world *w = streams_world();
        setup(NULL);
        stream_named_hello(&client, "db.example");
        stream_jpeg_with(&picture, &client, 9000);
        streams_say(w, SIDE_CLIENT, &picture, splits[j]);
        streams_close(w);
        assert_one_picture(w, SIDE_CLIENT);
        world_destroy(w);
    }
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_bare_picture_is_a_transfer),
        TEST(so_is_one_behind_bytes_of_a_protocol_that_nobody_knows),
        TEST(rows_of_text_are_a_transfer),
        TEST(pictures_in_frames_are_a_transfer_each),
        TEST(both_sides_may_send_at_once),
        TEST(one_that_is_cut_is_not_whole_and_the_next_one_is),
        TEST(behind_a_gap_the_next_picture_is_found),
        TEST(text_between_pictures_is_one_transfer_that_is_not_whole),
        TEST(what_a_side_begins_with_may_be_of_a_kind_of_its_own_and_is_all_that_it_sends),
        TEST(of_one_that_breaks_where_its_next_part_should_begin_nothing_is_missing),
        TEST(http_behind_a_few_bytes_is_http),
        TEST(what_stands_before_it_in_the_same_run_is_looked_at_too),
        TEST(noise_makes_no_object_and_may_be_left_out_behind_its_first_octets),
        TEST(a_gap_in_a_picture_is_told),
        TEST(what_was_taken_ahead_is_looked_at_where_the_side_ends_or_is_torn),
        TEST(tls_behind_anything_is_tls_and_its_name_is_told),
        TEST(a_refusal_by_an_alert_answers_too),
        TEST(what_stands_before_an_answer_in_the_same_run_is_looked_at_too),
        TEST(a_hello_that_nobody_answers_hides_no_picture_behind_it),
        TEST(octets_that_are_offered_and_not_taken_are_of_the_object_in_their_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
