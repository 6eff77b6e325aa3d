/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/smb/smb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "smb_messages.h"

/* Conversations after [MS-CIFS] and [MS-SMB], at every split. */

enum {
    OPEN = 0x02,
    CLOSE = 0x04,
    READ = 0x0a,
    WRITE = 0x0b,
    WRITE_AND_CLOSE = 0x2c,
    OPEN_ANDX = 0x2d,
    READ_ANDX = 0x2e,
    WRITE_ANDX = 0x2f,
    TRANSACTION2 = 0x32,
    SETUP = 0x73,
    TREE_ANDX = 0x75,
    NT_CREATE = 0xa2,
    FID = 0x4007,
    WIDE = 0x8000,
};

static bool wide;

/* --- messages --- */

static size_t count_at; /* of octets, which is filled in at the end */

static void put_smb1(uint8_t command, bool answer, uint16_t number) {
    frame_begin();
    script.message = script.used;
    put("\xffSMB", 4);
    put_number(command, 1);
    put_number(0, 4);
    put_number(answer ? 0x80 : 0, 1);
    put_number(wide ? WIDE : 0, 2);
    put_zeros(12);
    put_number(5, 2); /* tree */
    put_number(77, 2);
    put_number(100, 2); /* user */
    put_number(number, 2);
}

static void words(uint8_t n) {
    put_number(n, 1);
}

static void andx(uint8_t next, size_t at) {
    put_number(next, 1);
    put_zeros(1);
    put_number(at, 2);
}

static void octets(void) {
    count_at = script.used;
    put_zeros(2);
}

static void end_octets(void) {
    patch(count_at, script.used - count_at - 2, 2);
}

/* At an even place of the message. */
static void put_text(const char *text) {
    if (wide && (script.used - script.message) % 2)
        put_zeros(1);
    if (wide) {
        put_wide(text);
        put_zeros(2);
    } else {
        put(text, strlen(text) + 1);
    }
}

static void say_nothing(uint8_t command, uint16_t number) {
    put_smb1(command, true, number);
    words(0);
    octets();
    frame_end(SIDE_SERVER);
}

static void connect_tree(const char *service) {
    put_smb1(TREE_ANDX, false, 1);
    words(4);
    andx(0xff, 0);
    put_zeros(2);
    put_number(1, 2); /* a password of one octet */
    octets();
    put_zeros(1);
    put_text("\\\\STORE\\PLATES");
    put("?????", 6);
    end_octets();
    frame_end(SIDE_CLIENT);
    put_smb1(TREE_ANDX, true, 1);
    words(3);
    andx(0xff, 0);
    put_zeros(2);
    octets();
    put(service, strlen(service) + 1);
    put_text("NTFS");
    end_octets();
    frame_end(SIDE_SERVER);
}

static void nt_create(uint16_t number, const char *path, uint64_t end) {
    put_smb1(NT_CREATE, false, number);
    words(24);
    andx(0xff, 0);
    put_zeros(1);
    put_number(strlen(path) * (wide ? 2 : 1), 2);
    put_zeros(41);
    octets();
    put_text(path);
    end_octets();
    frame_end(SIDE_CLIENT);
    put_smb1(NT_CREATE, true, number);
    words(34);
    andx(0xff, 0);
    put_zeros(1);
    put_number(FID, 2);
    put_zeros(48);
    put_number(end, 8);
    put_zeros(5);
    octets();
    frame_end(SIDE_SERVER);
}

static void close_fid(uint16_t number) {
    put_smb1(CLOSE, false, number);
    words(3);
    put_number(FID, 2);
    put_zeros(4);
    octets();
    frame_end(SIDE_CLIENT);
    say_nothing(CLOSE, number);
}

static void write_andx(uint16_t number, uint64_t offset, const char *text) {
    put_smb1(WRITE_ANDX, false, number);
    words(14);
    andx(0xff, 0);
    put_number(FID, 2);
    put_number(offset, 4);
    put_zeros(10);
    put_number(strlen(text), 2);
    put_number(64, 2);
    put_number(offset >> 32, 4);
    octets();
    put_zeros(1);
    put(text, strlen(text));
    end_octets();
    frame_end(SIDE_CLIENT);
}

static void read_andx(uint16_t number, uint32_t offset, uint16_t n) {
    put_smb1(READ_ANDX, false, number);
    words(12);
    andx(0xff, 0);
    put_number(FID, 2);
    put_number(offset, 4);
    put_number(n, 2);
    put_number(n, 2);
    put_number(0xffffffff, 4);
    put_zeros(6);
    octets();
    frame_end(SIDE_CLIENT);
}

