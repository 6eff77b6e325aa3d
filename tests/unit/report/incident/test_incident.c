/* SPDX-License-Identifier: Apache-2.0 */
#include "report/event/standing.h"
#include "report/incident/incident.h"
#include "report/ledger/distinct.h"

#include "../example.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ALERTS_MAX = 4096 };

static struct alert {
    time_ns time;
    struct incident_facts facts;
    uint8_t verdict, severity;
    char name[64], rule[32], class[32], settled[32], reason[64], terms[64], before[32], joined[40];
} alerts[ALERTS_MAX];
static size_t count;
static struct record_builder b;
static uint64_t room[4096];

static void copy_text(char *out, size_t size, const struct record *r, enum record_text which) {
    struct bytes t = record_text_of(r, which);
    snprintf(out, size, "%.*s", (int)t.n, (const char *)t.p);
}

static bool hold_back; /* what the sink answers */

static bool keep_alert(void *context, time_ns time, const struct incident_facts *facts,
                       const struct record *r) {
    if (hold_back)
        return false;
    assert_true(count < ALERTS_MAX);
    struct alert *a = &alerts[count++];
    *a = (struct alert){.time = time, .facts = *facts, .verdict = r->verdict, .severity = r->severity};
    copy_text(a->name, sizeof a->name, r, TEXT_NAME);
    copy_text(a->rule, sizeof a->rule, r, TEXT_RULE_ID);
    copy_text(a->class, sizeof a->class, r, TEXT_CLASS);
    copy_text(a->reason, sizeof a->reason, r, TEXT_REASON);
    copy_text(a->terms, sizeof a->terms, r, TEXT_TERM);
    snprintf(a->settled, sizeof a->settled, "%s", facts->settled ? facts->settled : "");
    snprintf(a->before, sizeof a->before, "%s", facts->before ? facts->before : "");
    snprintf(a->joined, sizeof a->joined, "%s", facts->joined ? facts->joined : "");
    return true;
}

static struct incidents *begin_with(uint64_t most) {
    static struct distinct_pool pool;
    pool = (struct distinct_pool){.limit = 1 << 20};
    const struct incident_options options = {.observer = "edge-1",
                                             .quiet = 900 * NS_PER_S,
                                             .growth_interval = 600 * NS_PER_S,
                                             .most = most,
                                             .pool = &pool};
    const struct incident_sink sink = {NULL, keep_alert};
    count = 0;
    struct incidents *t = incidents_create(&options, &sink);
    assert_non_null(t);
    return t;
}

static struct incidents *begin(void) {
    return begin_with(1000);
}

static void give(struct incidents *t) {
    incidents_record(t, example_pack(&b, room));
}

/* A finding and then the transfer record of object `n`, `seconds` after the beginning. */
static void give_object(struct incidents *t, uint64_t n, int64_t seconds) {
    example_begin(&b, RECORD_FINDING);
    b.head.object = n;
    b.head.bytes = 1000;
    b.head.time += seconds * NS_PER_S;
    give(t);
    example_begin(&b, RECORD_TRANSFER);
    b.head.object = n;
    b.head.time += seconds * NS_PER_S;
    give(t);
}

static void the_first_finding_opens_before_the_transfer_ends(void **state) {
    struct incidents *t = begin();
    example_begin(&b, RECORD_FINDING);
    b.head.bytes = 1000;
    give(t);
    assert_int_equal(count, 1);
    assert_int_equal(alerts[0].facts.state, INCIDENT_OPENED);
    assert_int_equal(alerts[0].facts.objects, 1);
    assert_int_equal(alerts[0].facts.bytes, 1000);
    assert_int_equal(alerts[0].facts.sequence, 1);
    assert_int_equal(alerts[0].severity, 8); /* the rule's 7, one more for an unapproved partner */
    assert_string_equal(alerts[0].rule, "camera-file-name");
    incidents_destroy(t);
}

static void an_object_with_findings_and_a_transfer_record_counts_once(void **state) {
    struct incidents *t = begin();
    for (int i = 0; i < 3; i++) {
        example_begin(&b, RECORD_FINDING);
        b.head.bytes = 1000 * (uint64_t)i;
        give(t);
    }
    example_begin(&b, RECORD_TRANSFER);
    give(t);
    incidents_close(t);
    assert_int_equal(count, 2);
    assert_int_equal(alerts[1].facts.state, INCIDENT_CLOSED);
    assert_int_equal(alerts[1].facts.objects, 1);
    assert_int_equal(alerts[1].facts.bytes, 183220);
    incidents_destroy(t);
}

