/* SPDX-License-Identifier: Apache-2.0 */
#include "report/digest/digest.h"

#include "../example.h"
#include "base/json_writer.h"
#include "report/format/format.h"
#include "settings/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define DAY (86400 * NS_PER_S)
#define MIDNIGHT (INT64_C(1780185600) * NS_PER_S) /* 2026-05-31T00:00:00Z */

static struct record_builder b;
static uint64_t room[4096], sums[COUNTER_COUNT];
static struct digest_facts facts;
static char out[FORMAT_ROOM];

static struct digest *begin(uint32_t minute) {
    const struct digest_options options = {.minute = minute};
    struct digest *d = digest_create(&options);
    assert_non_null(d);
    memset(sums, 0, sizeof sums);
    facts = (struct digest_facts){.open = 0};
    return d;
}

static void give(struct digest *d, const char *partner, const char *to, enum verdict verdict,
                 uint64_t bytes) {
    example_begin(&b, RECORD_TRANSFER);
    b.head.bytes = bytes;
    b.head.verdict = (uint8_t)verdict;
    address_parse(to, &b.head.destination);
    record_text(&b, TEXT_PARTNER, bytes_text(partner));
    digest_record(d, example_pack(&b, room));
}

static void a_digest_is_due_once_each_day_at_its_time(void **state) {
    struct digest *d = begin(6 * 60);
    assert_int_equal(digest_due(d, MIDNIGHT + DAY / 2), 0); /* the first begins */
    assert_int_equal(digest_due(d, MIDNIGHT + DAY + DAY / 4 - 1), 0);
    assert_int_equal(digest_due(d, MIDNIGHT + DAY + DAY / 4), MIDNIGHT + DAY + DAY / 4);
    digest_told(d, MIDNIGHT + DAY + DAY / 4);
    digest_next(d);
    assert_int_equal(digest_due(d, MIDNIGHT + DAY + DAY / 4), 0);
    assert_int_equal(digest_due(d, MIDNIGHT + 9 * DAY),
                     MIDNIGHT + 8 * DAY + DAY / 4); /* one for quiet days */
    digest_destroy(d);
}

/* As Python's zoneinfo has them: days of 23 and 25 hours, an hour that comes twice, one that does not come.
 */
static const struct {
    const char *zone;
    uint32_t minute;
    int64_t at[3]; /* s since 1970, one behind the other */
} changes[] = {
    {"America/New_York", 6 * 60, {1772881200, 1772964000, 1773050400}}, /* 2026-03-07 to -09: 23 h, 24 h */
    {"America/New_York", 6 * 60, {1793440800, 1793530800, 1793617200}}, /* 2026-10-31 to -11-02: 25 h, 24 h */
    {"Europe/Berlin", 6 * 60, {1792814400, 1792904400, 1792990800}},    /* 2026-10-24 to -26: 25 h, 24 h */
    {"America/New_York", 60 + 30, {1793424600, 1793511000, 1793601000}},     /* 01:30, which comes twice */
    {"America/New_York", 2 * 60 + 30, {1772868600, 1772955000, 1773037800}}, /* 02:30, which does not come */
    {"America/New_York", 0, {1772859600, 1772946000, 1773028800}},
};

static void each_day_of_a_zone_has_one_digest_also_when_its_clocks_change(void **state) {
    static uint8_t region[1 << 20];
    char why[ZONE_WHY_MAX];
    struct arena arena;
    arena_init(&arena, region, sizeof region);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        const struct digest_options options = {.minute = changes[i].minute,
                                               .zone = zone_load(ZONE_FOLDER, changes[i].zone, &arena, why)};
        struct digest *d = digest_create(&options);
        size_t n = 0;
        for (int64_t s = changes[i].at[0] - 3600; s < changes[i].at[2] + 7200; s += 60) {
            time_ns due = digest_due(d, s * NS_PER_S);
            if (!due)
                continue;
            assert_true(n < 3 && due == s * NS_PER_S);
            assert_int_equal(s, changes[i].at[n++]);
            digest_told(d, due);
            digest_next(d);
        }
        assert_int_equal(n, 3);
        digest_destroy(d);
    }
}

static void never_means_never(void **state) {
    const struct digest_options options = {.never = true};
    struct digest *d = digest_create(&options);
    assert_int_equal(digest_due(d, MIDNIGHT), 0);
    assert_int_equal(digest_due(d, MIDNIGHT + 3 * DAY), 0);
    assert_false(digest_begun(d));
    digest_destroy(d);
}

