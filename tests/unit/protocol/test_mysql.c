/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mysql/mysql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "coding/coding.h"
#include "said.h"
#include "talk.h"

#include <stdlib.h>

/* Packets after the documentation of MySQL and MariaDB, at every split. */

/* clang-format off */
#define GREETING "\x3a\0\0\0\x0a" "8.0.1\0\1\0\0\0abcdefgh\0\xff\xff\x21\2\0\xff\xff\x15\0\0\0\0\0\0\0\0\0\0abcdefghijkl\0plugin\0"
#define ANSWER(flags) "\x2d\0\0\1" flags "\0\0\0\1\x21" "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" "lane4\0\0lanes\0"
#define DONE_2 "\7\0\0\2\0\0\0\2\0\0\0"
#define OPENED S(GREETING), C(ANSWER("\x09\x82\0\0")), S(DONE_2)
#define COLUMN(number, name, length, type) "\x1b\0\0" number "\3def\0\0\0\5" name "\0\x0c\x21\0" length "\0\0\0" type "\0\0\0\0\0"
#define END(number) "\5\0\0" number "\xfe\0\0\2\0"
#define PLATES "\1\0\0\1\2" COLUMN("\2", "plate", "\x0a", "\xfd") COLUMN("\3", "lanes", "\4", "\3") END("\4")
#define PREPARED(id) \
    C("\x2a\0\0\0\x16INSERT INTO t (plate, lanes) VALUES (?,?)"), \
    S("\x0c\0\0\1\0" id "\0\0\0\0\0\2\0\0\0\0" COLUMN("\2", "plate", "\4", "\xfd") COLUMN("\3", "lanes", "\4", "\3") END("\4"))
/* clang-format on */

static void assert_object(const struct transfer *t, enum side from, const char *name, const char *text) {
    assert_true(t->ended);
    assert_int_equal(t->from, from);
    assert_text(&t->name, name);
    assert_bytes(t, text);
}

static void rows_of_a_result_are_lines_below_their_columns(void **state) {
    static const struct piece p[] = {OPENED,
                                     C("\x0d\0\0\0\3SELECT * FRO"),
                                     S(PLATES),
                                     S("\x0a\0\0\5\7KXR4471\1"
                                       "4"),
                                     S("\x09\0\0\6\7GHT7720\xfb"),
                                     S(END("\7"))};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_object(&w->transfer[0], SIDE_SERVER, "", "plate\tlanes\nKXR4471\t4\nGHT7720\t\n");
        assert_text(&w->transfer[0].user, "lane4");
        assert_text(&w->transfer[0].path, "lanes");
    });
}

static void an_end_of_the_definitions_may_be_left_out(void **state) {
    static const struct piece p[] = {
        OPENED,
        C("\x0d\0\0\0\3SELECT * FRO"),
        S("\1\0\0\1\2" COLUMN("\2", "plate", "\x0a", "\xfd") COLUMN("\3", "lanes", "\4", "\3")),
        S("\x0a\0\0\4\7KXR4471\1"
          "4\7\0\0\5\xfe\0\0\2\0\0\0"),
        C("\x09\0\0\0\3SELECT 2"),
        S(PLATES),
        S("\x0a\0\0\5\7GHT7720\1"
          "5" END("\6"))};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_object(&w->transfer[0], SIDE_SERVER, "", "plate\tlanes\nKXR4471\t4\nGHT7720\t5\n");
    });
}

