/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/zones.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* The specimens of ICAO Doc 9303: a passport (part 4), a card (part 5), a document of size 2 (part 6), visas
 * of both sizes (part 7). */
#define PASSPORT_1 "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
#define PASSPORT_2 "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
#define CARD_1 "I<UTOD231458907<<<<<<<<<<<<<<<"
#define CARD_2 "7408122F1204159UTO<<<<<<<<<<<6"
#define CARD_3 "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"
#define SIZE2_1 "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<"
#define SIZE2_2 "D231458907UTO7408122F1204159<<<<<<<6"
#define VISA_A_1 "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
#define VISA_A_2 "L8988901C4XXX4009078F96121096ZE184226B<<<<<<"
#define VISA_B_1 "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<"
#define VISA_B_2 "L8988901C4XXX4009078F9612109<<<<<<<<"

struct seen {
    unsigned count;
    char numbers[512];
};

static void take_zone(void *context, struct bytes number) {
    struct seen *s = context;
    s->count++;
    size_t n = strlen(s->numbers);
    snprintf(s->numbers + n, sizeof s->numbers - n, "%s%.*s", n ? " " : "", (int)number.n, number.p);
}

/* In pieces of so many octets, each in memory of its own. */
static struct seen read_pieces(const char *text, size_t piece) {
    struct seen out = {0};
    const struct zone_sink sink = {&out, take_zone};
    struct zone_reader *z = malloc(sizeof *z);
    size_t all = strlen(text);
    zone_reader_init(z);
    for (size_t at = 0; at < all; at += piece) {
        size_t n = all - at < piece ? all - at : piece;
        uint8_t *copy = malloc(n);
        memcpy(copy, text + at, n);
        zone_reader_push(z, &sink, bytes_of(copy, n));
        free(copy);
    }
    zone_reader_end(z, &sink);
    free(z);
    return out;
}

static void assert_zones(const char *text, const char *numbers) {
    static const size_t pieces[] = {1, 2, 7, 61, 600, 700, 1460, 1 << 20};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct seen s = read_pieces(text, pieces[i]);
        assert_string_equal(s.numbers, numbers);
    }
}

/* `text` with each '<' written as `filler`. */
static const char *escape(const char *text, const char *filler) {
    static char out[2048];
    size_t n = 0;
    for (; *text; text++) {
        const char one[2] = {*text, 0};
        n += (size_t)snprintf(out + n, sizeof out - n, "%s", *text == '<' ? filler : one);
    }
    return out;
}

static void every_size_is_found_in_lines(void **state) {
    assert_zones(PASSPORT_1 "\n" PASSPORT_2 "\n", "L898902C3");
    assert_zones(CARD_1 "\r\n" CARD_2 "\r\n" CARD_3, "D23145890");
    assert_zones(SIZE2_1 "\n" SIZE2_2, "D23145890");
    assert_zones(VISA_A_1 "\n" VISA_A_2 "\n", "L8988901C");
    assert_zones(VISA_B_1 "\n" VISA_B_2 "\n", "L8988901C");
    assert_zones(PASSPORT_2, "L898902C3");
}

static void lines_may_be_joined_or_stand_under_keys_and_in_cells(void **state) {
    assert_zones("{\"mrz\":\"" PASSPORT_1 PASSPORT_2 "\"}", "L898902C3");
    assert_zones("{\"mrz\":\"" CARD_1 CARD_2 CARD_3 "\"}", "D23145890");
    assert_zones("{\"MRZ_LINE_1\": \"" CARD_1 "\",\n \"MRZ_LINE_2\": \"" CARD_2 "\"}", "D23145890");
    assert_zones("{\"mrz\":\"" CARD_1 "\\n" CARD_2 "\\n" CARD_3 "\"}", "D23145890");
    assert_zones("7;" SIZE2_1 ";" SIZE2_2 ";ok\n8;" PASSPORT_1 ";" PASSPORT_2 ";ok\n", "D23145890 L898902C3");
    assert_zones("VALUES (1, '" VISA_B_1 "', '" VISA_B_2 "');", "L8988901C");
    assert_zones("<mrz><![CDATA[" PASSPORT_1 "\n" PASSPORT_2 "]]></mrz>", "L898902C3");
}

