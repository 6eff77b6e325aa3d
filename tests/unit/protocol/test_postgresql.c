/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/postgresql/postgresql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "said.h"
#include "talk.h"

#include <stdlib.h>

/* Messages after the PostgreSQL documentation, "Message Formats", at every split. */

/* clang-format off */
#define STARTUP "\0\0\0\x23\0\3\0\0user\0lane4\0database\0reads\0\0"
#define OPENED C(STARTUP), S("R\0\0\0\x08\0\0\0\0Z\0\0\0\5I")
#define DESCRIBED S("T\0\0\0\x35\0\2plate\0\0\0\0\0\0\0\0\0\0\x19\xff\xff\0\0\0\0\0\0lane\0\0\0\0\0\0\0\0\0\0\x17\0\4\0\0\0\0\0\0")
#define ROW(text) S("D\0\0\0\x16\0\2\0\0\0\7" text "\0\0\0\1" "4")
/* clang-format on */

static void assert_object(const struct transfer *t, enum side from, const char *name, const char *text) {
    assert_true(t->ended);
    assert_int_equal(t->from, from);
    assert_text(&t->name, name);
    assert_bytes(t, text);
}

static void rows_of_a_result_are_lines_below_their_columns(void **state) {
    static const struct piece p[] = {OPENED,         C("Q\0\0\0\x18SELECT * FROM reads\0"),
                                     DESCRIBED,      ROW("KXR4471"),
                                     ROW("GHT7720"), S("C\0\0\0\x0dSELECT 2\0Z\0\0\0\5I")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_object(&w->transfer[0], SIDE_SERVER, "reads", "plate\tlane\nKXR4471\t4\nGHT7720\t4\n");
        assert_text(&w->transfer[0].user, "lane4");
        assert_text(&w->transfer[0].path, "reads");
    });
}

static void results_of_the_same_columns_go_on_below_one_header(void **state) {
    static const struct piece p[] = {OPENED,
                                     C("Q\0\0\0\x0dSELECT 1\0"),
                                     DESCRIBED,
                                     ROW("KXR4471"),
                                     S("C\0\0\0\x0dSELECT 1\0Z\0\0\0\5I"),
                                     C("Q\0\0\0\x0dSELECT 2\0"),
                                     DESCRIBED,
                                     ROW("GHT7720")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_object(&w->transfer[0], SIDE_SERVER, "", "plate\tlane\nKXR4471\t4\nGHT7720\t4\n");
    });
}

static void a_null_is_an_empty_field_and_control_characters_are_none(void **state) {
    static const struct piece p[] = {OPENED, DESCRIBED, S("D\0\0\0\x11\0\2\xff\xff\xff\xff\0\0\0\3\1\t\xfe")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_object(&w->transfer[0], SIDE_SERVER, "", "plate\tlane\n\t? ?\n");
    });
}

static void numbers_and_times_in_binary_are_written_as_text(void **state) {
    /* int4, int8, bool, date, timestamp of 2026-05-31 04:11:58.000000, numeric 12345.67 */
    static const struct piece p[] = {
        OPENED,
        S("T\0\0\0\x7e\0\6a\0\0\0\0\0\0\0\0\0\0\x17\0\4\0\0\0\0\0\1b\0\0\0\0\0\0\0\0\0\0\x14\0\x08\0\0\0\0\0"
          "\1"
          "c\0\0\0\0\0\0\0\0\0\0\x10\0\1\0\0\0\0\0\1"
          "d\0\0\0\0\0\0\0\0\0\4\x3a\0\4\0\0\0\0\0\1"
          "e\0\0\0\0\0\0\0\0\0\4\x5a\0\x08\0\0\0\0\0\1"
          "f\0\0\0\0\0\0\0\0\0\6\xa4\xff\xff\0\0\0\0\0\1"),
        S("D\0\0\0\x45\0\6\0\0\0\4\xff\xff\xff\xfe\0\0\0\x08\0\0\0\1\0\0\0\0\0\0\0\1\1\0\0\0\4\0\0\x25\xaf"
          "\0\0\0\x08\0\x02\xf6\x14\x0c\x34\xff\x80\0\0\0\x0e\0\3\0\1\0\0\0\2\0\1\x09\x29\x1a\x2c")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_object(
            &w->transfer[0], SIDE_SERVER, "",
            "a\tb\tc\td\te\tf\n-2\t4294967296\tt\t2026-05-31\t2026-05-31 04:11:58.000000\t12345.6700\n");
    });
}

