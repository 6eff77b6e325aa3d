/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <openssl/sha.h>

#include "packed_sample.h"

/* Archives by 7-Zip and gcab, RAR files by hand, and files of gzip, bzip2, zstd and xz, behind what unpacks
 * them. */

static struct collector got;

static void put_bytes(const void *bytes, size_t n) {
    memcpy(archive + archive_n, bytes, n);
    archive_n += n;
}

/* A program's beginning, and what no archive has in it. */
static void begin_program(size_t n) {
    memset(archive, 0x90, n);
    memcpy(archive, "MZ", 2);
    archive_n = n;
}

/* Returns where it stands. */
static const uint8_t *put_file(const char *folder, const char *name, size_t *n) {
    const uint8_t *start = archive + archive_n;
    *n = packed_read(archive_n, folder, name);
    return start;
}

static void send_file(size_t split, size_t gap, size_t lost) {
    packed_send(&got, (struct content_options){.objects = 64}, archive_n, split, gap, lost);
}

static void assert_digest(const struct collected *o, const uint8_t *bytes, size_t n) {
    uint8_t digest[SHA256_DIGEST_LENGTH];
    char text[65];
    SHA256(bytes, n, digest);
    for (int i = 0; i < 32; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    assert_string_equal(o->sha256, text);
}

static const struct {
    const char *folder, *name, *mime;
} archives[] = {{"examined", "lzma2.7z", "application/x-7z-compressed"},
                {"examined", "sealed-names.7z", "application/x-7z-compressed"},
                {"examined", "stored.rar4", NULL}, /* a picture is stored in it */
                {"examined", "stored.rar5", NULL},
                {"examined", "z.cab", "application/vnd.ms-cab-compressed"},
                {"compressed", "reads.csv.xz", "application/x-xz"},
                {"compressed", "reads.csv.bz2", "application/x-bzip2"},
                {"compressed", "upload.gz", "application/gzip"},
                {"compressed", "day.tgz", "application/gzip"}};
enum { ARCHIVES = sizeof archives / sizeof *archives };

static void an_archive_behind_a_program_is_a_child_with_its_own_digest(void **state) {
    static const size_t places[] = {900, 65521, 150000}, splits[] = {7, 31, 33, 1448, 2 << 20};
    for (size_t i = 0; i < ARCHIVES; i++)
        for (size_t j = 0; j < 3; j++)
            for (size_t k = 0; k < sizeof splits / sizeof *splits; k++) {
                size_t n;
                begin_program(places[j]);
                const uint8_t *start = put_file(archives[i].folder, archives[i].name, &n);
                send_file(splits[k], 0, 0);
                assert_true(got.n >= 2);
                assert_true(got.list[0].complete && got.list[0].size == archive_n);
                assert_string_equal(got.list[0].notes, "prefixed");
                if (archives[i].mime)
                    assert_string_equal(got.list[1].type->mime, archives[i].mime);
                assert_string_equal(got.list[1].origin, "archive");
                assert_true(got.list[1].complete && got.list[1].parent == got.list[0].number);
                assert_digest(&got.list[1], start, n);
                collect_finish(&got);
            }
}

static void what_a_script_unpacks_is_a_child_and_taken_apart(void **state) {
    static const char script[] = "#!/bin/sh\n# unpacks itself\ntail -n +4 \"$0\" | $1 -dc\nexit\n";
    static const char *const names[] = {"reads.csv.bz2", "reads.csv.xz", "reads.csv.zst", "day.tgz"};
    for (size_t i = 0; i < 4; i++) {
        size_t n;
        archive_n = 0;
        put_bytes(script, sizeof script - 1);
        const uint8_t *start = put_file("compressed", names[i], &n);
        send_file(100, 0, 0);
        assert_true(got.n >= 3); /* the script, the compressed file, what is in it */
        assert_digest(&got.list[1], start, n);
        assert_true(got.list[2].parent == got.list[1].number && got.list[2].complete);
        collect_finish(&got);
    }
}

static void signatures_of_which_the_head_is_not_right_are_none(void **state) {
    static const struct {
        const char *bytes;
        size_t n;
    } signs[] = {{"7z\xbc\xaf\x27\x1c\0\4", 8},
                 {"Rar!\x1a\x07\0", 7},
                 {"Rar!\x1a\x07\1\0", 8},
                 {"MSCF\0\0\0\0", 8},
                 {"\xfd"
                  "7zXZ\0",
                  6},
                 {"\x1f\x8b\x08\0", 4}};
    begin_program(2000);
    for (size_t i = 0; i < 6; i++) {
        put_bytes(signs[i].bytes, signs[i].n);
        memset(archive + archive_n, 0x41, 50);
        archive_n += 50;
    }
    send_file(100, 0, 0);
    assert_int_equal(got.n, 1);
    assert_string_equal(got.list[0].notes, "");
    collect_finish(&got);
}

static void a_text_about_archives_holds_none(void **state) {
    static const char text[] = "notes on formats: Rar! 7z MSCF\nBZh91AY&SY is how bzip2 begins, and so on\n";
    archive_n = 0;
    put_bytes(text, sizeof text - 1);
    send_file(7, 0, 0);
    assert_int_equal(got.n, 1);
    collect_finish(&got);
}

/* Else a picture behind one would be no picture where all of it comes at once. */
static void an_archive_in_a_text_hides_no_picture_behind_it(void **state) {
    static const char picture[] = "\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xdb\0\x43\0";
    static const size_t splits[] = {7, 511, 600, 1448, 1 << 20};
    for (size_t k = 0; k < sizeof splits / sizeof *splits; k++) {
        size_t n;
        memset(archive, 'a', 600);
        archive_n = 600;
        put_file("compressed", "reads.csv.xz", &n);
        put_bytes(picture, sizeof picture - 1);
        memset(archive + archive_n, 8, 400);
        archive_n += 400;
        send_file(splits[k], 0, 0);
        assert_int_equal(got.n, 1);
        assert_string_equal(got.list[0].type->mime, "image/jpeg");
        collect_finish(&got);
    }
}

static void far_behind_the_beginning_nobody_looks_however_it_comes(void **state) {
    static const size_t splits[] = {1000, 1448, 2 << 20};
    size_t n;
    for (size_t place = (1 << 20) - 2; place < (1 << 20) + 2; place++)
        for (size_t k = 0; k < 3; k++) {
            begin_program(place);
            put_file("examined", "lzma2.7z", &n);
            send_file(splits[k], 0, 0);
            assert_int_equal(got.n, place < 1 << 20 ? 2 : 1);
            collect_finish(&got);
        }
}

static void what_misses_some_of_it_is_not_complete(void **state) {
    size_t n;
    begin_program(5000);
    put_file("examined", "lzma2.7z", &n);
    send_file(100, 5100, 50);
    assert_int_equal(got.n, 2);
    assert_false(got.list[1].complete);
    assert_int_equal(got.list[1].missing, 50);
    collect_finish(&got);
    begin_program(5000);
    put_file("examined", "lzma2.7z", &n);
    send_file(100, 4990, 50); /* its beginning */
    assert_int_equal(got.n, 1);
    collect_finish(&got);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_archive_behind_a_program_is_a_child_with_its_own_digest),
        cmocka_unit_test(what_a_script_unpacks_is_a_child_and_taken_apart),
        cmocka_unit_test(signatures_of_which_the_head_is_not_right_are_none),
        cmocka_unit_test(a_text_about_archives_holds_none),
        cmocka_unit_test(an_archive_in_a_text_hides_no_picture_behind_it),
        cmocka_unit_test(far_behind_the_beginning_nobody_looks_however_it_comes),
        cmocka_unit_test(what_misses_some_of_it_is_not_complete),
    };
    return cmocka_run_group_tests_name("content/inside", tests, NULL, NULL);
}
