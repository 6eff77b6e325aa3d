/* SPDX-License-Identifier: Apache-2.0 */
#include "content/chain.h"

#include <dirent.h>
#include <magic.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Where we and libmagic do not say the same, and why that is right. `newer`: what 5.46 (Debian 13) says,
 * where it is not what 5.44 (Debian 12) says. */
static const struct {
    const char *file, *ours, *libmagic, *newer;
} agreed[] = {
    /* libmagic does not know these */
    {"face.fac", "application/x-iso19794-5", "application/octet-stream", NULL},
    {"nist.an2", "application/x-ansi-nist", "application/octet-stream", NULL},
    {"nist_short.an2", "application/x-ansi-nist", "application/octet-stream", NULL},
    {"avro.avro", "application/x-avro", "application/octet-stream", NULL},
    {"parquet.parquet", "application/vnd.apache.parquet", "application/octet-stream", NULL},
    {"capture.pcapng", "application/x-pcapng", "application/octet-stream", NULL},
    /* it has a name for them, but wants more of the file than these samples hold */
    {"cabinet.cab", "application/vnd.ms-cab-compressed", "application/octet-stream", NULL},
    {"mp3.mp3", "audio/mpeg", "application/octet-stream", NULL},
    {"ogg.ogg", "application/ogg", "application/octet-stream", NULL},
    /* it asks for a mark that only the jar tool writes */
    {"java.jar", "application/java-archive", "application/zip", NULL},
    /* for us a file of JSON lines is JSON */
    {"lines.json", "application/json", "application/x-ndjson", NULL},
    {"certificate.pem", "application/x-pem-file", "text/plain", "application/x-pem-file"},
    /* the name that was registered later */
    {"rar4.rar", "application/x-rar", "application/x-rar", "application/vnd.rar"},
    {"rar5.rar", "application/x-rar", "application/x-rar", "application/vnd.rar"},
    /* rows and columns are found by what inspects text */
    {"reads.csv", "text/plain", "text/plain", "text/csv"},
    /* a remark behind the type */
    {"elf_program", "application/x-executable", "application/x-executable, no program header", NULL},
    /* it takes a few small numbers for a Targa picture */
    {"sync.bin", "application/octet-stream", "image/x-tga", NULL},
};

enum { FILE_MAX = 16384 };

static size_t file_read(const char *name, uint8_t *out) {
    char path[512];
    snprintf(path, sizeof path, TEST_DATA "/types/%s", name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(out, 1, FILE_MAX, f);
    fclose(f);
    return n;
}

static struct bytes first_of(const uint8_t *p, size_t n) {
    return bytes_of(p, n < TYPE_BYTES ? n : TYPE_BYTES);
}

static void check_sample(magic_t magic, const char *name) {
    static uint8_t p[FILE_MAX];
    char path[512];
    size_t n = file_read(name, p);
    snprintf(path, sizeof path, TEST_DATA "/types/%s", name);
    const char *ours = type_of_bytes(first_of(p, n))->mime, *theirs = magic_file(magic, path);
    assert_non_null(theirs);
    for (size_t i = 0; i < sizeof agreed / sizeof *agreed; i++)
        if (strcmp(agreed[i].file, name) == 0) {
            assert_string_equal(ours, agreed[i].ours);
            if (!agreed[i].newer || strcmp(theirs, agreed[i].newer) != 0)
                assert_string_equal(theirs, agreed[i].libmagic);
            return;
        }
    if (strcmp(ours, theirs) != 0)
        fail_msg("%s is %s for us, %s for libmagic", name, ours, theirs);
}

static void every_sample_is_what_libmagic_takes_it_for(void **state) {
    magic_t magic = magic_open(MAGIC_MIME_TYPE);
    size_t samples = 0;
    assert_int_equal(magic_load(magic, NULL), 0);
    DIR *d = opendir(TEST_DATA "/types");
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));)
        if (e->d_name[0] != '.') {
            check_sample(magic, e->d_name);
            samples++;
        }
    closedir(d);
    magic_close(magic);
    assert_true(samples >= 90);
}

/* Signatures are short: at every length there is an answer, and it reads no further (a sanitizer watches). */
static void every_start_of_every_sample_has_a_type(void **state) {
    static uint8_t p[FILE_MAX];
    DIR *d = opendir(TEST_DATA "/types");
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        size_t n = e->d_name[0] == '.' ? 0 : first_of(p, file_read(e->d_name, p)).n;
        for (size_t i = 0; i < n; i++) {
            uint8_t *copy = malloc(i + 1);
            memcpy(copy, p, i);
            assert_non_null(type_of_bytes(bytes_of(copy, i))->mime);
            free(copy);
        }
    }
    closedir(d);
}

static const char *mime(const char *text) {
    return type_of_bytes(bytes_text(text))->mime;
}

