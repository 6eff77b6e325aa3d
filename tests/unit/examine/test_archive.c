/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../content/packed_sample.h"
#include "examine_here.h"

/* Archives by 7-Zip, gcab, jlha, bsdtar and genisoimage, and RAR files by hand
 * (tests/data/make_examined_samples.py, which says what is in them). */

static struct collector got;

static void read_archive(const char *name) {
    packed_read(0, "examined", name);
}

static int read_list(void **state) {
    here_begin(4 << 20);
    return packed_read_list("examined", 3) ? 0 : -1;
}

static int free_slots(void **state) {
    here_finish();
    return 0;
}

static const struct collected *find(const char *name) {
    for (size_t i = 0; i < got.n; i++)
        if (strcmp(got.list[i].name, name) == 0)
            return &got.list[i];
    return NULL;
}

static void assert_members(const char *what) {
    if (got.n != 1 + member_count)
        fail_msg("%s: %zu objects", what, got.n);
    for (size_t m = 0; m < member_count; m++) {
        const struct collected *o = find(members[m].name);
        assert_non_null(o);
        assert_true(o->complete && o->parent == got.list[0].number && !o->bounded);
        assert_int_equal(o->size, members[m].size);
        assert_string_equal(o->sha256, members[m].sha256);
        assert_string_equal(o->path, m == 0 ? "lane4/a.jpg" : members[m].name);
    }
}

static const char *const archives[] = {"lzma2.7z",    "ppmd.7z",     "bzip2.7z",   "deflate.7z",
                                       "stored.rar4", "stored.rar5", "stored.cab", "z.cab",
                                       "lh5.lzh",     "bsdtar.xar",  "joliet.iso", "bsdtar.iso"};
enum { ARCHIVES = sizeof archives / sizeof *archives };

static void members_are_children_with_their_names_and_digests(void **state) {
    static const size_t splits[] = {333, 1448, 1 << 20};
    for (size_t i = 0; i < ARCHIVES; i++)
        for (size_t j = 0; j < sizeof splits / sizeof *splits; j++) {
            read_archive(archives[i]);
            here_send(&got, archives[i], bytes_of(archive, archive_n), splits[j], 0, 0);
            assert_members(archives[i]);
            assert_true(got.list[0].complete && !got.list[0].bounded && got.list[0].size == archive_n);
            collect_finish(&got);
        }
}

static void nothing_of_a_file_stays_in_memory(void **state) {
    read_archive("lzma2.7z");
    here_send(&got, "x.7z", bytes_of(archive, archive_n), 1448, 0, 0);
    collect_finish(&got);
    assert_true(here_is_clear());
}

static void an_image_of_a_disc_is_known_without_its_name(void **state) {
    read_archive("joliet.iso");
    here_send(&got, "backup", bytes_of(archive, archive_n), 1448, 0, 0);
    assert_members("joliet.iso");
    collect_finish(&got);
}

static void what_is_called_a_disc_and_is_none_stays_as_it_came(void **state) {
    read_archive("joliet.iso");
    archive[16 * 2048 + 1] = 'X';
    here_send(&got, "backup.iso", bytes_of(archive, archive_n), 1448, 0, 0);
    assert_int_equal(got.n, 1);
    assert_true(got.list[0].complete && !got.list[0].bounded);
    collect_finish(&got);
    assert_true(here_is_clear());
}

static void what_is_encrypted_is_told_as_that(void **state) {
    static const char *const sealed[] = {"sealed.7z", "sealed-names.7z"};
    uint64_t before = counter_values[COUNTER_EXAMINE_BROKEN];
    for (size_t i = 0; i < 2; i++) {
        read_archive(sealed[i]);
        here_send(&got, sealed[i], bytes_of(archive, archive_n), 1448, 0, 0);
        assert_int_equal(got.n, 1);
        assert_true(got.list[0].complete && !got.list[0].bounded); /* but its facts say so */
        assert_true(counter_values[COUNTER_EXAMINE_BROKEN] > before);
        before = counter_values[COUNTER_EXAMINE_BROKEN];
        collect_finish(&got);
    }
}

static void of_one_that_is_cut_the_whole_members_are_whole(void **state) {
    static const char *const streamed[] = {"stored.rar4", "stored.rar5", "lh5.lzh"};
    for (size_t i = 0; i < 3; i++) {
        read_archive(streamed[i]);
        here_send(&got, streamed[i], bytes_of(archive, 773 + 400), 100, 0, 0);
        assert_true(got.n >= 2 && find("a.jpg") && find("a.jpg")->complete);
        assert_string_equal(find("a.jpg")->sha256, members[0].sha256);
        assert_true(!find("block.bin") || !find("block.bin")->complete);
        collect_finish(&got);
    }
}

