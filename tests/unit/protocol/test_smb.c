/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/smb/smb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "smb_messages.h"

/* Conversations after [MS-SMB2], at every split. */

enum {
    CREATE = 5,
    CLOSE = 6,
    READ = 8,
    WRITE = 9,
    IOCTL = 11,
    SET_INFO = 17,
    SETUP = 1,
    TREE_CONNECT = 3,
    QUERY = 14
};
enum { HANDLE = 0x1111, OTHER = 0x2222, END = 0xc0000011 };
#define NO_END UINT64_MAX
#define THE_ONE_BEFORE UINT64_MAX

#define CHECK_EACH_SPLIT(...)                                                                                \
    for (size_t i_ = 0; i_ < sizeof talk_splits / sizeof *talk_splits; i_++) {                               \
        struct world *w = talk(script.piece, script.pieces, talk_splits[i_]);                                \
        world_close_all(w);                                                                                  \
        __VA_ARGS__;                                                                                         \
        world_destroy(w);                                                                                    \
    }

static void begin(void) {
    script_begin();
    ASK(TREE_CONNECT, 1, put_tree("\\\\store\\plates"));
    SAY(TREE_CONNECT, 1, 0, put_tree_answer(1));
}

static void open_file(uint64_t number, const char *path, uint64_t handle, uint64_t end) {
    ASK(CREATE, number, put_create(path, NULL, NULL, 0));
    SAY(CREATE, number, 0, put_create_answer(handle, end));
}

static void close_file(uint64_t number, uint64_t handle, uint64_t end) {
    ASK(CLOSE, number, put_close(handle));
    SAY(CLOSE, number, 0, put_close_answer(end));
}

static void assert_moved(const struct transfer *t, enum side from, const char *path, const char *name,
                         const char *text) {
    assert_true(t->ended);
    assert_int_equal(t->from, from);
    assert_text(&t->path, path);
    assert_text(&t->name, name);
    assert_text(&t->share, "\\\\store\\plates");
    assert_bytes(t, text);
}

/* --- reads and writes --- */

static void what_is_written_by_a_handle_goes_out(void **state) {
    begin();
    open_file(2, "2026\\lane 4\\a.jpg", HANDLE, 0);
    ASK(WRITE, 3, put_write(HANDLE, 0, "abcde", 5));
    ASK(WRITE, 4, put_write(HANDLE, 5, "fgh", 3));
    SAY(WRITE, 3, 0, put_error());
    close_file(5, HANDLE, NO_END);
    CHECK_EACH_SPLIT({
        assert_int_equal(w->transfers, 1);
        assert_moved(&w->transfer[0], SIDE_CLIENT, "2026\\lane 4\\a.jpg", "a.jpg", "abcdefgh");
        assert_int_equal(w->transfer[0].how, TRANSFER_DONE);
    });
}

static void what_is_read_comes_from_the_server_and_its_length_is_known(void **state) {
    begin();
    open_file(2, "a.jpg", HANDLE, 8);
    ASK(READ, 3, put_read(HANDLE, 0, 5));
    ASK(READ, 4, put_read(HANDLE, 5, 5));
    SAY(READ, 3, 0, put_read_answer("abcde", 5));
    SAY(READ, 4, 0, put_read_answer("fgh", 3));
    close_file(5, HANDLE, NO_END);
    CHECK_EACH_SPLIT({
        assert_int_equal(w->transfers, 1);
        assert_moved(&w->transfer[0], SIDE_SERVER, "a.jpg", "a.jpg", "abcdefgh");
        assert_int_equal(w->transfer[0].total, 8);
        assert_int_equal(w->transfer[0].how, TRANSFER_DONE);
    });
}

static void answers_come_in_any_order_and_after_a_word_of_patience(void **state) {
    begin();
    open_file(2, "a.jpg", HANDLE, 8);
    ASK(READ, 3, put_read(HANDLE, 0, 4));
    ASK(READ, 4, put_read(HANDLE, 4, 4));
    SAY(READ, 3, PENDING, put_error());
    SAY(READ, 4, 0, put_read_answer("efgh", 4));
    SAY(READ, 3, 0, put_read_answer("abcd", 4));
    close_file(5, HANDLE, NO_END);
    CHECK_EACH_SPLIT({
        assert_int_equal(w->transfers, 1);
        assert_int_equal(w->transfer[0].size, 8);
        assert_int_equal(w->transfer[0].at, 4); /* the last that came stands first */
        assert_int_equal(w->transfer[0].extent, 8);
        assert_int_equal(w->transfer[0].how, TRANSFER_DONE);
    });
}

static void what_the_server_refused_has_left_and_what_it_did_not_send_moves_nothing(void **state) {
    begin();
    open_file(2, "a.jpg", HANDLE, 0);
    ASK(WRITE, 3, put_write(HANDLE, 0, "abc", 3));
    SAY(WRITE, 3, 0xc0000000 | DENIED, put_error());
    ASK(READ, 4, put_read(HANDLE, 0, 3));
    SAY(READ, 4, 0xc0000000 | DENIED, put_error());
    close_file(5, HANDLE, NO_END);
    CHECK_EACH_SPLIT({
        assert_int_equal(w->transfers, 1);
        assert_moved(&w->transfer[0], SIDE_CLIENT, "a.jpg", "a.jpg", "abc");
    });
}

