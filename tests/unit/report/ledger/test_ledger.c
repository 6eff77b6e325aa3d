/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "report/ledger/distinct.h"
#include "report/ledger/ledger.h"

#include "../example.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define HOUR (3600 * NS_PER_S)
#define DAY (24 * HOUR)
#define MIDNIGHT (INT64_C(1780185600) * NS_PER_S) /* 2026-05-31T00:00:00Z */

static struct told {
    time_ns time;
    struct incident_facts facts;
    char rule[32], reason[160];
    uint8_t severity;
} told[256];
static size_t count;
static struct record_builder b;
static uint64_t room[4096];
static struct ledger_totals totals;

static const struct hash_key digest_key = {1, 2};

static const struct ledger_options presets = {.memory = 64 << 20,
                                              .slow_objects = 50,
                                              .slow_days = 14,
                                              .growth_factor = 10,
                                              .growth_history = 7,
                                              .growth_objects = 50,
                                              .growth_bytes = 10000000,
                                              .repeat = DAY};

static bool keep(void *context, time_ns time, const struct incident_facts *facts, const struct record *r) {
    assert_true(count < 256);
    struct told *t = &told[count++];
    struct bytes rule = record_text_of(r, TEXT_RULE_ID), reason = record_text_of(r, TEXT_REASON);
    t->time = time;
    t->facts = *facts;
    t->severity = r->severity;
    snprintf(t->rule, sizeof t->rule, "%.*s", (int)rule.n, (const char *)rule.p);
    snprintf(t->reason, sizeof t->reason, "%.*s", (int)reason.n, (const char *)reason.p);
    return true;
}

static struct ledger *begin_with(const struct ledger_options *o) {
    const struct ledger_sink sink = {NULL, keep};
    count = 0;
    struct ledger *l = ledger_create("edge-1", o, &sink, &digest_key, false);
    assert_non_null(l);
    return l;
}

static struct ledger *begin(void) {
    return begin_with(&presets);
}

/* One transfer from the example's lane to `to`, of a partner if that has a name. */
static void give(struct ledger *l, time_ns t, const char *to, const char *partner, enum verdict verdict,
                 uint64_t bytes) {
    example_begin(&b, RECORD_TRANSFER);
    b.head.time = t;
    b.head.bytes = bytes;
    b.head.verdict = (uint8_t)verdict;
    address_parse(to, &b.head.destination);
    record_text(&b, TEXT_PARTNER, bytes_text(partner));
    ledger_record(l, example_pack(&b, room));
}

static void give_unknown(struct ledger *l, time_ns t) {
    give(l, t, "203.0.113.9", NULL, VERDICT_UNKNOWN, 180000);
}

static void give_approved(struct ledger *l, time_ns t, uint64_t bytes) {
    give(l, t, "192.0.2.20", "Border Labs", VERDICT_APPROVED, bytes);
}

static void ask(const struct ledger *l, const char *destination, enum ledger_window window) {
    assert_true(ledger_totals(l, "lanes", destination, "vehicle-image", window, &totals));
}

static void each_window_holds_what_left_within_it(void **state) {
    struct ledger *l = begin();
    time_ns now = MIDNIGHT + 20 * HOUR;
    give_unknown(l, now - 40 * DAY);
    for (time_ns t = now - 40 * DAY; t < now - 6 * DAY; t += DAY)
        ledger_tick(l, t); /* other traffic goes on */
    give_unknown(l, now - 6 * DAY);
    ledger_tick(l, now - 4 * DAY);
    ledger_tick(l, now - 2 * DAY);
    give_unknown(l, now - 5 * HOUR);
    give_unknown(l, now - HOUR / 2);
    give_unknown(l, now);
    static const uint64_t expected[] = {2, 3, 4, 5};
    for (unsigned w = 0; w < LEDGER_WINDOWS; w++) {
        ask(l, "203.0.113.0/24", (enum ledger_window)w);
        assert_int_equal(totals.objects, expected[w]);
        assert_int_equal(totals.bytes, 180000 * expected[w]);
        assert_int_equal(totals.denied_objects, expected[w]);
    }
    assert_int_equal(totals.denied_days, 3);
    for (time_ns t = now; t <= now + 38 * DAY; t += HOUR)
        ledger_tick(l, t);
    ask(l, "203.0.113.0/24", LEDGER_PERIOD);
    assert_int_equal(totals.objects, 4); /* the first is 78 days old now */
    ask(l, "203.0.113.0/24", LEDGER_WEEK);
    assert_int_equal(totals.objects, 0);
    ledger_destroy(l);
}