static void rows_in_binary_are_written_as_text(void **state) {
    /* tiny -2, short 300, long unsigned 4294967295, longlong 5, double 0.5, datetime, time, NULL */
    static const struct piece p[] = {
        OPENED, C("\x0a\0\0\0\x17\1\0\0\0\0\1\0\0\0"),
        S("\1\0\0\1\x08" COLUMN("\2", "col-a", "\4", "\1")
              COLUMN("\3", "col-b", "\4",
                     "\2") "\x1b\0\0\4\3def\0\0\0\5"
                           "col-c\0\x0c\x21\0\4\0\0\0\3\x20\0\0\0\0" COLUMN("\5", "col-d", "\4", "\x08")
                               COLUMN("\6", "col-e", "\4", "\5") COLUMN("\7", "col-f", "\4", "\x0c")
                                   COLUMN("\x08", "col-g", "\4", "\x0b") COLUMN("\x09", "col-h", "\4", "\xfd")
                                       END("\x0a")),
        S("\x2b\0\0\x0b\0\0\2\xfe\x2c\1\xff\xff\xff\xff\5\0\0\0\0\0\0\0\0\0\0\0\0\0\xe0\x3f\7\xea\7\5\x1f\4"
          "\x0b\x3a"
          "\x08\1\1\0\0\0\2\3\4" END("\x0c"))};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_object(&w->transfer[0], SIDE_SERVER, "",
                      "col-a\tcol-b\tcol-c\tcol-d\tcol-e\tcol-f\tcol-g\tcol-h\n"
                      "-2\t300\t4294967295\t5\t0.5\t2026-05-31 04:11:58\t-26:03:04\t\n");
    });
}

static void what_is_bound_to_an_insert_is_a_row_of_its_columns(void **state) {
    static const struct piece p[] = {
        OPENED, PREPARED("\7"), C("\x1c\0\0\0\x17\7\0\0\0\0\1\0\0\0\0\1\xfe\0\3\0\7KXR4471\4\0\0\0"),
        S("\7\0\0\1\0\1\0\2\0\0\0"), C("\x18\0\0\0\x17\7\0\0\0\0\1\0\0\0\0\0\7GHT7720\5\0\0\0")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_object(&w->transfer[0], SIDE_CLIENT, "t", "plate\tlanes\nKXR4471\t4\nGHT7720\t5\n");
    });
}

static void rows_that_are_bound_in_bulk_are_rows(void **state) {
    static const struct piece p[] = {
        OPENED, PREPARED("\7"),
        C("\x23\0\0\0\xfa\7\0\0\0\x80\0\xfe\0\3\0\0\7KXR4471\0\4\0\0\0\0\7GHT7720\1")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_object(&w->transfer[0], SIDE_CLIENT, "t", "plate\tlanes\nKXR4471\t4\nGHT7720\t\n");
    });
}

/* An insert of `n` values of one octet each, as clients of MySQL 8 send it: with their number, and types that
 * have names. */
static void make_execute(struct stream *s, unsigned n) {
    static const uint8_t zeros[64];
    const uint8_t count[] = {0xfc, (uint8_t)n, (uint8_t)(n >> 8)};
    const size_t size = 10 + sizeof count + (n + 7) / 8 + 1 + 3 * n + 2 * n;
    s->n = 0;
    stream_add(s, (const uint8_t[]){(uint8_t)size, (uint8_t)(size >> 8), 0, 0}, 4);
    stream_add(s, "\x17\7\0\0\0\x08\1\0\0\0", 10);
    stream_add(s, count, sizeof count);
    stream_add(s, zeros, (n + 7) / 8);
    stream_add(s, "\1", 1);
    for (unsigned i = 0; i < n; i++)
        stream_add(s, "\xfe\0\0", 3);
    for (unsigned i = 0; i < n; i++)
        stream_add(s, "\1A", 2);
}

static void as_many_values_as_are_kept_are_a_row_and_more_are_looked_at_as_they_are(void **state) {
    enum { KEPT = 256, MORE = 257, HEAD = 17 };
    static struct stream kept, more;
    char row[2 * KEPT + 1] = {0};
    make_execute(&kept, KEPT);
    make_execute(&more, MORE);
    for (unsigned i = 0; i < KEPT; i++)
        memcpy(row + 2 * i, i + 1 < KEPT ? "A\t" : "A\n", 2);
    const struct piece p[] = {S(GREETING),
                              C(ANSWER("\x09\x82\0\x08")),
                              S(DONE_2),
                              C("\x1b\0\0\0\x16INSERT INTO t VALUES (?,?)"),
                              S("\x0c\0\0\1\0\7\0\0\0\0\0\2\0\0\0\0"),
                              {SIDE_CLIENT, (const char *)kept.p, kept.n},
                              {SIDE_CLIENT, (const char *)more.p, more.n}};
    uint8_t sha256[32];
    EVP_Digest(more.p + HEAD, more.n - HEAD, sha256, NULL, EVP_sha256(), NULL);
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 2);
        assert_object(&w->transfer[0], SIDE_CLIENT, "t", row);
        assert_int_equal(w->transfer[1].how, TRANSFER_DONE);
        assert_int_equal(w->transfer[1].size, more.n - HEAD);
        assert_memory_equal(w->transfer[1].sha256, sha256, sizeof sha256);
        assert_int_equal(counter_values[COUNTER_SQL_COLUMNS_SHED], 1);
    });
}