static void messages_of_a_chain_are_about_the_handle_that_the_first_one_opens(void **state) {
    begin();
    frame_begin();
    put_header((struct header){CREATE, 0, 0, TREE, 2, SESSION});
    put_create("a.jpg", NULL, NULL, 0);
    chain();
    put_header((struct header){WRITE, 0, RELATED, 0, 3, 0});
    put_write(THE_ONE_BEFORE, 0, "abcde", 5);
    chain();
    put_header((struct header){CLOSE, 0, RELATED, 0, 4, 0});
    put_close(THE_ONE_BEFORE);
    frame_end(SIDE_CLIENT);
    frame_begin();
    put_header((struct header){CREATE, 0, ANSWER, TREE, 2, SESSION});
    put_create_answer(HANDLE, 0);
    chain();
    put_header((struct header){WRITE, 0, ANSWER | RELATED, TREE, 3, SESSION});
    put_error();
    chain();
    put_header((struct header){CLOSE, 0, ANSWER | RELATED, TREE, 4, SESSION});
    put_close_answer(5);
    frame_end(SIDE_SERVER);
    CHECK_EACH_SPLIT({
        assert_int_equal(w->transfers, 1);
        assert_moved(&w->transfer[0], SIDE_CLIENT, "a.jpg", "a.jpg", "abcde");
        assert_int_equal(w->transfer[0].how, TRANSFER_DONE);
    });
}

static void a_chain_reads_a_file_at_once(void **state) {
    for (int refused = 0; refused < 2; refused++) {
        begin();
        frame_begin();
        put_header((struct header){CREATE, 0, 0, TREE, 2, SESSION});
        put_create("a.jpg", NULL, NULL, 0);
        chain();
        put_header((struct header){READ, 0, RELATED, 0, 3, 0});
        put_read(THE_ONE_BEFORE, 0, 100);
        frame_end(SIDE_CLIENT);
        frame_begin();
        put_header((struct header){CREATE, refused ? 0xc0000000 | DENIED : 0, ANSWER, TREE, 2, SESSION});
        if (refused)
            put_error();
        else
            put_create_answer(HANDLE, 5);
        chain();
        put_header(
            (struct header){READ, refused ? 0xc0000000 | DENIED : 0, ANSWER | RELATED, TREE, 3, SESSION});
        if (refused)
            put_error();
        else
            put_read_answer("abcde", 5);
        frame_end(SIDE_SERVER);
        if (!refused)
            close_file(4, HANDLE, NO_END);
        CHECK_EACH_SPLIT({
            assert_int_equal(w->transfers, !refused);
            if (!refused)
                assert_moved(&w->transfer[0], SIDE_SERVER, "a.jpg", "a.jpg", "abcde");
        });
    }
}

/* --- the end --- */

static void without_an_end_only_what_was_closed_or_read_to_its_end_is_complete(void **state) {
    static const struct {
        bool closed, asks_more;
        enum transfer_end how;
    } cases[] = {
        {true, true, TRANSFER_DONE}, {true, false, TRANSFER_UNKNOWN}, {false, false, TRANSFER_UNKNOWN}};
    for (int i = 0; i < 3; i++) {
        begin();
        ASK(READ, 3, put_read(HANDLE, 0, cases[i].asks_more ? 100 : 5)); /* opened before anybody looked */
        SAY(READ, 3, 0, put_read_answer("abcde", 5));
        if (cases[i].closed)
            close_file(5, HANDLE, NO_END);
        CHECK_EACH_SPLIT({
            assert_int_equal(w->transfers, 1);
            assert_moved(&w->transfer[0], SIDE_SERVER, "", "", "abcde");
            assert_int_equal(w->transfer[0].how, cases[i].how);
        });
    }
}

static void the_end_that_a_client_sets_or_the_server_tells_is_the_files(void **state) {
    for (int told = 0; told < 2; told++) {
        begin();
        open_file(2, "a.jpg", HANDLE, 0);
        if (!told)
            ASK(SET_INFO, 3, put_set_end(HANDLE, 10));
        ASK(WRITE, 4, put_write(HANDLE, 0, "abcde", 5));
        close_file(5, HANDLE, told ? 10 : NO_END);
        CHECK_EACH_SPLIT({
            assert_int_equal(w->transfers, 1);
            assert_int_equal(w->transfer[0].extent, 10);
        });
    }
}

static void what_is_written_at_the_end_stands_behind_what_was_there(void **state) {
    begin();
    open_file(2, "log", HANDLE, 100);
    ASK(WRITE, 3, put_write(HANDLE, UINT64_MAX, "abc", 3));
    ASK(WRITE, 4, put_write(HANDLE, UINT64_MAX, "def", 3));
    close_file(5, HANDLE, NO_END);
    CHECK_EACH_SPLIT({
        assert_int_equal(w->transfers, 1);
        assert_int_equal(w->transfer[0].at, 106);
        assert_int_equal(w->transfer[0].size, 6);
    });
}

static void what_was_read_behind_the_end_is_another_object(void **state) {
    begin();
    open_file(2, "log", HANDLE, 5);
    ASK(READ, 3, put_read(HANDLE, 0, 5));
    SAY(READ, 3, 0, put_read_answer("abcde", 5));
    ASK(READ, 4, put_read(HANDLE, 5, 100));
    SAY(READ, 4, 0, put_read_answer("fgh", 3));
    CHECK_EACH_SPLIT({
        assert_int_equal(w->transfers, 2);
        assert_moved(&w->transfer[0], SIDE_SERVER, "log", "log", "abcde");
        assert_int_equal(w->transfer[1].size, 3);
        assert_int_equal(w->transfer[1].at, 8);
    });
}