static void a_partner_is_one_destination_and_a_stranger_is_its_prefix(void **state) {
    struct ledger *l = begin();
    give(l, MIDNIGHT, "198.51.100.1", "Plate Systems", VERDICT_UNAPPROVED, 10);
    give(l, MIDNIGHT, "2001:db8:b::7", "Plate Systems", VERDICT_UNAPPROVED, 10);
    give(l, MIDNIGHT, "203.0.113.9", NULL, VERDICT_UNKNOWN, 10);
    give(l, MIDNIGHT, "203.0.113.250", NULL, VERDICT_UNKNOWN, 10);
    give(l, MIDNIGHT, "203.0.114.1", NULL, VERDICT_UNKNOWN, 10);
    give(l, MIDNIGHT, "2001:db8:1:a1ff::1", NULL, VERDICT_UNKNOWN, 10);
    give(l, MIDNIGHT, "2001:db8:1:a102::1", NULL, VERDICT_UNKNOWN, 10);
    assert_int_equal(ledger_count(l), 4);
    ask(l, "Plate Systems", LEDGER_DAY);
    assert_int_equal(totals.objects, 2);
    ask(l, "203.0.113.0/24", LEDGER_DAY);
    assert_int_equal(totals.objects, 2);
    ask(l, "2001:db8:1:a100::/56", LEDGER_DAY);
    assert_int_equal(totals.objects, 2);
    ledger_destroy(l);
}

/* An image between two of many hosts: flow `n`; pictures repeat after `pictures`. `ends`: the transfer's
 * record, else the finding's; both have its plate. */
static void give_flow(struct ledger *l, unsigned n, const char *to, const char *partner, unsigned pictures,
                      bool ends) {
    char from[64];
    example_begin(&b, ends ? RECORD_TRANSFER : RECORD_FINDING);
    snprintf(from, sizeof from, n % 2 ? "2001:db8:40:%x::%x" : "10.40.%u.%u", n % 7, n % 50 + 1);
    assert_true(address_parse(from, &b.head.source));
    assert_true(address_parse(to, &b.head.destination));
    b.head.verdict = *partner ? VERDICT_UNAPPROVED : VERDICT_UNKNOWN;
    b.head.time = MIDNIGHT + n * NS_PER_S;
    b.head.worker = (uint16_t)(n % 3);
    b.head.object = n;
    b.head.source_port = (uint16_t)(20000 + n);
    b.head.bytes = 1000 + n;
    b.head.sha256[0] = (uint8_t)(n % pictures);
    b.head.digests = b.head.distinct = 1;
    b.digest[0] = UINT64_C(0x9e3779b97f4a7c15) * (n % 15 + 1);
    record_text(&b, TEXT_PARTNER, bytes_text(partner));
    ledger_record(l, example_pack(&b, room));
}

static const char *host(const char *v4, const char *v6, unsigned n) {
    static char text[64];
    snprintf(text, sizeof text, n % 3 ? v4 : v6, n % 90 + 1);
    return text;
}

enum { FLOWS = 120 };
static const uint64_t flow_bytes = FLOWS * 1000 + FLOWS * (FLOWS - 1) / 2;

/* The first half all at once, the others one after the other. */
static void give_flows(struct ledger *l, const char *v4, const char *v6, const char *partner) {
    for (unsigned n = 0; n < FLOWS / 2; n++)
        give_flow(l, n, host(v4, v6, n), partner, 20, false);
    for (unsigned n = FLOWS / 2; n-- > 0;)
        give_flow(l, n, host(v4, v6, n), partner, 20, true);
    for (unsigned n = FLOWS / 2; n < FLOWS; n++) {
        give_flow(l, n, host(v4, v6, n), partner, 20, false);
        give_flow(l, n, host(v4, v6, n), partner, 20, true);
    }
}