static void copy_both_ways_is_an_object_of_its_own_bytes(void **state) {
    static const struct piece p[] = {OPENED,
                                     C("Q\0\0\0\x16"
                                       "COPY t FROM STDIN\0"),
                                     S("G\0\0\0\x09\0\0\1\0\0"),
                                     C("d\0\0\0\x08"
                                       "a,b\nd\0\0\0\x08"
                                       "c,d\nc\0\0\0\4"),
                                     S("C\0\0\0\x0b"
                                       "COPY 2\0Z\0\0\0\5I"),
                                     C("Q\0\0\0\x15"
                                       "COPY u TO STDOUT\0"),
                                     S("H\0\0\0\x09\0\0\1\0\0d\0\0\0\x06"
                                       "1\nd\0\0\0\x06"
                                       "2\nc\0\0\0\4"
                                       "C\0\0\0\x0b"
                                       "COPY 2\0")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 2);
        assert_object(&w->transfer[0], SIDE_CLIENT, "t", "a,b\nc,d\n");
        assert_object(&w->transfer[1], SIDE_SERVER, "u", "1\n2\n");
        assert_int_equal(w->transfer[1].how, TRANSFER_DONE);
    });
}

static void a_copy_that_fails_or_ends_early_is_cut(void **state) {
    static const struct piece p[] = {OPENED,
                                     C("d\0\0\0\x08"
                                       "a,b\nf\0\0\0\5\0"),
                                     C("d\0\0\0\x08"
                                       "c,d\n")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 2);
        assert_int_equal(w->transfer[0].how, TRANSFER_CUT);
        assert_int_equal(w->transfer[1].how, TRANSFER_CUT);
    });
}

static void what_is_bound_to_an_insert_is_a_row_of_its_columns(void **state) {
    static const struct piece p[] = {OPENED,
                                     C("P\0\0\0\x33"
                                       "s\0INSERT INTO t (plate, lane) VALUES ($1,$2)\0\0\0"),
                                     C("B\0\0\0\x1d\0s\0\0\0\0\2\0\0\0\7KXR4471\0\0\0\1"
                                       "4\0\0"),
                                     C("E\0\0\0\x09\0\0\0\0\0"),
                                     C("B\0\0\0\x1d\0s\0\0\0\0\2\0\0\0\7GHT7720\0\0\0\1"
                                       "5\0\0S\0\0\0\4")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_object(&w->transfer[0], SIDE_CLIENT, "t", "plate\tlane\nKXR4471\t4\nGHT7720\t5\n");
    });
}

static void what_is_bound_to_a_question_is_none(void **state) {
    static const struct piece p[] = {OPENED,
                                     C("P\0\0\0\x29"
                                       "s\0SELECT a FROM t WHERE plate = $1\0\0\0"),
                                     C("B\0\0\0\x18\0s\0\0\0\0\1\0\0\0\7KXR4471\0\0")};
    FOR_EACH_SPLIT(p, assert_int_equal(w->transfers, 0));
}

static void statements_that_change_are_lines_of_one_text_and_questions_are_not_kept(void **state) {
    static const struct piece p[] = {OPENED, C("Q\0\0\0\x1eINSERT INTO t VALUES('A')\0"),
                                     C("Q\0\0\0\x1cSELECT 'secret' FROM t;\0"),
                                     C("Q\0\0\0\x1eINSERT INTO t VALUES('B')\0")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_object(&w->transfer[0], SIDE_CLIENT, "t",
                      "INSERT INTO t VALUES('A')\nINSERT INTO t VALUES('B')\n");
    });
}

static void assert_whole(const struct transfer *t, enum side from, const char *bytes, size_t n) {
    uint8_t sha256[32];
    EVP_Digest(bytes, n, sha256, NULL, EVP_sha256(), NULL);
    assert_int_equal(t->from, from);
    assert_int_equal(t->how, TRANSFER_DONE);
    assert_int_equal(t->size, n);
    assert_memory_equal(t->sha256, sha256, sizeof sha256);
}

