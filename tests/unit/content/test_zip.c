/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "packed_sample.h"

/* Archives by zip, bsdtar, 7z, jar and Python's zipfile (tests/data/make_zip_samples.py, which says what is
 * in them), and by hand. */

static struct collector got;

static void read_archive(const char *name) {
    char file[64];
    snprintf(file, sizeof file, "%s.zip", name);
    packed_read(0, "zip", file);
}

static int read_list(void **state) {
    return packed_read_list("zip", 4) ? 0 : -1;
}

static void send_with(struct content_options options, size_t n, size_t split, size_t gap, size_t lost) {
    packed_send(&got, options, n, split, gap, lost);
}

static int forget(void **state) {
    for (size_t i = 0; i < got.n; i++)
        free(got.list[i].data);
    got.n = got.ended = 0;
    got.owners = 0;
    return 0;
}

static void send(size_t n, size_t split, size_t gap, size_t lost) {
    send_with((struct content_options){.objects = 64}, n, split, gap, lost);
}

static const struct collected *find(const char *name) {
    const char *last = strrchr(name, '/');
    for (size_t i = 0; i < got.n; i++)
        if (strcmp(got.list[i].name, last ? last + 1 : name) == 0)
            return &got.list[i];
    return NULL;
}

static const struct collected *whole(const char *name) {
    const struct collected *o = find(name);
    for (size_t m = 0; m < member_count; m++)
        if (strcmp(members[m].name, name) == 0 && o && o->complete && o->size == members[m].size &&
            strcmp(o->sha256, members[m].sha256) == 0)
            return o;
    return NULL;
}

static bool lists(const char *text) {
    for (size_t i = 0; i < got.n; i++)
        if (!got.list[i].hashed && got.list[i].parent == got.list[0].number && got.list[i].data &&
            memmem(got.list[i].data, got.list[i].bytes, text, strlen(text)))
            return true;
    return false;
}

static size_t count_files(void) {
    size_t n = 0;
    for (size_t i = 0; i < got.n; i++)
        n += got.list[i].hashed;
    return n;
}

static void members_are_children_with_their_names_and_digests(void **state) {
    static const char *const names[] = {
        "zip",          "zip-stored",  "zip-pipe",         "bsdtar",      "bsdtar-stored",
        "7z",           "jar",         "python",           "python-pipe", "python-stored-pipe",
        "program",      "python-wide", "python-wide-pipe", "zip-bzip2",   "7z-lzma",
        "7z-lzma-mark", "python-lzma", "python-lzma-pipe"};
    static const size_t splits[] = {1, 7, 29, 512, 1448, 1 << 20};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (size_t j = 0; j < sizeof splits / sizeof *splits; j++) {
            uint64_t damaged = collect_counter(COUNTER_ZIP_DAMAGED);
            read_archive(names[i]);
            send(archive_n, splits[j], 0, 0);
            assert_true(got.list[0].complete && got.list[0].size == archive_n);
            assert_false(got.list[0].bounded);
            for (size_t m = 0; m < member_count; m++) {
                assert_non_null(whole(members[m].name));
                assert_true(lists(members[m].name));
            }
            assert_non_null(find("inner.bin"));
            size_t manifest = strcmp(names[i], "jar") == 0;
            assert_int_equal(count_files(), 2 + member_count + manifest);
            assert_int_equal(collect_counter(COUNTER_ZIP_DAMAGED), damaged);
            collect_finish(&got);
        }
}

static void encrypted_members_are_listed_and_are_no_children(void **state) {
    static const char *const names[] = {"zip-crypto", "7z-aes"};
    for (size_t i = 0; i < 2; i++) {
        read_archive(names[i]);
        uint64_t before = collect_counter(COUNTER_ZIP_ENCRYPTED);
        send(archive_n, 100, 0, 0);
        assert_int_equal(count_files(), 1);
        assert_true(lists("lane4/a.jpg") && lists("reads.csv"));
        assert_int_equal(collect_counter(COUNTER_ZIP_ENCRYPTED) - before, member_count);
        collect_finish(&got);
    }
}

static void encryption_is_told_behind_other_data_too(void **state) {
    enum { BEFORE = 3000 };
    static const char *const names[] = {"zip-crypto", "7z-aes"}, *const words[] = {"zip-traditional",
                                                                                   "zip-aes"};
    for (size_t i = 0; i < 2; i++) {
        read_archive(names[i]);
        memmove(archive + BEFORE, archive, archive_n);
        memset(archive, 0x90, BEFORE);
        archive_n += BEFORE;
        send(archive_n, 700, 0, 0);
        assert_string_equal(got.list[0].encryption, words[i]);
        assert_string_equal(got.list[0].members, "4");
        assert_non_null(strstr(got.list[0].notes, "prefixed"));
        collect_finish(&got);
    }
}

static void what_is_packed_in_an_unknown_way_is_told_and_the_others_are_read(void **state) {
    read_archive("7z-deflate64");
    send(archive_n, 100, 0, 0);
    assert_true(got.list[0].bounded);
    assert_null(find("reads.csv"));
    assert_non_null(whole("block.bin")); /* stored */
    assert_true(lists("reads.csv"));
    collect_finish(&got);
}