static void a_hundred_thousand_images_make_some_ten_alerts(void **state) {
    static const uint64_t objects[] = {1, 10, 100, 1000, 10000, 100000, 100000};
    struct incidents *t = begin();
    for (uint64_t i = 1; i <= 100000; i++)
        give_object(t, i, (int64_t)i / 400); /* in four minutes */
    incidents_tick(t, EXAMPLE_TIME + 100000 * NS_PER_S);
    assert_int_equal(count, 7);
    for (size_t i = 0; i < 7; i++) {
        assert_int_equal(alerts[i].facts.objects, objects[i]);
        assert_int_equal(alerts[i].facts.sequence, i + 1);
        assert_string_equal(alerts[i].facts.id, alerts[0].facts.id);
        assert_int_equal(alerts[i].facts.state, i == 0   ? INCIDENT_OPENED
                                                : i == 6 ? INCIDENT_CLOSED
                                                         : INCIDENT_GROWN);
    }
    assert_int_equal(alerts[6].facts.bytes, 100000 * UINT64_C(183220));
    assert_int_equal(alerts[6].time, EXAMPLE_TIME + (250 + 900) * NS_PER_S);
    incidents_destroy(t);
}

static void slow_growth_is_told_once_an_interval_and_silence_closes(void **state) {
    struct incidents *t = begin();
    for (uint64_t i = 0; i < 9; i++)
        give_object(t, i, (int64_t)i * 200); /* due at 600 and 1,200 */
    assert_int_equal(count, 3);
    assert_int_equal(alerts[1].facts.state, INCIDENT_GROWN);
    assert_int_equal(alerts[1].facts.objects, 4);
    assert_int_equal(alerts[1].time, EXAMPLE_TIME + 600 * NS_PER_S);
    assert_int_equal(alerts[2].facts.objects, 7);
    incidents_tick(t, EXAMPLE_TIME + 2498 * NS_PER_S);
    assert_int_equal(count, 3);
    incidents_tick(t, EXAMPLE_TIME + 2501 * NS_PER_S);
    assert_int_equal(count, 4);
    assert_int_equal(alerts[3].facts.state, INCIDENT_CLOSED);
    assert_int_equal(alerts[3].facts.objects, 9);
    assert_int_equal(alerts[3].facts.last, EXAMPLE_TIME + 1600 * NS_PER_S);
    incidents_destroy(t);
}

static void a_new_finding_after_the_quiet_time_opens_another_incident(void **state) {
    struct incidents *t = begin();
    give_object(t, 1, 0);
    give_object(t, 2, 1000); /* no tick in between */
    assert_int_equal(count, 3);
    assert_int_equal(alerts[1].facts.state, INCIDENT_CLOSED);
    assert_int_equal(alerts[2].facts.state, INCIDENT_OPENED);
    assert_int_equal(alerts[2].facts.objects, 1);
    assert_string_not_equal(alerts[0].facts.id, alerts[2].facts.id);
    incidents_destroy(t);
}

static void the_same_traffic_gives_the_same_incident_id(void **state) {
    char id[37];
    struct incidents *t = begin();
    give_object(t, 1, 0);
    memcpy(id, alerts[0].facts.id, sizeof id);
    incidents_destroy(t);
    t = begin();
    give_object(t, 1, 0);
    assert_string_equal(alerts[0].facts.id, id);
    assert_int_equal(strlen(id), 36);
    assert_int_equal(id[14], '8'); /* RFC 9562: version 8, variant 10 */
    assert_non_null(strchr("89ab", id[19]));
    incidents_destroy(t);
}

static void approved_internal_and_inbound_transfers_open_nothing(void **state) {
    struct incidents *t = begin();
    for (int i = 0; i < 3; i++) {
        example_begin(&b, i == 2 ? RECORD_TRANSFER : RECORD_FINDING);
        b.head.verdict = i == 0 ? VERDICT_APPROVED : i == 1 ? VERDICT_INTERNAL : VERDICT_UNKNOWN;
        b.head.matters = i != 2;
        give(t);
    }
    example_begin(&b, RECORD_TRANSFER);
    record_text(&b, TEXT_OFFENDING, bytes_text("")); /* nothing was found in it that may not leave */
    give(t);
    incidents_tick(t, EXAMPLE_TIME + 10000 * NS_PER_S);
    incidents_close(t);
    assert_int_equal(count, 0);
    incidents_destroy(t);
}