static void files_of_one_name_and_of_one_handle_later_are_each_their_own(void **state) {
    begin();
    open_file(2, "a.jpg", HANDLE, 0);
    open_file(3, "a.jpg", OTHER, 0);
    ASK(WRITE, 4, put_write(OTHER, 0, "other", 5));
    ASK(WRITE, 5, put_write(HANDLE, 0, "first", 5));
    close_file(6, HANDLE, NO_END);
    open_file(7, "b.jpg", HANDLE, 0);
    ASK(WRITE, 8, put_write(HANDLE, 0, "again", 5));
    close_file(9, HANDLE, NO_END);
    CHECK_EACH_SPLIT({
        assert_int_equal(w->transfers, 3);
        assert_moved(&w->transfer[0], SIDE_CLIENT, "a.jpg", "a.jpg", "other");
        assert_moved(&w->transfer[1], SIDE_CLIENT, "a.jpg", "a.jpg", "first");
        assert_moved(&w->transfer[2], SIDE_CLIENT, "b.jpg", "b.jpg", "again");
    });
}

static void a_file_that_is_written_over_from_its_beginning_is_another_object(void **state) {
    enum { LONG = 1024 };
    static char decoy[LONG + 1], plate[LONG + 1];
    memset(decoy, 'd', LONG);
    memset(plate, 'p', LONG);
    for (int way = 0; way < 4; way++) {
        begin();
        open_file(2, "a.jpg", HANDLE, 0);
        ASK(WRITE, 3, put_write(HANDLE, 0, decoy, LONG));
        if (way == 1)
            ASK(SET_INFO, 4, put_set_end(HANDLE, 0));
        if (way == 3) /* once more over another connection, since nobody answered */
            ASK_WITH(0x20000000, WRITE, 5, put_write(HANDLE, 0, plate, LONG));
        else
            ASK(WRITE, 5, put_write(HANDLE, 0, plate, way == 2 ? LONG - 1 : LONG));
        close_file(6, HANDLE, NO_END);
        CHECK_EACH_SPLIT({
            assert_int_equal(w->transfers, way < 2 ? 2 : 1);
            if (way < 2) {
                assert_moved(&w->transfer[0], SIDE_CLIENT, "a.jpg", "a.jpg", decoy);
                assert_int_equal(w->transfer[0].how, TRANSFER_UNKNOWN);
                assert_moved(&w->transfer[1], SIDE_CLIENT, "a.jpg", "a.jpg", plate);
                assert_int_equal(w->transfer[1].how, TRANSFER_DONE);
            }
        });
    }
}

/* --- what is no file --- */

#define CALL(fragment) "\5\0\0\3\x10\0\0\0" fragment "\0\0\0\0\0\0"

static void calls_over_a_named_pipe_move_no_files(void **state) {
    for (int by_answer = 0; by_answer < 2; by_answer++) {
        script_begin();
        ASK(TREE_CONNECT, 1, put_tree(by_answer ? "\\\\store\\x" : "\\\\store\\IPC$"));
        SAY(TREE_CONNECT, 1, 0, put_tree_answer(by_answer ? 2 : 1));
        open_file(2, "srvsvc", HANDLE, 0);
        ASK(WRITE, 3, put_write(HANDLE, 0, CALL("\x10\0"), 16));
        ASK(WRITE, 4, put_write(HANDLE, 0, CALL("\x20\0"), 16));
        ASK(WRITE, 5, put_write(HANDLE, 0, "the rest of a call", 16));
        ASK(READ, 6, put_read(HANDLE, 0, 1024));
        SAY(READ, 6, 0, put_read_answer(CALL("\x10\0"), 16));
        close_file(7, HANDLE, NO_END);
        CHECK_EACH_SPLIT(assert_int_equal(w->transfers, 0));
    }
}

static void what_else_goes_over_a_pipe_is_looked_at_in_the_order_in_which_it_comes(void **state) {
    script_begin();
    ASK(TREE_CONNECT, 1, put_tree("\\\\store\\IPC$"));
    SAY(TREE_CONNECT, 1, 0, put_tree_answer(2));
    open_file(2, "srvsvc", HANDLE, 0);
    ASK(WRITE, 3, put_write(HANDLE, 0, "abc", 3));
    ASK(WRITE, 4, put_write(HANDLE, 0, "defghijklmnop", 13));
    ASK(WRITE, 5, put_write(HANDLE, 0, "q", 1));
    close_file(6, HANDLE, NO_END);
    CHECK_EACH_SPLIT({
        assert_int_equal(w->transfers, 1);
        assert_bytes(&w->transfer[0], "abcdefghijklmnopq");
    });
}

static void what_a_server_copies_by_itself_is_counted_and_missing(void **state) {
    begin();
    open_file(2, "a.jpg", HANDLE, 0);
    ASK(WRITE, 3, put_write(HANDLE, 0, "abc", 3));
    ASK(IOCTL, 4, put_copy(HANDLE, 7, 3, 1000));
    close_file(5, HANDLE, NO_END);
    CHECK_EACH_SPLIT({
        assert_int_equal(w->transfers, 1);
        assert_int_equal(w->transfer[0].missing, 1000);
        assert_int_equal(counter_values[COUNTER_SMB_COPIES], 1);
        assert_int_equal(counter_values[COUNTER_SMB_COPIED_BYTES], 1000);
    });
}

