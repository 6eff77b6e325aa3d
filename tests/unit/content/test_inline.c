/* SPDX-License-Identifier: Apache-2.0 */
#include "collect.h"

#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Files in base64 in texts. What is written here is OpenSSL's base64. */

enum { FILE_N = 1201, ROOM = 8192 };

static struct collector got;
static uint8_t file[FILE_N];
static char signs[ROOM];

static void write_file(const char *magic, size_t n) {
    uint32_t x = 1;
    for (size_t i = 0; i < FILE_N; i++) {
        x = x * 1664525 + 1013904223;
        file[i] = (uint8_t)(x >> 24);
    }
    memcpy(file, magic, n);
    EVP_EncodeBlock((unsigned char *)signs, file, FILE_N);
}

static void run(const char *text, size_t step) {
    collect_run(&got, text, strlen(text), step);
}

static void expect_file(const char *text) {
    static const size_t steps[] = {1, 2, 3, 7, 63, 64, 65, 511, 512, 513, 4000};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        run(text, steps[i]);
        assert_int_equal(got.ended, 2);
        assert_int_equal(got.list[1].size, FILE_N);
        assert_true(got.list[1].complete);
        assert_memory_equal(got.list[1].data, file, FILE_N);
        collect_finish(&got);
    }
}

/* `plain` replaced by `other` in the signs, between `before` and `behind`. */
static const char *dress(const char *before, char plain, const char *other, const char *behind) {
    static char text[3 * ROOM];
    size_t n = (size_t)sprintf(text, "%s", before);
    for (const char *s = signs; *s; s++) {
        if (*s == plain)
            n += (size_t)sprintf(text + n, "%s", other);
        else
            text[n++] = *s;
    }
    sprintf(text + n, "%s", behind);
    return text;
}

static const char *in_lines(const char *end) {
    static char text[3 * ROOM];
    size_t n = (size_t)sprintf(text, "Here it is:%s", end), all = strlen(signs);
    for (size_t at = 0; at < all; at += 76)
        n += (size_t)sprintf(text + n, "%.76s%s", signs + at, end);
    sprintf(text + n, "and that was it.%s", end);
    return text;
}

static void values_of_forms_and_json_are_files(void **state) {
    write_file("\xff\xd8\xff\xe0", 4);
    expect_file(dress("lane=4&picture=", '/', "%2F", "&note=a+b"));
    expect_file(dress("lane=4&picture=", '+', "%2b", "&note=a+b"));
    expect_file(dress("lane=4&picture=", '=', "%3D", "&note=a+b"));
    expect_file(dress("{\"lane\": 4, \"data\": \"", '/', "\\/", "\", \"x\": 1}"));
    expect_file(dress("{\"lane\": 4, \"data\": \"", '=', "", "\", \"x\": 1}"));
    expect_file(dress("{\"lane\": 4, \"data\": \"", '+', "-", "\"}"));
    expect_file(dress("<a><ContextImage>", '!', "", "</ContextImage></a>"));
    expect_file(dress("<img src=\"data:image/jpeg;base64,", '!', "", "\"/>"));
    expect_file(dress("", '!', "", ""));
}

static void lines_of_one_length_are_one_file(void **state) {
    write_file("\x89PNG\r\n\x1a\n", 8);
    expect_file(in_lines("\n"));
    expect_file(in_lines("\r\n"));
    expect_file(in_lines("\\n"));
    expect_file(in_lines("%0D%0A"));
}

/* A piece of a mail: it ends anywhere, and what stands behind it is no end of a value. */
static void a_run_in_lines_that_is_cut_within_one_is_not_complete(void **state) {
    static char text[ROOM];
    write_file("\xff\xd8\xff\xe0", 4);
    for (int whole = 0; whole < 2; whole++) {
        size_t n = (size_t)sprintf(text, "piece:\n"), all = whole ? strlen(signs) : 1000;
        for (size_t at = 0; at < all; at += 76)
            n += (size_t)sprintf(text + n, "%.*s%s", (int)(all - at < 76 ? all - at : 76), signs + at,
                                 at + 76 < all ? "\n" : "");
        sprintf(text + n, "%s", whole ? "\"}" : ")\n* 2 FETCH ");
        run(text, 4000);
        assert_int_equal(got.ended, 2);
        assert_int_equal(got.list[1].size, whole ? FILE_N : 750);
        assert_int_equal(got.list[1].complete, whole);
        collect_finish(&got);
    }
}

