/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/rows/skim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

static const struct row_judge judge = {.seed = 0x5eed};

static struct skim_hit find(const char *text) {
    struct row_skim k = {0};
    return skim_find(&k, &judge, bytes_text(text));
}

static void expect_all(const char *const *texts, size_t n, int is) {
    for (size_t i = 0; i < n; i++)
        if ((int)find(texts[i]).is != is)
            fail_msg("%d at %zu in: %s", find(texts[i]).is, find(texts[i]).at, texts[i]);
}

static void what_may_be_a_plate_is_found(void **state) {
    static const char *const texts[] = {
        "the one KXR4471 left",
        "KXR4471,2026-05-31T04:11:58Z,L1",
        "x;kxr-4471;1",
        "x,KXR 4471,y",
        "<td>7KLM123</td>",
        "{\"v\":\"AB12KLE\"}",
        "KXR4471-TX,1",
        "a|TX KXR4471|b",
        "B-MW 1234",
        "lane 3 read 8KLM902 at noon",
        "'KLM.1234'",
        "seen: KB_1234, then",
        "in a string\\nKXR4471,TX\\n",
        "K-E 3237",
        "(KXR4471)\t(KXR4472)\n",
    };
    expect_all(texts, sizeof texts / sizeof *texts, SKIM_PLATE);
}

static void what_is_none_is_passed_over(void **state) {
    static const char *const texts[] = {
        "",
        "It was a dark night and nobody came by.",
        "2026-05-31T04:11:58Z 10.40.1.20 port 51122",
        "d41d8cd98f00b204e9800998ecf8427e  file",
        "123e4567-e89b-12d3-a456-426614174000",
        "7f 45 4c 46 02 01 01 00 00 00 00 00 00 00 00 00",
        "page 1 of 12, see figure 3",
        "#define LIMIT 0x7fff1234",
        "libstdc6 12.2.0 x86",
        "\\fBbold\\fR & 100% of it",
        "A1, B2, C3, D4",
    };
    expect_all(texts, sizeof texts / sizeof *texts, SKIM_NOTHING);
}

static void words_that_name_plates_and_documents_are_found(void **state) {
    static const char *const names[] = {
        "when, Plate, where",        "a license_tag here", "numéro d'immatriculation",
        "vehicleReg: none",          "N° de matrícula",    "amtliches Kennzeichen",
        "passport number",           "create table t (",   "vehicleRegistration",
        "\n\nCOPY reads (a) FROM x", "\\nplate\\n",        "lp;state",
    };
    static const char *const others[] = {"copied as created", "a platform for platelets",
                                         "help, alphabet, slp", "we copy it"};
    expect_all(names, sizeof names / sizeof *names, SKIM_NAME);
    expect_all(others, sizeof others / sizeof *others, SKIM_NOTHING);
}

static void octets_by_their_numbers_are_found(void **state) {
    static const char *const texts[] = {"a %41%42", "&#65;&#66;", "\\u0041", "\\x41"};
    expect_all(texts, sizeof texts / sizeof *texts, SKIM_ESCAPE);
    assert_int_equal(find("100 % & more \\fB \\n %zz &amp;").is, SKIM_NOTHING);
}

/* Blocks of 64 octets end somewhere within it. */
static void it_is_found_wherever_it_stands(void **state) {
    static const char *const plates[] = {"KXR4471", "KXR-4471", "KXR 4471", "7 KLM 123", "K1-LMN-23"};
    char text[512];
    for (size_t i = 0; i < sizeof plates / sizeof *plates; i++)
        for (int at = 0; at < 200; at++) {
            int n = 0;
            while (n < at)
                n += snprintf(text + n, sizeof text - (size_t)n, "%s",
                              n % 41 == 40 ? "\n"
                              : n % 7 == 6 ? ";"
                                           : "w");
            snprintf(text + at, sizeof text - (size_t)at, ";%s;%s", plates[i],
                     "and nothing behind it, for a while;;;;;");
            struct skim_hit hit = find(text);
            if (hit.is != SKIM_PLATE || hit.at < (size_t)at + 1 || hit.at > (size_t)at + strlen(plates[i]))
                fail_msg("%s at %d: %d at %zu", plates[i], at, hit.is, hit.at);
            size_t lines = 0;
            for (size_t k = 0; k < hit.at; k++)
                lines += text[k] == '\n';
            assert_int_equal(hit.lines, lines);
        }
}

static void a_letter_behind_a_backslash_is_none_of_a_value(void **state) {
    char text[256];
    for (int at = 0; at < 140; at++) {
        snprintf(text, sizeof text, "%.*s\\nKXR4471,", at,
                 "................................................................"
                 "............................................................................");
        struct skim_hit hit = find(text);
        assert_int_equal(hit.is, SKIM_PLATE);
    }
}

static void values_of_the_same_letters_are_told_once(void **state) {
    struct row_skim k = {0};
    assert_int_equal(skim_find(&k, &judge, bytes_text("static const uint32_t a;")).is, SKIM_PLATE);
    assert_int_equal(skim_find(&k, &judge, bytes_text("static const uint32_t b;")).is, SKIM_NOTHING);
    assert_int_equal(skim_find(&k, &judge, bytes_text("static const uint64_t b;")).is, SKIM_NOTHING);
    assert_int_equal(skim_find(&k, &judge, bytes_text("KXR4471")).is, SKIM_PLATE);
    assert_int_equal(skim_find(&k, &judge, bytes_text("KXS4471")).is, SKIM_PLATE);
}

