/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/rows/rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

/* Numbers of documents that the reader handed on, in their order. */
struct seen {
    char text[1 << 14];
    unsigned count;
};

static void take_cell(void *context, enum row_cell kind, struct bytes text) {
    struct seen *s = context;
    size_t n = strlen(s->text);
    assert_int_equal(kind, ROW_CELL_DOCUMENT);
    s->count++;
    snprintf(s->text + n, sizeof s->text - n, "%s%.*s", n ? " " : "", (int)text.n, (const char *)text.p);
}

static struct seen read_pieces(const char *text, size_t piece) {
    static struct seen s;
    struct row_reader *r = malloc(row_reader_size());
    const struct row_sink sink = {&s, take_cell};
    s = (struct seen){.count = 0};
    row_reader_init(r, 1);
    size_t all = strlen(text);
    for (size_t at = 0; at < all; at += piece)
        row_reader_push(r, &sink, bytes_of(text + at, all - at < piece ? all - at : piece));
    row_reader_end(r, &sink);
    free(r);
    return s;
}

static void expect(const char *text, const char *want) {
    assert_string_equal(read_pieces(text, strlen(text)).text, want);
    assert_string_equal(read_pieces(text, 1).text, want);
}

#define THREE "L898902C3 C01X00T47 123456789"

static void names_of_columns_may_be_of_several_words_that_alone_say_nothing(void **state) {
    expect("Nom;N\xc3\xa9(e) le;Nationalit\xc3\xa9;N\xc2\xb0 passeport\nERIKSSON;12/08/1974;UTO;L898902C3\n"
           "MUSTER;01/02/1980;D;C01X00T47\nDOE;03/04/1990;USA;123456789\n",
           THREE);
    expect("Full Name,Date of Birth,Nationality,ID Card Number\nANNA ERIKSSON,12-Aug-1974,UTO,L898902C3\n"
           "MAX MUSTER,01-Feb-1980,D,C01X00T47\nJANE DOE,03-Apr-1990,USA,123456789\n",
           THREE);
    expect("| Surname | Date of Birth | Nationality | Passport No |\n| --- | --- | --- | --- |\n"
           "| ERIKSSON | 1974-08-12 | UTO | L898902C3 |\n| MUSTER | 1980-02-01 | D | C01X00T47 |\n"
           "| DOE | 1990-04-03 | USA | 123456789 |\n",
           THREE);
}

static void names_of_columns_may_be_cut_short_or_of_two_words_in_one(void **state) {
    static const char *const heads[] = {"Nachname;Geburtsdatum;Staatsangeh\xc3\xb6rigkeit;Reisepassnr",
                                        "Name;Geb.-Datum;Nat.;Ausweisnr.",
                                        "Apellidos;F. Nac.;Nacionalidad;No. Pasaporte",
                                        "Nom;Naiss.;Nationalit\xc3\xa9;Num\xc3\xa9ro passeport"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "%s\nERIKSSON;12.08.1974;UTO;L898902C3\nMUSTER;01.02.1980;D;C01X00T47\n"
                 "DOE;03.04.1990;USA;123456789\n",
                 heads[i]);
        expect(text, THREE);
    }
    expect(
        "Kunde;Geb.-Datum;Rechnungsnr.;Ort\nERIKSSON;12.08.1974;L898902C3;ULM\nMUSTER;01.02.1980;C01X00T47;"
        "BONN\nDOE;03.04.1990;123456789;KIEL\n",
        "");
}

static void births_may_be_six_digits_or_words(void **state) {
    expect("PAX_NAME|PAX_DOB|DOC_NUM\nERIKSSON/ANNA|740812|L898902C3\nMUSTER/MAX|800201|C01X00T47\n"
           "DOE/JANE|900403|123456789\n",
           THREE);
    expect("Surname: ERIKSSON\nDate of birth: 12 August 1974\nPassport number: L898902C3\n\n"
           "Surname: MUSTER\nDate of birth: 1 February 1980\nPassport number: C01X00T47\n\n"
           "Surname: DOE\nDate of birth: 3 April 1990\nPassport number: 123456789\n",
           THREE);
}