static void
parallel_and_serial_flows_of_many_hosts_to_one_partner_are_one_line_and_one_incident(void **state) {
    struct ledger_options o = presets;
    o.slow_objects = 100;
    o.slow_days = 1;
    struct ledger *l = begin_with(&o);
    give_flows(l, "198.51.100.%u", "2001:db8:b:%x::7", "Plate Systems");
    assert_int_equal(ledger_count(l), 1);
    ask(l, "Plate Systems", LEDGER_DAY);
    assert_int_equal(totals.objects, FLOWS);
    assert_int_equal(totals.bytes, flow_bytes);
    assert_int_equal(totals.denied_objects, FLOWS);
    assert_int_equal(totals.images, 20);
    assert_int_equal(totals.plates, 15);
    assert_int_equal(count, 1); /* together they are over the bound, and told once */
    assert_int_equal(told[0].facts.objects, 100);
    ledger_destroy(l);
}

static void flows_to_hosts_of_one_prefix_are_one_line_and_those_to_two_are_two(void **state) {
    struct ledger *l = begin();
    give_flows(l, "203.0.113.%u", "2001:db8:1:a1%02x::9", "");
    assert_int_equal(ledger_count(l), 2); /* a /24 and a /56 */
    ask(l, "203.0.113.0/24", LEDGER_DAY);
    assert_int_equal(totals.objects, FLOWS * 2 / 3);
    uint64_t bytes = totals.bytes;
    ask(l, "2001:db8:1:a100::/56", LEDGER_DAY);
    assert_int_equal(totals.objects, FLOWS / 3);
    assert_int_equal(totals.bytes + bytes, flow_bytes);
    give_flow(l, FLOWS, "203.0.112.9", "", 20, true);
    give_flow(l, FLOWS, "2001:db8:1:a200::9", "", 20, true);
    assert_int_equal(ledger_count(l), 4);
    ledger_destroy(l);
}

static void flows_to_two_partners_or_from_two_networks_are_not_counted_together(void **state) {
    struct ledger_options o = presets;
    o.slow_objects = FLOWS / 2 + 1;
    o.slow_days = 1;
    struct ledger *l = begin_with(&o);
    for (unsigned n = 0; n < FLOWS; n++)
        give_flow(l, n, "198.51.100.20", n % 2 ? "Plate Systems" : "Acme Towing", 20, true);
    assert_int_equal(ledger_count(l), 2);
    ask(l, "Plate Systems", LEDGER_DAY);
    assert_int_equal(totals.objects, FLOWS / 2);
    assert_int_equal(count, 0); /* neither alone is over the bound */
    example_begin(&b, RECORD_TRANSFER);
    record_text(&b, TEXT_NETWORK, bytes_text("bridges"));
    b.head.time = MIDNIGHT + FLOWS * NS_PER_S;
    ledger_record(l, example_pack(&b, room));
    assert_int_equal(ledger_count(l), 3);
    assert_int_equal(count, 0);
    ledger_destroy(l);
}

static void an_unknown_host_is_its_prefix_whatever_it_is_called(void **state) {
    struct ledger *l = begin();
    give(l, MIDNIGHT, "198.51.100.1", "Plate Systems", VERDICT_UNAPPROVED, 10);
    give(l, MIDNIGHT, "203.0.113.9", "Plate Systems", VERDICT_UNKNOWN, 1000);
    give(l, MIDNIGHT, "203.0.113.10", NULL, VERDICT_UNKNOWN, 1000);
    assert_int_equal(ledger_count(l), 2);
    ask(l, "Plate Systems", LEDGER_DAY);
    assert_int_equal(totals.bytes, 10);
    ask(l, "203.0.113.0/24", LEDGER_DAY);
    assert_int_equal(totals.bytes, 2000);
    ledger_destroy(l);
}

static void what_stays_inside_or_has_no_class_is_not_counted(void **state) {
    struct ledger *l = begin();
    give(l, MIDNIGHT, "10.9.0.5", NULL, VERDICT_INTERNAL, 10);
    example_begin(&b, RECORD_TRANSFER);
    record_text(&b, TEXT_CLASSES, bytes_of(NULL, 0));
    ledger_record(l, example_pack(&b, room));
    example_begin(&b, RECORD_TRANSFER);
    b.head.matters = 0;
    ledger_record(l, example_pack(&b, room));
    assert_int_equal(ledger_count(l), 0);
    ledger_destroy(l);
}

