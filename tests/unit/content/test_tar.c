/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "packed_sample.h"

/* Archives by GNU tar and Python's tarfile (tests/data/make_tar_samples.py, which says what is in them). */

static struct collector got;

static void read_archive(const char *name) {
    char file[64];
    snprintf(file, sizeof file, "%s.tar", name);
    packed_read(0, "tar", file);
}

static int read_list(void **state) {
    return packed_read_list("tar", 4) ? 0 : -1;
}

static void send(size_t n, size_t split, size_t gap, size_t lost) {
    packed_send(&got, (struct content_options){.objects = 64}, n, split, gap, lost);
}

static const struct collected *find(const char *name) {
    for (size_t i = 0; i < got.n; i++)
        if (strcmp(got.list[i].name, name) == 0)
            return &got.list[i];
    return NULL;
}

static void members_are_children_with_their_names_and_digests(void **state) {
    static const char *const names[] = {"gnu", "ustar", "pax", "python-gnu", "python-pax"};
    static const size_t splits[] = {1, 7, 511, 512, 513, 1448, 1 << 20};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (size_t j = 0; j < sizeof splits / sizeof *splits; j++) {
            read_archive(names[i]);
            send(archive_n, splits[j], 0, 0);
            size_t there = i == 1 ? member_count - 1 : member_count; /* ustar has no room for the long name */
            assert_int_equal(got.n, 1 + there);
            assert_string_equal(got.list[0].type->mime, "application/x-tar");
            assert_true(got.list[0].complete && got.list[0].size == archive_n);
            for (size_t m = 0; m < member_count; m++) {
                const struct collected *o = find(members[m].name);
                if (!o && i == 1)
                    continue;
                assert_non_null(o);
                assert_true(o->complete && o->parent == got.list[0].number);
                assert_int_equal(o->size, members[m].size);
                assert_string_equal(o->sha256, members[m].sha256);
            }
            collect_finish(&got);
        }
}

static void a_member_that_is_cut_is_not_complete(void **state) {
    read_archive("gnu");
    send(512 + 512 + 300, 100, 0, 0); /* a folder's header, a file's, some of its content */
    assert_int_equal(got.n, 2);
    assert_false(find("a.jpg")->complete);
    assert_int_equal(find("a.jpg")->size, 300);
    collect_finish(&got);
}

static void a_gap_in_a_member_is_its_own_and_the_next_ones_are_whole(void **state) {
    read_archive("gnu");
    send(archive_n, 333, 1100, 50);
    assert_int_equal(got.n, 1 + member_count);
    assert_int_equal(find("a.jpg")->missing, 50);
    assert_false(find("a.jpg")->complete);
    assert_true(find("reads.csv")->complete && find("block.bin")->complete);
    collect_finish(&got);
}

static void behind_a_gap_in_a_header_the_next_members_are_whole(void **state) {
    read_archive("gnu");
    send(archive_n, 333, 600, 100);
    assert_int_equal(got.n, member_count);
    assert_null(find("a.jpg"));
    assert_true(find("reads.csv")->complete && find("block.bin")->complete);
    collect_finish(&got);
}

static void what_is_no_header_ends_the_members_and_is_told(void **state) {
    read_archive("gnu");
    archive[512 + 148] ^= 1;
    send(archive_n, 333, 0, 0);
    assert_int_equal(got.n, 1);
    assert_true(got.list[0].bounded && got.list[0].complete);
    collect_finish(&got);
}

static void set_type(uint8_t *header, char type) {
    unsigned sum = 8 * ' ';
    header[156] = (uint8_t)type;
    memset(header + 148, 0, 8);
    for (size_t i = 0; i < 512; i++)
        sum += header[i];
    snprintf((char *)header + 148, 8, "%06o", sum);
}

static void a_member_of_a_type_that_nobody_knows_is_a_file(void **state) {
    static const char types[] = {'Z', 'M', 'a', 0, '7'};
    for (size_t i = 0; i < sizeof types; i++) {
        read_archive("ustar");
        set_type(archive + 512, types[i]); /* behind a folder's header */
        send(archive_n, 333, 0, 0);
        assert_int_equal(got.n, member_count);
        assert_true(find("a.jpg")->complete);
        assert_false(got.list[0].bounded);
        collect_finish(&got);
    }
}

static void a_remark_that_is_too_long_is_told(void **state) {
    read_archive("ustar");
    memcpy(archive + 512 + 124, "00000006000", 11); /* 3,072 octets: the file behind it, too */
    set_type(archive + 512, 'g');
    send(archive_n, 333, 0, 0);
    assert_null(find("a.jpg"));
    assert_non_null(find("block.bin"));
    assert_true(got.list[0].bounded);
    collect_finish(&got);
}

/* However it comes. */
static void a_long_name_ends_at_its_zero(void **state) {
    for (size_t split = 256; split < 1024; split += 7) {
        read_archive("gnu");
        uint8_t *link = memmem(archive, archive_n, "././@LongLink", 13);
        assert_non_null(link);
        memcpy(link + 512, "cut.bin", 8);
        send(archive_n, split, 0, 0);
        assert_int_equal(got.n, 1 + member_count);
        assert_non_null(find("cut.bin"));
        collect_finish(&got);
    }
}

static void an_archive_behind_another_is_read_too(void **state) {
    read_archive("ustar");
    size_t first = archive_n;
    for (size_t i = 0; i < 2; i++) {
        memcpy(archive + archive_n, archive, first);
        archive_n += first;
    }
    send(archive_n, 333, 0, 0);
    assert_int_equal(got.n, 1 + 3 * (member_count - 1));
    assert_false(got.list[0].bounded);
    collect_finish(&got);
}

static void what_stands_behind_the_end_is_a_child(void **state) {
    static const size_t lengths[] = {100, 512, 3000}, splits[] = {1, 511, 1448, 1 << 20};
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 4; j++) {
            read_archive("gnu");
            memset(archive + archive_n, 'a', lengths[i]);
            archive_n += lengths[i];
            send(archive_n, splits[j], 0, 0);
            const struct collected *last = &got.list[got.n - 1];
            assert_int_equal(got.n, 2 + member_count);
            assert_string_equal(last->origin, "trailer");
            assert_true(last->complete && last->size == lengths[i] && !got.list[0].bounded);
            assert_string_equal(got.list[0].notes, "trailing-data");
            collect_finish(&got);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_children_with_their_names_and_digests),
        cmocka_unit_test(a_member_that_is_cut_is_not_complete),
        cmocka_unit_test(a_gap_in_a_member_is_its_own_and_the_next_ones_are_whole),
        cmocka_unit_test(behind_a_gap_in_a_header_the_next_members_are_whole),
        cmocka_unit_test(what_is_no_header_ends_the_members_and_is_told),
        cmocka_unit_test(a_member_of_a_type_that_nobody_knows_is_a_file),
        cmocka_unit_test(a_remark_that_is_too_long_is_told),
        cmocka_unit_test(a_long_name_ends_at_its_zero),
        cmocka_unit_test(an_archive_behind_another_is_read_too),
        cmocka_unit_test(what_stands_behind_the_end_is_a_child),
    };
    return cmocka_run_group_tests(tests, read_list, NULL);
}