static void values_whose_types_nobody_told_are_looked_at_as_they_are(void **state) {
    static const struct piece p[] = {OPENED, C("\x2a\0\0\0\x16INSERT INTO t (plate, lanes) VALUES (?,?)"),
                                     S("\x0c\0\0\1\0\7\0\0\0\0\0\2\0\0\0\0"),
                                     C("\x18\0\0\0\x17\7\0\0\0\0\1\0\0\0\0\0LLLLKXR4471A")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_object(&w->transfer[0], SIDE_CLIENT, "", "LLLLKXR4471A");
    });
}

static void a_value_that_comes_ahead_of_its_row_is_read(void **state) {
    static const struct piece p[] = {OPENED, PREPARED("\7"),
                                     C("\x0b\0\0\0\x18\7\0\0\0\0\0KXR4\x0a\0\0\0\x18\7\0\0\0\0\0"
                                       "471"),
                                     C("\x14\0\0\0\x17\7\0\0\0\0\1\0\0\0\0\1\xfe\0\3\0\4\0\0\0")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_object(&w->transfer[0], SIDE_CLIENT, "t", "plate\tlanes\nKXR4471\t4\n");
    });
}

static void a_value_that_comes_ahead_is_that_of_its_own_statement(void **state) {
    static const struct piece p[] = {OPENED,
                                     PREPARED("\7"),
                                     PREPARED("\x08"),
                                     C("\x0e\0\0\0\x18\7\0\0\0\0\0KXR4471"),
                                     C("\x1c\0\0\0\x17\x08\0\0\0\0\1\0\0\0\0\1\xfe\0\3\0\7GHT7720\5\0\0\0"),
                                     C("\x14\0\0\0\x17\7\0\0\0\0\1\0\0\0\0\1\xfe\0\3\0\4\0\0\0")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_object(&w->transfer[0], SIDE_CLIENT, "", "KXR4471\nplate\tlanes\nGHT7720\t5\n\t4\n");
    });
}

static void a_statement_that_is_reset_has_no_values_ahead(void **state) {
    static const struct piece p[] = {OPENED, PREPARED("\7"), C("\x0e\0\0\0\x18\7\0\0\0\0\0KXR4471"),
                                     C("\5\0\0\0\x1a\7\0\0\0"),
                                     C("\x1c\0\0\0\x17\7\0\0\0\0\1\0\0\0\0\1\xfe\0\3\0\7GHT7720\5\0\0\0")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_object(&w->transfer[0], SIDE_CLIENT, "", "KXR4471\nplate\tlanes\nGHT7720\t5\n");
    });
}

static void a_file_that_is_loaded_is_an_object_of_its_bytes(void **state) {
    static const struct piece p[] = {OPENED,
                                     C("\x1b\0\0\0\3LOAD DATA LOCAL INFILE 'x'"),
                                     S("\6\0\0\1\xfb/a/x1"),
                                     C("\4\0\0\2a,b\n\4\0\0\3c,d\n\0\0\0\4"),
                                     S("\7\0\0\5\0\1\0\2\0\0\0"),
                                     C("\1\0\0\0\1")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_object(&w->transfer[0], SIDE_CLIENT, "/a/x1", "a,b\nc,d\n");
        assert_int_equal(w->transfer[0].how, TRANSFER_DONE);
    });
}

static void statements_that_change_are_lines_of_one_text_and_questions_are_not_kept(void **state) {
    static const struct piece p[] = {OPENED, C("\x1c\0\0\0\3INSERT INTO t VALUES ('\\n')"),
                                     C("\x17\0\0\0\3SELECT 'secret' FROM t"),
                                     C("\x1b\0\0\0\3INSERT INTO t VALUES (\"B\")")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_object(&w->transfer[0], SIDE_CLIENT, "t",
                      "INSERT INTO t VALUES ('\n')\nINSERT INTO t VALUES (\"B\")\n");
    });
}

