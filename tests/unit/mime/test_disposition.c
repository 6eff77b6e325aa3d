/* SPDX-License-Identifier: Apache-2.0 */
#include "mime/mime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct vector {
    const char *value, *filename, *name;
};

static void check(const struct vector *v) {
    char scratch[MIME_DISPOSITION_SCRATCH_MIN];
    struct mime_disposition d;
    size_t n = strlen(v->value);
    uint8_t *exact = malloc(n + 1); /* of its own size, so that the sanitizer sees every read beyond it */
    memcpy(exact, v->value, n);
    mime_disposition_parse(bytes_of(exact, n), scratch, sizeof scratch, &d);
    if (!bytes_equal(d.filename, bytes_text(v->filename)))
        fail_msg("%s: file name %.*s, not %s", v->value, (int)d.filename.n, d.filename.p, v->filename);
    if (v->name && !bytes_equal(d.name, bytes_text(v->name)))
        fail_msg("%s: name %.*s, not %s", v->value, (int)d.name.n, d.name.p, v->name);
    free(exact);
}

#define CHECK_ALL(vectors)                                                                                   \
    for (size_t i = 0; i < sizeof(vectors) / sizeof *(vectors); i++)                                         \
    check(&(vectors)[i])

static void rfc_6266_section_5_examples_give_their_names(void **state) {
    (void)state;
    static const struct vector vectors[] = {
        {"Attachment; filename=example.html", "example.html", ""},
        {"INLINE; FILENAME= \"an example.html\"", "an example.html", ""},
        {"attachment; filename*= UTF-8''%e2%82%ac%20rates", "\xe2\x82\xac rates", ""},
        {"attachment; filename=\"EURO rates\"; filename*=utf-8''%e2%82%ac%20rates", "\xe2\x82\xac rates", ""},
        {"attachment; filename*=utf-8''%e2%82%ac%20rates; filename=\"EURO rates\"", "\xe2\x82\xac rates", ""},
    };
    CHECK_ALL(vectors);
}

static void rfc_8187_section_3_2_3_values_are_decoded(void **state) {
    (void)state;
    /* The section's values, with the parameter's name changed to filename. */
    static const struct vector vectors[] = {
        {"foo; filename=\"Economy\"; bar=1", "Economy", ""},
        {"foo; filename=foo-%c3%a4.html", "foo-\xc3\xa4.html", ""},
        {"foo; filename*=UTF-8''%c2%a3%20rates", "\xc2\xa3 rates", ""},
        {"foo; filename*=UTF-8''%c2%a3%20and%20%e2%82%ac%20rates", "\xc2\xa3 and \xe2\x82\xac rates", ""},
        {"foo; filename*=iso-8859-1'en'%A3%20rates", "\xc2\xa3 rates", ""},
    };
    CHECK_ALL(vectors);
}

static void quotes_and_backslashes_are_taken_off(void **state) {
    (void)state;
    static const struct vector vectors[] = {
        {"attachment; filename=\"a \\\"b\\\".txt\"", "a \"b\".txt", ""},
        {"attachment; filename=\"f\\oo.html\"", "foo.html", ""},
        {"attachment; filename=\"semi;colon=x.txt\"; size=3", "semi;colon=x.txt", ""},
        {"attachment; filename=\"never ends.txt", "never ends.txt", ""},
        {"attachment; filename=\"ends in backslash\\", "ends in backslash", ""},
        {"attachment ;filename = plain name.txt ;x", "plain name.txt", ""},
        {"attachment; filename=\"\"", "", ""},
        {"attachment; filename", "", ""},
        {"attachment; filename=", "", ""},
        {"filename=without-type.txt", "without-type.txt", ""},
        {"attachment; xfilename=no.txt", "", ""},
        {"attachment; x=\"filename=no.txt\"", "", ""},
    };
    CHECK_ALL(vectors);
}