static void what_has_no_place_in_a_message_is_looked_at_where_it_is_long(void **state) {
    enum { NAME_MOST = 1024 };
    static char text[3000], rest[3000], few[200];
    memset(text, 'x', sizeof text);
    memset(rest, 'y', sizeof rest);
    memset(few, 'z', sizeof few);
    const struct piece p[] = {OPENED,
                              C("Q\0\0\x0b\xc5SELECT 1\0"), /* behind a statement's end */
                              {SIDE_CLIENT, rest, sizeof rest},
                              C("P\0\0\x0b\xbc"), /* in place of a name */
                              {SIDE_CLIENT, text, sizeof text},
                              S("D\0\0\0\xce\0\0"), /* behind a row that is empty */
                              {SIDE_SERVER, few, sizeof few},
                              S("D\0\0\x0b\xbe\0\0"),
                              {SIDE_SERVER, rest, sizeof rest}};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 3);
        assert_whole(&w->transfer[0], SIDE_CLIENT, rest, sizeof rest);
        assert_whole(&w->transfer[1], SIDE_CLIENT, text, sizeof text - NAME_MOST);
        assert_whole(&w->transfer[2], SIDE_SERVER, rest, sizeof rest);
    });
}

/* --- what asks for encryption --- */

static void a_refused_request_is_followed_by_the_conversation(void **state) {
    static const struct piece p[] = {C("\0\0\0\x08\x04\xd2\x16\x30"),
                                     S("N"),
                                     C("\0\0\0\x08\x04\xd2\x16\x2f"),
                                     S("N"),
                                     OPENED,
                                     DESCRIBED,
                                     ROW("KXR4471")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_object(&w->transfer[0], SIDE_SERVER, "", "plate\tlane\nKXR4471\t4\n");
        assert_int_equal(w->encrypted, 0);
    });
}

static void behind_a_granted_request_that_was_decrypted_it_goes_on(void **state) {
    static const struct piece p[] = {C("\0\0\0\x08\x04\xd2\x16\x2f"), S("S"), OPENED, DESCRIBED,
                                     ROW("KXR4471")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_int_equal(w->encrypted, 0);
    });
}

static void gss_api_is_encrypted(void **state) {
    static const struct piece p[] = {C("\0\0\0\x08\x04\xd2\x16\x30"), S("G"),
                                     C("\0\0\0\x20\x60\x82\1\2\3\4\5\6"),
                                     S("\0\0\0\x10"
                                       "D\0\0\0\x16\0\2")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->encrypted, 1);
        assert_int_equal(w->transfers, 0);
    });
}

static void assert_sealed(size_t split) {
    static struct stream client, server;
    client.n = server.n = 0;
    stream_named_hello(&client, "store.example");
    stream_plain_answer(&server);
    stream_sealed(&client, 400, 1);
    struct world *w = world_create(&(struct dispatch_options){.conversations = 4});
    size_t flow = world_open(w, (struct endpoint){0}, (struct endpoint){0});
    world_deliver(w, flow, SIDE_CLIENT, (const uint8_t *)"\0\0\0\x08\x04\xd2\x16\x2f", 8, split);
    world_deliver(w, flow, SIDE_SERVER, (const uint8_t *)"S", 1, split);
    world_deliver(w, flow, SIDE_CLIENT, client.p, client.n, split);
    world_deliver(w, flow, SIDE_SERVER, server.p, server.n, split);
    assert_int_equal(w->encrypted, 1);
    assert_int_equal(w->transfers, 0);
    world_destroy(w);
}

static void behind_a_granted_request_tls_is_encrypted(void **state) {
    for (size_t i = 0; i < sizeof talk_splits / sizeof *talk_splits; i++)
        assert_sealed(talk_splits[i]);
}

/* --- what is missing --- */

static void a_gap_in_a_value_leaves_the_next_row_whole(void **state) {
    static const struct piece p[] = {OPENED,
                                     DESCRIBED,
                                     S("D\0\0\0\x16\0\2\0\0\0\7KX"),
                                     GAP(SIDE_SERVER, 3),
                                     S("71\0\0\0\1"
                                       "4"),
                                     ROW("GHT7720")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_object(&w->transfer[0], SIDE_SERVER, "", "plate\tlane\n\t4\nGHT7720\t4\n");
    });
}