static void texts_in_base64_are_files_too(void **state) {
    write_file("", 0);
    for (size_t i = 0; i < FILE_N; i++)
        file[i] = (uint8_t)("plate,lane\nKXR4471,4\n"[i % 21]);
    EVP_EncodeBlock((unsigned char *)signs, file, FILE_N);
    expect_file(dress("d=", '+', "%2B", "&x=1"));
}

static void what_is_no_file_is_text(void **state) {
    static char zeros[2000];
    memset(zeros, '0', sizeof zeros - 1);
    write_file("\x01\x02\x03\x04", 4); /* noise */
    const char *const texts[] = {dress("d=", '+', "%2B", "&x=1"), zeros,
                                 "a/9j/4AAQSkZJRgABAQAAAQABAAD is too short to be one\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        run(texts[i], 700);
        assert_int_equal(got.ended, 1);
        collect_finish(&got);
    }
}

/* --- How texts write them --- */

/* Each sign in the set is written by `write`. */
static const char *escape(const char *before, const char *set, void (*write)(char *out, char c),
                          const char *behind) {
    static char text[8 * ROOM];
    size_t n = (size_t)sprintf(text, "%s", before);
    for (const char *s = signs; *s; s++) {
        if (strchr(set, *s)) {
            write(text + n, *s);
            n += strlen(text + n);
        } else
            text[n++] = *s;
    }
    sprintf(text + n, "%s", behind);
    return text;
}

static void write_json(char *out, char c) {
    sprintf(out, "\\u%04x", (unsigned)c);
}

static void write_json_twice(char *out, char c) {
    sprintf(out, "\\\\u%04X", (unsigned)c);
}

static void write_url_twice(char *out, char c) {
    sprintf(out, "%%25%02X", (unsigned)c);
}

static void write_decimal(char *out, char c) {
    sprintf(out, "&#%u;", (unsigned)c);
}

static void write_hex(char *out, char c) {
    sprintf(out, "&#x%x;", (unsigned)c);
}

static void write_quoted(char *out, char c) {
    sprintf(out, "=%02X", (unsigned)c);
}

static void escapes_of_many_kinds_are_undone(void **state) {
    write_file("\xff\xd8\xff\xe0", 4);
    expect_file(escape("{\"a\":\"", "+/=", write_json, "\",\"b\":1}"));
    expect_file(escape("{\"a\":\"{\\\"b\\\":\\\"", "+/=", write_json_twice, "\\\"}\"}"));
    expect_file(escape("a=", "+/=", write_url_twice, "&b=1"));
    expect_file(escape("<a b=\"", "+/=", write_decimal, "\"/>"));
    expect_file(escape("<a b=\"", "+/=", write_hex, "\"/>"));
    expect_file(escape("a: ", "=", write_quoted, "\nb: 1\n"));
}

static const char *wrap(const char *before, size_t width, const char *between, const char *behind) {
    static char text[8 * ROOM];
    size_t n = (size_t)sprintf(text, "%s", before), all = strlen(signs);
    for (size_t at = 0; at < all; at += width)
        n += (size_t)sprintf(text + n, "%.*s%s", (int)(all - at < width ? all - at : width), signs + at,
                             at + width < all ? between : "");
    sprintf(text + n, "%s", behind);
    return text;
}

static void lines_of_any_form_are_one_file(void **state) {
    write_file("\x89PNG\r\n\x1a\n", 8);
    expect_file(wrap("picture: |\n  ", 64, "\n  ", "\nstate: TX\n")); /* a block of YAML */
    expect_file(wrap("picture: >-\r\n    ", 80, "\r\n    ", "\r\nlane: 4\r\n"));
    expect_file(wrap("picture: \"", 72, "\\\n  ", "\"\nlane: 4\n")); /* and a folded one */
    expect_file(wrap("<image>\n\t\t", 76, "\n\t\t", "\n\t</image>"));
    expect_file(wrap("<image>", 76, "&#xD;\n", "</image>"));
    expect_file(wrap("{\"a\":\"", 76, "\\r\\n", "\\r\\n\"}"));
    expect_file(wrap("{\"a\":\"", 76, "\\\\n", "\"}"));
    expect_file(wrap("a: ", 75, "=\r\n", "\r\n\r\nRegards\r\n")); /* quoted-printable */
    expect_file(wrap("", 76, "=0D=0A", "=0D=0A"));
}

static void what_stands_behind_a_run_is_none_of_it(void **state) {
    char *end;
    write_file("\xff\xd8\xff\xe0", 4);
    end = strchr(signs, '=');
    if (end)
        *end = 0; /* no padding tells where it ends */
    expect_file(dress("plate: KXR4471\npicture: ", '!', "", "\nstate: TX\nlane: 4\n"));
    expect_file(dress("KXR4471\n", '!', "", "\nKXR4472\n"));
    expect_file(dress("KXR4471,", '!', "", ",4\nKXR4472,,5\n"));
}

