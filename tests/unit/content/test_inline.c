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
    const struct content_options options = {.objects = 16, .assembly_bytes = 1 << 20};
    struct content *c = collect_content(&options, &got);
    struct conversation conversation = collect_conversation(4000);
    struct transfer_seed facts = collect_facts("POST", "/form");
    struct transfer *t = content_begin(c, &conversation, NULL, &facts);
    size_t n = strlen(text);
    for (size_t at = 0, take; at < n; at += take) {
        take = n - at < step ? n - at : step;
        content_data(&conversation, t, (const uint8_t *)text + at, take);
    }
    content_end(&conversation, t, TRANSFER_DONE);
    collect_destroy(c);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_forms_and_json_are_files),
        cmocka_unit_test(lines_of_one_length_are_one_file),
        cmocka_unit_test(a_run_in_lines_that_is_cut_within_one_is_not_complete),
        cmocka_unit_test(texts_in_base64_are_files_too),
        cmocka_unit_test(what_is_no_file_is_text),
    };
    return cmocka_run_group_tests_name("content/inline", tests, NULL, NULL);
}
