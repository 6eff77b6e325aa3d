/* SPDX-License-Identifier: Apache-2.0 */
#include "report/event/technique.h"

#include "../example.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct record_builder b;
static uint64_t room[4096];
static char list[TECHNIQUE_LIST_MAX + 1];

static const char *names(unsigned set) {
    list[technique_list(set, list)] = '\0';
    return list;
}

static const char *of_record(void) {
    return names(technique_of_record(example_pack(&b, room)));
}

static void protocols_and_services_name_a_technique_and_others_do_not(void **state) {
    static const struct {
        const char *protocol, *application, *mime, *expected;
    } cases[] = {
        {"ftp", "FTP_DATA", "", "T1048.003"},
        {"http", "HTTP", "", "T1048.003"},
        {"http", "HTTP.Dropbox", "", "T1048.003\nT1567.002"},
        {"http", "HTTP.Github", "", "T1048.003\nT1567.001"},
        {"http", "HTTP.Pastebin", "", "T1048.003\nT1567.003"},
        {"", "TLS.GoogleDrive", "", "T1048.002\nT1567.002"},
        {"", "SSH", "", "T1048.002"},
        {"http", "TLS", "", "T1048.002"},
        {"ftp", "FTP_DATA", "application/pgp-encrypted", "T1048.002"},
        {"", "DNS", "", ""},
        {"", "NotDropbox", "", ""},
        {"httpx", "", "", ""},
        {"", "", "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        example_begin(&b, RECORD_FINDING);
        record_text(&b, TEXT_PROTOCOL, bytes_text(cases[i].protocol));
        record_text(&b, TEXT_APPLICATION, bytes_text(cases[i].application));
        record_text(&b, TEXT_MIME, bytes_text(cases[i].mime));
        assert_string_equal(of_record(), cases[i].expected);
    }
}

static void a_partner_beyond_its_contract_abuses_trust_and_a_stranger_has_none(void **state) {
    static const struct {
        enum verdict verdict;
        bool known;
        const char *contract, *expected;
    } cases[] = {
        {VERDICT_BREACH, true, "HSBP-0042", "T1199"},
        {VERDICT_UNAPPROVED, true, "HSBP-0042", "T1199"},
        {VERDICT_UNAPPROVED, true, "", ""},
        {VERDICT_APPROVED, true, "HSBP-0042", ""},
        {VERDICT_UNKNOWN, false, "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        example_begin(&b, RECORD_FINDING);
        record_text(&b, TEXT_PROTOCOL, bytes_text(""));
        b.head.verdict = (uint8_t)cases[i].verdict;
        b.head.partner_known = cases[i].known;
        record_text(&b, TEXT_CONTRACT, bytes_text(cases[i].contract));
        assert_string_equal(of_record(), cases[i].expected);
    }
}

static void many_objects_at_a_machines_pace_are_automated(void **state) {
    const time_ns t = EXAMPLE_TIME;
    assert_string_equal(names(technique_of_pace(100, t, t + 1000 * NS_PER_S)), "T1020");
    assert_string_equal(names(technique_of_pace(99, t, t + 10 * NS_PER_S)), "");
    assert_string_equal(names(technique_of_pace(100, t, t + 1001 * NS_PER_S)), "");
}

/* Objects of growing sizes, `count` batches of `each`, the k-th beginning `every` + wobble(k) behind the
 * last. */
static const char *batches(int count, int each, time_ns every, time_ns wobble) {
    struct shape s = {.size = 0};
    time_ns t = EXAMPLE_TIME;
    uint64_t bytes = 5000;
    for (int i = 0; i < count; i++, t += every + (i % 3 - 1) * wobble)
        for (int k = 0; k < each; k++) {
            example_begin(&b, RECORD_TRANSFER);
            b.head.first = t + k * NS_PER_S;
            b.head.bytes = bytes += 7;
            shape_add(&s, example_pack(&b, room));
        }
    return names(shape_techniques(&s));
}

static void equal_intervals_are_a_schedule_and_others_are_not(void **state) {
    assert_string_equal(batches(7, 1, 60 * NS_PER_S, 0), "T1029");
    assert_string_equal(batches(6, 1, 60 * NS_PER_S, 0), ""); /* five intervals */
    assert_string_equal(batches(7, 3, 60 * NS_PER_S, NS_PER_S), "T1029");
    assert_string_equal(batches(7, 4, 86400 * NS_PER_S, 600 * NS_PER_S), "T1029"); /* night for night */
    assert_string_equal(batches(40, 1, 60 * NS_PER_S, 20 * NS_PER_S), "");
    assert_string_equal(batches(40, 1, 2 * NS_PER_S, 0), ""); /* one stream */
}

static const char *sizes(int count, uint64_t bytes, uint64_t step) {
    struct shape s = {.size = 0};
    for (int i = 0; i < count; i++) {
        example_begin(&b, RECORD_TRANSFER);
        b.head.first = EXAMPLE_TIME;
        b.head.bytes = bytes + (uint64_t)i * step;
        shape_add(&s, example_pack(&b, room));
    }
    return names(shape_techniques(&s));
}

static void pieces_of_one_size_or_of_one_file_are_size_limits(void **state) {
    struct shape s = {.size = 0};
    assert_string_equal(sizes(10, 1048576, 0), "T1030");
    assert_string_equal(sizes(9, 1048576, 0), "");
    assert_string_equal(sizes(50, 1048576, 1), "");
    assert_string_equal(sizes(50, 200, 0), ""); /* an answer of a few bytes, again and again */
    for (int i = 0; i < 6; i++) {
        assert_int_equal(shape_techniques(&s), 0);
        example_begin(&b, RECORD_TRANSFER);
        b.head.offset = (uint64_t)i * 5000;
        b.head.bytes = 5000 + (uint64_t)i;
        shape_add(&s, example_pack(&b, room));
    }
    assert_string_equal(names(shape_techniques(&s)), "T1030");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(protocols_and_services_name_a_technique_and_others_do_not),
        cmocka_unit_test(a_partner_beyond_its_contract_abuses_trust_and_a_stranger_has_none),
        cmocka_unit_test(many_objects_at_a_machines_pace_are_automated),
        cmocka_unit_test(equal_intervals_are_a_schedule_and_others_are_not),
        cmocka_unit_test(pieces_of_one_size_or_of_one_file_are_size_limits),
    };
    return cmocka_run_group_tests_name("report/technique", tests, NULL, NULL);
}