static void what_is_encrypted_is_told_and_what_is_clear_beside_it_is_read(void **state) {
    begin();
    frame_begin();
    put("\xfdSMB", 4);
    put_zeros(100);
    frame_end(SIDE_CLIENT);
    open_file(2, "a.jpg", HANDLE, 0);
    ASK(WRITE, 3, put_write(HANDLE, 0, "abc", 3));
    close_file(5, HANDLE, NO_END);
    CHECK_EACH_SPLIT({
        assert_int_equal(w->encrypted, 1);
        assert_text(&w->named, "store");
        assert_int_equal(w->transfers, 1);
        assert_moved(&w->transfer[0], SIDE_CLIENT, "a.jpg", "a.jpg", "abc");
    });
}

/* --- compressed (section 2.2.42) --- */

static void put_message(uint64_t number, uint64_t offset, const char *text) {
    put_header((struct header){WRITE, 0, 0, TREE, number, SESSION});
    put_write(HANDLE, offset, text, strlen(text));
}

/* The message goes out of the script again, and comes back behind the mark as `n` octets: `clear` of it as it
 * is, the rest in LZ77, of literals alone. */
static void put_alone(void) {
    static char message[4096];
    enum { CLEAR = 16 };
    frame_begin();
    size_t begin = script.used;
    put_message(3, 0, "abcde");
    size_t n = script.used - begin;
    memcpy(message, script.bytes + begin, n);
    script.used = begin;
    put("\xfcSMB", 4);
    put_number(n - CLEAR, 4);
    put_number(2, 2);
    put_number(0, 2);
    put_number(CLEAR, 4);
    put(message, CLEAR);
    for (size_t at = CLEAR; at < n; at++) {
        if ((at - CLEAR) % 32 == 0)
            put_zeros(4);
        put(message + at, 1);
    }
    frame_end(SIDE_CLIENT);
}

/* As pieces: one as it is, and one that is a pattern. */
static void put_pieces(uint64_t number, uint64_t offset, char pattern, uint32_t times) {
    frame_begin();
    put("\xfcSMB", 4);
    size_t size_at = script.used;
    put_zeros(4);
    put_number(0, 2);
    put_number(1, 2);
    size_t length_at = script.used;
    put_zeros(4);
    size_t begin = script.used;
    put_message(number, offset, "");
    size_t n = script.used - begin;
    patch(script.message + 68, times, 4); /* how much is written */
    put_number(4, 2);
    put_number(0, 2);
    put_number(8, 4);
    put(&pattern, 1);
    put_zeros(3);
    put_number(times, 4);
    patch(size_at, n + times, 4);
    patch(length_at, n, 4);
    frame_end(SIDE_CLIENT);
}

static void compressed_messages_are_unpacked(void **state) {
    begin();
    open_file(2, "a.jpg", HANDLE, 0);
    put_alone();
    put_pieces(4, 5, 'x', 5);
    close_file(5, HANDLE, NO_END);
    CHECK_EACH_SPLIT({
        assert_int_equal(w->transfers, 1);
        assert_moved(&w->transfer[0], SIDE_CLIENT, "a.jpg", "a.jpg", "abcdexxxxx");
        assert_int_equal(w->transfer[0].how, TRANSFER_DONE);
        assert_int_equal(counter_values[COUNTER_SMB_PACKED], 2);
    });
}

static void one_that_cannot_be_is_an_object_by_itself_and_the_next_one_is_read(void **state) {
    for (int way = 0; way < 3; way++) {
        begin();
        open_file(2, "a.jpg", HANDLE, 0);
        ASK(WRITE, 3, put_write(HANDLE, 0, "abc", 3));
        frame_begin();
        put("\xfcSMB", 4);
        put_number(way == 2 ? 0x7fffffff : 100, 4); /* too large */
        put_number(way == 0 ? 9 : 1, 2);            /* by no algorithm that is known; damaged */
        put_number(0, 2);
        put_number(0, 4);
        put("these are no octets of LZNT1", 28);
        frame_end(SIDE_CLIENT);
        ASK(WRITE, 4, put_write(HANDLE, 3, "def", 3));
        close_file(5, HANDLE, NO_END);
        CHECK_EACH_SPLIT({
            assert_int_equal(w->transfers, 2);
            assert_moved(&w->transfer[0], SIDE_CLIENT, "a.jpg", "a.jpg", "abcdef");
            assert_int_equal(w->transfer[0].how, TRANSFER_UNKNOWN); /* it may have been its */
            assert_int_equal(w->transfer[1].size, 44);
            assert_int_equal(counter_values[COUNTER_SMB_PACKED_UNREAD], 1);
        });
    }
}

static void a_gap_in_one_leaves_it_unread_and_the_next_one_is_read(void **state) {
    begin();
    open_file(2, "a.jpg", HANDLE, 0);
    put_alone();
    script.piece[script.pieces - 1].n -= 30;
    lose(SIDE_CLIENT, 10);
    script.piece[script.pieces++] = (struct piece){SIDE_CLIENT, script.bytes + script.used - 20, 20};
    ASK(WRITE, 4, put_write(HANDLE, 5, "def", 3));
    close_file(5, HANDLE, NO_END);
    CHECK_EACH_SPLIT({
        assert_int_equal(w->transfers, 2);
        assert_int_equal(w->transfer[0].missing, 10);
        assert_text(&w->transfer[1].name, "a.jpg");
        assert_int_equal(w->transfer[1].size, 3);
    });
}