/* Behind a login, in place of a definition, of an end of rows, and behind a row. */
static void what_is_longer_than_its_message_needs_is_looked_at(void **state) {
    enum { NAME = 64 };
    char row[NAME + 8] = {0};
    static char login[45 + 3000], rest[3000];
    memset(rest, 'y', sizeof rest);
    memset(row, 'y', NAME); /* the column's name, as the definition has it */
    strcat(row, "\nKX\n");
    memcpy(login, ANSWER("\x09\x82\0\0") + 4, 45);
    memcpy(login + 45, rest, sizeof rest);
    const struct piece p[] = {S(GREETING),
                              C("\xe5\x0b\0\1"),
                              {SIDE_CLIENT, login, sizeof login},
                              S(DONE_2),
                              C("\x0d\0\0\0\3SELECT * FRO"),
                              S("\1\0\0\1\1\xb8\x0b\0\2"),
                              {SIDE_SERVER, rest, sizeof rest},
                              S("\xbb\x0b\0\3\2KX"),
                              {SIDE_SERVER, rest, sizeof rest},
                              S("\xb9\x0b\0\4\xfe"),
                              {SIDE_SERVER, rest, sizeof rest},
                              C("\x1c\0\0\0\3INSERT INTO t VALUES ('\\n')")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 6);
        for (size_t i = 0; i < w->transfers; i++)
            assert_int_equal(w->transfer[i].how, TRANSFER_DONE);
        assert_int_equal(w->transfer[0].size, sizeof login);
        assert_int_equal(w->transfer[0].from, SIDE_CLIENT);
        assert_text(&w->transfer[0].user, "");
        assert_int_equal(w->transfer[1].size, sizeof rest);
        assert_text(&w->transfer[1].user, "lane4");
        assert_object(&w->transfer[2], SIDE_SERVER, "", row);
        assert_int_equal(w->transfer[3].size, sizeof rest);
        assert_int_equal(w->transfer[4].size, sizeof rest + 1);
        assert_object(&w->transfer[5], SIDE_CLIENT, "t", "INSERT INTO t VALUES ('\n')\n");
    });
}

static void what_is_no_packet_is_looked_at_as_anything(void **state) {
    static const struct piece p[] = {OPENED, C("GET /b HTTP/1.1\r\nHost: x.example\r\n\r\n"),
                                     S("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(counter_values[COUNTER_MYSQL_ODD], 1);
        assert_int_equal(w->transfers, 1);
        assert_bytes(&w->transfer[0], "abc");
    });
}

static void behind_a_request_for_tls_that_was_decrypted_it_goes_on(void **state) {
    static const struct piece p[] = {
        S(GREETING),
        C("\x20\0\0\1\x09\x8a\0\0\0\0\0\1\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        C("\x2d\0\0\2\x09\x8a\0\0\0\0\0\1\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0lane4\0\0lanes\0"),
        S("\7\0\0\3\0\0\0\2\0\0\0"),
        C("\x09\0\0\0\3SELECT 2"),
        S(PLATES),
        S("\x0a\0\0\5\7GHT7720\1"
          "5" END("\6"))};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_object(&w->transfer[0], SIDE_SERVER, "", "plate\tlanes\nGHT7720\t5\n");
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
    static const char request[] =
        "\x20\0\0\1\x09\x8a\0\0\0\0\0\1\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    world_deliver(w, flow, SIDE_SERVER, (const uint8_t *)GREETING, sizeof GREETING - 1, split);
    world_deliver(w, flow, SIDE_CLIENT, (const uint8_t *)request, sizeof request - 1, split);
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
                                     C("\x0d\0\0\0\3SELECT * FRO"),
                                     S(PLATES),
                                     S("\x0a\0\0\5\7KX"),
                                     GAP(SIDE_SERVER, 3),
                                     S("71\1"
                                       "4\x0a\0\0\6\7GHT7720\1"
                                       "5" END("\7"))};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_object(&w->transfer[0], SIDE_SERVER, "", "plate\tlanes\n\t4\nGHT7720\t5\n");
    });
}