/* 1200 octets of text, of which the octets from 100 on are missing, twice a few. */
static void a_gap_near_the_begin_of_a_long_value_is_told(void **state) {
    char begin[100], rest[1100];
    uint8_t sha256[32];
    memset(begin, 'a', sizeof begin);
    memset(rest, 'b', sizeof rest);
    memset(rest + 600, 'c', 500);
    const struct piece p[] = {OPENED,
                              S("D\0\0\4\xba\0\1\0\0\4\xb0"),
                              {SIDE_SERVER, begin, sizeof begin},
                              GAP(SIDE_SERVER, 20),
                              {SIDE_SERVER, rest + 20, 480},
                              GAP(SIDE_SERVER, 10),
                              {SIDE_SERVER, rest + 510, 590}};
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    EVP_DigestInit(digest, EVP_sha256());
    EVP_DigestUpdate(digest, begin, sizeof begin);
    EVP_DigestUpdate(digest, rest + 20, 480);
    EVP_DigestUpdate(digest, rest + 510, 590);
    EVP_DigestFinal(digest, sha256, NULL);
    EVP_MD_CTX_free(digest);
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 2);
        assert_int_equal(w->transfer[0].size, 1200);
        assert_int_equal(w->transfer[0].missing, 30);
        assert_memory_equal(w->transfer[0].sha256, sha256, sizeof sha256);
        assert_bytes(&w->transfer[1], "\n");
    });
}

/* A file of COPY in binary, of two pictures, and an octet that ends it. */
static void behind_a_gap_up_to_a_copied_value_s_end_the_next_value_stands(void **state) {
    enum { PICTURE = 200, SEEN = 150 };
    static const char head[] = "PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0\0\2\0\0\0\xc8", next[] = "\0\0\0\xc8";
    static struct stream picture;
    uint8_t sha256[32];
    picture.n = 0;
    stream_jpeg(&picture, PICTURE);
    assert_int_equal(picture.n, PICTURE);
    EVP_Digest(picture.p, picture.n, sha256, NULL, EVP_sha256(), NULL);
    const struct piece p[] = {OPENED,
                              S("d\0\0\1\xb1"),
                              {SIDE_SERVER, head, sizeof head - 1},
                              {SIDE_SERVER, (const char *)picture.p, SEEN},
                              GAP(SIDE_SERVER, PICTURE - SEEN),
                              {SIDE_SERVER, next, sizeof next - 1},
                              {SIDE_SERVER, (const char *)picture.p, PICTURE}};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 3);
        assert_int_equal(w->transfer[1].missing, PICTURE - SEEN);
        assert_int_equal(w->transfer[2].missing, 0);
        assert_memory_equal(w->transfer[2].sha256, sha256, sizeof sha256);
    });
}

static void behind_a_gap_over_messages_the_next_row_is_found(void **state) {
    static const struct piece p[] = {OPENED,
                                     DESCRIBED,
                                     ROW("KXR4471"),
                                     S("D\0\0\0\x16\0\2\0\0\0\7KX"),
                                     GAP(SIDE_SERVER, 300),
                                     S("GHT7720\0\0\0\1"
                                       "4"),
                                     ROW("GHT7721")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_bytes(&w->transfer[0], "plate\tlane\nKXR4471\t4\n\nGHT7721\t4\n");
        assert_int_equal(w->transfer[0].missing, 300);
        assert_int_equal(counter_values[COUNTER_SQL_PLACE_LOST], 1);
    });
}

static void one_side_alone_is_read(void **state) {
    static const struct piece server[] = {S("R\0\0\0\x08\0\0\0\0Z\0\0\0\5I"), DESCRIBED, ROW("KXR4471")};
    static const struct piece middle[] = {ROW("KXR4471"), ROW("GHT7720")};
    FOR_EACH_SPLIT(server, {
        assert_int_equal(w->transfers, 1);
        assert_bytes(&w->transfer[0], "plate\tlane\nKXR4471\t4\n");
    });
    FOR_EACH_SPLIT(middle, {
        assert_int_equal(w->transfers, 1);
        assert_bytes(&w->transfer[0], "KXR4471\t4\nGHT7720\t4\n");
    });
}