static void a_wrong_checksum_makes_a_member_incomplete(void **state) {
    static const char *const names[] = {"zip-stored", "bsdtar-stored", "python"};
    for (size_t i = 0; i < 3; i++) {
        read_archive(names[i]);
        archive[400] ^= 1; /* in the picture */
        send(archive_n, 100, 0, 0);
        assert_non_null(find("a.jpg"));
        assert_false(find("a.jpg")->complete);
        assert_non_null(whole("block.bin"));
        assert_non_null(whole("reads.csv"));
        collect_finish(&got);
    }
}

static void of_an_archive_that_is_cut_the_members_before_are_whole(void **state) {
    read_archive("python-pipe");
    send(2500, 100, 0, 0);
    assert_non_null(whole("lane4/a.jpg"));
    assert_non_null(whole("block.bin"));
    assert_false(find("reads.csv")->complete);
    collect_finish(&got);
}

static void behind_a_gap_the_next_members_are_whole(void **state) {
    static const char *const names[] = {"zip", "zip-pipe", "bsdtar-stored", "python-pipe",
                                        "python-stored-pipe"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (size_t at = 10; at < 900; at += 89) { /* in the picture, or around its header */
            read_archive(names[i]);
            send(archive_n, 333, at, 30);
            const struct collected *o = find("a.jpg");
            assert_true(!o || !o->complete || whole("lane4/a.jpg"));
            assert_non_null(whole("reads.csv"));
            assert_non_null(whole("inner.zip"));
            for (size_t m = 0; m < got.n; m++)
                assert_true(!got.list[m].hashed || m == 0 || got.list[m].size > 0);
            collect_finish(&got);
        }
}

static void a_picture_that_is_a_member_behind_other_data_is_found_once(void **state) {
    enum { BEFORE = 3000 };
    static const size_t splits[] = {100, 1448, 1 << 16};
    for (size_t i = 0; i < 3; i++) {
        read_archive("zip-stored");
        memmove(archive + BEFORE, archive, archive_n);
        for (size_t at = 0; at < BEFORE; at++)
            archive[at] = (uint8_t)(at * at >> 3 | 0x80);
        archive_n += BEFORE;
        send(archive_n, splits[i], 0, 0);
        assert_int_equal(count_files(), 2 + member_count);
        assert_string_equal(got.list[0].type->mime, "application/octet-stream");
        assert_non_null(whole("lane4/a.jpg"));
        collect_finish(&got);
    }
}

static void of_an_archive_without_its_beginning_the_members_are_whole(void **state) {
    read_archive("python-stored-pipe");
    memmove(archive, archive + 100, archive_n - 100);
    send(archive_n - 100, 300, 0, 0);
    assert_null(find("a.jpg"));
    assert_non_null(whole("block.bin"));
    assert_non_null(whole("inner.zip"));
    collect_finish(&got);
}

/* --- by hand --- */

static void put(const void *p, size_t n) {
    memcpy(archive + archive_n, p, n);
    archive_n += n;
}

static void put_number(uint64_t v, size_t n) {
    for (size_t i = 0; i < n; i++)
        archive[archive_n++] = (uint8_t)(v >> 8 * i);
}

/* A stored member of few octets, or what stands before one. */
static void put_local(const char *name, size_t name_n, unsigned flags, unsigned extra, uint32_t crc,
                      uint32_t size) {
    put("PK\3\4\12\0", 6);
    put_number(flags, 2);
    put_number(0, 2);
    put_number(0x21, 2);
    put_number(0x5cbf, 2);
    put_number(crc, 4);
    put_number(size, 4);
    put_number(size, 4);
    put_number(name_n, 2);
    put_number(extra, 2);
    put(name, name_n);
}

static void a_name_is_in_code_page_437_unless_it_is_in_utf8(void **state) {
    static const struct {
        const char *name;
        unsigned flags;
        const char *shown;
    } rows[] = {{"M\x81nchen.txt", 0, "M\xc3\xbcnchen.txt"},
                {"M\xc3\xbcnchen.txt", 0, "M\xc3\xbcnchen.txt"},
                {"M\xc3\xbcnchen.txt", 2048, "M\xc3\xbcnchen.txt"},
                {"..\\..\\a.txt", 0, "a.txt"},
                {"../../etc/passwd", 0, "passwd"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        archive_n = 0;
        put_local(rows[i].name, strlen(rows[i].name), rows[i].flags, 0, 0x352441c2, 3);
        put("abc", 3);
        send(archive_n, 5, 0, 0);
        assert_non_null(find(rows[i].shown));
        assert_true(find(rows[i].shown)->complete);
        collect_finish(&got);
    }
}

static void the_field_with_a_name_in_unicode_outranks_the_name(void **state) {
    archive_n = 0;
    put_local("_.txt", 5, 0, 4 + 5 + 6, 0x352441c2, 3);
    put("\x75\x70", 2);
    put_number(5 + 6, 2);
    put_number(1, 1);
    put_number(0xdffaf15d, 4); /* of "_.txt", by Python's zlib */
    put("\xc3\xbc.txt", 6);
    put("abc", 3);
    send(archive_n, 5, 0, 0);
    assert_non_null(find("\xc3\xbc.txt"));
    collect_finish(&got);
}

static void a_name_of_64_kib_is_cut_and_what_is_behind_it_is_read(void **state) {
    static char name[UINT16_MAX];
    memset(name, 'n', sizeof name);
    archive_n = 0;
    put_local(name, 60000, 0, 0, 0x352441c2, 3);
    put("abc", 3);
    put_local("b.txt", 5, 0, 0, 0x352441c2, 3);
    put("abc", 3);
    send(archive_n, 500, 0, 0);
    assert_non_null(find("b.txt"));
    assert_int_equal(count_files(), 3);
    collect_finish(&got);
}

static void members_beyond_the_bound_are_left_out_and_told(void **state) {
    uint64_t before = collect_counter(COUNTER_UNPACK_MEMBERS);
    archive_n = 0;
    for (size_t i = 0; i < 100; i++) {
        put_local("b.txt", 5, 0, 0, 0x352441c2, 3);
        put("abc", 3);
    }
    send_with((struct content_options){.objects = 64, .codings.limits.members_max = 10}, archive_n, 1448, 0,
              0);
    assert_int_equal(count_files(), 11);
    assert_true(got.list[0].bounded);
    assert_int_equal(collect_counter(COUNTER_UNPACK_MEMBERS) - before, 90);
    collect_finish(&got);
}

static void a_folder_and_an_empty_file_are_no_children(void **state) {
    archive_n = 0;
    put_local("lane4/", 6, 0, 0, 0, 0);
    put_local("empty", 5, 8, 0, 0, 0);
    put("PK\7\10\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    put_local("also/", 5, 8, 0, 0, 0); /* no descriptor */
    put_local("b.txt", 5, 0, 0, 0x352441c2, 3);
    put("abc", 3);
    send(archive_n, 11, 0, 0);
    assert_int_equal(count_files(), 2);
    assert_true(find("b.txt")->complete);
    collect_finish(&got);
}

static void a_descriptor_of_another_size_within_a_stored_member_does_not_end_it(void **state) {
    archive_n = 0;
    put_local("b.bin", 5, 8, 0, 0, 0);
    put("PK\7\10\1\2\3\4\1\0\0\0\1\0\0\0PK\3\4", 20);
    put("PK\7\10", 4);
    put_number(0x4c917ba5, 4);
    put_number(20, 4);
    put_number(20, 4);
    put_local("b.txt", 5, 0, 0, 0x352441c2, 3);
    put("abc", 3);
    send(archive_n, 11, 0, 0);
    assert_int_equal(find("b.bin")->size, 20);
    assert_non_null(find("b.txt"));
    collect_finish(&got);
}

static void sizes_that_are_wrong_hide_no_member(void **state) {
    static const uint8_t wrong[] = {0xff, 0x01}; /* 255 times 64 KiB more, or much less */
    for (size_t i = 0; i < 2; i++) {
        read_archive("python");
        archive[18 + (i == 0 ? 2 : 0)] = wrong[i];
        if (i == 1)
            archive[19] = 0;
        send(archive_n, 1448, 0, 0);
        assert_non_null(whole("lane4/a.jpg"));
        assert_non_null(whole("reads.csv"));
        assert_non_null(whole("inner.zip"));
        collect_finish(&got);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(members_are_children_with_their_names_and_digests, forget),
        cmocka_unit_test_teardown(encrypted_members_are_listed_and_are_no_children, forget),
        cmocka_unit_test_teardown(encryption_is_told_behind_other_data_too, forget),
        cmocka_unit_test_teardown(what_is_packed_in_an_unknown_way_is_told_and_the_others_are_read, forget),
        cmocka_unit_test_teardown(a_wrong_checksum_makes_a_member_incomplete, forget),
        cmocka_unit_test_teardown(of_an_archive_that_is_cut_the_members_before_are_whole, forget),
        cmocka_unit_test_teardown(behind_a_gap_the_next_members_are_whole, forget),
        cmocka_unit_test_teardown(of_an_archive_without_its_beginning_the_members_are_whole, forget),
        cmocka_unit_test_teardown(a_picture_that_is_a_member_behind_other_data_is_found_once, forget),
        cmocka_unit_test_teardown(a_name_is_in_code_page_437_unless_it_is_in_utf8, forget),
        cmocka_unit_test_teardown(the_field_with_a_name_in_unicode_outranks_the_name, forget),
        cmocka_unit_test_teardown(a_name_of_64_kib_is_cut_and_what_is_behind_it_is_read, forget),
        cmocka_unit_test_teardown(members_beyond_the_bound_are_left_out_and_told, forget),
        cmocka_unit_test_teardown(a_folder_and_an_empty_file_are_no_children, forget),
        cmocka_unit_test_teardown(a_descriptor_of_another_size_within_a_stored_member_does_not_end_it,
                                  forget),
        cmocka_unit_test_teardown(sizes_that_are_wrong_hide_no_member, forget),
    };
    return cmocka_run_group_tests(tests, read_list, NULL);
}