static void class_network_and_destination_each_make_their_own_incident(void **state) {
    struct incidents *t = begin();
    for (int i = 0; i < 6; i++) {
        example_begin(&b, RECORD_FINDING);
        b.head.object = (uint64_t)i;
        if (i == 1)
            record_text(&b, TEXT_CLASS, bytes_text("plate-record"));
        if (i == 2)
            record_text(&b, TEXT_NETWORK, bytes_text("booths"));
        if (i == 3)
            record_text(&b, TEXT_PARTNER, bytes_text("Acme Towing"));
        if (i == 4) /* another host of the same partner: the first incident */
            address_parse("198.51.100.77", &b.head.destination);
        if (i == 5)
            record_text(&b, TEXT_PARTNER, bytes_text(""));
        give(t);
    }
    assert_int_equal(count, 5);
    example_begin(&b, RECORD_FINDING);
    record_text(&b, TEXT_PARTNER, bytes_text(""));
    address_parse("198.51.100.77", &b.head.destination); /* unknown hosts are told apart by address */
    give(t);
    assert_int_equal(count, 6);
    incidents_destroy(t);
}

static void a_host_that_only_bears_a_partners_name_has_an_incident_of_its_own(void **state) {
    struct incidents *t = begin();
    for (int i = 0; i < 4; i++) {
        example_begin(&b, RECORD_FINDING);
        b.head.object = (uint64_t)i;
        if (i % 2) { /* as the sender's Host or SNI says */
            b.head.verdict = VERDICT_UNKNOWN;
            address_parse("203.0.113.9", &b.head.destination);
        }
        give(t);
    }
    assert_int_equal(count, 2);
    assert_int_equal(alerts[0].verdict, VERDICT_UNAPPROVED);
    assert_int_equal(alerts[1].verdict, VERDICT_UNKNOWN);
    incidents_close(t);
    assert_int_equal(alerts[2].facts.objects, 2);
    assert_int_equal(alerts[3].facts.objects, 2);
    incidents_destroy(t);
}

static void parallel_and_serial_flows_of_many_hosts_to_one_partner_are_one_incident(void **state) {
    enum { FLOWS = 90 };
    struct incidents *t = begin();
    for (unsigned step = 0; step < 2 * FLOWS; step++) {
        /* All of the first half begin before any of them ends; the others come one by one. */
        bool ends = step < FLOWS ? step >= FLOWS / 2 : step % 2;
        unsigned n = step < FLOWS ? step % (FLOWS / 2) : step / 2;
        char host[64];
        example_begin(&b, ends ? RECORD_TRANSFER : RECORD_FINDING);
        snprintf(host, sizeof host, "10.40.%u.%u", n % 3, n % 20 + 1);
        address_parse(host, &b.head.source);
        snprintf(host, sizeof host, n % 4 ? "198.51.100.%u" : "2001:db8:b:%x::9", n % 30 + 1);
        address_parse(host, &b.head.destination);
        b.head.object = n / 3 + 1; /* each worker counts its own */
        b.head.worker = (uint16_t)(n % 3);
        b.head.bytes = ends ? 1000 + n : 400;
        give(t);
    }
    incidents_close(t);
    assert_int_equal(alerts[count - 1].facts.state, INCIDENT_CLOSED);
    assert_int_equal(count, 3); /* opened, grown at ten, closed */
    assert_int_equal(alerts[2].facts.objects, FLOWS);
    assert_int_equal(alerts[2].facts.bytes, FLOWS * 1000 + FLOWS * (FLOWS - 1) / 2);
    incidents_destroy(t);
}