static void what_is_no_message_is_looked_at_as_anything(void **state) {
    static const struct piece p[] = {OPENED, C("GET /b HTTP/1.1\r\nHost: x.example\r\n\r\n"),
                                     S("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(counter_values[COUNTER_POSTGRESQL_ODD], 1);
        assert_int_equal(w->transfers, 1);
        assert_bytes(&w->transfer[0], "abc");
    });
}

static void what_is_no_message_behind_what_was_found_is_looked_at_as_well(void **state) {
    static const struct piece p[] = {OPENED,
                                     DESCRIBED,
                                     S("D\0\0\0\x16\0\2\0\0\0\7KX"),
                                     GAP(SIDE_SERVER, 300),
                                     S("Z\0\0\0\5I220 x.example ESMTP\r\n"),
                                     C("EHLO y.example\r\n"),
                                     S("250 x.example\r\n"),
                                     C("MAIL FROM:<a@y.example>\r\n"),
                                     S("250 ok\r\n"),
                                     C("RCPT TO:<b@x.example>\r\n"),
                                     S("250 ok\r\n"),
                                     C("DATA\r\n"),
                                     S("354 go\r\n"),
                                     C("abc\r\n.\r\n")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(counter_values[COUNTER_POSTGRESQL_ODD], 1);
        assert_int_equal(w->transfers, 2);
        assert_bytes(&w->transfer[1], "abc\r\n");
    });
}

/* --- values that are files --- */

static size_t make_row(uint8_t *out, const uint8_t *value, size_t n) {
    size_t length = 4 + 2 + 4 + n;
    const uint8_t head[] = {
        'D', (uint8_t)(length >> 24), (uint8_t)(length >> 16), (uint8_t)(length >> 8), (uint8_t)length, 0,
        1,   (uint8_t)(n >> 24),      (uint8_t)(n >> 16),      (uint8_t)(n >> 8),      (uint8_t)n};
    memcpy(out, head, sizeof head);
    memcpy(out + sizeof head, value, n);
    return sizeof head + n;
}

static void assert_picture(bool hex, size_t n, size_t split) {
    static const char table[] = "T\0\0\0\x20\0\1picture\0\0\0\0\0\0\0\0\0\0\x11\xff\xff\0\0\0\0\0\0";
    struct stream picture = {0}, value = {0};
    uint8_t row[20000], sha256[32];
    stream_jpeg(&picture, n);
    if (hex)
        stream_text(&value, "\\x");
    for (size_t i = 0; i < picture.n; i++) {
        char two[3];
        snprintf(two, sizeof two, "%02x", picture.p[i]);
        stream_add(&value, hex ? (const void *)two : &picture.p[i], hex ? 2 : 1);
    }
    struct world *w = talk((const struct piece[]){OPENED}, 2, 0);
    size_t flow = world_open(w, (struct endpoint){0}, (struct endpoint){0});
    world_deliver(w, flow, SIDE_CLIENT, (const uint8_t *)STARTUP, sizeof STARTUP - 1, split);
    world_deliver(w, flow, SIDE_SERVER, (const uint8_t *)table, sizeof table - 1, split);
    world_deliver(w, flow, SIDE_SERVER, row, make_row(row, value.p, value.n), split);
    world_close_all(w);
    EVP_Digest(picture.p, picture.n, sha256, NULL, EVP_sha256(), NULL);
    assert_int_equal(w->transfers, 2);
    const struct transfer *t = &w->transfer[w->transfer[0].name.n ? 0 : 1];
    assert_text(&t->name, "picture");
    assert_int_equal(t->how, TRANSFER_DONE);
    assert_memory_equal(t->sha256, sha256, sizeof sha256);
    world_destroy(w);
}

static void a_picture_in_a_bytea_is_an_object_in_either_format(void **state) {
    static const size_t sizes[] = {60, 500, 1024, 1500, 5000};
    for (size_t i = 0; i < sizeof talk_splits / sizeof *talk_splits; i++)
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            assert_picture(true, sizes[k], talk_splits[i]);
            assert_picture(false, sizes[k], talk_splits[i]);
        }
}