static void a_line_behind_full_lines_is_none_of_them(void **state) {
    write_file("\xff\xd8\xff\xe0", 4);
    EVP_EncodeBlock((unsigned char *)signs, file, 1197); /* 21 lines of 76 */
    for (size_t i = 0; i < 2; i++) {
        run(wrap("picture:\n", 76, "\n", i ? "\nstate: TX\n" : "\nTX\n"), 333);
        assert_int_equal(got.ended, 2);
        assert_int_equal(got.list[1].size, 1197);
        assert_true(got.list[1].complete);
        assert_memory_equal(got.list[1].data, file, 1197);
        collect_finish(&got);
    }
}

/* As run(), each octet with a zero before or behind it, and a mark. */
static void text_in_utf16_holds_files_too(void **state) {
    static char text[4 * ROOM];
    write_file("\xff\xd8\xff\xe0", 4);
    for (unsigned big = 0; big < 2; big++) {
        size_t n = 0;
        const char *narrow = dress("{\"plate\":\"KXR4471\",\"picture\":\"", '!', "", "\"}");
        text[n++] = big ? '\xFE' : '\xFF';
        text[n++] = big ? '\xFF' : '\xFE';
        for (const char *s = narrow; *s; s++) {
            text[n + big] = *s;
            text[n + !big] = 0;
            n += 2;
        }
        for (size_t step = 500; step < 2000; step += 501) {
            collect_run(&got, text, n, step);
            assert_int_equal(got.ended, 2);
            assert_memory_equal(got.list[1].data, file, FILE_N);
            assert_int_equal(got.list[1].size, FILE_N);
            collect_finish(&got);
        }
    }
}

static void pictures_of_256_octets_are_files(void **state) {
    write_file("GIF89a", 6);
    for (size_t n = 256; n < 262; n++) {
        EVP_EncodeBlock((unsigned char *)signs, file, (int)n);
        run(dress("{\"a\":\"", '=', "", "\"}"), 4000);
        assert_int_equal(got.ended, 2);
        assert_int_equal(got.list[1].size, n);
        assert_memory_equal(got.list[1].data, file, n);
        collect_finish(&got);
    }
}

static void base64_within_base64_is_a_file_in_a_text(void **state) {
    static char inner[3 * ROOM];
    write_file("\xff\xd8\xff\xe0", 4);
    int n = sprintf(inner, "{\"lane\":4,\"picture\":\"%s\"}", signs);
    EVP_EncodeBlock((unsigned char *)signs, (const unsigned char *)inner, n);
    run(dress("{\"record\":\"", '!', "", "\"}"), 700);
    assert_int_equal(got.ended, 3);
    assert_int_equal(got.list[1].size, n);
    assert_int_equal(got.list[2].size, FILE_N);
    assert_memory_equal(got.list[2].data, file, FILE_N);
    collect_finish(&got);
}

/* What code, logs and certificates hold: long names, digests, tokens, maps. */
static void long_runs_that_are_no_files_are_text(void **state) {
    static char names[3000], digits[3000];
    for (size_t i = 0; i + 1 < sizeof names; i++) {
        names[i] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ_"[i * 7 % 37];
        digits[i] = "0123456789abcdef"[i * 11 % 16];
    }
    write_file("\x30\x82\x04\xa3\x30\x82", 6); /* a certificate */
    const char *const texts[] = {names, digits, in_lines("\n"), dress("a.", '=', "", ".b")};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        run(texts[i], 700);
        assert_int_equal(got.ended, 1);
        collect_finish(&got);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_forms_and_json_are_files),
        cmocka_unit_test(lines_of_one_length_are_one_file),
        cmocka_unit_test(a_run_in_lines_that_is_cut_within_one_is_not_complete),
        cmocka_unit_test(texts_in_base64_are_files_too),
        cmocka_unit_test(what_is_no_file_is_text),
        cmocka_unit_test(escapes_of_many_kinds_are_undone),
        cmocka_unit_test(lines_of_any_form_are_one_file),
        cmocka_unit_test(what_stands_behind_a_run_is_none_of_it),
        cmocka_unit_test(a_line_behind_full_lines_is_none_of_them),
        cmocka_unit_test(text_in_utf16_holds_files_too),
        cmocka_unit_test(pictures_of_256_octets_are_files),
        cmocka_unit_test(base64_within_base64_is_a_file_in_a_text),
        cmocka_unit_test(long_runs_that_are_no_files_are_text),
    };
    return cmocka_run_group_tests_name("content/inline", tests, NULL, NULL);
}