/* --- names --- */

static void signing_the_share_and_its_server_are_told(void **state) {
    for (int is_signed = 0; is_signed < 2; is_signed++) {
        begin();
        frame_begin();
        put_header((struct header){CREATE, 0, is_signed ? SIGNED : 0, TREE, 2, SESSION});
        put_create("a.jpg", NULL, NULL, 0);
        frame_end(SIDE_CLIENT);
        CHECK_EACH_SPLIT({
            assert_text(&w->told[FACT_SMB_SIGNING], is_signed ? "signed" : "unsigned");
            assert_text(&w->told[FACT_SHARE], "\\\\store\\plates");
            assert_text(&w->told[FACT_HOST], "store");
        });
    }
}

/* An NTLMSSP message of the third kind ([MS-NLMP] section 2.2.1.3) within other octets. */
static void put_authenticate(const char *user) {
    size_t n = 2 * strlen(user);
    put_number(25, 2);
    put_zeros(10);
    put_number(88, 2);
    put_number(90 + n, 2);
    put_zeros(8);
    put("\xa1\x30", 2);
    put("NTLMSSP", 8);
    put_number(3, 4);
    put_zeros(24);
    put_number(n, 2);
    put_number(n, 2);
    put_number(64, 4); /* from the mark on */
    put_zeros(16);
    put_number(1, 4);
    put_wide(user);
}

static void the_user_is_who_proves_who_he_is(void **state) {
    script_begin();
    ASK(SETUP, 1, put_authenticate("lane4"));
    ASK(TREE_CONNECT, 2, put_tree("\\\\store\\plates"));
    SAY(TREE_CONNECT, 2, 0, put_tree_answer(1));
    open_file(3, "\xc4", HANDLE, 0);
    ASK(WRITE, 4, put_write(HANDLE, 0, "abc", 3));
    close_file(5, HANDLE, NO_END);
    CHECK_EACH_SPLIT({
        assert_int_equal(w->transfers, 1);
        assert_text(&w->transfer[0].user, "lane4");
        assert_text(&w->transfer[0].name, "\xc3\x84");
    });
}

static void a_handle_that_lasts_is_taken_up_again(void **state) {
    static const char again[16] = "\x11\x11\0\0\0\0\0\0";
    begin();
    ASK(CREATE, 2, put_create("a.jpg", "DHnQ", "0123456789abcdef", 16));
    SAY(CREATE, 2, 0, put_create_answer(HANDLE, 0));
    ASK(WRITE, 3, put_write(HANDLE, 0, "abc", 3));
    ASK(CREATE, 4, put_create("", "DHnC", again, 16));
    SAY(CREATE, 4, 0, put_create_answer(OTHER, 3));
    ASK(WRITE, 5, put_write(OTHER, 3, "def", 3));
    close_file(6, OTHER, NO_END);
    CHECK_EACH_SPLIT({
        assert_int_equal(w->transfers, 1);
        assert_moved(&w->transfer[0], SIDE_CLIENT, "a.jpg", "a.jpg", "abcdef");
    });
}

/* --- several connections --- */

enum { CHANNELS = 2 };

/* The script's pieces by the connections that `by` names, in their order. */
static struct world *talk_by(const uint8_t *by, size_t split) {
    struct world *w = world_create(&(struct dispatch_options){.conversations = 4});
    const uint8_t a[4] = {192, 0, 2, 1}, b[4] = {203, 0, 113, 8};
    size_t flow[CHANNELS];
    for (size_t i = 0; i < CHANNELS; i++)
        flow[i] = world_open(w, (struct endpoint){address_from_v4(a), (uint16_t)(40000 + i)},
                             (struct endpoint){address_from_v4(b), 445});
    for (size_t i = 0; i < script.pieces; i++) {
        const struct piece *p = &script.piece[i];
        world_deliver(w, flow[by[i]], p->from, (const uint8_t *)p->bytes, p->n, split);
    }
    return w;
}

static void a_file_is_one_over_several_connections_of_a_session(void **state) {
    begin();
    open_file(2, "a.jpg", HANDLE, 0);
    ASK(WRITE, 3, put_write(HANDLE, 0, "abc", 3));
    ASK(WRITE, 1, put_write(HANDLE, 3, "def", 3)); /* over another one, with numbers of its own */
    ASK(WRITE, 4, put_write(HANDLE, 6, "ghi", 3));
    ASK(WRITE, 2, put_write(HANDLE, 9, "jkl", 3));
    close_file(5, HANDLE, NO_END);
    static const uint8_t by[] = {0, 0, 0, 0, 0, 1, 0, 1, 0, 0};
    assert_int_equal(script.pieces, sizeof by);
    for (size_t i = 0; i < sizeof talk_splits / sizeof *talk_splits; i++) {
        struct world *w = talk_by(by, talk_splits[i]);
        assert_int_equal(w->transfers, 1);
        assert_moved(&w->transfer[0], SIDE_CLIENT, "a.jpg", "a.jpg", "abcdefghijkl");
        assert_int_equal(w->transfer[0].how, TRANSFER_DONE);
        world_destroy(w);
    }
}