static void a_number_below_a_documents_key_is_its_number(void **state) {
    expect(
        "[{\"surname\": \"ERIKSSON\", \"birth\": {\"date\": \"1974-08-12\"}, \"passport\": {\"type\": \"P\", "
        "\"number\": \"L898902C3\"}},\n"
        "{\"surname\": \"MUSTER\", \"birth\": {\"date\": \"1980-02-01\"}, \"passport\": {\"type\": \"P\", "
        "\"number\": \"C01X00T47\"}},\n"
        "{\"surname\": \"DOE\", \"birth\": {\"date\": \"1990-04-03\"}, \"passport\": {\"type\": \"P\", "
        "\"number\": \"123456789\"}}]\n",
        THREE);
    expect("<p><PersonBirthDate><Date>1974-08-12</Date></PersonBirthDate><SurName>ERIKSSON</SurName>"
           "<PassportID><IdentificationID>L898902C3</IdentificationID></PassportID></p>\n"
           "<p><PersonBirthDate><Date>1980-02-01</Date></PersonBirthDate><SurName>MUSTER</SurName>"
           "<PassportID><IdentificationID>C01X00T47</IdentificationID></PassportID></p>\n"
           "<p><PersonBirthDate><Date>1990-04-03</Date></PersonBirthDate><SurName>DOE</SurName>"
           "<PassportID><IdentificationID>123456789</IdentificationID></PassportID></p>\n",
           THREE);
}

static void documents_of_a_business_and_people_without_documents_are_none(void **state) {
    expect("document_no,author,date\n12345678,SMITH,2026-05-31\n12345679,SMITH,2026-05-31\n32345679,DOE,"
           "2026-05-31\n",
           "");
    expect("surname,date_of_birth,country,customer\nERIKSSON,1974-08-12,UTO,12345678\nMUSTER,1980-02-01,DEU,"
           "12345699\nDOE,1990-04-03,USA,32345679\n",
           "");
}

/* `form` is given a number, a name, a birth, a nationality, a sex and an expiry. */
static unsigned count_found(const char *form, unsigned rows, bool countries_vary) {
    static const char *const nations[] = {"MEX", "USA", "CAN", "PRT"};
    char text[1 << 13] = "";
    for (unsigned i = 0; i < rows; i++) {
        char number[16], birth[16], expiry[16];
        snprintf(number, sizeof number, countries_vary && i % 2 ? "%09u" : "G%08u",
                 i * 6700417 % 90000000 + 1234567);
        snprintf(birth, sizeof birth, "%u-0%u-1%u", 1940 + i * 7 % 60, i % 9 + 1, i % 10);
        snprintf(expiry, sizeof expiry, "%u-0%u-2%u", 2026 + i % 9, i % 9 + 1, i % 9);
        size_t n = strlen(text);
        for (const char *p = form; *p; p++) {
            const char *what = *p == 'N'   ? number
                               : *p == 'P' ? "ERIKSSON"
                               : *p == 'B' ? birth
                               : *p == 'C' ? nations[i % 4]
                               : *p == 'S' ? (i % 3 ? "M" : "F")
                               : *p == 'E' ? expiry
                                           : NULL;
            const char sign[2] = {*p, 0};
            n += (size_t)snprintf(text + n, sizeof text - n, "%s", what ? what : sign);
        }
        snprintf(text + n, sizeof text - n, "\n");
    }
    unsigned whole = read_pieces(text, strlen(text)).count;
    assert_int_equal(read_pieces(text, 1).count, whole);
    return whole;
}

static void columns_that_nobody_names_are_known_by_their_values(void **state) {
    assert_in_range(count_found("N,P,B,C,S,E", 30, true), 20, 30);
    assert_in_range(count_found("C|N|S|B|P|E", 30, false), 20, 30);
    assert_in_range(count_found("P;N;B;C;S", 30, true), 20, 30); /* numbers of several countries */
}

static void people_and_goods_with_some_of_these_columns_are_none(void **state) {
    assert_int_equal(count_found("N,P,B,S", 40, true), 0);    /* students */
    assert_int_equal(count_found("N,P,B,C", 40, true), 0);    /* customers */
    assert_int_equal(count_found("N,P,B,C,S", 40, false), 0); /* employees */
    assert_int_equal(count_found("P,B,C,S,E", 40, true), 0);  /* players and the ends of their contracts */
    assert_int_equal(count_found("N,C,E,E,S", 40, true), 0);  /* nobody was born */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_columns_may_be_of_several_words_that_alone_say_nothing),
        cmocka_unit_test(names_of_columns_may_be_cut_short_or_of_two_words_in_one),
        cmocka_unit_test(births_may_be_six_digits_or_words),
        cmocka_unit_test(a_number_below_a_documents_key_is_its_number),
        cmocka_unit_test(columns_that_nobody_names_are_known_by_their_values),
        cmocka_unit_test(people_and_goods_with_some_of_these_columns_are_none),
        cmocka_unit_test(documents_of_a_business_and_people_without_documents_are_none),
    };
    return cmocka_run_group_tests_name("inspect/rows/travellers", tests, NULL, NULL);
}