static void an_object_of_several_classes_is_in_the_line_of_the_first_alone(void **state) {
    static const char *const offending[] = {"image", ""};
    for (uint64_t denied = 0; denied < 2; denied++) {
        struct ledger *l = begin();
        example_begin(&b, RECORD_TRANSFER);
        b.head.verdict = denied ? VERDICT_BREACH : VERDICT_APPROVED;
        record_text(&b, TEXT_CLASSES, bytes_text("image\nvehicle-image\nlisting"));
        record_text(&b, TEXT_OFFENDING, bytes_text(offending[denied ? 0 : 1]));
        ledger_record(l, example_pack(&b, room));
        assert_int_equal(ledger_count(l), 1);
        assert_true(ledger_totals(l, "lanes", "Plate Systems", "image", LEDGER_DAY, &totals));
        assert_int_equal(totals.objects, 1);
        assert_int_equal(totals.denied_objects, denied);
        ledger_destroy(l);
    }
}

static void plates_are_counted_once_over_days_and_hosts(void **state) {
    struct ledger *l = begin();
    for (int day = 0; day < 30; day++) {
        example_begin(&b, RECORD_TRANSFER);
        b.head.time = MIDNIGHT + day * DAY;
        b.head.digests = b.head.distinct = 100;
        for (uint64_t i = 0; i < 100; i++)
            b.digest[i] = (uint64_t)(day / 2) << 32 | i; /* each seen on two days */
        ledger_record(l, example_pack(&b, room));
        ask(l, "Plate Systems", LEDGER_PERIOD);
        if (day < 20)
            assert_int_equal(totals.plates, (day / 2 + 1) * 100);
    }
    ask(l, "Plate Systems", LEDGER_DAY);
    assert_int_equal(totals.plates, 100);
    ask(l, "Plate Systems", LEDGER_WEEK);
    assert_int_equal(totals.plates, 400);
    ask(l, "Plate Systems", LEDGER_PERIOD);
    assert_in_range(totals.plates, 1500 * 84 / 100, 1500 * 116 / 100); /* five standard errors */
    ledger_destroy(l);
}

/* `days` with so many plates each that nobody saw before. */
static void give_plates(struct ledger *l, const char *partner, int days, uint64_t plates) {
    static uint64_t next;
    for (int day = 0; day < days; day++) {
        example_begin(&b, RECORD_TRANSFER);
        record_text(&b, TEXT_PARTNER, bytes_text(partner));
        b.head.time = MIDNIGHT + day * DAY;
        b.head.digests = b.head.distinct = (uint16_t)plates;
        for (uint64_t i = 0; i < plates; i++)
            b.digest[i] = ++next * UINT64_C(0x9e3779b97f4a7c15);
        ledger_record(l, example_pack(&b, room));
    }
}

static void a_windows_count_is_exact_up_to_1024(void **state) {
    static const int days[] = {1, 2, 32};
    for (size_t i = 0; i < 3; i++) {
        struct ledger *l = begin();
        give_plates(l, "Plate Systems", days[i], 1024 / (uint64_t)days[i]);
        ask(l, "Plate Systems", LEDGER_PERIOD);
        assert_int_equal(totals.plates, 1024);
        give_plates(l, "Plate Systems", 1, 1);
        ask(l, "Plate Systems", LEDGER_PERIOD);
        assert_in_range(totals.plates, 1025, 1025 * 116 / 100);
        ledger_destroy(l);
    }
}

static void exact_sets_take_a_quarter_of_the_memory_and_no_line_goes_for_them(void **state) {
    struct ledger_options o = presets;
    char name[32];
    o.memory = 1 << 20; /* room for 32 sets of 1,024; each line of these has three */
    struct ledger *l = begin_with(&o);
    uint64_t before = counter_values[COUNTER_LEDGER_FORGOTTEN];
    for (int i = 0; i < 30; i++) {
        snprintf(name, sizeof name, "Partner %d", i);
        give_plates(l, name, 1, 1000);
    }
    assert_int_equal(counter_values[COUNTER_LEDGER_FORGOTTEN], before);
    assert_int_equal(ledger_count(l), 30);
    for (int i = 0; i < 30; i++) {
        snprintf(name, sizeof name, "Partner %d", i);
        ask(l, name, LEDGER_DAY);
        if (i < 20)
            assert_in_range(totals.plates, 1000, 1160); /* the least recent are estimates */
        else
            assert_int_equal(totals.plates, 1000);
    }
    assert_true(ledger_pool(l)->used <= o.memory / 4);
    ledger_destroy(l);
}