/* One of them may come late: the others' end is told, and the rest joins by its key. */
static void what_lags_behind_on_one_of_them_has_its_name_still(void **state) {
    begin();
    open_file(2, "a.jpg", HANDLE, 0);
    ASK(WRITE, 1, put_write(HANDLE, 0, "abc", 3));
    ASK(WRITE, 3, put_write(HANDLE, 3, "def", 3));
    close_file(5, HANDLE, 9);
    ASK(WRITE, 2, put_write(HANDLE, 6, "ghi", 3));
    static const uint8_t by[] = {0, 0, 0, 0, 1, 0, 0, 0, 1};
    assert_int_equal(script.pieces, sizeof by);
    struct world *w = talk_by(by, 0);
    assert_int_equal(w->transfers, 2);
    assert_text(&w->transfer[1].name, "a.jpg");
    assert_int_equal(w->transfer[0].extent, 9);
    assert_int_equal(w->transfer[0].key.n, w->transfer[1].key.n);
    assert_memory_equal(w->transfer[0].key.p, w->transfer[1].key.p, w->transfer[0].key.n);
    world_destroy(w);
}

/* Its whole waits for the rest by the key. */
static void what_one_connection_leaves_another_goes_on_with(void **state) {
    for (int last = 0; last < 2; last++) {
        begin();
        open_file(2, "a.jpg", HANDLE, 0);
        ASK(WRITE, 3, put_write(HANDLE, 0, "abc", 3));
        static const uint8_t by[] = {0, 0, 0, 0, 0};
        struct world *w = talk_by(by, 0);
        if (last)
            world_close(w, 1);
        else /* it has said something */
            world_deliver(w, 1, SIDE_CLIENT, (const uint8_t *)"\0\0\0\x44\xfdSMB\0\0\0\0\0", 12, 0);
        world_close(w, 0);
        assert_int_equal(w->transfers, 1);
        assert_true(w->transfer[0].ended);
        assert_int_equal(w->transfer[0].how, last ? TRANSFER_UNKNOWN : TRANSFER_CUT);
        world_destroy(w);
    }
}

static void another_servers_handle_is_another_file(void **state) {
    begin();
    open_file(2, "a.jpg", HANDLE, 0);
    ASK(WRITE, 3, put_write(HANDLE, 0, "abc", 3));
    static const uint8_t by[] = {0, 0, 0, 0, 0};
    struct world *w = talk_by(by, 0);
    const uint8_t a[4] = {192, 0, 2, 1}, b[4] = {203, 0, 113, 9};
    size_t other = world_open(w, (struct endpoint){address_from_v4(a), 40009},
                              (struct endpoint){address_from_v4(b), 445});
    const struct piece *p = &script.piece[4];
    world_deliver(w, other, p->from, (const uint8_t *)p->bytes, p->n, 0);
    assert_int_equal(w->transfers, 2);
    assert_text(&w->transfer[1].name, "");
    world_destroy(w);
}

/* --- gaps, late starts, one side --- */

static void a_gap_within_data_has_its_place_and_what_follows_is_read(void **state) {
    begin();
    open_file(2, "a.jpg", HANDLE, 0);
    ASK(WRITE, 3, put_write(HANDLE, 0, "0123456789", 10));
    script.piece[script.pieces - 1].n -= 7;
    lose(SIDE_CLIENT, 5);
    script.piece[script.pieces++] = (struct piece){SIDE_CLIENT, script.bytes + script.used - 2, 2};
    ASK(WRITE, 4, put_write(HANDLE, 10, "x", 1));
    close_file(5, HANDLE, NO_END);
    CHECK_EACH_SPLIT({
        assert_int_equal(w->transfers, 1);
        assert_int_equal(w->transfer[0].size, 6);
        assert_int_equal(w->transfer[0].missing, 5);
    });
}

static void behind_a_gap_over_messages_the_next_one_is_found(void **state) {
    for (int stray = 0; stray < 2; stray++) {
        begin();
        open_file(2, "a.jpg", HANDLE, 0);
        ASK(WRITE, 3, put_write(HANDLE, 0, "abc", 3));
        lose(SIDE_CLIENT, 1000);
        if (stray)
            script.piece[script.pieces++] = (struct piece)C("rest of something\0\0\0\0that went by");
        ASK(WRITE, 5, put_write(HANDLE, 3, "def", 3));
        close_file(6, HANDLE, NO_END);
        CHECK_EACH_SPLIT({
            assert_int_equal(w->transfers, 1 + stray);
            assert_moved(&w->transfer[0], SIDE_CLIENT, "a.jpg", "a.jpg", "abcdef");
            assert_int_equal(w->transfer[0].how, TRANSFER_UNKNOWN); /* what was missed may have been its */
            assert_int_equal(stray ? w->transfer[1].size : 33, 33);
        });
    }
}

static void writes_by_a_handle_that_nobody_saw_opened_are_one_file_without_a_name(void **state) {
    begin();
    ASK(WRITE, 3, put_write(HANDLE, 0, "abc", 3));
    ASK(WRITE, 4, put_write(HANDLE, 3, "def", 3));
    ASK(CLOSE, 5, put_close(HANDLE));
    SAY(CLOSE, 5, 0, put_close_answer(6));
    CHECK_EACH_SPLIT({
        assert_int_equal(w->transfers, 1);
        assert_moved(&w->transfer[0], SIDE_CLIENT, "", "", "abcdef");
    });
}