static void text_is_text_whatever_it_begins_like(void **state) {
    assert_string_equal(mime("BM is a car, lane 4, no picture at all"), "text/plain");
    assert_string_equal(mime("GIF images are not wanted"), "text/plain");
    assert_string_equal(mime("RIFF raff"), "text/plain");
    assert_string_equal(mime("MZ-728-FN;F;31/05/2026 04:10:33;7\nVF-968-ER;F;31/05/2026 04:11:19;1\n"),
                        "text/plain");
    assert_string_equal(mime("ID3 4471;4;31/05/2026 04:10:33;7\n"), "text/plain");
    assert_string_equal(mime("PAR1471;4;31/05/2026 04:10:33;7\n"), "text/plain");
    assert_string_equal(mime("1.0001: one"), "text/plain");
    assert_string_equal(mime("{not json}"), "text/plain");
    assert_string_equal(mime("[section]\nkey=value\n"), "text/plain");
    assert_string_equal(mime("[1] See page 4"), "text/plain");
    assert_string_equal(mime("{\"a\" 1}"), "text/plain");
    assert_string_equal(mime("<htmlish>"), "text/html"); /* as libmagic has it */
    assert_string_equal(mime("plate <html> lane"), "text/plain");
}

static void json_that_the_first_bytes_cut_is_still_json(void **state) {
    char long_text[700] = "  {\"list\": [\"", cut_name[] = "{\"plate\": \"A\", \"la";
    memset(long_text + 13, 'x', sizeof long_text - 14);
    assert_string_equal(type_of_bytes(first_of((const uint8_t *)long_text, 699))->mime, "application/json");
    assert_string_equal(mime(cut_name), "application/json");
    memcpy(long_text, "[\"", 2);
    memset(long_text + 2, 'x', sizeof long_text - 2);
    assert_string_equal(type_of_bytes(first_of((const uint8_t *)long_text, 699))->mime, "application/json");
    memcpy(long_text, "{\"", 2);
    assert_string_equal(type_of_bytes(first_of((const uint8_t *)long_text, 699))->mime, "application/json");
    memcpy(long_text, "{x", 2);
    assert_string_equal(type_of_bytes(first_of((const uint8_t *)long_text, 699))->mime, "text/plain");
    assert_string_equal(mime("[-1.5, tr"), "application/json");
    assert_string_equal(mime("[[[[{\"a\":[{}]}"), "application/json");
    assert_string_equal(mime("\xEF\xBB\xBF{\"a\": 1}"), "application/json");
}

static void a_cut_character_does_not_make_text_binary(void **state) {
    assert_string_equal(mime("lane \xE2\x82"), "text/plain");
    assert_string_equal(mime("lane \xE2\x82\xAC 4"), "text/plain");
    assert_string_equal(mime("lane \xF0\x9F\x9A"), "text/plain");
    /* what begins none, or goes on as none does */
    assert_string_not_equal(type_of_bytes(bytes_of("lane \xFE\0\xFF", 8))->mime, "text/plain");
    assert_string_not_equal(type_of_bytes(bytes_of("lane \xE2\0", 7))->mime, "text/plain");
    assert_string_equal(mime("lane \x81\x8D 4"), "application/octet-stream");
    assert_string_equal(type_of_bytes(bytes_of("", 0))->mime, "application/x-empty");
}

/* Blanks, remarks and numbers decide whether it is a picture or a text about one. */
static void netpbm_and_icons_are_known_by_their_headers(void **state) {
    static const uint8_t icon[] = "\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0\x68\4\0\0\x16\0\0\0\x28";
    uint8_t other[sizeof icon];
    assert_string_equal(mime("P5\n# lane 4\n160 120\n255\n\x80\x81"), "image/x-portable-greymap");
    assert_string_equal(mime("P6 160 120 255 "), "image/x-portable-pixmap");
    assert_string_equal(mime("P4\n8 8\n\x80"), "image/x-portable-bitmap");
    assert_string_equal(mime("P5 is a road"), "text/plain");
    assert_string_equal(mime("P5 160 lanes"), "text/plain");
    assert_string_equal(mime("P6 1 2"), "text/plain");
    assert_string_equal(type_of_bytes(bytes_of(icon, sizeof icon))->mime, "image/vnd.microsoft.icon");
    for (size_t at = 4; at <= 18; at += 7) { /* no icons, many planes, a place inside the directory */
        memcpy(other, icon, sizeof icon);
        other[at] = at == 4 ? 0 : at == 11 ? 9 : 3;
        assert_string_equal(type_of_bytes(bytes_of(other, sizeof other))->mime, "application/octet-stream");
    }
}

