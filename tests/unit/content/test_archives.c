/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "packed_sample.h"

/* Archives by their own programs (tests/data/make_archive_samples.py, which says what is in them). */

enum { ROWS_MAX = 128 };

static struct collector got;

static struct row {
    char file[64], path[512], sha256[65];
    unsigned depth;
    unsigned long long size;
} rows[ROWS_MAX];
static size_t row_count;

static int read_list(void **state) {
    FILE *f = fopen(TEST_DATA "/archives/list.tsv", "r");
    assert_non_null(f);
    while (row_count < ROWS_MAX &&
           fscanf(f, "%63s %u %511s %llu %64s", rows[row_count].file, &rows[row_count].depth,
                  rows[row_count].path, &rows[row_count].size, rows[row_count].sha256) == 5)
        row_count++;
    fclose(f);
    return row_count > 60 ? 0 : -1;
}

static void read_archive(const char *name) {
    packed_read(0, "archives", name);
}

/* From `gap` on `lost` octets are missing. */
static void send(size_t split, size_t gap, size_t lost) {
    collect_finish(&got);
    packed_send(&got, (struct content_options){.objects = 64}, archive_n, split, gap, lost);
}

static const struct collected *find(const char *path, unsigned depth) {
    for (size_t i = 0; i < got.n; i++)
        if (got.list[i].depth == depth && strcmp(got.list[i].path, path) == 0)
            return &got.list[i];
    return NULL;
}

static bool is_right(const struct row *want) {
    const struct collected *is = find(want->path, want->depth);
    const char *slash = strrchr(want->path, '/');
    return is && is->complete && !is->bounded && is->size == want->size &&
           strcmp(is->sha256, want->sha256) == 0 && strcmp(is->name, slash ? slash + 1 : want->path) == 0;
}

/* Rows of the archive whose first one is the `first`. */
static size_t count_rows(size_t first) {
    size_t n = 0;
    while (first + n < row_count && strcmp(rows[first + n].file, rows[first].file) == 0)
        n++;
    return n;
}

static void members_have_their_paths_and_digests_and_there_are_no_others(void **state) {
    static const size_t splits[] = {1, 7, 60, 511, 512, 1448, 1 << 20};
    for (size_t i = 0, n; i < row_count; i += n) {
        n = count_rows(i);
        read_archive(rows[i].file);
        for (size_t s = 0; s < sizeof splits / sizeof *splits; s++) {
            send(splits[s], 0, 0);
            assert_true(got.list[0].complete && got.list[0].size == archive_n);
            for (size_t m = 0; m < n; m++)
                if (!is_right(&rows[i + m]))
                    fail_msg("%s at %zu: %s", rows[i].file, splits[s], rows[i + m].path);
            if (rows[i].depth == 1 && got.n != 1 + n)
                fail_msg("%s at %zu: %zu objects", rows[i].file, splits[s], got.n);
            if (got.list[0].bounded)
                fail_msg("%s at %zu: not all of it", rows[i].file, splits[s]);
        }
    }
}

/* Where a header is hit the next one is found; one gap may hit the end of a member and the header behind it.
 */
static void a_gap_takes_no_more_than_the_members_that_it_is_in(void **state) {
    static const char *const files[] = {
        "gnu.tar", "pax.tar", "v7.tar",         "newc.cpio", "odc.cpio", "two.cpio",        "gnu.a",
        "bsd.a",   "svr4.a",  "bsdtar-pax.tar", "ustar.tar", "crc.cpio", "bsdtar-newc.cpio"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        size_t first = 0, gaps = 0, twice = 0;
        while (strcmp(rows[first].file, files[i]) != 0)
            first++;
        size_t n = count_rows(first);
        read_archive(files[i]);
        for (size_t gap = 600; gap + 100 < archive_n; gap += 97, gaps++) {
            send(333, gap, 61);
            size_t right = 0;
            for (size_t m = 0; m < n; m++)
                right += is_right(&rows[first + m]);
            twice += right + 2 == n;
            if (right + 2 < n || got.n > n + 1)
                fail_msg("%s, gap at %zu: %zu of %zu", files[i], gap, right, n);
            assert_false(got.list[0].complete);
        }
        assert_true(twice <= gaps / 5);
    }
}