/* An ordinary upload, one image a minute. */
static void ordinary_days(struct ledger *l, int day, uint64_t images) {
    for (uint64_t i = 0; i < images; i++)
        give_approved(l, MIDNIGHT + day * DAY + 9 * HOUR + (time_ns)i * 60 * NS_PER_S, 150000 + i * 1000);
}

static void four_images_a_night_for_six_weeks_make_one_incident(void **state) {
    struct ledger *l = begin();
    for (int day = 0; day < 45; day++) {
        ordinary_days(l, day, 40 + (uint64_t)day % 20);
        if (day >= 42)
            continue;
        for (int i = 0; i < 4; i++) {
            char to[32];
            snprintf(to, sizeof to, "203.0.113.%d", 1 + (day * 4 + i) % 250);
            give(l, MIDNIGHT + day * DAY + 22 * HOUR + i * 60 * NS_PER_S, to, NULL, VERDICT_UNKNOWN, 180000);
        }
    }
    assert_true(count >= 1);
    assert_int_equal(told[0].facts.state, INCIDENT_OPENED);
    assert_int_equal(told[0].facts.objects,
                     4 * 13 + 1); /* 50 objects and 14 days: the first of the 14th evening */
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(told[i].rule, "ledger-low-and-slow");
        assert_string_equal(told[i].facts.id, told[0].facts.id);
        assert_int_equal(told[i].facts.sequence, i + 1);
        assert_true(i == 0 || told[i].time - told[i - 1].time >= DAY);
    }
    assert_true(count <= 29);
    ledger_destroy(l);
}

static void the_same_without_the_drip_is_silent(void **state) {
    struct ledger *l = begin();
    for (int day = 0; day < 45; day++)
        ordinary_days(l, day, 40 + (uint64_t)day % 20);
    assert_int_equal(count, 0);
    ledger_destroy(l);
}

static void what_nobody_may_receive_is_worse_than_a_breach_inside_and_outside(void **state) {
    static const uint8_t severity[VERDICT_COUNT] = {[VERDICT_BREACH] = 8,
                                                    [VERDICT_UNAPPROVED] = 9,
                                                    [VERDICT_UNKNOWN] = 9,
                                                    [VERDICT_READER_BREACH] = 8,
                                                    [VERDICT_UNAPPROVED_READER] = 9};
    struct ledger_options o = presets;
    o.slow_objects = o.slow_days = 1;
    for (enum verdict v = VERDICT_BREACH; v < VERDICT_COUNT; v++) {
        struct ledger *l = begin_with(&o);
        give(l, MIDNIGHT, "198.51.100.20", "Plate Systems", v, 1000);
        assert_int_equal(count, 1);
        assert_int_equal(told[0].severity, severity[v]);
        ledger_destroy(l);
    }
}

static void forty_nine_objects_or_thirteen_days_are_not_yet_slow(void **state) {
    struct ledger *l = begin();
    for (int i = 0; i < 49; i++)
        give_unknown(l, MIDNIGHT + i % 25 * DAY);
    assert_int_equal(count, 0);
    ledger_destroy(l);
    l = begin();
    for (int day = 0; day < 13; day++)
        for (int i = 0; i < 20; i++)
            give_unknown(l, MIDNIGHT + day * DAY);
    assert_int_equal(count, 0);
    give_unknown(l, MIDNIGHT + 13 * DAY);
    assert_int_equal(count, 1);
    ledger_destroy(l);
}

static void ten_times_the_usual_volume_to_an_approved_partner_alerts(void **state) {
    struct ledger *l = begin();
    for (int day = 0; day < 30; day++)
        ordinary_days(l, day, 40);
    assert_int_equal(count, 0);
    ordinary_days(l, 30, 399);
    assert_int_equal(count, 1); /* by bytes, since later images are larger */
    assert_string_equal(told[0].rule, "ledger-unusual-volume");
    assert_int_equal(told[0].facts.state, INCIDENT_OPENED);
    assert_non_null(strstr(told[0].reason, "40 objects of 6.8 MB are usual in a day"));
    ordinary_days(l, 32, 40);
    assert_int_equal(count, 2);
    assert_int_equal(told[1].facts.state, INCIDENT_CLOSED);
    ledger_destroy(l);
}