static void behind_a_gap_up_to_a_value_s_end_the_next_value_stands(void **state) {
    static const struct piece p[] = {OPENED,
                                     C("\x0d\0\0\0\3SELECT * FRO"),
                                     S(PLATES),
                                     S("\x0a\0\0\5\7KX"),
                                     GAP(SIDE_SERVER, 5),
                                     S("\1"
                                       "4" END("\6"))};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_object(&w->transfer[0], SIDE_SERVER, "", "plate\tlanes\n\t4\n");
    });
}

static void the_server_alone_is_read(void **state) {
    static const struct piece p[] = {S(PLATES), S("\x0a\0\0\5\7KXR4471\1"
                                                  "4" END("\6"))};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_object(&w->transfer[0], SIDE_SERVER, "", "plate\tlanes\nKXR4471\t4\n");
    });
}

static void a_connection_is_joined_at_a_command(void **state) {
    static const struct piece usual[] = {C("\x0d\0\0\0\3SELECT * FRO"), S(PLATES),
                                         S("\x0a\0\0\5\7KXR4471\1"
                                           "4" END("\6")),
                                         C("\x1c\0\0\0\3INSERT INTO t VALUES ('\\n')")};
    static const struct piece swapped[] = {S("\x0d\0\0\0\3SELECT * FRO"), C(PLATES),
                                           C("\x0a\0\0\5\7KXR4471\1"
                                             "4" END("\6"))};
    FOR_EACH_SPLIT(usual, {
        assert_int_equal(w->transfers, 2);
        assert_object(&w->transfer[0], SIDE_SERVER, "", "plate\tlanes\nKXR4471\t4\n");
        assert_object(&w->transfer[1], SIDE_CLIENT, "t", "INSERT INTO t VALUES ('\n')\n");
    });
    FOR_EACH_SPLIT(swapped, {
        assert_int_equal(w->transfers, 1);
        assert_object(&w->transfer[0], SIDE_CLIENT, "", "plate\tlanes\nKXR4471\t4\n");
    });
}

/* --- values that are files, in literals --- */

static size_t make_statement(uint8_t *out, const struct stream *picture, bool hex) {
    struct stream s = {0};
    stream_text(&s, hex ? "\3INSERT INTO t VALUES (1,0x" : "\3INSERT INTO t VALUES (1,_binary'");
    for (size_t i = 0; i < picture->n; i++) {
        char two[3];
        uint8_t o = picture->p[i];
        snprintf(two, sizeof two, "%02x", o);
        if (hex)
            stream_add(&s, two, 2);
        else if (o == 0)
            stream_add(&s, "\\0", 2);
        else if (o == '\'' || o == '\\')
            stream_add(&s, (const uint8_t[]){'\\', o}, 2);
        else
            stream_add(&s, &o, 1);
    }
    stream_text(&s, hex ? ")" : "')");
    const uint8_t head[] = {(uint8_t)s.n, (uint8_t)(s.n >> 8), (uint8_t)(s.n >> 16), 0};
    memcpy(out, head, sizeof head);
    memcpy(out + sizeof head, s.p, s.n);
    return s.n + sizeof head;
}

static void assert_picture(bool hex, size_t n, size_t split) {
    static struct stream picture;
    static uint8_t statement[1 << 16];
    uint8_t sha256[32];
    picture.n = 0;
    stream_jpeg(&picture, n);
    struct world *w = talk((const struct piece[]){OPENED}, 3, 0);
    size_t flow = world_open(w, (struct endpoint){0}, (struct endpoint){0});
    world_deliver(w, flow, SIDE_SERVER, (const uint8_t *)GREETING, sizeof GREETING - 1, split);
    world_deliver(w, flow, SIDE_CLIENT, (const uint8_t *)ANSWER("\x09\x82\0\0"),
                  sizeof ANSWER("\x09\x82\0\0") - 1, split);
    world_deliver(w, flow, SIDE_SERVER, (const uint8_t *)DONE_2, sizeof DONE_2 - 1, split);
    world_deliver(w, flow, SIDE_CLIENT, statement, make_statement(statement, &picture, hex), split);
    world_close_all(w);
    EVP_Digest(picture.p, picture.n, sha256, NULL, EVP_sha256(), NULL);
    assert_int_equal(w->transfers, 2);
    assert_int_equal(w->transfer[1].how, TRANSFER_DONE);
    assert_memory_equal(w->transfer[1].sha256, sha256, sizeof sha256);
    world_destroy(w);
}

