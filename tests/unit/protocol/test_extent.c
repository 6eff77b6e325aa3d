/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/extent/format.h"
#include "said.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Files by the programs and libraries that write them (tests/data/make_extents.py, make_pictures.py), among
 * octets that belong to none. */

enum { FILE_MAX = 1 << 16, NOISE = 700 };

static const size_t splits[] = {1, 2, 3, 7, 64, 333, 1448, 1 << 20};

static struct file {
    char name[300];
    size_t n;
    uint8_t p[FILE_MAX];
} file;

static void read_file(const char *folder, const char *name) {
    snprintf(file.name, sizeof file.name, TEST_DATA "/%s/%s", folder, name);
    FILE *f = fopen(file.name, "rb");
    assert_non_null(f);
    file.n = fread(file.p, 1, FILE_MAX, f);
    fclose(f);
}

static void for_each_file(void (*prove)(void)) {
    static const char *const folders[] = {"extents", "pictures"};
    unsigned files = 0;
    for (size_t i = 0; i < 2; i++) {
        DIR *d = opendir(i == 0 ? TEST_DATA "/extents" : TEST_DATA "/pictures");
        assert_non_null(d);
        for (struct dirent *e; (e = readdir(d));) {
            if (e->d_name[0] == '.')
                continue;
            read_file(folders[i], e->d_name);
            prove();
            files++;
        }
        closedir(d);
    }
    assert_true(files > 30);
}

/* What a walk told of the file. */
static struct told {
    size_t n;
    bool other; /* octets that are not the file's */
} told;

static void tell(void *context, struct bytes octets) {
    told.other |= told.n + octets.n > file.n || memcmp(file.p + told.n, octets.p, octets.n) != 0;
    told.n += octets.n;
}

static const struct extent_format *find_format(void) {
    const struct extent_format *format;
    assert_int_equal(extent_find(bytes_of(file.p, file.n), &format), 0);
    return format;
}

static enum extent_result walk(struct bytes in, size_t split) {
    struct extent *e = extent_create(find_format(), NULL);
    enum extent_result result = EXTENT_MORE;
    struct bytes rest;
    told = (struct told){0};
    while (in.n > 0 && result == EXTENT_MORE) {
        size_t n = in.n < split ? in.n : split;
        uint8_t *exact = malloc(n);
        memcpy(exact, in.p, n);
        result = extent_feed(e, bytes_of(exact, n), &rest, tell, NULL);
        free(exact);
        in = bytes_of(in.p + n, in.n - n);
    }
    if (result == EXTENT_MORE && extent_may_end(e))
        result = EXTENT_ENDED;
    extent_destroy(e);
    return result;
}

static struct stream among;

static void prove_end(void) {
    for (size_t i = 0; i < sizeof splits / sizeof *splits; i++)
        for (int behind = 0; behind < 3; behind++) {
            among.n = 0;
            stream_add(&among, file.p, file.n);
            if (behind == 1)
                stream_noise(&among, NOISE, 9);
            if (behind == 2)
                stream_add(&among, "\1\0\0\0\0\0\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24);
            enum extent_result result = walk(bytes_of(among.p, among.n), splits[i]);
            if (result != EXTENT_ENDED || told.n != file.n || told.other)
                fail_msg("%s, split %zu, behind %d: %d, %zu of %zu", file.name, splits[i], behind, result,
                         told.n, file.n);
        }
}

static void a_file_ends_with_its_last_octet_whatever_follows(void **state) {
    for_each_file(prove_end);
}

static void prove_place(void) {
    for (size_t before = 0; before < 20; before++) {
        const struct extent_format *format;
        among.n = 0;
        stream_noise(&among, before, 3);
        stream_add(&among, file.p, file.n);
        size_t at = extent_find(bytes_of(among.p, among.n), &format);
        if (at != before || format != find_format())
            fail_msg("%s behind %zu octets: at %zu", file.name, before, at);
    }
}

static void it_is_found_at_any_place(void **state) {
    for_each_file(prove_place);
}

static void prove_cut(void) {
    if (walk(bytes_of(file.p, file.n * 3 / 4), 333) == EXTENT_ENDED)
        fail_msg("%s: three quarters are whole", file.name);
}

static void one_of_which_the_last_quarter_is_missing_does_not_end(void **state) {
    for_each_file(prove_cut);
}

static void nothing_begins_in_noise(void **state) {
    for (unsigned seed = 1; seed <= 200; seed++) {
        const struct extent_format *format;
        among.n = 0;
        stream_noise(&among, 40000, seed);
        assert_int_equal(extent_find(bytes_of(among.p, among.n), &format), among.n);
        assert_null(format);
    }
}

static void a_wall_of_what_may_begin_is_not_looked_at_place_by_place(void **state) {
    const struct extent_format *format;
    counter_values[COUNTER_CARVING_BOUNDED] = 0;
    among.n = 0;
    for (unsigned i = 0; i < 5120; i++)
        stream_add(&among, "\xff\xd8", 2);
    read_file("pictures", "jfif.jpg");
    stream_add(&among, file.p, file.n);
    extent_find(bytes_of(among.p, 10240), &format);
    assert_null(format);
    assert_int_equal(counter_values[COUNTER_CARVING_BOUNDED], 10);
    assert_int_equal(extent_find(bytes_of(among.p, among.n), &format), 10240); /* behind it */
}

static void words_about_a_format_are_none(void **state) {
    static const char text[] =
        "It begins with %PDF-1.4 or GIF89a in the first line, BM or PK, RIFF and WEBP too, ftyp, BZh9.";
    const struct extent_format *format;
    assert_int_equal(extent_find(bytes_text(text), &format), sizeof text - 1);
}

/* A JPEG goes on behind a gap in its scan; of a gap elsewhere nobody knows what it took. */
static void a_gap_is_stepped_over_where_the_next_octets_have_a_known_place(void **state) {
    struct bytes rest;
    read_file("pictures", "noise.jpg");
    struct extent *e = extent_create(find_format(), NULL);
    assert_int_equal(extent_feed(e, bytes_of(file.p, 5000), &rest, tell, NULL), EXTENT_MORE);
    assert_true(extent_gap(e, 1000));
    assert_int_equal(extent_feed(e, bytes_of(file.p + 6000, file.n - 6000), &rest, tell, NULL), EXTENT_ENDED);
    assert_int_equal(rest.n, 0);
    extent_destroy(e);
    e = extent_create(find_format(), NULL);
    assert_int_equal(extent_feed(e, bytes_of(file.p, 100), &rest, tell, NULL), EXTENT_MORE);
    assert_false(extent_gap(e, 1000));
    extent_destroy(e);
    read_file("extents", "raw.tif"); /* strips before the directory: a known length */
    e = extent_create(find_format(), NULL);
    assert_int_equal(extent_feed(e, bytes_of(file.p, file.n / 2), &rest, tell, NULL), EXTENT_MORE);
    assert_true(extent_gap(e, 100));
    extent_destroy(e);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_ends_with_its_last_octet_whatever_follows),
        cmocka_unit_test(it_is_found_at_any_place),
        cmocka_unit_test(one_of_which_the_last_quarter_is_missing_does_not_end),
        cmocka_unit_test(nothing_begins_in_noise),
        cmocka_unit_test(a_wall_of_what_may_begin_is_not_looked_at_place_by_place),
        cmocka_unit_test(words_about_a_format_are_none),
        cmocka_unit_test(a_gap_is_stepped_over_where_the_next_octets_have_a_known_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