static void a_worse_verdict_or_severity_is_told_at_once_and_never_gets_better(void **state) {
    struct incidents *t = begin();
    example_begin(&b, RECORD_FINDING);
    b.head.verdict = VERDICT_BREACH;
    b.head.severity = 5;
    give(t);
    assert_int_equal(alerts[0].severity, 5); /* a breach adds nothing */
    example_begin(&b, RECORD_FINDING);
    b.head.verdict = VERDICT_UNAPPROVED;
    b.head.severity = 3;
    b.head.object = 99;
    record_text(&b, TEXT_NAME, bytes_text("second"));
    give(t);
    assert_int_equal(count, 2);
    assert_int_equal(alerts[1].verdict, VERDICT_UNAPPROVED);
    assert_int_equal(alerts[1].severity, 6); /* the worst rule, and the worst verdict */
    assert_string_equal(alerts[1].name, "second");
    b.head.severity = 10;
    b.head.verdict = VERDICT_BREACH;
    give(t);
    assert_int_equal(count, 3);
    assert_int_equal(alerts[2].severity, 10);
    assert_int_equal(alerts[2].verdict, VERDICT_UNAPPROVED);
    give(t);
    assert_int_equal(count, 3);
    incidents_destroy(t);
}

static void a_transfer_record_alone_opens_the_incident_of_its_first_class_that_may_not_leave(void **state) {
    struct incidents *t = begin();
    example_begin(&b, RECORD_TRANSFER);
    record_text(&b, TEXT_CLASSES, bytes_text("image\nvehicle-image\nplate-record"));
    record_text(&b, TEXT_OFFENDING, bytes_text("vehicle-image\nplate-record"));
    record_text(&b, TEXT_RULES, bytes_text("camera-file-name\nplate-csv"));
    give(t);
    assert_int_equal(count, 1);
    assert_string_equal(alerts[0].class, "vehicle-image");
    assert_string_equal(alerts[0].rule, "camera-file-name");
    incidents_destroy(t);
}

static void distinct_plates_are_counted_over_objects(void **state) {
    struct incidents *t = begin();
    for (uint64_t o = 0; o < 10; o++) {
        example_begin(&b, RECORD_TRANSFER);
        b.head.object = o;
        b.head.digests = 5;
        for (uint64_t i = 0; i < 5; i++)
            b.digest[i] = (o + i) * 0x9e3779b97f4a7c15u; /* neighbours share four of five */
        give(t);
    }
    incidents_close(t);
    assert_int_equal(alerts[count - 1].facts.plates, 14);
    incidents_destroy(t);
}

static void what_is_held_back_takes_no_number_and_the_next_alert_has_it_all(void **state) {
    struct incidents *t = begin();
    hold_back = true;
    for (uint64_t i = 1; i <= 12; i++)
        give_object(t, i, (int64_t)i);
    assert_int_equal(count, 0);
    hold_back = false;
    for (uint64_t i = 13; i <= 100; i++)
        give_object(t, i, (int64_t)i);
    assert_int_equal(count, 1);
    assert_int_equal(alerts[0].facts.state, INCIDENT_OPENED); /* nobody heard of it before */
    assert_int_equal(alerts[0].facts.sequence, 1);
    assert_int_equal(alerts[0].facts.objects, 100);
    assert_int_equal(alerts[0].facts.held, 2); /* at 1 and at 10 */
    incidents_close(t);
    assert_int_equal(alerts[1].facts.sequence, 2);
    assert_int_equal(alerts[1].facts.held, 0);
    incidents_destroy(t);
}

static void somebody_closes_an_incident_with_a_reason_and_no_other(void **state) {
    char unknown[37] = "00000000-0000-8000-8000-000000000000";
    struct incidents *t = begin();
    give_object(t, 1, 0);
    example_begin(&b, RECORD_FINDING);
    b.head.object = 2;
    record_text(&b, TEXT_CLASS, bytes_text("plate-record"));
    give(t);
    assert_false(incidents_settle(t, unknown, "why", 1000, EXAMPLE_TIME));
    assert_true(incidents_settle(t, alerts[0].facts.id, "agreed by phone", 1000, EXAMPLE_TIME + NS_PER_S));
    assert_int_equal(count, 3);
    assert_int_equal(alerts[2].facts.state, INCIDENT_CLOSED);
    assert_string_equal(alerts[2].settled, "agreed by phone");
    assert_string_equal(alerts[2].facts.id, alerts[0].facts.id);
    assert_int_equal(incidents_open(t), 1);
    assert_false(incidents_settle(t, alerts[0].facts.id, "again", 1000, EXAMPLE_TIME));
    incidents_close(t);
    assert_string_equal(alerts[3].settled, "");
    incidents_destroy(t);
}