static void volumes_are_by_destination_and_verdict_and_begin_anew(void **state) {
    struct digest *d = begin(0);
    digest_due(d, MIDNIGHT);
    give(d, "Plate Systems", "198.51.100.1", VERDICT_UNAPPROVED, 10);
    give(d, "Plate Systems", "198.51.100.2", VERDICT_UNAPPROVED, 20);
    give(d, "Plate Systems", "198.51.100.2", VERDICT_BREACH, 5);
    give(d, "", "203.0.113.9", VERDICT_UNKNOWN, 100);
    give(d, "", "203.0.113.200", VERDICT_UNKNOWN, 100);
    give(d, "Border Labs", "192.0.2.1", VERDICT_APPROVED, 7);
    give(d, "Border Labs", "192.0.2.1", VERDICT_INTERNAL, 1000);
    digest_sum(d, MIDNIGHT + DAY, sums, &facts);
    assert_int_equal(facts.volume_count, 4);
    assert_string_equal(facts.volumes[0].destination, "203.0.113.0/24");
    assert_int_equal(facts.volumes[0].bytes, 200);
    assert_string_equal(facts.volumes[1].destination, "Plate Systems");
    assert_int_equal(facts.volumes[1].objects, 2);
    assert_int_equal(facts.volumes[1].bytes, 30);
    assert_int_equal(facts.volumes[2].verdict, VERDICT_APPROVED);
    digest_told(d, MIDNIGHT + DAY);
    digest_next(d);
    digest_sum(d, MIDNIGHT + 2 * DAY, sums, &facts);
    assert_int_equal(facts.volume_count, 0);
    assert_int_equal(facts.since, MIDNIGHT + DAY);
    digest_destroy(d);
}

static uint64_t tally(enum counter which) {
    for (size_t i = 0; i < DIGEST_TALLIES; i++)
        if (digest_tallies[i].counter == which)
            return facts.tally[i];
    fail();
    return 0;
}

static void counters_are_those_of_the_span_and_a_sum_that_shrank_adds_nothing(void **state) {
    struct digest *d = begin(0);
    digest_due(d, MIDNIGHT);
    sums[COUNTER_KERNEL_DROPS] = 100;
    digest_sum(d, MIDNIGHT + 1, sums, &facts);
    sums[COUNTER_KERNEL_DROPS] = 130;
    digest_sum(d, MIDNIGHT + 2, sums, &facts);
    assert_int_equal(tally(COUNTER_KERNEL_DROPS), 130);
    sums[COUNTER_KERNEL_DROPS] = 128; /* a reporter was killed */
    digest_sum(d, MIDNIGHT + 3, sums, &facts);
    assert_int_equal(tally(COUNTER_KERNEL_DROPS), 130);
    sums[COUNTER_KERNEL_DROPS] = 132;
    digest_sum(d, MIDNIGHT + 4, sums, &facts);
    assert_int_equal(tally(COUNTER_KERNEL_DROPS), 134);
    digest_told(d, MIDNIGHT + DAY);
    digest_next(d);
    sums[COUNTER_KERNEL_DROPS] = 134;
    digest_sum(d, MIDNIGHT + DAY + 1, sums, &facts);
    assert_int_equal(tally(COUNTER_KERNEL_DROPS), 2);
    digest_destroy(d);
}

static void more_destinations_than_there_is_room_for_are_one_row(void **state) {
    struct digest *d = begin(0);
    uint64_t objects = 0;
    bool others = false;
    for (unsigned i = 0; i < DIGEST_VOLUMES_MAX + 500; i++) {
        char name[32];
        snprintf(name, sizeof name, "partner %u", i);
        give(d, name, "198.51.100.1", VERDICT_UNAPPROVED, 10);
    }
    digest_sum(d, MIDNIGHT, sums, &facts);
    assert_int_equal(facts.volume_count, DIGEST_VOLUMES_MAX + 1);
    for (size_t i = 0; i < facts.volume_count; i++) {
        objects += facts.volumes[i].objects;
        others |= strcmp(facts.volumes[i].destination, DIGEST_OTHERS) == 0 && facts.volumes[i].objects == 500;
    }
    assert_int_equal(objects, DIGEST_VOLUMES_MAX + 500);
    assert_true(others);
    digest_destroy(d);
}

static void a_short_message_has_fewer_rows_and_says_so(void **state) {
    struct digest *d = begin(0);
    for (unsigned i = 0; i < 50; i++) {
        char name[32];
        snprintf(name, sizeof name, "partner %u", i);
        give(d, name, "198.51.100.1", VERDICT_UNAPPROVED, 10 + i);
    }
    digest_sum(d, MIDNIGHT, sums, &facts);
    const struct event e = {.kind = REPORT_DIGEST, .time = MIDNIGHT, .observer = "edge-1", .digest = &facts};
    bool shortened;
    size_t n = format_event(&format_json, &e, out, 2048, &shortened);
    assert_true(n && n <= 2048 && shortened);
    out[n] = '\0';
    assert_non_null(strstr(out, "\"volume_left_out\":"));
    assert_non_null(strstr(out, "partner 49")); /* the most bytes first */
    n = format_event(&format_rfc5424, &e, out, 480, &shortened);
    assert_true(n && n <= 480);
    out[n] = '\0';
    assert_non_null(strstr(out, "50 objects"));
    digest_destroy(d);
}