static void put_read_words(const char *text, size_t at) {
    put_zeros(6);
    put_number(strlen(text), 2);
    put_number(at, 2);
    put_zeros(10);
}

static void answer_read_andx(uint16_t number, const char *text) {
    put_smb1(READ_ANDX, true, number);
    words(12);
    andx(0xff, 0);
    put_read_words(text, 60);
    octets();
    put_zeros(1);
    put(text, strlen(text));
    end_octets();
    frame_end(SIDE_SERVER);
}

/* --- tests --- */

#define CHECK_EACH_SPLIT(...)                                                                                \
    for (size_t i_ = 0; i_ < sizeof talk_splits / sizeof *talk_splits; i_++) {                               \
        struct world *w = talk(script.piece, script.pieces, talk_splits[i_]);                                \
        world_close_all(w);                                                                                  \
        __VA_ARGS__;                                                                                         \
        world_destroy(w);                                                                                    \
    }

static void assert_moved(const struct transfer *t, enum side from, const char *path, const char *name,
                         const char *text) {
    assert_true(t->ended);
    assert_int_equal(t->from, from);
    assert_text(&t->path, path);
    assert_text(&t->name, name);
    assert_text(&t->share, "\\\\STORE\\PLATES");
    assert_bytes(t, text);
    assert_int_equal(t->how, TRANSFER_DONE);
}

static void what_is_written_goes_out_under_its_name_in_either_kind_of_letters(void **state) {
    for (int i = 0; i < 2; i++) {
        wide = i;
        script_begin();
        connect_tree("A:");
        nt_create(2, "\\lane 4\\a.jpg", 0);
        write_andx(3, 0, "abcde");
        write_andx(4, 5, "fgh");
        close_fid(5);
        CHECK_EACH_SPLIT({
            assert_int_equal(w->transfers, 1);
            assert_moved(&w->transfer[0], SIDE_CLIENT, "lane 4\\a.jpg", "a.jpg", "abcdefgh");
        });
    }
}

static void what_is_read_comes_from_the_server(void **state) {
    wide = true;
    script_begin();
    connect_tree("A:");
    nt_create(2, "\\a.jpg", 8);
    read_andx(3, 0, 5);
    read_andx(4, 5, 5);
    answer_read_andx(3, "abcde");
    answer_read_andx(4, "fgh");
    close_fid(5);
    CHECK_EACH_SPLIT({
        assert_int_equal(w->transfers, 1);
        assert_int_equal(w->transfer[0].total, 8);
        assert_moved(&w->transfer[0], SIDE_SERVER, "a.jpg", "a.jpg", "abcdefgh");
    });
}

static void offsets_may_be_large(void **state) {
    wide = true;
    script_begin();
    connect_tree("A:");
    nt_create(2, "\\a.jpg", 0);
    write_andx(3, UINT64_C(5) << 32 | 7, "abc");
    CHECK_EACH_SPLIT({
        assert_int_equal(w->transfers, 1);
        assert_int_equal(w->transfer[0].at, (UINT64_C(5) << 32) + 10);
    });
}

/* As DOS did: OPEN, READ, WRITE, and one command that writes and closes. */
static void the_oldest_commands_are_read_too(void **state) {
    wide = false;
    script_begin();
    connect_tree("A:");
    put_smb1(OPEN, false, 2);
    words(2);
    put_zeros(4);
    octets();
    put("\4\\a.txt", 8);
    end_octets();
    frame_end(SIDE_CLIENT);
    put_smb1(OPEN, true, 2);
    words(7);
    put_number(FID, 2);
    put_zeros(6);
    put_number(3, 4);
    put_zeros(2);
    octets();
    frame_end(SIDE_SERVER);
    put_smb1(READ, false, 3);
    words(5);
    put_number(FID, 2);
    put_number(3, 2);
    put_number(0, 4);
    put_zeros(2);
    octets();
    frame_end(SIDE_CLIENT);
    put_smb1(READ, true, 3);
    words(5);
    put_number(3, 2);
    put_zeros(8);
    octets();
    put("\1\3\0abc", 6);
    end_octets();
    frame_end(SIDE_SERVER);
    put_smb1(WRITE, false, 4);
    words(5);
    put_number(FID, 2);
    put_number(3, 2);
    put_number(0, 4);
    put_zeros(2);
    octets();
    put("\1\3\0xyz", 6);
    end_octets();
    frame_end(SIDE_CLIENT);
    say_nothing(WRITE, 4);
    put_smb1(WRITE_AND_CLOSE, false, 5);
    words(6);
    put_number(FID, 2);
    put_number(2, 2);
    put_number(3, 4);
    put_zeros(4);
    octets();
    put("\0!!", 3);
    end_octets();
    frame_end(SIDE_CLIENT);
    say_nothing(WRITE_AND_CLOSE, 5);
    CHECK_EACH_SPLIT({
        assert_int_equal(w->transfers, 2);
        assert_moved(&w->transfer[0], SIDE_SERVER, "a.txt", "a.txt", "abc");
        assert_moved(&w->transfer[1], SIDE_CLIENT, "a.txt", "a.txt", "xyz!!");
    });
}