static void forms_as_browsers_and_curl_write_them_give_field_and_file(void **state) {
    (void)state;
    static const struct vector vectors[] = {
        {"form-data; name=\"file\"; filename=\"L04_ABC1234.jpg\"", "L04_ABC1234.jpg", "file"},
        {"form-data; name=\"a\"; filename=\"q%22uote%0D%0A.txt\"", "q\"uote.txt", "a"},
        {"form-data; name=\"a\"; filename=\"100%41.txt\"", "100%41.txt", "a"},
        {"form-data; name=\"dir/field\"; filename=\"q\\\"uote.txt\"", "q\"uote.txt", "dir/field"},
        {"form-data; name=\"a\"; filename=\"C:\\Users\\op\\plate.jpg\"", "plate.jpg", "a"},
        {"form-data; name=\"a\"; filename=\"caf\xc3\xa9.jpg\"", "caf\xc3\xa9.jpg", "a"},
        {"form-data; name=\"a\"; filename=\"caf\xe9.jpg\"", "caf\xc3\xa9.jpg", "a"},
        {"form-data; name=text", "", "text"},
    };
    CHECK_ALL(vectors);
}

static void mail_encodings_are_decoded(void **state) {
    (void)state;
    static const struct vector vectors[] = {
        /* RFC 2231 section 3 and 4.1, with the name and charset that files have */
        {"attachment; filename*0=\"long-\"; filename*1=\"name.csv\"", "long-name.csv", ""},
        {"attachment; filename*1*=%2a%2a%2afun%2a%2a%2a%20; filename*0*=us-ascii'en'This%20is%20; "
         "filename*2=\"it.txt\"",
         "This is ***fun*** it.txt", ""},
        {"attachment; filename*0*=UTF-8''%e2%82; filename*1*=%ac.csv", "\xe2\x82\xac.csv", ""},
        {"attachment; filename*1=\"starts late.csv\"", "", ""},
        /* RFC 2047 section 2, also inside quotes, where it should not be */
        {"attachment; filename=\"=?UTF-8?B?4oKsLmNzdg==?=\"", "\xe2\x82\xac.csv", ""},
        {"attachment; filename=\"=?utf-8?Q?=E2=82=AC_1?= =?utf-8?Q?.csv?=\"", "\xe2\x82\xac 1.csv", ""},
        {"attachment; filename=\"=?utf-8?X?abc?=.csv\"", "=?utf-8?X?abc?=.csv", ""},
    };
    CHECK_ALL(vectors);
}

static void no_path_survives_in_a_file_name(void **state) {
    (void)state;
    static const struct vector vectors[] = {
        {"attachment; filename=\"../../etc/passwd\"", "passwd", ""},
        {"attachment; filename=\"/etc/passwd\"", "passwd", ""},
        {"attachment; filename=\"..\"", "", ""},
        {"attachment; filename=\"a/\"", "", ""},
        {"attachment; filename=\".\x99.\"", "", ""},
        {"attachment; filename*=UTF-8''..%2f..%5cboot.ini", "boot.ini", ""},
        {"attachment; filename=\"a%2Fb.txt\"", "b.txt", ""},
        {"attachment; filename=\"a\tb\r\nc\x7f.txt\"", "abc.txt", ""},
        {"attachment; filename*=UTF-8''a%00b%0a%1b%5bm.txt", "ab[m.txt", ""},
        {"attachment; filename*=UTF-8''%c2%85x.txt", "x.txt", ""},
    };
    CHECK_ALL(vectors);
}

static void a_broken_extended_name_falls_back_to_the_plain_one(void **state) {
    (void)state;
    static const struct vector vectors[] = {
        {"attachment; filename*=nonsense; filename=\"plain.txt\"", "plain.txt", ""},
        {"attachment; filename*=UTF-8''; filename=\"plain.txt\"", "plain.txt", ""},
        {"attachment; filename*=UTF-8''a%zz%4; filename=x", "a%zz%4", ""},
        {"attachment; filename*=UTF-8''%ff%fe.txt", "\xc3\xbf\xc3\xbe.txt", ""},
    };
    CHECK_ALL(vectors);
}