static size_t rows_in(const char *json) {
    size_t n = 0;
    for (const char *at = json; (at = strstr(at, "{\"network\":")); at++)
        n++;
    return n;
}

static void who_asks_gets_all_rows_and_a_message_says_how_many_it_leaves_out(void **state) {
    enum { MANY = 500 };
    struct digest *d = begin(0);
    struct json_writer j;
    for (unsigned i = 0; i < MANY; i++) {
        char name[32];
        snprintf(name, sizeof name, "partner %u", i);
        give(d, name, "198.51.100.1", VERDICT_UNAPPROVED, 10 + i);
    }
    digest_sum(d, MIDNIGHT, sums, &facts);
    for (int asked = 0; asked < 2; asked++) {
        json_writer_grow(&j, 1 << 20);
        json_write_object(&j, NULL);
        digest_write_json(&j, &facts, asked ? SIZE_MAX : digest_rows(0));
        json_write_object_end(&j);
        *j.at = '\0';
        assert_int_equal(rows_in(j.start), asked ? MANY : 200);
        assert_int_equal(strstr(j.start, "\"volume_left_out\":300") != NULL, !asked);
        json_writer_free(&j);
    }
    digest_destroy(d);
}

static void formats_of_keys_and_values_have_its_sentence_and_no_empty_field_for_it(void **state) {
    struct digest *d = begin(0);
    digest_sum(d, MIDNIGHT, sums, &facts);
    const struct event e = {.kind = REPORT_DIGEST, .time = MIDNIGHT, .observer = "edge-1", .digest = &facts};
    static const struct format *const formats[] = {&format_cef, &format_leef};
    for (size_t i = 0; i < 2; i++) {
        bool shortened;
        size_t n = format_event(formats[i], &e, out, sizeof out - 1, &shortened);
        assert_true(n > 0);
        out[n] = '\0';
        assert_non_null(strstr(out, "msg=Digest from "));
        assert_null(strstr(out, "igest="));
    }
    digest_destroy(d);
}

static void check_rows_of(enum verdict many) {
    struct digest *d = begin(0);
    for (int i = 0; i < DIGEST_VOLUMES_MAX + 1000; i++) {
        char to[32];
        snprintf(to, sizeof to, "100.%d.%d.9", 64 + i / 256, i % 256);
        give(d, NULL, to, many, 3);
    }
    give(d, "Plate Systems", "198.51.100.20", VERDICT_UNAPPROVED, 2);
    give(d, NULL, "203.0.113.9", many, 5 << 20);
    digest_sum(d, MIDNIGHT, sums, &facts);
    assert_int_equal(facts.volume_count, DIGEST_VOLUMES_MAX + 1);
    assert_string_equal(facts.volumes[0].destination, "203.0.113.0/24");
    assert_string_equal(facts.volumes[1].destination, DIGEST_OTHERS);
    assert_int_equal(facts.volumes[1].objects, 1002); /* and the two that made room */
    assert_string_equal(facts.volumes[DIGEST_VOLUMES_MAX].destination, "Plate Systems");
    struct json_writer j;
    size_t n;
    json_writer_init(&j, out, sizeof out);
    json_write_object(&j, NULL);
    digest_write_json(&j, &facts, 10);
    json_write_object_end(&j);
    n = json_writer_size(&j);
    assert_non_null(memmem(out, n, "Plate Systems", 13)); /* in a list of ten, too */
    digest_destroy(d);
}

static void strangers_and_hosts_inside_give_their_rows_to_partners(void **state) {
    check_rows_of(VERDICT_UNKNOWN);
    check_rows_of(VERDICT_UNAPPROVED_READER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_digest_is_due_once_each_day_at_its_time),
        cmocka_unit_test(each_day_of_a_zone_has_one_digest_also_when_its_clocks_change),
        cmocka_unit_test(never_means_never),
        cmocka_unit_test(volumes_are_by_destination_and_verdict_and_begin_anew),
        cmocka_unit_test(counters_are_those_of_the_span_and_a_sum_that_shrank_adds_nothing),
        cmocka_unit_test(more_destinations_than_there_is_room_for_are_one_row),
        cmocka_unit_test(who_asks_gets_all_rows_and_a_message_says_how_many_it_leaves_out),
        cmocka_unit_test(formats_of_keys_and_values_have_its_sentence_and_no_empty_field_for_it),
        cmocka_unit_test(a_short_message_has_fewer_rows_and_says_so),
        cmocka_unit_test(strangers_and_hosts_inside_give_their_rows_to_partners),
    };
    return cmocka_run_group_tests_name("report/digest", tests, NULL, NULL);
}