/* Blanks before it are not cut off where blocks of 64 octets end. */
static void a_value_that_is_known_is_so_wherever_it_stands(void **state) {
    char text[256];
    for (int at = 0; at < 140; at++) {
        struct row_skim k = {0};
        assert_int_equal(skim_find(&k, &judge, bytes_text("sha512(x)")).is, SKIM_PLATE);
        snprintf(text, sizeof text, "%.*s\n        sha512 = \"a\".", at,
                 "................................................................"
                 "............................................................................");
        assert_int_equal(skim_find(&k, &judge, bytes_text(text)).is, SKIM_NOTHING);
    }
}

static void what_stands_behind_it_is_not_remembered(void **state) {
    static const uint8_t none[SKIM_NAMES];
    struct row_skim k = {0};
    assert_int_equal(skim_find(&k, &judge, bytes_text("KXR4471\nthe tag\n")).is, SKIM_PLATE);
    assert_memory_equal(k.met, none, sizeof none);
    assert_int_equal(skim_find(&k, &judge, bytes_text("the tag\nKXS4472\n")).is, SKIM_NAME);
    assert_int_equal(skim_find(&k, &judge, bytes_text("KXS4472\n")).is, SKIM_PLATE);
}

static void names_without_values_are_told_now_and_then(void **state) {
    struct row_skim k = {0};
    unsigned told = 0;
    for (int i = 0; i < 1000; i++)
        told += skim_find(&k, &judge, bytes_text("the tag is none")).is == SKIM_NAME;
    assert_in_range(told, 16, 50);
    memset(k.met, 0, sizeof k.met);
    assert_int_equal(skim_find(&k, &judge, bytes_text("the tag is none")).is, SKIM_NAME);
}

/* In one block of 64 octets. */
static void what_stands_first_is_told_first(void **state) {
    struct row_skim k = {0};
    static const char text[] = "the plate\n,KXR4471,%41,\n";
    struct skim_hit hit = skim_find(&k, &judge, bytes_text(text));
    assert_int_equal(hit.is, SKIM_NAME);
    assert_int_equal(hit.at, 4);
    hit = skim_find(&k, &judge, bytes_text(text + 10));
    assert_int_equal(hit.is, SKIM_PLATE);
    assert_int_equal(skim_find(&k, &judge, bytes_text(text + 18)).is, SKIM_ESCAPE);
}

static void ends_of_lines_are_counted_before_it(void **state) {
    static const char text[] = "no one\n\nor two\nand,KXR4471,then\n";
    struct row_skim k = {0};
    struct skim_hit hit = skim_find(&k, &judge, bytes_text(text));
    assert_int_equal(hit.is, SKIM_PLATE);
    assert_int_equal(hit.lines, 3);
    assert_int_equal(hit.line, 15);
    char many[4000];
    for (size_t i = 0; i < sizeof many; i++)
        many[i] = i % 20 == 19 ? '\n' : '-';
    for (size_t n = 1; n < sizeof many; n += 7) {
        hit = skim_find(&k, &judge, bytes_of((uint8_t *)many, n));
        assert_int_equal(hit.is, SKIM_NOTHING);
        assert_int_equal(hit.at, n);
        assert_int_equal(hit.lines, n / 20);
        assert_int_equal(hit.line, n / 20 * 20);
    }
}

/* Both ways say the same of whatever text. */
static void both_ways_are_equal(void **state) {
    static const char *const words[] = {"plate",
                                        "licencePlate",
                                        " LPR ",
                                        "\nlp:",
                                        "Kennzeichen",
                                        "KFZ-",
                                        "placa_no",
                                        "matr\xc3\xad"
                                        "cula",
                                        "Stra\xc3\x9f"
                                        "e ",
                                        "doc",
                                        "passport",
                                        "Tags",
                                        "regNr",
                                        "vehicles ",
                                        "\ncreate ",
                                        "copy",
                                        "numbers",
                                        "plates "};
    static const char signs[] = "AAKX01234567 9abz-._+,;\n\n  %&\\\"plate tag<>\xc3\xa9";
    char text[300];
    srand(7);
    for (int round = 0; round < 20000; round++) {
        struct row_skim a = {0}, b = {0};
        size_t n = (size_t)rand() % sizeof text;
        for (size_t i = 0; i < n; i++)
            text[i] = signs[(size_t)rand() % (sizeof signs - 1)];
        for (size_t i = 0; i < n && round % 2; i += 1 + (size_t)rand() % 64) { /* words, cut by each other */
            const char *word = words[(size_t)rand() % (sizeof words / sizeof *words)];
            memcpy(text + i, word, strlen(word) < n - i ? strlen(word) : n - i);
        }
        struct skim_hit one = skim_find(&a, &judge, bytes_of((uint8_t *)text, n));
        struct skim_hit other = skim_find_plain(&b, &judge, bytes_of((uint8_t *)text, n));
        assert_int_equal(one.is, other.is);
        assert_int_equal(one.at, other.at);
        assert_int_equal(one.lines, other.lines);
        assert_int_equal(one.line, other.line);
        assert_memory_equal(&a, &b, sizeof a);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_be_a_plate_is_found),
        cmocka_unit_test(what_is_none_is_passed_over),
        cmocka_unit_test(words_that_name_plates_and_documents_are_found),
        cmocka_unit_test(octets_by_their_numbers_are_found),
        cmocka_unit_test(it_is_found_wherever_it_stands),
        cmocka_unit_test(a_letter_behind_a_backslash_is_none_of_a_value),
        cmocka_unit_test(values_of_the_same_letters_are_told_once),
        cmocka_unit_test(a_value_that_is_known_is_so_wherever_it_stands),
        cmocka_unit_test(what_stands_behind_it_is_not_remembered),
        cmocka_unit_test(names_without_values_are_told_now_and_then),
        cmocka_unit_test(what_stands_first_is_told_first),
        cmocka_unit_test(ends_of_lines_are_counted_before_it),
        cmocka_unit_test(both_ways_are_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