/* The handle of the second command is not known yet. */
static void a_chain_opens_and_reads(void **state) {
    wide = false;
    script_begin();
    connect_tree("A:");
    put_smb1(OPEN_ANDX, false, 2);
    words(15);
    andx(READ_ANDX, 72);
    put_zeros(26);
    octets();
    put_text("\\a.txt");
    end_octets();
    assert_int_equal(script.used - script.message, 72);
    words(10);
    andx(0xff, 0);
    put_number(0xffff, 2);
    put_number(0, 4);
    put_number(100, 2);
    put_zeros(8);
    octets();
    frame_end(SIDE_CLIENT);
    put_smb1(OPEN_ANDX, true, 2);
    words(15);
    andx(READ_ANDX, 65);
    put_number(FID, 2);
    put_zeros(6);
    put_number(3, 4);
    put_zeros(14);
    octets();
    assert_int_equal(script.used - script.message, 65);
    words(12);
    andx(0xff, 0);
    put_read_words("abc", 92);
    octets();
    put("abc", 3);
    end_octets();
    frame_end(SIDE_SERVER);
    close_fid(3);
    CHECK_EACH_SPLIT({
        assert_int_equal(w->transfers, 1);
        assert_moved(&w->transfer[0], SIDE_SERVER, "a.txt", "a.txt", "abc");
    });
}

static void put_transaction(uint16_t function, size_t parameters, size_t data) {
    words(15);
    put_zeros(18);
    put_number(parameters, 2);
    put_number(66, 2);
    put_number(data, 2);
    put_number(66 + parameters, 2);
    put_number(1, 2);
    put_number(function, 2);
    octets();
    put_zeros(1);
    assert_int_equal(script.used - script.message, 66);
}

static void a_transaction_opens_too_and_another_sets_the_end(void **state) {
    wide = false;
    script_begin();
    connect_tree("A:");
    put_smb1(TRANSACTION2, false, 2);
    put_transaction(0, 35, 0);
    put_zeros(28);
    put_text("\\a.txt");
    end_octets();
    frame_end(SIDE_CLIENT);
    put_smb1(TRANSACTION2, true, 2);
    words(10);
    put_zeros(6);
    put_number(12, 2);
    put_number(56, 2);
    put_zeros(10);
    octets();
    put_zeros(1);
    put_number(FID, 2);
    put_zeros(6);
    put_number(0, 4);
    end_octets();
    frame_end(SIDE_SERVER);
    write_andx(3, 0, "abc");
    put_smb1(TRANSACTION2, false, 4);
    put_transaction(8, 6, 8);
    put_number(FID, 2);
    put_number(0x104, 2);
    put_zeros(2);
    put_number(10, 8);
    end_octets();
    frame_end(SIDE_CLIENT);
    close_fid(5);
    CHECK_EACH_SPLIT({
        assert_int_equal(w->transfers, 1);
        assert_moved(&w->transfer[0], SIDE_CLIENT, "a.txt", "a.txt", "abc");
        assert_int_equal(w->transfer[0].extent, 10);
    });
}

static void the_user_of_a_session_without_a_security_buffer_stands_behind_two_passwords(void **state) {
    wide = true;
    script_begin();
    put_smb1(SETUP, false, 1);
    words(13);
    andx(0xff, 0);
    put_zeros(10);
    put_number(3, 2);
    put_number(4, 2);
    put_zeros(8);
    octets();
    put_zeros(7);
    put_text("lane4");
    put_text("LANES");
    end_octets();
    frame_end(SIDE_CLIENT);
    connect_tree("A:");
    nt_create(2, "\\a.jpg", 0);
    write_andx(3, 0, "abc");
    close_fid(4);
    CHECK_EACH_SPLIT({
        assert_int_equal(w->transfers, 1);
        assert_text(&w->transfer[0].user, "lane4");
    });
}

/* Octets in a frame without a message around them. */
static void raw(enum side from, const char *text) {
    frame_begin();
    put(text, strlen(text));
    frame_end(from);
}