static void nine_times_the_usual_or_too_little_history_is_silent(void **state) {
    struct ledger *l = begin();
    for (int day = 0; day < 30; day++)
        for (int i = 0; i < 40; i++)
            give_approved(l, MIDNIGHT + day * DAY, 150000);
    for (int i = 0; i < 360; i++)
        give_approved(l, MIDNIGHT + 30 * DAY, 150000);
    assert_int_equal(count, 0);
    ledger_destroy(l);
    l = begin();
    for (int day = 0; day < 6; day++)
        give_approved(l, MIDNIGHT + day * DAY, 150000);
    for (int i = 0; i < 1000; i++)
        give_approved(l, MIDNIGHT + 7 * DAY, 150000);
    assert_int_equal(count, 0);
    ledger_destroy(l);
}

static void weekly_uploads_are_usual_and_a_single_burst_of_the_past_hides_nothing(void **state) {
    struct ledger *l = begin();
    for (int week = 0; week < 6; week++) /* 300 objects on one day of each week */
        for (int i = 0; i < 300; i++)
            give_approved(l, MIDNIGHT + week * 7 * DAY, 150000);
    assert_int_equal(count, 0);
    ledger_destroy(l);
    l = begin();
    for (int day = 0; day < 20; day++)
        ordinary_days(l, day, day == 3 ? 4000 : 40);
    for (size_t before = count; before == count;)
        ordinary_days(l, 20, 500);
    assert_string_equal(told[count - 1].rule, "ledger-unusual-volume");
    ledger_destroy(l);
}

static void one_wrong_clock_does_not_age_the_ledger(void **state) {
    struct ledger *l = begin();
    uint64_t before = counter_values[COUNTER_LEDGER_JUMPS];
    for (int day = 0; day < 10; day++)
        give_unknown(l, MIDNIGHT + day * DAY);
    give_unknown(l, MIDNIGHT + 4000 * DAY); /* 2037 */
    give_unknown(l, MIDNIGHT + 9 * DAY + HOUR);
    give_unknown(l, MIDNIGHT - 4000 * DAY);
    give_unknown(l, MIDNIGHT + 9 * DAY + 2 * HOUR);
    ask(l, "203.0.113.0/24", LEDGER_PERIOD);
    assert_int_equal(totals.objects, 14); /* the strays count at the time before */
    assert_int_equal(totals.denied_days, 10);
    assert_int_equal(counter_values[COUNTER_LEDGER_JUMPS] - before, 2);
    ledger_destroy(l);
}

static void a_pause_of_weeks_is_believed_after_three_records(void **state) {
    struct ledger *l = begin();
    give_unknown(l, MIDNIGHT);
    for (int i = 0; i < 3; i++)
        give_unknown(l, MIDNIGHT + 20 * DAY + i * HOUR);
    ask(l, "203.0.113.0/24", LEDGER_WEEK);
    assert_int_equal(totals.objects, 1);
    give_unknown(l, MIDNIGHT + 20 * DAY + 3 * HOUR);
    ask(l, "203.0.113.0/24", LEDGER_WEEK);
    assert_int_equal(totals.objects, 2);
    ask(l, "203.0.113.0/24", LEDGER_PERIOD);
    assert_int_equal(totals.objects, 5);
    ledger_destroy(l);
}

static void a_step_back_counts_where_it_belongs(void **state) {
    struct ledger *l = begin();
    give_unknown(l, MIDNIGHT + 12 * HOUR);
    give_unknown(l, MIDNIGHT - HOUR);
    ask(l, "203.0.113.0/24", LEDGER_HOUR);
    assert_int_equal(totals.objects, 1);
    ask(l, "203.0.113.0/24", LEDGER_DAY);
    assert_int_equal(totals.objects, 2);
    ask(l, "203.0.113.0/24", LEDGER_WEEK);
    assert_int_equal(totals.denied_days, 2);
    ledger_destroy(l);
}