static void answers_that_nobody_asked_for_are_never_complete(void **state) {
    begin();
    SAY(READ, 3, 0, put_read_answer("abc", 3));
    SAY(READ, 4, 0, put_read_answer("def", 3));
    SAY(CLOSE, 5, 0, put_close_answer(6));
    SAY(READ, 6, 0, put_read_answer("x", 1));
    CHECK_EACH_SPLIT({
        assert_int_equal(w->transfers, 2);
        assert_bytes(&w->transfer[0], "abcdef");
        assert_int_equal(w->transfer[0].how, TRANSFER_UNKNOWN);
        assert_bytes(&w->transfer[1], "x");
    });
}

static void a_gap_within_such_an_answer_is_missing_in_it(void **state) {
    begin();
    SAY(READ, 3, 0, put_read_answer("abc", 3));
    SAY(READ, 4, 0, put_read_answer("0123456789", 10));
    script.piece[script.pieces - 1].n -= 7;
    lose(SIDE_SERVER, 5);
    script.piece[script.pieces++] = (struct piece){SIDE_SERVER, script.bytes + script.used - 2, 2};
    CHECK_EACH_SPLIT({
        assert_int_equal(w->transfers, 1);
        assert_int_equal(w->transfer[0].missing, 5);
        assert_int_equal(w->transfer[0].size, 13);
    });
}

/* --- which flows --- */

static enum probe probe_text(const char *client, size_t n, const char *server, size_t m) {
    const struct bytes first[2] = {bytes_of(client, n), bytes_of(server, m)};
    return smb_probe(first);
}

#define PROBE(client, server) probe_text(client, sizeof client - 1, server, sizeof server - 1)

static void the_first_octets_of_either_side_are_certain(void **state) {
    assert_int_equal(PROBE("\0\0\0\x80\xfeSMB\x40\0\0\0", ""), PROBE_YES);
    assert_int_equal(PROBE("", "\0\0\0\x80\xfeSMB\x40\0\0\0"), PROBE_YES);
    assert_int_equal(PROBE("\0\0\0\x80\xffSMBr\0\0\0", ""), PROBE_YES);
    assert_int_equal(PROBE("\0\0\0\x80\xfdSMB\1\2\3\4", ""), PROBE_YES);
    assert_int_equal(
        PROBE("\x81\0\0\x44 CKFDENECFDEFFCFGEFFCCACACACACACA\0 CACACACACACACACACACACACACACACACA\0", ""),
        PROBE_YES);
    assert_int_equal(PROBE("\0\0\0\x80\xfeSM", ""), PROBE_MORE);
    assert_int_equal(PROBE("\x81\0\0\x44 CKFD", ""), PROBE_MORE);
    assert_int_equal(PROBE("\0\0\0\x80\xfeSMC\x40\0\0\0", ""), PROBE_NO);
    assert_int_equal(PROBE("\0\0\0\x80\xfeSMB\x41\0\0\0", ""), PROBE_NO);
    assert_int_equal(PROBE("\0\0\0\x10\xfeSMB\x40\0\0\0", ""), PROBE_NO); /* no room for a header */
    assert_int_equal(PROBE("\0\0\0\x80\xfbSMB\x40\0\0\0", ""), PROBE_NO);
    assert_int_equal(PROBE("\x81\0\0\x44 CKFDz", ""), PROBE_NO);
    assert_int_equal(PROBE("\xfeSMB\x40\0\0\0\0\0\0\0", ""), PROBE_NO);
}

static void a_frame_is_found_in_the_middle_of_anything(void **state) {
    static const char text[] = "ab\0\0\0\0\0\x80\xfeSMB\x40\0\0\0";
    assert_int_equal(smb_find(bytes_of(text, sizeof text - 1)), 4);
    assert_int_equal(smb_find(bytes_of(text, 15)), 15); /* cut short */
    assert_int_equal(smb_find(bytes_of("\0\0\0\x80 no SMB here", 16)), 16);
}

/* --- listings --- */

enum { NO_MORE_FILES = 0x80000006 };

static size_t measure_listed(unsigned name_at, size_t letters) {
    return (name_at + 2 * letters + 7) & ~(size_t)7;
}

static void list_two(uint64_t number, uint64_t handle, uint8_t kind, unsigned name_at, const char *name) {
    size_t n = measure_listed(name_at, 1) + measure_listed(name_at, 6) + name_at + 2 * strlen(name);
    ASK(QUERY, number, put_query(handle, kind, 0));
    SAY(QUERY, number, 0, put_query_answer(n), put_listed(".", name_at, true, false),
        put_listed("lane 4", name_at, true, false), put_listed(name, name_at, false, true));
}

static void what_is_in_a_folder_is_a_text_of_its_names(void **state) {
    static const struct {
        uint8_t kind;
        unsigned name_at;
    } kinds[] = {{1, 64}, {2, 68}, {3, 94}, {37, 104}, {38, 80}, {60, 88}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        begin();
        list_two(2, HANDLE, kinds[i].kind, kinds[i].name_at, "KXR4471.jpg");
        list_two(3, HANDLE, kinds[i].kind, kinds[i].name_at, "GHT7720.jpg");
        ASK(QUERY, 4, put_query(HANDLE, kinds[i].kind, 0));
        SAY(QUERY, 4, NO_MORE_FILES, put_error());
        CHECK_EACH_SPLIT({
            assert_int_equal(w->transfers, 0);
            assert_int_equal(w->asides, 1);
            assert_int_equal(w->aside.from, SIDE_SERVER);
            assert_text(&w->aside.share, "\\\\store\\plates");
            assert_text(&w->words, "type=dir; lane 4\ntype=file; KXR4471.jpg\n"
                                   "type=dir; lane 4\ntype=file; GHT7720.jpg\n");
            assert_int_equal(w->aside.how, TRANSFER_DONE);
        });
    }
}