static void severity_rises_with_the_volume_and_is_not_taken_back(void **state) {
    struct incidents *t = begin();
    for (uint64_t i = 1; i <= 1000; i++)
        give_object(t, i, (int64_t)i / 10);
    assert_int_equal(count, 4);
    assert_int_equal(alerts[2].severity, 8);
    assert_int_equal(alerts[3].severity, 9); /* at a thousand objects */
    incidents_destroy(t);
}

static void an_incident_of_parts_alone_is_less_severe_until_one_object_is_seen_whole(void **state) {
    struct incidents *t = begin();
    for (int i = 0; i < 10; i++) {
        example_begin(&b, RECORD_FINDING);
        b.head.object = (uint64_t)i;
        b.head.missing = 100;
        give(t);
    }
    assert_int_equal(count, 2);
    assert_int_equal(alerts[1].severity, 7);
    give_object(t, 100, 1);
    incidents_close(t);
    assert_int_equal(alerts[2].severity, 8);
    incidents_destroy(t);
}

static void at_the_cap_the_least_recent_incident_is_closed_first(void **state) {
    struct incidents *t = begin_with(3);
    for (int i = 0; i < 4; i++) {
        char name[16];
        snprintf(name, sizeof name, "partner %d", i);
        example_begin(&b, RECORD_FINDING);
        b.head.object = (uint64_t)i;
        record_text(&b, TEXT_PARTNER, bytes_text(name));
        if (i == 3) { /* the oldest is used once more, so the second must go */
            record_text(&b, TEXT_PARTNER, bytes_text("partner 0"));
            give(t);
            record_text(&b, TEXT_PARTNER, bytes_text(name));
        }
        give(t);
    }
    assert_int_equal(count, 5);
    assert_int_equal(alerts[3].facts.state, INCIDENT_CLOSED);
    assert_string_equal(alerts[3].facts.id, alerts[1].facts.id);
    incidents_destroy(t);
}

static void more_objects_in_flight_than_are_remembered_do_no_harm(void **state) {
    struct incidents *t = begin();
    for (uint64_t i = 0; i < 70000; i++) {
        example_begin(&b, RECORD_FINDING);
        b.head.object = i;
        give(t);
    }
    for (uint64_t i = 69000; i < 70000; i++) {
        example_begin(&b, RECORD_TRANSFER);
        b.head.object = i;
        give(t);
    }
    incidents_close(t);
    assert_int_equal(alerts[count - 1].facts.objects, 70000);
    incidents_destroy(t);
}

static void give_breach(struct incidents *t, uint64_t n, const char *terms, const char *reason) {
    example_begin(&b, RECORD_FINDING);
    b.head.object = n;
    b.head.verdict = VERDICT_BREACH;
    record_text(&b, TEXT_TERM, bytes_text(terms));
    record_text(&b, TEXT_REASON, bytes_text(reason));
    give(t);
}

static void a_further_term_that_does_not_hold_is_told_at_once(void **state) {
    struct incidents *t = begin();
    give_breach(t, 1, "class", "class x is not in C");
    give_breach(t, 2, "class", "class x is not in C");
    assert_int_equal(count, 1);
    give_breach(t, 3, "class\nper-day objects", "class x is not in C; 3 objects today, limit 2");
    assert_int_equal(count, 2);
    assert_int_equal(alerts[1].facts.state, INCIDENT_GROWN);
    assert_string_equal(alerts[1].terms, "class\nper-day objects");
    assert_string_equal(alerts[1].reason, "class x is not in C; 3 objects today, limit 2");
    incidents_destroy(t);
}

static void the_closing_alert_has_the_newest_amounts(void **state) {
    struct incidents *t = begin();
    give_breach(t, 1, "per-day objects", "3 objects today, limit 2");
    give_breach(t, 2, "per-day objects", "4 objects today, limit 2");
    give_breach(t, 3, "hours", "one term less says less"); /* another reason alone, and not the whole of it */
    assert_int_equal(count, 1);
    incidents_close(t);
    assert_string_equal(alerts[1].reason, "4 objects today, limit 2");
    assert_string_equal(alerts[1].terms, "per-day objects");
    incidents_destroy(t);
}