static void fillers_may_be_escaped_and_letters_small(void **state) {
    static const char *const ways[] = {"&lt;",    "&#60;",   "&#x3C;", "%3C",      "%3c",
                                       "\\u003C", "\\u003c", "\\x3c",  "&amp;lt;", "%253C"};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        assert_zones(escape(PASSPORT_1 "|" PASSPORT_2, ways[i]), "L898902C3");
        assert_zones(escape(CARD_1 "|" CARD_2, ways[i]), "D23145890");
        assert_zones(escape(CARD_1 CARD_2, ways[i]), "D23145890");
        assert_zones(escape(SIZE2_1 "|" SIZE2_2, ways[i]), "D23145890");
    }
    assert_zones("l898902c36uto7408122f1204159ze184226b<<<<<10\n", "L898902C3");
    assert_zones(
        "<line1>I&lt;UTOD231458907&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;</line1>"
        "<line2>7408122F1204159UTO&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;6</line2>",
        "D23145890");
}

/* Its check digit, too, was made by hand: 7, 3, 1 over D23145890734 give 9, as in part 5, note j. */
static void a_card_number_may_go_on_in_what_is_optional(void **state) {
    assert_zones("I<UTOD23145890<7349<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\n", "D23145890");
    assert_zones("I<UTOD23145890<7348<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\n", "");
}

static void one_wrong_digit_and_fillers_are_nobodys(void **state) {
    assert_zones("L898902C36UTO7408122F1204159ZE184226B<<<<<11\n", "");
    assert_zones("L898902C37UTO7408122F1204159ZE184226B<<<<<10\n", "");
    assert_zones("L898902C36UTO7408121F1204159ZE184226B<<<<<10\n", "");
    assert_zones("L898902C36UTO7408122F1204158ZE184226B<<<<<10\n", "");
    assert_zones("D231458907UTO7408122F1204159<<<<<<<7\n", "");
    assert_zones(CARD_1 "\n7408122F1204159UTO<<<<<<<<<<<5\n", "");
    assert_zones(CARD_2 "\n" CARD_3, ""); /* without the number */
    assert_zones("<<<<<<<<<0UTO0000000<0000000<<<<<<<<<<<<<<00", "");
    assert_zones("L898902C36QQQ7408122F1204159ZE184226B<<<<<10\n", ""); /* no nationality */
}

/* C++, XML and numbers that look like dates. */
static void signs_of_programs_are_no_zones(void **state) {
    assert_zones("std::map<std::string,std::vector<std::pair<int,std::array<char,8>>>>\n", "");
    assert_zones("<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<", "");
    assert_zones("7408122M1204159 7408122F1204159 7408122<1204159 7408122X1204159\n", "");
    assert_zones("12345678901234567890123456789012345678901234567890123456789012345678901234567890", "");
}

static void each_zone_of_many_is_handed_on_once(void **state) {
    char text[1 << 14] = "";
    for (int i = 0; i < 20; i++)
        strcat(text, PASSPORT_1 "\n" PASSPORT_2 "\n" CARD_1 "\n" CARD_2 "\n" CARD_3 "\n");
    static const size_t pieces[] = {1, 100, 609, 1460, 1 << 20};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        assert_int_equal(read_pieces(text, pieces[i]).count, 40);
}

static void what_a_gap_parts_is_not_joined(void **state) {
    struct seen out = {0};
    const struct zone_sink sink = {&out, take_zone};
    struct zone_reader *z = malloc(sizeof *z);
    zone_reader_init(z);
    zone_reader_push(z, &sink, bytes_of(PASSPORT_2, 20));
    zone_reader_end(z, &sink);
    zone_reader_push(z, &sink, bytes_of(PASSPORT_2 + 20, 24));
    zone_reader_end(z, &sink);
    assert_int_equal(out.count, 0);
    free(z);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size_is_found_in_lines),
        cmocka_unit_test(lines_may_be_joined_or_stand_under_keys_and_in_cells),
        cmocka_unit_test(fillers_may_be_escaped_and_letters_small),
        cmocka_unit_test(a_card_number_may_go_on_in_what_is_optional),
        cmocka_unit_test(one_wrong_digit_and_fillers_are_nobodys),
        cmocka_unit_test(signs_of_programs_are_no_zones),
        cmocka_unit_test(each_zone_of_many_is_handed_on_once),
        cmocka_unit_test(what_a_gap_parts_is_not_joined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