static void what_is_cut_is_not_complete_and_the_members_before_are(void **state) {
    static const char *const files[] = {"gnu.tar", "newc.cpio", "odc.cpio", "bin.cpio", "gnu.a"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        read_archive(files[i]);
        const char *plates = memmem(archive, archive_n, "plate,lane", 10);
        archive_n = (size_t)((const uint8_t *)plates - archive) + 200;
        send(333, 0, 0);
        bool flat = files[i][4] == 'a';
        assert_true(find(flat ? "a.jpg" : "lane4/a.jpg", 1)->complete);
        assert_false(find(flat ? "reads.csv" : "lane4/reads.csv", 1)->complete);
        assert_int_equal(got.n, flat ? 4 : 3);
    }
}

static void set_sum(uint8_t *header) {
    unsigned sum = 8 * ' ';
    memset(header + 148, 0, 8);
    for (size_t i = 0; i < 512; i++)
        sum += header[i];
    snprintf((char *)header + 148, 8, "%06o", sum);
}

/* GNU's numbers of 95 bits (its manual, "Basic Tar Format"). */
static void a_size_in_binary_is_one(void **state) {
    read_archive("v7.tar");
    unsigned size = (unsigned)strtoul((const char *)archive + 124, NULL, 8);
    memset(archive + 124, 0, 12);
    archive[124] = 0x80;
    archive[134] = (uint8_t)(size >> 8);
    archive[135] = (uint8_t)size;
    set_sum(archive);
    send(333, 0, 0);
    assert_int_equal(got.n, 3);
    assert_true(find("lane4/a.jpg", 1)->complete && find("lane4/a.jpg", 1)->size == size);
}

/* A file of a terabyte in which nothing is written, in two blocks. */
static void holes_are_filled_as_far_as_bounds_go_and_that_is_told(void **state) {
    read_archive("gnu-sparse.tar");
    memcpy(archive + 386,
           "00000000000\0"
           "00000000000",
           24);
    memset(archive + 386 + 24, 0, 72);
    memcpy(archive + 483, "20000000000000", 12);
    archive[482] = 0;
    memcpy(archive + 124, "00000000000", 12);
    set_sum(archive);
    archive_n = 1024;
    memset(archive + 512, 0, 512);
    uint64_t before = collect_counter(COUNTER_CODING_RATIO);
    send(512, 0, 0);
    assert_int_equal(got.n, 2);
    assert_false(got.list[1].complete);
    assert_true(got.list[1].bounded && got.list[1].bytes < 2 << 20);
    assert_int_equal(collect_counter(COUNTER_CODING_RATIO) - before, 1);
    assert_string_equal(got.list[1].notes, "ratio-bound");
}

/* Pieces that overlap, or go back. */
static void a_map_that_makes_no_sense_gives_no_complete_file(void **state) {
    read_archive("gnu-sparse.tar");
    memcpy(archive + 386 + 24, "00000000000", 11);
    set_sum(archive);
    send(512, 0, 0);
    assert_false(find("holes.bin", 1)->complete);
    assert_true(got.list[0].bounded);
    assert_true(find("lane4/a.jpg", 1)->complete);
}

/* An archive is one whatever its first member's name begins like. */
static void a_name_hides_no_archive(void **state) {
    static const char *const names[] = {"GIF89a.jpg", "%PDF-1.7", "\xff\xd8\xff\xe0", "PK\3\4", "BZh9"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        read_archive("ustar.tar");
        memset(archive, 0, 100);
        memcpy(archive, names[i], strlen(names[i]));
        set_sum(archive);
        send(512, 0, 0);
        assert_string_equal(got.list[0].type->mime, "application/x-tar");
        assert_true(find("lane4/reads.csv", 1)->complete);
    }
}

static int finish(void **state) {
    collect_finish(&got);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_have_their_paths_and_digests_and_there_are_no_others),
        cmocka_unit_test(a_gap_takes_no_more_than_the_members_that_it_is_in),
        cmocka_unit_test(what_is_cut_is_not_complete_and_the_members_before_are),
        cmocka_unit_test(a_size_in_binary_is_one),
        cmocka_unit_test(holes_are_filled_as_far_as_bounds_go_and_that_is_told),
        cmocka_unit_test(a_map_that_makes_no_sense_gives_no_complete_file),
        cmocka_unit_test(a_name_hides_no_archive),
    };
    return cmocka_run_group_tests(tests, read_list, finish);
}
