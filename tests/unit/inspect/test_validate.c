/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/validate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static bool holds(const char *validator, const char *text) {
    struct bytes match = bytes_text(text), value = match;
    int at = validator_find(validator);
    assert_true(at >= 0);
    return validator_table[at].holds(match, &value);
}

static void assert_value(const char *validator, const char *text, const char *expected) {
    struct bytes match = bytes_text(text), value = match;
    assert_true(validator_table[validator_find(validator)].holds(match, &value));
    assert_int_equal(value.n, strlen(expected));
    assert_memory_equal(value.p, expected, value.n);
}

/* ICAO Doc 9303 part 4, appendix B: the specimen passport. */
static void the_specimen_passport_holds_and_one_wrong_digit_does_not(void **state) {
    assert_value("mrz-td3", "L898902C36UTO7408122F1204159ZE184226B<<<<<10", "L898902C3");
    assert_false(holds("mrz-td3", "L898902C36UTO7408122F1204159ZE184226B<<<<<11")); /* composite */
    assert_false(holds("mrz-td3", "L898902C37UTO7408122F1204159ZE184226B<<<<<10")); /* number */
    assert_false(holds("mrz-td3", "L898902C36UTO7408121F1204159ZE184226B<<<<<10")); /* birth */
    assert_false(holds("mrz-td3", "L898902C36UTO7408122F1204158ZE184226B<<<<<10")); /* expiry */
    assert_false(holds("mrz-td3", "L898902C36UTO7408122F1204159ZE184226B<<<<<20")); /* personal number */
    assert_false(holds("mrz-td3", "898902C36UTO7408122F1204159ZE184226B<<<<<10"));  /* too short */
}

/* Part 6, appendix: TD2; part 5: TD1. */
static void the_specimen_visa_and_card_hold_and_one_wrong_digit_does_not(void **state) {
    assert_value("mrz-td2", "D231458907UTO7408122F1204159<<<<<<<6", "D23145890");
    assert_false(holds("mrz-td2", "D231458907UTO7408122F1204159<<<<<<<7"));
    assert_value("mrz-td1", "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<",
                 "D23145890");
    assert_false(
        holds("mrz-td1", "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<5\nERIKSSON<<"));
    assert_false(
        holds("mrz-td1", "I<UTOD231458908<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<"));
}

static void a_zone_of_fillers_is_nobodys(void **state) {
    assert_false(holds("mrz-td3", "<<<<<<<<<0UTO0000000<0000000<<<<<<<<<<<<<<00"));
}

/* 49 CFR 565: 1M8GDM9AXKP042788 is the commonly published example with check digit X; eleven ones hold by
 * definition. */
static void a_vin_holds_by_its_ninth_character(void **state) {
    assert_true(holds("vin", "1M8GDM9AXKP042788"));
    assert_true(holds("vin", "5GZCZ43D13S812715"));
    assert_false(holds("vin", "1M8GDM9A1KP042788"));
    assert_false(holds("vin", "1M8GDM9AXKP042789"));
    assert_false(holds("vin", "1M8GDM9AXKPO42788")); /* the letter O is not used */
    assert_false(holds("vin", "11111111111111111")); /* holds, but is no vehicle's */
}

static void luhn_holds_for_the_standards_example(void **state) {
    assert_true(holds("luhn", "79927398713"));
    assert_true(holds("luhn", "4111 1111 1111 1111"));
    assert_false(holds("luhn", "79927398710"));
    assert_false(holds("luhn", "0000000000"));
    assert_false(holds("luhn", "7992739871a"));
}