/* A small object to a stranger of its own. */
static void give_decoy(struct incidents *t, int n) {
    example_begin(&b, RECORD_TRANSFER);
    b.head.object = 1000 + (uint64_t)n;
    b.head.bytes = 3;
    b.head.severity = 5;
    b.head.verdict = VERDICT_UNKNOWN;
    b.head.time += n * NS_PER_MS;
    b.head.destination.bytes[14] = (uint8_t)(n >> 8);
    b.head.destination.bytes[15] = (uint8_t)n;
    record_text(&b, TEXT_PARTNER, bytes_of(NULL, 0));
    give(t);
}

static void decoys_close_no_incident_of_a_partner(void **state) {
    struct incidents *t = begin_with(16);
    give_object(t, 1, 0);
    for (int i = 0; i < 100; i++)
        give_decoy(t, i);
    assert_int_equal(incidents_open(t), 16);
    for (size_t i = 0; i < count; i++)
        assert_false(alerts[i].facts.state == INCIDENT_CLOSED && alerts[i].facts.standing == STANDING_DENIED);
    size_t before = count;
    give_object(t, 2, 1); /* goes on with the one that is open */
    assert_int_equal(count, before);
    incidents_destroy(t);
}

static void an_alert_says_that_it_is_the_first_or_worse_and_how_it_stands(void **state) {
    struct incidents *t = begin();
    give_object(t, 1, 0);
    assert_true(alerts[0].facts.worse);
    assert_int_equal(alerts[0].facts.standing, STANDING_DENIED);
    example_begin(&b, RECORD_FINDING);
    b.head.object = 2;
    b.head.severity = 9;
    give(t);
    assert_int_equal(alerts[1].facts.state, INCIDENT_GROWN);
    assert_true(alerts[1].facts.worse);
    for (uint64_t i = 3; i <= 10; i++)
        give_object(t, i, 1);
    assert_int_equal(count, 3);
    assert_false(alerts[2].facts.worse);
    give_decoy(t, 1);
    assert_int_equal(alerts[3].facts.standing, STANDING_SMALL);
    incidents_destroy(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_further_term_that_does_not_hold_is_told_at_once),
        cmocka_unit_test(the_closing_alert_has_the_newest_amounts),
        cmocka_unit_test(the_first_finding_opens_before_the_transfer_ends),
        cmocka_unit_test(an_object_with_findings_and_a_transfer_record_counts_once),
        cmocka_unit_test(a_hundred_thousand_images_make_some_ten_alerts),
        cmocka_unit_test(slow_growth_is_told_once_an_interval_and_silence_closes),
        cmocka_unit_test(a_new_finding_after_the_quiet_time_opens_another_incident),
        cmocka_unit_test(the_same_traffic_gives_the_same_incident_id),
        cmocka_unit_test(approved_internal_and_inbound_transfers_open_nothing),
        cmocka_unit_test(class_network_and_destination_each_make_their_own_incident),
        cmocka_unit_test(a_host_that_only_bears_a_partners_name_has_an_incident_of_its_own),
        cmocka_unit_test(parallel_and_serial_flows_of_many_hosts_to_one_partner_are_one_incident),
        cmocka_unit_test(a_worse_verdict_or_severity_is_told_at_once_and_never_gets_better),
        cmocka_unit_test(a_transfer_record_alone_opens_the_incident_of_its_first_class_that_may_not_leave),
        cmocka_unit_test(distinct_plates_are_counted_over_objects),
        cmocka_unit_test(what_is_held_back_takes_no_number_and_the_next_alert_has_it_all),
        cmocka_unit_test(somebody_closes_an_incident_with_a_reason_and_no_other),
        cmocka_unit_test(severity_rises_with_the_volume_and_is_not_taken_back),
        cmocka_unit_test(an_incident_of_parts_alone_is_less_severe_until_one_object_is_seen_whole),
        cmocka_unit_test(at_the_cap_the_least_recent_incident_is_closed_first),
        cmocka_unit_test(more_objects_in_flight_than_are_remembered_do_no_harm),
        cmocka_unit_test(decoys_close_no_incident_of_a_partner),
        cmocka_unit_test(an_alert_says_that_it_is_the_first_or_worse_and_how_it_stands),
    };
    return cmocka_run_group_tests_name("report/incident", tests, NULL, NULL);
}