static void a_picture_in_a_literal_is_an_object(void **state) {
    static const size_t sizes[] = {60, 500, 1024, 5000};
    for (size_t i = 0; i < sizeof talk_splits / sizeof *talk_splits; i++)
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            assert_picture(true, sizes[k], talk_splits[i]);
            assert_picture(false, sizes[k], talk_splits[i]);
        }
}

/* --- the probe --- */

static enum probe probe(const char *client, size_t n, const char *server, size_t m) {
    return mysql_probe((const struct bytes[2]){bytes_of(client, n), bytes_of(server, m)});
}

static void a_greeting_or_an_answer_is_certain(void **state) {
    static const char answer[] = ANSWER("\x09\x82\0\0"), result[] = PLATES;
    assert_int_equal(probe("", 0, GREETING, sizeof GREETING - 1), PROBE_YES);
    assert_int_equal(probe("", 0, GREETING, 10), PROBE_MORE);
    assert_int_equal(probe(answer, sizeof answer - 1, "", 0), PROBE_YES);
    assert_int_equal(probe("", 0, result, sizeof result - 1), PROBE_YES);
    assert_int_equal(probe("\x09\0\0\0\3SELECT 2", 13, "", 0), PROBE_MORE);
    assert_int_equal(probe("\x09\0\0\0\3SELECT 2", 13, result, sizeof result - 1), PROBE_YES);
}

static void other_bytes_are_not(void **state) {
    static const char zeros[64];
    assert_int_equal(probe(zeros, sizeof zeros, "", 0), PROBE_NO);
    assert_int_equal(probe("\x09\0\0\0\3\1ELECT 2", 13, "", 0), PROBE_NO);
    assert_int_equal(probe("", 0, "220 ready\r\n", 11), PROBE_NO);
    assert_int_equal(probe("", 0, "\x4a\0\0\0\x0a\1\2\3\4\5\6", 11), PROBE_NO);
    assert_int_equal(probe("GET / HTTP/1.1\r\n", 16, "", 0), PROBE_NO);
    assert_int_equal(probe("\x16\3\1\2\0\1\0\1\xfc\3\3", 11, "", 0), PROBE_NO);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_a_result_are_lines_below_their_columns),
        cmocka_unit_test(an_end_of_the_definitions_may_be_left_out),
        cmocka_unit_test(rows_in_binary_are_written_as_text),
        cmocka_unit_test(what_is_bound_to_an_insert_is_a_row_of_its_columns),
        cmocka_unit_test(rows_that_are_bound_in_bulk_are_rows),
        cmocka_unit_test(as_many_values_as_are_kept_are_a_row_and_more_are_looked_at_as_they_are),
        cmocka_unit_test(values_whose_types_nobody_told_are_looked_at_as_they_are),
        cmocka_unit_test(a_value_that_comes_ahead_of_its_row_is_read),
        cmocka_unit_test(a_value_that_comes_ahead_is_that_of_its_own_statement),
        cmocka_unit_test(a_statement_that_is_reset_has_no_values_ahead),
        cmocka_unit_test(a_file_that_is_loaded_is_an_object_of_its_bytes),
        cmocka_unit_test(statements_that_change_are_lines_of_one_text_and_questions_are_not_kept),
        cmocka_unit_test(what_is_longer_than_its_message_needs_is_looked_at),
        cmocka_unit_test(what_is_no_packet_is_looked_at_as_anything),
        cmocka_unit_test(behind_a_request_for_tls_that_was_decrypted_it_goes_on),
        cmocka_unit_test(behind_a_granted_request_tls_is_encrypted),
        cmocka_unit_test(a_gap_in_a_value_leaves_the_next_row_whole),
        cmocka_unit_test(behind_a_gap_up_to_a_value_s_end_the_next_value_stands),
        cmocka_unit_test(the_server_alone_is_read),
        cmocka_unit_test(a_connection_is_joined_at_a_command),
        cmocka_unit_test(a_picture_in_a_literal_is_an_object),
        cmocka_unit_test(a_greeting_or_an_answer_is_certain),
        cmocka_unit_test(other_bytes_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