static void ask_raw(uint8_t command, uint16_t number, uint32_t offset, const char *first, uint16_t n) {
    bool writes = command == 0x1d;
    put_smb1(command, false, number);
    words(writes ? 12 : 8);
    put_number(FID, 2);
    if (writes) {
        put_number(n, 2);
        put_zeros(2);
        put_number(offset, 4);
        put_zeros(10);
        put_number(strlen(first), 2);
        put_number(59, 2);
    } else {
        put_number(offset, 4);
        put_number(n, 2);
        put_zeros(8);
    }
    octets();
    put(first, strlen(first));
    end_octets();
    frame_end(SIDE_CLIENT);
}

static void raw_frames_bring_what_was_asked_for(void **state) {
    wide = false;
    script_begin();
    connect_tree("A:");
    nt_create(2, "\\a.jpg", 8);
    ask_raw(0x1a, 3, 0, "", 8);
    raw(SIDE_SERVER, "abcdefgh");
    ask_raw(0x1d, 4, 0, "", 7);
    say_nothing(0x1d, 4);
    raw(SIDE_CLIENT, "ijklmno");
    say_nothing(0x20, 4);
    close_fid(5);
    CHECK_EACH_SPLIT({
        assert_int_equal(w->transfers, 2);
        assert_moved(&w->transfer[0], SIDE_SERVER, "a.jpg", "a.jpg", "abcdefgh");
        assert_moved(&w->transfer[1], SIDE_CLIENT, "a.jpg", "a.jpg", "ijklmno");
    });
}

static void of_a_raw_write_some_may_stand_behind_the_request(void **state) {
    wide = false;
    script_begin();
    connect_tree("A:");
    nt_create(2, "\\a.jpg", 0);
    ask_raw(0x1d, 4, 0, "abc", 7);
    raw(SIDE_CLIENT, "defg");
    close_fid(5);
    CHECK_EACH_SPLIT({
        assert_int_equal(w->transfers, 1);
        assert_moved(&w->transfer[0], SIDE_CLIENT, "a.jpg", "a.jpg", "abcdefg");
    });
}

static void a_frame_without_a_message_that_nobody_asked_for_is_looked_at_as_it_is(void **state) {
    for (int refused = 0; refused < 2; refused++) {
        wide = true;
        script_begin();
        connect_tree("A:");
        nt_create(2, "\\a.jpg", 0);
        if (refused) {
            ask_raw(0x1d, 3, 0, "", 7);
            write_andx(4, 0, "");
        }
        raw(SIDE_CLIENT, "raw octets of a file, and no message");
        write_andx(5, 0, "abc");
        close_fid(6);
        CHECK_EACH_SPLIT({
            assert_int_equal(w->transfers, 2);
            assert_int_equal(w->transfer[0].size, 36);
            assert_int_equal(w->transfer[0].how, TRANSFER_UNKNOWN);
            assert_text(&w->transfer[1].name, "a.jpg");
            assert_bytes(&w->transfer[1], "abc");
        });
    }
}

static void where_nobody_answers_a_new_handle_is_that_of_the_one_file_that_was_asked_for(void **state) {
    for (int files = 1; files < 3; files++) {
        wide = false;
        script_begin();
        connect_tree("A:");
        nt_create(2, "\\a.jpg", 0);
        if (files == 2)
            nt_create(3, "\\b.jpg", 0);
        write_andx(4, 0, "abc");
        close_fid(5);
        size_t kept = 0;
        for (size_t i = 0; i < script.pieces; i++)
            if (script.piece[i].from == SIDE_CLIENT)
                script.piece[kept++] = script.piece[i];
        script.pieces = kept;
        CHECK_EACH_SPLIT({
            assert_int_equal(w->transfers, 1);
            assert_text(&w->transfer[0].name, files == 1 ? "a.jpg" : "");
            assert_text(&w->transfer[0].share, "\\\\STORE\\PLATES");
            assert_bytes(&w->transfer[0], "abc");
        });
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_goes_out_under_its_name_in_either_kind_of_letters),
        cmocka_unit_test(what_is_read_comes_from_the_server),
        cmocka_unit_test(offsets_may_be_large),
        cmocka_unit_test(the_oldest_commands_are_read_too),
        cmocka_unit_test(a_chain_opens_and_reads),
        cmocka_unit_test(a_transaction_opens_too_and_another_sets_the_end),
        cmocka_unit_test(the_user_of_a_session_without_a_security_buffer_stands_behind_two_passwords),
        cmocka_unit_test(raw_frames_bring_what_was_asked_for),
        cmocka_unit_test(of_a_raw_write_some_may_stand_behind_the_request),
        cmocka_unit_test(a_frame_without_a_message_that_nobody_asked_for_is_looked_at_as_it_is),
        cmocka_unit_test(where_nobody_answers_a_new_handle_is_that_of_the_one_file_that_was_asked_for),
    };
    return cmocka_run_group_tests_name("protocol/smb1", tests, NULL, NULL);
}