static void behind_a_gap_nothing_is_invented(void **state) {
    for (size_t i = 0; i < ARCHIVES; i++) {
        read_archive(archives[i]);
        here_send(&got, archives[i], bytes_of(archive, archive_n), 777, archive_n / 2, 50);
        for (size_t o = 1; o < got.n; o++)
            for (size_t m = 0; m < member_count; m++)
                if (got.list[o].complete && strcmp(got.list[o].name, members[m].name) == 0)
                    assert_string_equal(got.list[o].sha256, members[m].sha256);
        collect_finish(&got);
    }
}

static void one_in_another_is_taken_apart_too(void **state) {
    static uint8_t tar[1 << 17];
    unsigned sum = 0;
    read_archive("lzma2.7z");
    memset(tar, 0, sizeof tar);
    snprintf((char *)tar, 100, "in.7z");
    snprintf((char *)tar + 124, 12, "%011zo", archive_n);
    memcpy(tar + 257, "ustar\00000", 8);
    memset(tar + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++)
        sum += tar[i];
    snprintf((char *)tar + 148, 8, "%06o", sum);
    memcpy(tar + 512, archive, archive_n);
    here_send(&got, "x.tar", bytes_of(tar, 512 + (archive_n + 511) / 512 * 512 + 1024), 1448, 0, 0);
    assert_int_equal(got.n, 2 + member_count);
    assert_string_equal(find("a.jpg")->sha256, members[0].sha256);
    assert_int_equal(find("a.jpg")->depth, 2);
    collect_finish(&got);
}

static void what_is_too_large_is_told_and_its_beginning_examined(void **state) {
    here_slots.size_max = 2000;
    read_archive("stored.rar5");
    here_send(&got, "x.rar", bytes_of(archive, archive_n), 100, 0, 0);
    here_slots.size_max = 4 << 20;
    assert_true(got.list[0].bounded);
    assert_string_equal(find("a.jpg")->sha256, members[0].sha256);
    collect_finish(&got);
}

static void more_than_may_come_out_is_left_out_and_told(void **state) {
    here_options.output_max = 1000;
    read_archive("lzma2.7z");
    here_send(&got, "x.7z", bytes_of(archive, archive_n), 1448, 0, 0);
    here_options.output_max = 1 << 30;
    uint64_t out = 0;
    for (size_t i = 1; i < got.n; i++)
        out += got.list[i].size;
    assert_int_equal(out, 1000);
    assert_true(got.list[0].bounded);
    collect_finish(&got);
}

static void without_slots_an_archive_is_as_any_file(void **state) {
    here_finish();
    read_archive("lzma2.7z");
    here_send(&got, "x.7z", bytes_of(archive, archive_n), 1448, 0, 0);
    here_begin(4 << 20);
    assert_int_equal(got.n, 1);
    assert_true(got.list[0].complete && !got.list[0].bounded);
    collect_finish(&got);
}

static void a_kind_that_nobody_reads_is_told_by_its_name(void **state) {
    static const struct {
        const char *mime;
        uint8_t start[64];
    } kinds[] = {{"application/vnd.ms-outlook-pst", "!BDN"},
                 {"application/x-ms-wim", "MSWIM\0\0\0"},
                 {"application/x-mssql-mdf", {1, 15, [36] = 1}},
                 {"application/x-mssql-bak", "TAPE"}};
    for (size_t i = 0; i < 4; i++) {
        here_send(&got, "x", bytes_of(kinds[i].start, sizeof kinds[i].start), 64, 0, 0);
        assert_int_equal(got.n, 1);
        assert_string_equal(got.list[0].type->mime, kinds[i].mime);
        assert_true(got.list[0].bounded);
        collect_finish(&got);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_children_with_their_names_and_digests),
        cmocka_unit_test(nothing_of_a_file_stays_in_memory),
        cmocka_unit_test(an_image_of_a_disc_is_known_without_its_name),
        cmocka_unit_test(what_is_called_a_disc_and_is_none_stays_as_it_came),
        cmocka_unit_test(what_is_encrypted_is_told_as_that),
        cmocka_unit_test(of_one_that_is_cut_the_whole_members_are_whole),
        cmocka_unit_test(behind_a_gap_nothing_is_invented),
        cmocka_unit_test(one_in_another_is_taken_apart_too),
        cmocka_unit_test(what_is_too_large_is_told_and_its_beginning_examined),
        cmocka_unit_test(more_than_may_come_out_is_left_out_and_told),
        cmocka_unit_test(a_kind_that_nobody_reads_is_told_by_its_name),
        cmocka_unit_test(without_slots_an_archive_is_as_any_file),
    };
    return cmocka_run_group_tests_name("examine/archive", tests, read_list, free_slots);
}