/* --- the probe --- */

static enum probe probe(const char *client, size_t n, const char *server, size_t m) {
    return postgresql_probe((const struct bytes[2]){bytes_of(client, n), bytes_of(server, m)});
}

static void first_packets_and_rows_are_certain(void **state) {
    static const char row[] = "D\0\0\0\x16\0\2\0\0\0\7KXR4471\0\0\0\1"
                              "4";
    assert_int_equal(probe(STARTUP, sizeof STARTUP - 1, "", 0), PROBE_YES);
    assert_int_equal(probe(STARTUP, 9, "", 0), PROBE_MORE);
    assert_int_equal(probe("\0\0\0\x08\x04\xd2\x16\x2f", 8, "S", 1), PROBE_YES);
    assert_int_equal(probe("", 0, "R\0\0\0\x08\0\0\0\0", 9), PROBE_YES);
    assert_int_equal(probe("", 0, row, sizeof row - 1), PROBE_YES);
    assert_int_equal(probe("Q\0\0\0\x0dSELECT 1\0", 14, "", 0), PROBE_YES);
}

static void other_bytes_are_not(void **state) {
    static const char other[] = "\0\0\0\x23\0\3\0\0abcd\0lane4\0database\0reads\0\0",
                      http[] = "GET / HTTP/1.1\r\n";
    assert_int_equal(probe(other, sizeof other - 1, "", 0), PROBE_NO);
    assert_int_equal(probe(http, sizeof http - 1, "", 0), PROBE_NO);
    assert_int_equal(probe("\0\0\0\x08\x04\xd2\x16\x2e", 8, "", 0), PROBE_NO);
    assert_int_equal(probe("", 0, "220 ready\r\n", 11), PROBE_NO);
    assert_int_equal(probe("", 0, "D\0\0\0\x16\0\2\0\0\1\7KXR4471\0", 19), PROBE_MORE);
    assert_int_equal(probe("\x16\3\1\2\0\1\0\1\xfc\3\3", 11, "", 0), PROBE_NO);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_a_result_are_lines_below_their_columns),
        cmocka_unit_test(results_of_the_same_columns_go_on_below_one_header),
        cmocka_unit_test(a_null_is_an_empty_field_and_control_characters_are_none),
        cmocka_unit_test(numbers_and_times_in_binary_are_written_as_text),
        cmocka_unit_test(copy_both_ways_is_an_object_of_its_own_bytes),
        cmocka_unit_test(a_copy_that_fails_or_ends_early_is_cut),
        cmocka_unit_test(what_is_bound_to_an_insert_is_a_row_of_its_columns),
        cmocka_unit_test(what_is_bound_to_a_question_is_none),
        cmocka_unit_test(statements_that_change_are_lines_of_one_text_and_questions_are_not_kept),
        cmocka_unit_test(what_has_no_place_in_a_message_is_looked_at_where_it_is_long),
        cmocka_unit_test(a_refused_request_is_followed_by_the_conversation),
        cmocka_unit_test(behind_a_granted_request_that_was_decrypted_it_goes_on),
        cmocka_unit_test(gss_api_is_encrypted),
        cmocka_unit_test(behind_a_granted_request_tls_is_encrypted),
        cmocka_unit_test(a_gap_in_a_value_leaves_the_next_row_whole),
        cmocka_unit_test(a_gap_near_the_begin_of_a_long_value_is_told),
        cmocka_unit_test(behind_a_gap_up_to_a_copied_value_s_end_the_next_value_stands),
        cmocka_unit_test(behind_a_gap_over_messages_the_next_row_is_found),
        cmocka_unit_test(one_side_alone_is_read),
        cmocka_unit_test(what_is_no_message_is_looked_at_as_anything),
        cmocka_unit_test(what_is_no_message_behind_what_was_found_is_looked_at_as_well),
        cmocka_unit_test(a_picture_in_a_bytea_is_an_object_in_either_format),
        cmocka_unit_test(first_packets_and_rows_are_certain),
        cmocka_unit_test(other_bytes_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
