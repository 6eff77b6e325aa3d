/* SPDX-License-Identifier: Apache-2.0 */
#include "collect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Compressed files by their own programs (tests/data/make_compressed_samples.py, which says what is in them).
 */

enum { ROWS_MAX = 128 };

static struct collector got;
static uint8_t packed[64 << 10];
static size_t packed_n;

static struct row {
    char file[64], child[64], sha256[65];
    unsigned depth;
    unsigned long long size;
} rows[ROWS_MAX];
static size_t row_count;

static int read_list(void **state) {
    FILE *f = fopen(TEST_DATA "/compressed/list.tsv", "r");
    assert_non_null(f);
    while (row_count < ROWS_MAX &&
           fscanf(f, "%63s %u %63s %llu %64s", rows[row_count].file, &rows[row_count].depth,
                  rows[row_count].child, &rows[row_count].size, rows[row_count].sha256) == 5)
        row_count++;
    fclose(f);
    return row_count > 40 ? 0 : -1;
}

static void read_file(const char *name) {
    char path[300];
    snprintf(path, sizeof path, TEST_DATA "/compressed/%s", name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    packed_n = fread(packed, 1, sizeof packed, f);
    fclose(f);
}

/* From `gap` on `lost` octets are missing. */
static void send_as(const struct content_options *options, const char *name, size_t split, size_t gap,
                    size_t lost) {
    struct transfer_seed seed = transfer_seed_of("test", SIDE_CLIENT);
    seed.fact[FACT_NAME] = bytes_text(name);
    collect_send(collect_content(options, &got), &seed, bytes_of(packed, packed_n), split, gap, lost);
}

static void send(const char *name, size_t split) {
    send_as(&(struct content_options){.objects = 64}, name, split, 0, 0);
}

static void each_files_content_has_its_name_and_digest_as_the_file_has_its_own(void **state) {
    static const size_t splits[] = {1, 2, 7, 100, 511, 513, 1448, 1 << 20};
    for (size_t i = 0, n; i < row_count; i += n) {
        read_file(rows[i].file);
        for (n = 0; i + n < row_count && strcmp(rows[i + n].file, rows[i].file) == 0;)
            n++;
        for (size_t s = 0; s < sizeof splits / sizeof *splits; s++) {
            send(rows[i].file, splits[s]);
            if (got.n != 1 + n)
                fail_msg("%s at %zu: %zu objects", rows[i].file, splits[s], got.n);
            assert_true(got.list[0].complete && got.list[0].hashed && got.list[0].size == packed_n);
            for (size_t m = 0; m < n; m++) {
                const struct row *want = &rows[i + m];
                const struct collected *is = &got.list[1 + m];
                if (strcmp(is->name, want->child) != 0 || strcmp(is->sha256, want->sha256) != 0 ||
                    is->size != want->size || is->depth != want->depth || !is->complete || is->bounded)
                    fail_msg("%s at %zu: %s, %llu, %s, %d", want->file, splits[s], is->name,
                             (unsigned long long)is->size, is->sha256, is->complete);
            }
            collect_finish(&got);
        }
    }
}

static void a_file_that_is_cut_gives_what_is_there_and_is_not_complete(void **state) {
    static const char *const files[] = {"two.xz", "two.bz2", "two.lz", "two.zst", "two.lz4", "several.gz"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        read_file(files[i]);
        packed_n -= 3;
        send(files[i], 333);
        const struct collected *last = &got.list[got.n - 1];
        assert_int_equal(got.n, i == 5 ? 3 : 2);
        assert_false(last->complete);
        assert_true(got.list[0].complete);
        if (i == 5)
            assert_true(got.list[1].complete);
        collect_finish(&got);
    }
}

static void what_is_damaged_from_the_first_byte_on_is_no_child(void **state) {
    static const struct {
        const char *file;
        size_t at;
    } damaged[] = {{"reads.csv.xz", 8},  {"reads.csv.bz2", 10},  {"reads.csv.zst", 6},
                   {"reads.csv.lz4", 6}, {"reads.csv.lzma", 14}, {"upload.gz", 10}};
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        read_file(damaged[i].file);
        memset(packed + damaged[i].at, 0xff, 12);
        send(damaged[i].file, 1448);
        for (size_t n = 1; n < got.n; n++)
            assert_true(!got.list[n].complete && got.list[n].type->kind != KIND_ARCHIVE);
        assert_true(got.list[0].complete);
        collect_finish(&got);
    }
}

static void a_gap_ends_what_can_be_decoded_and_is_told(void **state) {
    read_file("two.xz");
    send_as(&(struct content_options){.objects = 64}, "two.xz", 500, 4000, 100);
    assert_int_equal(got.n, 2);
    assert_false(got.list[1].complete);
    assert_true(got.list[1].missing > 0 && got.list[1].bytes > 3000);
    collect_finish(&got);
}

static void what_lies_too_deep_is_told(void **state) {
    uint64_t before = collect_counter(COUNTER_CODING_DEPTH);
    read_file("day.tgz");
    send_as(&(struct content_options){.objects = 64, .codings.limits.depth_max = 1}, "day.tgz", 500, 0, 0);
    assert_int_equal(got.n, 1);
    assert_true(got.list[0].bounded);
    assert_int_equal(collect_counter(COUNTER_CODING_DEPTH) - before, 1);
    collect_finish(&got);
}

static void text_behind_the_end_is_an_object_beside_the_content(void **state) {
    static const char behind[] = "plate,lane\nABC1234,4\nplate,lane\nABC1234,4\n";
    read_file("reads.csv.xz");
    memcpy(packed + packed_n, behind, sizeof behind - 1);
    packed_n += sizeof behind - 1;
    send("reads.csv.xz", 300);
    assert_int_equal(got.n, 3);
    assert_true(got.list[2].size == sizeof behind - 1 && got.list[2].depth == 1);
    assert_memory_equal(got.list[2].data, behind, sizeof behind - 1);
    collect_finish(&got);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_files_content_has_its_name_and_digest_as_the_file_has_its_own),
        cmocka_unit_test(a_file_that_is_cut_gives_what_is_there_and_is_not_complete),
        cmocka_unit_test(what_is_damaged_from_the_first_byte_on_is_no_child),
        cmocka_unit_test(a_gap_ends_what_can_be_decoded_and_is_told),
        cmocka_unit_test(what_lies_too_deep_is_told),
        cmocka_unit_test(text_behind_the_end_is_an_object_beside_the_content),
    };
    return cmocka_run_group_tests(tests, read_list, NULL);
}