static void a_few_foreign_bytes_do_not_make_text_binary(void **state) {
    char text[600];
    memset(text, 'x', sizeof text);
    text[0] = 1, text[100] = 0, text[200] = '\x9d';
    assert_string_equal(type_of_bytes(bytes_of(text, 512))->mime, "text/plain");
    for (size_t i = 0; i < 10; i++)
        text[300 + i] = 2;
    assert_string_equal(type_of_bytes(bytes_of(text, 512))->mime, "application/octet-stream");
    text[0] = 1, text[1] = 'x';
    assert_string_equal(type_of_bytes(bytes_of(text, 63))->mime, "application/octet-stream");
}

static struct bytes widen(struct bytes text, size_t size, size_t low, uint8_t out[512]) {
    memset(out, 0, 512);
    for (size_t i = 0; i < text.n; i++)
        out[i * size + low] = text.p[i];
    return bytes_of(out, text.n * size);
}

static void text_in_wide_characters_without_a_mark_is_text_and_numbers_are_not(void **state) {
    const struct bytes text = bytes_text("plate,state,lane\r\nKXR4471,TX,4\r\n");
    uint8_t room[512], numbers[64];
    for (size_t size = 2; size <= 4; size += 2)
        for (size_t low = 0; low < size; low += size - 1)
            assert_string_equal(type_of_bytes(widen(text, size, low, room))->mime, "text/plain");
    for (uint32_t i = 0; i < 32; i++) { /* small numbers of two octets */
        numbers[2 * i] = (uint8_t)(i * 7);
        numbers[2 * i + 1] = 0;
    }
    assert_string_equal(type_of_bytes(bytes_of(numbers, sizeof numbers))->mime, "application/octet-stream");
}

static void fields_that_control_characters_keep_apart_are_text(void **state) {
    char text[] = "KXR4471\1TX\1"
                  "4\1inbound\36GHT7720\1NM\1"
                  "5\1inbound\36PJX0913\1TX\1"
                  "6\1outbound\36";
    assert_string_equal(type_of_bytes(bytes_of(text, sizeof text - 1))->mime, "text/plain");
    text[2] = 2; /* a third kind of control character */
    assert_string_equal(type_of_bytes(bytes_of(text, sizeof text - 1))->mime, "application/octet-stream");
}

/* The header of a file in cpio's old binary form, of 26 octets, whose name of two stands behind it. */
static void a_header_of_cpio_alone_is_none_whatever_lies_behind_it_in_memory(void **state) {
    static const uint8_t old[] = "\xc7\x71\0\0\0\0\0\x81\0\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0\0\0a";
    assert_string_equal(type_of_bytes(bytes_of(old, 28))->mime, "application/x-cpio");
    assert_string_equal(type_of_bytes(bytes_of(old, 27))->mime, "application/x-cpio");
    assert_string_equal(type_of_bytes(bytes_of(old, 26))->mime, "application/octet-stream");
}

static bool denies(const char *name, const char *declared, const char *mime) {
    const struct file_type *type = type_named(mime);
    return type_denied_by_name(type, bytes_text(name)) || type_denied_by_declared(type, bytes_text(declared));
}

static void a_name_or_a_declared_type_of_another_kind_of_file_denies_what_it_is(void **state) {
    assert_true(denies("report.PDF", "", "image/jpeg"));
    assert_true(denies("lane.jpg", "", "application/zip"));
    assert_true(denies("", "text/plain", "image/jpeg"));
    assert_true(denies("", "image/png", "image/jpeg"));
    assert_false(denies("lane.JPG", "image/pjpeg", "image/jpeg"));
    assert_false(denies("lane", "", "image/jpeg"));
    assert_false(denies(".jpg", "", "application/zip"));
    assert_false(denies("lane.bin", "application/octet-stream", "image/jpeg"));
    assert_false(denies("a.docx", "", "application/zip"));
    assert_false(denies("lane.heic", "image/heif", "image/heic"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(netpbm_and_icons_are_known_by_their_headers),
        cmocka_unit_test(text_in_wide_characters_without_a_mark_is_text_and_numbers_are_not),
        cmocka_unit_test(fields_that_control_characters_keep_apart_are_text),
        cmocka_unit_test(a_few_foreign_bytes_do_not_make_text_binary),
        cmocka_unit_test(every_sample_is_what_libmagic_takes_it_for),
        cmocka_unit_test(every_start_of_every_sample_has_a_type),
        cmocka_unit_test(text_is_text_whatever_it_begins_like),
        cmocka_unit_test(json_that_the_first_bytes_cut_is_still_json),
        cmocka_unit_test(a_cut_character_does_not_make_text_binary),
        cmocka_unit_test(a_header_of_cpio_alone_is_none_whatever_lies_behind_it_in_memory),
        cmocka_unit_test(a_name_or_a_declared_type_of_another_kind_of_file_denies_what_it_is),
    };
    return cmocka_run_group_tests_name("content/type", tests, NULL, NULL);
}