static void long_names_are_cut_at_a_character(void **state) {
    (void)state;
    char value[9000] = "attachment; filename=\"", scratch[MIME_DISPOSITION_SCRATCH_MIN];
    struct mime_disposition d;
    size_t n = strlen(value);
    for (int i = 0; i < 2000; i++, n += 2)
        memcpy(value + n, "\xc3\xa9", 2);
    assert_true(mime_disposition_parse(bytes_of(value, n), scratch, sizeof scratch, &d));
    assert_int_equal(d.filename.n, MIME_DISPOSITION_SCRATCH_MIN / 2);
    assert_int_equal(d.filename.n % 2, 0);
    assert_false(mime_disposition_parse(bytes_of(value, n), scratch, MIME_DISPOSITION_SCRATCH_MIN - 1, &d));
}

static void nothing_is_found_in_nothing(void **state) {
    (void)state;
    char scratch[MIME_DISPOSITION_SCRATCH_MIN];
    struct mime_disposition d;
    assert_false(mime_disposition_parse(bytes_of(NULL, 0), scratch, sizeof scratch, &d));
    assert_false(mime_disposition_parse(bytes_text(" ;; ; "), scratch, sizeof scratch, &d));
    assert_int_equal(mime_parameter(bytes_of(NULL, 0), "boundary", scratch, sizeof scratch).n, 0);
}

static void boundary_of(const char *value, const char *expected) {
    char scratch[70];
    struct bytes got = mime_parameter(bytes_text(value), "boundary", scratch, sizeof scratch);
    if (!bytes_equal(got, bytes_text(expected)))
        fail_msg("%s: %.*s, not %s", value, (int)got.n, got.p, expected);
}

static void a_parameter_is_found_by_its_name_in_any_case(void **state) {
    (void)state;
    boundary_of("multipart/form-data; boundary=----WebKitFormBoundaryBtaeRs4vBuzQzpSa",
                "----WebKitFormBoundaryBtaeRs4vBuzQzpSa");
    boundary_of("multipart/mixed; charset=x; Boundary=\"gc0p4Jq0M2Yt08j34c0p:\"", "gc0p4Jq0M2Yt08j34c0p:");
    boundary_of("multipart/mixed;boundary=\"a b\\\"c\" ; x=y", "a b\"c");
    boundary_of("multipart/mixed; boundary==3D", "=3D");
    boundary_of("multipart/mixed; xboundary=a", "");
    boundary_of("multipart/mixed; boundary=\"\"", "");
    boundary_of(
        "multipart/mixed; boundary=0123456789012345678901234567890123456789012345678901234567890123456789x",
        "");
}

static void the_last_component_of_a_path_is_the_name(void **state) {
    (void)state;
    static const struct {
        const char *path;
        bool percent;
        const char *name;
    } v[] = {
        {"/a/b.txt", true, "b.txt"},
        {"b.txt", false, "b.txt"},
        {"/a/", true, ""},
        {"", true, ""},
        {"/a%20b.txt", true, "a b.txt"},
        {"/a%20b.txt", false, "a%20b.txt"},
        {"/a%2fb.txt", true, "b.txt"},
        {"/%2e%2e", true, ""},
        {"..\\b", false, "b"},
        {"/100%", true, "100%"},
        {"/%4", true, "%4"},
        {"/a%0Ab", true, "ab"},
    };
    char scratch[64];
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        struct bytes got = mime_file_name(bytes_text(v[i].path), v[i].percent, scratch, sizeof scratch);
        if (!bytes_equal(got, bytes_text(v[i].name)))
            fail_msg("%s: %.*s, not %s", v[i].path, (int)got.n, got.p, v[i].name);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc_6266_section_5_examples_give_their_names),
        cmocka_unit_test(rfc_8187_section_3_2_3_values_are_decoded),
        cmocka_unit_test(quotes_and_backslashes_are_taken_off),
        cmocka_unit_test(forms_as_browsers_and_curl_write_them_give_field_and_file),
        cmocka_unit_test(mail_encodings_are_decoded),
        cmocka_unit_test(no_path_survives_in_a_file_name),
        cmocka_unit_test(a_broken_extended_name_falls_back_to_the_plain_one),
        cmocka_unit_test(long_names_are_cut_at_a_character),
        cmocka_unit_test(nothing_is_found_in_nothing),
        cmocka_unit_test(a_parameter_is_found_by_its_name_in_any_case),
        cmocka_unit_test(the_last_component_of_a_path_is_the_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