static void the_least_recent_line_goes_first_when_memory_is_full(void **state) {
    struct ledger_options small = presets;
    small.memory = 64 << 10;
    struct ledger *l = begin_with(&small);
    uint64_t before = counter_values[COUNTER_LEDGER_FORGOTTEN];
    for (int i = 0; i < 100; i++) {
        char to[32];
        snprintf(to, sizeof to, "203.0.%d.9", i);
        give(l, MIDNIGHT, to, NULL, VERDICT_UNKNOWN, 10);
        give(l, MIDNIGHT, "203.0.0.9", NULL, VERDICT_UNKNOWN, 10);
    }
    assert_in_range(ledger_count(l), 5, 20);
    assert_int_equal(counter_values[COUNTER_LEDGER_FORGOTTEN] - before, 100 - ledger_count(l));
    ask(l, "203.0.0.0/24", LEDGER_DAY);
    assert_int_equal(totals.objects, 101);
    assert_false(ledger_totals(l, "lanes", "203.0.50.0/24", "vehicle-image", LEDGER_DAY, &totals));
    ledger_destroy(l);
}

/* One small transfer to each of so many strangers. */
static void give_decoys(struct ledger *l, time_ns t, int many) {
    for (int i = 0; i < many; i++) {
        char to[32];
        snprintf(to, sizeof to, "100.%d.%d.9", 64 + i / 256, i % 256);
        give(l, t, to, NULL, VERDICT_UNKNOWN, 3);
    }
}

static void twelve_thousand_decoys_push_no_line_of_many_days_out(void **state) {
    struct ledger *l = begin();
    time_ns now = MIDNIGHT;
    for (int day = 0; day < 20; day++, now += DAY) {
        ledger_tick(l, now);
        give(l, now, "198.51.100.20", "Plate Systems", VERDICT_UNAPPROVED, 10);
        give_approved(l, now, 10);
        give_unknown(l, now);
    }
    give_decoys(l, now, 12000);
    assert_in_range(ledger_count(l), 1000, 11000); /* it was full */
    ask(l, "Plate Systems", LEDGER_PERIOD);
    assert_int_equal(totals.denied_days, 20);
    ask(l, "Border Labs", LEDGER_PERIOD);
    assert_int_equal(totals.objects, 20);
    ask(l, "203.0.113.0/24", LEDGER_PERIOD);
    assert_int_equal(totals.denied_days, 20);
    assert_false(ledger_totals(l, "lanes", "100.64.0.0/24", "vehicle-image", LEDGER_DAY, &totals));
    ledger_destroy(l);
}

/* Who fills the ledger with lines that stand higher leaves room for what begins small. */
static void a_new_line_grows_where_all_others_stand_higher(void **state) {
    struct ledger_options small = presets;
    small.memory = 1 << 20;
    struct ledger *l = begin_with(&small);
    for (int i = 0; i < 500; i++) {
        char to[32];
        snprintf(to, sizeof to, "100.64.%d.9", i % 250);
        give(l, MIDNIGHT + (i / 250) * DAY, to, NULL, VERDICT_UNKNOWN, 1 << 20);
    }
    for (int day = 2; day < 22; day++) {
        give(l, MIDNIGHT + day * DAY, "203.0.113.9", NULL, VERDICT_UNKNOWN, 10);
        give(l, MIDNIGHT + day * DAY, "100.65.1.9", NULL, VERDICT_UNKNOWN, 1 << 20);
    }
    ask(l, "203.0.113.0/24", LEDGER_PERIOD);
    assert_int_equal(totals.denied_days, 20);
    ledger_destroy(l);
}

static void flows_that_a_partner_may_not_receive_stand_as_high_as_its_objects(void **state) {
    struct ledger *l = begin();
    example_begin(&b, RECORD_VOLUME);
    b.head.bytes = 70000;
    b.head.verdict = VERDICT_UNAPPROVED;
    record_text(&b, TEXT_CLASSES, bytes_text("encrypted-flow"));
    record_text(&b, TEXT_OFFENDING, bytes_text("encrypted-flow"));
    ledger_record(l, example_pack(&b, room));
    assert_int_equal(ledger_count(l), 1);
    assert_int_equal(ledger_first_out(l), STANDING_DENIED);
    ledger_destroy(l);
}

static void count_line(void *context, const struct ledger_line *line) {
    int *n = context;
    n[0]++;
    n[1] += bytes_equal(line->destination, bytes_text("Plate Systems"));
}