static void a_time_is_believed_between_1990_and_2100_and_on_the_calendar(void **state) {
    static const char *const good[] = {"2026-05-31T04:11:58", "2026:05:31 04:11", "05/31/2026 4:11",
                                       "31/05/2026 04:11",    "20260531-041158",  "1748664718",
                                       "1748664718000"};
    static const char *const bad[] = {"2026-13-31T04:11:58", "1789-07-14T10:00:00", "2026-05-31T24:11:58",
                                      "2026-05-31",          "20261331-041158",     "32/32/2026 04:11",
                                      "2026-00-10 04:11",    "99999999999"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(holds("timestamp", good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(holds("timestamp", bad[i]));
}

static void plates_are_known_by_shape_and_their_field_is_cut_out(void **state) {
    assert_true(holds("plate-shape", "ABC-1234"));
    assert_true(holds("plate-shape", "7ABC123"));
    assert_false(holds("plate-shape", "ABCDEFG"));
    assert_false(holds("plate-shape", "AB-CD-EF-1"));
    assert_value("plate-field", "\"plate\": \"KXR 4471\"", "KXR 4471");
    assert_value("plate-field", ",KXR4471,TX,4,GHT7720,", "GHT7720"); /* the last one */
    assert_false(holds("plate-field", "\"plate\": \"DINNER\""));
    assert_value("plate-end", "\"plate\": \"KXR 4471\"", "KXR 4471");
    assert_value("plate-end", "<Plate>KXR4471</", "KXR4471");
    assert_false(holds("plate-end", ",KXR4471,TX,")); /* the last field alone */
    assert_false(holds("plate-bare", ",ABC1234,"));   /* hexadecimal */
    assert_true(holds("plate-bare", ",KXR4471,"));
    assert_value("plate-country", "KXR4471-NLD", "KXR4471");
}

static void assert_fields(const char *text, const char *const *want) {
    struct bytes in = bytes_text(text), field;
    while ((field = field_next(&in)).n > 0) {
        assert_non_null(*want);
        assert_int_equal(field.n, strlen(*want));
        assert_memory_equal(field.p, *want, field.n);
        want++;
    }
    assert_null(*want);
}

static void a_table_is_cut_into_fields_without_what_surrounds_them(void **state) {
    assert_fields(",4; KXR-4471 ,\"GHT 7720\"\r\n--,x",
                  (const char *const[]){"4", "KXR-4471", "GHT 7720", "x", NULL});
    assert_fields("", (const char *const[]){NULL});
    assert_fields(",;-- \xff", (const char *const[]){NULL});
}

#define WIDE(c) "\xef\xbc" c
#define UNSEEN "\xe2\x80\x8b"

static void a_plate_is_known_when_its_signs_stand_apart(void **state) {
    static const char *const apart[] = {"K X R 4 4 7 1", "K.X.R.4.4.7.1", "4_K_B_C_4_4_7",
                                        "K" UNSEEN "X" UNSEEN "R" UNSEEN "4" UNSEEN "4" UNSEEN "7",
                                        WIDE("\xab") WIDE("\xb8") WIDE("\xb2") WIDE("\x94") WIDE("\x94")
                                            WIDE("\x97")};
    static const char *const others[] = {",A 1 B 2,", ",K.X.R.4.4.7.1.2,", ",G H J K L M N,",
                                         ",1.2.3.4.5.6.7,", ",F.E.D.1.2.3.4,"};
    for (size_t i = 0; i < sizeof apart / sizeof *apart; i++) {
        char text[64];
        snprintf(text, sizeof text, ";%s,", apart[i]);
        assert_value("plate-bare", text, apart[i]);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(holds("plate-bare", others[i]));
}

static void a_bare_plate_may_be_the_first_word_of_its_field_and_has_capital_letters(void **state) {
    assert_value("plate-bare", "KXR4471 TX 0 2026-05-31 04:", "KXR4471");
    assert_value("plate-bare", "|KXR 4471 |", "KXR 4471");
    assert_false(holds("plate-bare", ": request KXR4471 done,"));
    assert_false(holds("plate-bare", ",kxr4471,"));
    assert_value("plate-field", "\"kxr4471\"", "kxr4471");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_specimen_passport_holds_and_one_wrong_digit_does_not),
        cmocka_unit_test(the_specimen_visa_and_card_hold_and_one_wrong_digit_does_not),
        cmocka_unit_test(a_zone_of_fillers_is_nobodys),
        cmocka_unit_test(a_vin_holds_by_its_ninth_character),
        cmocka_unit_test(luhn_holds_for_the_standards_example),
        cmocka_unit_test(a_time_is_believed_between_1990_and_2100_and_on_the_calendar),
        cmocka_unit_test(plates_are_known_by_shape_and_their_field_is_cut_out),
        cmocka_unit_test(a_plate_is_known_when_its_signs_stand_apart),
        cmocka_unit_test(a_bare_plate_may_be_the_first_word_of_its_field_and_has_capital_letters),
        cmocka_unit_test(a_table_is_cut_into_fields_without_what_surrounds_them),
    };
    return cmocka_run_group_tests_name("inspect/validate", tests, NULL, NULL);
}