static void another_folder_is_another_text(void **state) {
    begin();
    list_two(2, HANDLE, 37, 104, "KXR4471.jpg");
    list_two(3, OTHER, 37, 104, "GHT7720.jpg");
    ASK(QUERY, 4, put_query(OTHER, 37, 1)); /* from its beginning */
    SAY(QUERY, 4, 0, put_query_answer(104 + 2), put_listed("a", 104, false, true));
    CHECK_EACH_SPLIT({ assert_int_equal(w->asides, 3); });
}

static void names_alone_are_listed_too(void **state) {
    begin();
    ASK(QUERY, 2, put_query(HANDLE, 12, 0));
    SAY(QUERY, 2, 0, put_query_answer(12 + 22), put_listed("KXR4471.jpg", 12, false, true));
    CHECK_EACH_SPLIT({ assert_text(&w->words, "type=file; KXR4471.jpg\n"); });
}

static void an_answer_that_is_no_list_names_nothing(void **state) {
    begin();
    ASK(QUERY, 2, put_query(HANDLE, 37, 0));
    SAY(QUERY, 2, 0, put_query_answer(400), put_zeros(60), put_number(0x7fffffff, 4), put_zeros(336));
    SAY(QUERY, 3, 0, put_query_answer(400), put_zeros(20));
    ASK(QUERY, 4, put_query(HANDLE, 99, 0));
    SAY(QUERY, 4, 0, put_query_answer(64), put_zeros(64));
    CHECK_EACH_SPLIT({
        assert_int_equal(w->transfers, 0);
        assert_int_equal(w->words.n, 0);
        assert_int_equal(counter_values[COUNTER_SMB_LISTINGS_CUT], 2);
    });
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_in_a_folder_is_a_text_of_its_names),
        cmocka_unit_test(another_folder_is_another_text),
        cmocka_unit_test(names_alone_are_listed_too),
        cmocka_unit_test(an_answer_that_is_no_list_names_nothing),
        cmocka_unit_test(what_is_written_by_a_handle_goes_out),
        cmocka_unit_test(what_is_read_comes_from_the_server_and_its_length_is_known),
        cmocka_unit_test(answers_come_in_any_order_and_after_a_word_of_patience),
        cmocka_unit_test(what_the_server_refused_has_left_and_what_it_did_not_send_moves_nothing),
        cmocka_unit_test(messages_of_a_chain_are_about_the_handle_that_the_first_one_opens),
        cmocka_unit_test(a_chain_reads_a_file_at_once),
        cmocka_unit_test(without_an_end_only_what_was_closed_or_read_to_its_end_is_complete),
        cmocka_unit_test(the_end_that_a_client_sets_or_the_server_tells_is_the_files),
        cmocka_unit_test(what_is_written_at_the_end_stands_behind_what_was_there),
        cmocka_unit_test(what_was_read_behind_the_end_is_another_object),
        cmocka_unit_test(files_of_one_name_and_of_one_handle_later_are_each_their_own),
        cmocka_unit_test(a_file_that_is_written_over_from_its_beginning_is_another_object),
        cmocka_unit_test(calls_over_a_named_pipe_move_no_files),
        cmocka_unit_test(what_else_goes_over_a_pipe_is_looked_at_in_the_order_in_which_it_comes),
        cmocka_unit_test(what_a_server_copies_by_itself_is_counted_and_missing),
        cmocka_unit_test(what_is_encrypted_is_told_and_what_is_clear_beside_it_is_read),
        cmocka_unit_test(compressed_messages_are_unpacked),
        cmocka_unit_test(one_that_cannot_be_is_an_object_by_itself_and_the_next_one_is_read),
        cmocka_unit_test(a_gap_in_one_leaves_it_unread_and_the_next_one_is_read),
        cmocka_unit_test(signing_the_share_and_its_server_are_told),
        cmocka_unit_test(the_user_is_who_proves_who_he_is),
        cmocka_unit_test(a_handle_that_lasts_is_taken_up_again),
        cmocka_unit_test(a_file_is_one_over_several_connections_of_a_session),
        cmocka_unit_test(what_lags_behind_on_one_of_them_has_its_name_still),
        cmocka_unit_test(what_one_connection_leaves_another_goes_on_with),
        cmocka_unit_test(another_servers_handle_is_another_file),
        cmocka_unit_test(a_gap_within_data_has_its_place_and_what_follows_is_read),
        cmocka_unit_test(behind_a_gap_over_messages_the_next_one_is_found),
        cmocka_unit_test(writes_by_a_handle_that_nobody_saw_opened_are_one_file_without_a_name),
        cmocka_unit_test(answers_that_nobody_asked_for_are_never_complete),
        cmocka_unit_test(a_gap_within_such_an_answer_is_missing_in_it),
        cmocka_unit_test(the_first_octets_of_either_side_are_certain),
        cmocka_unit_test(a_frame_is_found_in_the_middle_of_anything),
    };
    return cmocka_run_group_tests_name("protocol/smb", tests, NULL, NULL);
}