static void a_list_that_has_no_room_for_all_has_those_of_partners(void **state) {
    static const char *const any[3] = {NULL};
    struct ledger *l = begin();
    int seen[2] = {0};
    give(l, MIDNIGHT, "198.51.100.20", "Plate Systems", VERDICT_UNAPPROVED, 10);
    give_decoys(l, MIDNIGHT + HOUR, 50);
    assert_int_equal(ledger_each(l, any, 10, count_line, seen), 51);
    assert_int_equal(seen[0], 10);
    assert_int_equal(seen[1], 1);
    ledger_destroy(l);
}

static void an_incident_of_a_line_that_has_to_go_is_closed(void **state) {
    struct ledger_options small = presets;
    small.memory = 64 << 10;
    small.slow_objects = small.slow_days = 1;
    struct ledger *l = begin_with(&small);
    give(l, MIDNIGHT, "203.0.113.9", NULL, VERDICT_UNKNOWN, 10);
    assert_int_equal(count, 1);
    assert_int_equal(told[0].facts.state, INCIDENT_OPENED);
    char id[37];
    memcpy(id, told[0].facts.id, sizeof id);
    for (int i = 0; i < 100; i++) {
        char to[32];
        snprintf(to, sizeof to, "198.51.%d.9", i);
        give(l, MIDNIGHT, to, NULL, VERDICT_APPROVED, 10);
    }
    assert_false(ledger_totals(l, "lanes", "203.0.113.0/24", "vehicle-image", LEDGER_DAY, &totals));
    assert_int_equal(count, 2);
    assert_int_equal(told[1].facts.state, INCIDENT_CLOSED);
    assert_string_equal(told[1].facts.id, id);
    ledger_destroy(l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_window_holds_what_left_within_it),
        cmocka_unit_test(a_partner_is_one_destination_and_a_stranger_is_its_prefix),
        cmocka_unit_test(
            parallel_and_serial_flows_of_many_hosts_to_one_partner_are_one_line_and_one_incident),
        cmocka_unit_test(flows_to_hosts_of_one_prefix_are_one_line_and_those_to_two_are_two),
        cmocka_unit_test(flows_to_two_partners_or_from_two_networks_are_not_counted_together),
        cmocka_unit_test(an_unknown_host_is_its_prefix_whatever_it_is_called),
        cmocka_unit_test(what_stays_inside_or_has_no_class_is_not_counted),
        cmocka_unit_test(an_object_of_several_classes_is_in_the_line_of_the_first_alone),
        cmocka_unit_test(plates_are_counted_once_over_days_and_hosts),
        cmocka_unit_test(a_windows_count_is_exact_up_to_1024),
        cmocka_unit_test(exact_sets_take_a_quarter_of_the_memory_and_no_line_goes_for_them),
        cmocka_unit_test(four_images_a_night_for_six_weeks_make_one_incident),
        cmocka_unit_test(the_same_without_the_drip_is_silent),
        cmocka_unit_test(what_nobody_may_receive_is_worse_than_a_breach_inside_and_outside),
        cmocka_unit_test(forty_nine_objects_or_thirteen_days_are_not_yet_slow),
        cmocka_unit_test(ten_times_the_usual_volume_to_an_approved_partner_alerts),
        cmocka_unit_test(nine_times_the_usual_or_too_little_history_is_silent),
        cmocka_unit_test(weekly_uploads_are_usual_and_a_single_burst_of_the_past_hides_nothing),
        cmocka_unit_test(one_wrong_clock_does_not_age_the_ledger),
        cmocka_unit_test(twelve_thousand_decoys_push_no_line_of_many_days_out),
        cmocka_unit_test(a_new_line_grows_where_all_others_stand_higher),
        cmocka_unit_test(flows_that_a_partner_may_not_receive_stand_as_high_as_its_objects),
        cmocka_unit_test(a_list_that_has_no_room_for_all_has_those_of_partners),
        cmocka_unit_test(a_pause_of_weeks_is_believed_after_three_records),
        cmocka_unit_test(a_step_back_counts_where_it_belongs),
        cmocka_unit_test(the_least_recent_line_goes_first_when_memory_is_full),
        cmocka_unit_test(an_incident_of_a_line_that_has_to_go_is_closed),
    };
    return cmocka_run_group_tests_name("report/ledger", tests, NULL, NULL);
}
