/* SPDX-License-Identifier: Apache-2.0 */
/* One incident a thing: an object counts in the class that says most of it. */
#include "report/event/telling.h"
#include "report/incident/incident.h"
#include "report/ledger/distinct.h"

#include "../example.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static struct told {
    struct incident_facts facts;
    char class[32], before[32], joined[40];
    uint8_t severity;
} told[64];
static size_t count;
static struct record_builder b;
static uint64_t room[4096];
static struct distinct_pool pool;
static const char *muted; /* class of which nothing goes out; "": of none */

static bool keep(void *context, time_ns time, const struct incident_facts *f, const struct record *r) {
    struct bytes class = record_text_of(r, TEXT_CLASS);
    if (muted && (!*muted || bytes_equal(class, bytes_text(muted))))
        return false;
    assert_true(count < sizeof told / sizeof told[0]);
    struct told *t = &told[count++];
    *t = (struct told){.facts = *f, .severity = r->severity};
    snprintf(t->class, sizeof t->class, "%.*s", (int)class.n, (const char *)class.p);
    snprintf(t->before, sizeof t->before, "%s", f->before ? f->before : "");
    snprintf(t->joined, sizeof t->joined, "%s", f->joined ? f->joined : "");
    return true;
}

static struct incidents *begin_with(uint64_t most) {
    pool = (struct distinct_pool){.limit = 1 << 20};
    const struct incident_options options = {.observer = "edge-1",
                                             .quiet = 900 * NS_PER_S,
                                             .growth_interval = 600 * NS_PER_S,
                                             .most = most,
                                             .pool = &pool};
    const struct incident_sink sink = {NULL, keep};
    count = 0;
    muted = NULL;
    struct incidents *t = incidents_create(&options, &sink);
    assert_non_null(t);
    return t;
}

static struct incidents *begin(void) {
    return begin_with(1000);
}

static uint8_t severity_of_class(const char *class) {
    static const struct {
        const char *class;
        uint8_t severity;
    } rules[] = {{"image", 5}, {"vehicle-image", 8}, {"plate-record", 9}, {"traveller-record", 9}};
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (strcmp(rules[i].class, class) == 0)
            return rules[i].severity;
    return 7;
}

static void begin_finding(uint64_t object, const char *class, uint64_t bytes) {
    example_begin(&b, RECORD_FINDING);
    b.head.object = object;
    b.head.bytes = bytes;
    b.head.severity = severity_of_class(class);
    record_text(&b, TEXT_CLASS, bytes_text(class));
}

static void give(struct incidents *t) {
    incidents_record(t, example_pack(&b, room));
}

static void find(struct incidents *t, uint64_t object, const char *class, uint64_t bytes) {
    begin_finding(object, class, bytes);
    give(t);
}

/* Its transfer record; `classes`: the most telling first. */
static void end(struct incidents *t, uint64_t object, const char *classes, uint64_t bytes) {
    char first[32];
    snprintf(first, sizeof first, "%.*s", (int)strcspn(classes, "\n"), classes);
    example_begin(&b, RECORD_TRANSFER);
    b.head.object = object;
    b.head.bytes = bytes;
    b.head.severity = severity_of_class(first);
    record_text(&b, TEXT_CLASSES, bytes_text(classes));
    record_text(&b, TEXT_OFFENDING, bytes_text(classes));
    give(t);
}

static void assert_told(size_t n, enum incident_state state, const char *class, uint64_t objects,
                        uint64_t bytes) {
    assert_true(n < count);
    assert_int_equal(told[n].facts.state, state);
    assert_string_equal(told[n].class, class);
    assert_int_equal(told[n].facts.objects, objects);
    assert_int_equal(told[n].facts.bytes, bytes);
}

static void the_incident_of_one_object_changes_its_class_and_keeps_its_id(void **state) {
    struct incidents *t = begin();
    find(t, 1, "image", 1400);
    find(t, 1, "vehicle-image", 3000);
    end(t, 1, "vehicle-image\nimage", 183220);
    incidents_close(t);
    assert_int_equal(count, 3);
    assert_told(0, INCIDENT_OPENED, "image", 1, 1400);
    assert_told(1, INCIDENT_CHANGED, "vehicle-image", 1, 3000);
    assert_string_equal(told[1].before, "image");
    assert_int_equal(told[1].facts.sequence, 2);
    assert_true(told[1].severity > told[0].severity);
    assert_told(2, INCIDENT_CLOSED, "vehicle-image", 1, 183220);
    assert_string_equal(told[2].before, "");
    for (size_t i = 1; i < 3; i++)
        assert_string_equal(told[i].facts.id, told[0].facts.id);
    incidents_destroy(t);
}

static void what_is_found_later_and_says_less_changes_nothing(void **state) {
    struct incidents *t = begin();
    find(t, 1, "vehicle-image", 1400);
    find(t, 1, "image", 3000);
    find(t, 1, "vehicle-image", 3500);
    end(t, 1, "vehicle-image\nimage", 4000);
    incidents_close(t);
    assert_int_equal(count, 2);
    assert_told(1, INCIDENT_CLOSED, "vehicle-image", 1, 4000);
    incidents_destroy(t);
}

static void other_objects_stay_in_the_incident_that_one_leaves(void **state) {
    struct incidents *t = begin();
    find(t, 1, "image", 1000);
    find(t, 2, "image", 1000);
    find(t, 2, "vehicle-image", 2000);
    end(t, 2, "vehicle-image\nimage", 5000);
    end(t, 1, "image", 6000);
    assert_int_equal(count, 2);
    assert_told(1, INCIDENT_OPENED, "vehicle-image", 1, 2000);
    assert_string_not_equal(told[1].facts.id, told[0].facts.id);
    incidents_close(t);
    assert_int_equal(count, 4);
    assert_told(2, INCIDENT_CLOSED, "vehicle-image", 1, 5000);
    assert_told(3, INCIDENT_CLOSED, "image", 1, 6000);
    incidents_destroy(t);
}

static void an_incident_whose_objects_all_left_closes_and_says_where_they_are(void **state) {
    struct incidents *t = begin();
    find(t, 1, "image", 1000);
    find(t, 2, "image", 1000);
    find(t, 1, "vehicle-image", 2000);
    find(t, 2, "vehicle-image", 2000);
    assert_int_equal(count, 3);
    assert_told(1, INCIDENT_OPENED, "vehicle-image", 1, 2000);
    assert_told(2, INCIDENT_CLOSED, "image", 0, 0);
    assert_string_equal(told[2].joined, told[1].facts.id);
    assert_string_equal(told[2].facts.id, told[0].facts.id);
    assert_int_equal(incidents_open(t), 1);
    incidents_close(t);
    assert_told(3, INCIDENT_CLOSED, "vehicle-image", 2, 4000);
    incidents_destroy(t);
}

static void of_a_series_one_incident_is_told(void **state) {
    struct incidents *t = begin();
    for (uint64_t i = 1; i <= 9; i++) {
        find(t, i, "image", 1400);
        find(t, i, "vehicle-image", 3000);
        end(t, i, "vehicle-image\nimage", 5000);
    }
    assert_int_equal(count, 2); /* the first opens, and changes */
    incidents_close(t);
    assert_int_equal(count, 3);
    assert_told(2, INCIDENT_CLOSED, "vehicle-image", 9, 45000);
    incidents_destroy(t);
}

static void begin_series(struct incidents *t) {
    find(t, 1, "vehicle-image", 3000);
    begin_finding(2, "image", 1400);
    b.head.time += NS_PER_S;
    give(t);
    assert_int_equal(count, 1);
}

static void what_waits_counts_a_second_later_by_its_workers_time_or_by_that_of_all(void **state) {
    for (int by_tick = 0; by_tick < 2; by_tick++) {
        struct incidents *t = begin();
        begin_series(t);
        begin_finding(3, "vehicle-image", 10);
        b.head.worker = 7;
        b.head.time += 10 * NS_PER_S; /* another worker is ahead */
        give(t);
        incidents_tick(t, EXAMPLE_TIME + NS_PER_S * 19 / 10);
        assert_int_equal(count, 1);
        if (by_tick) {
            incidents_tick(t, EXAMPLE_TIME + 2 * NS_PER_S);
        } else {
            begin_finding(4, "vehicle-image", 10);
            b.head.time += 2 * NS_PER_S;
            give(t);
        }
        assert_int_equal(count, 2);
        assert_told(1, INCIDENT_OPENED, "image", 1, 1400);
        find(t, 2, "vehicle-image", 1500); /* and goes over yet */
        assert_told(2, INCIDENT_CLOSED, "image", 0, 0);
        incidents_destroy(t);
    }
}

static void what_waits_does_not_wait_for_a_worker_whose_clock_is_ahead(void **state) {
    struct incidents *t = begin();
    find(t, 1, "vehicle-image", 3000);
    begin_finding(2, "image", 1);
    b.head.worker = 7;
    b.head.time += 1000 * NS_PER_S;
    give(t);
    begin_finding(3, "listing", 1400);
    give(t);
    incidents_tick(t, EXAMPLE_TIME + 2 * NS_PER_S);
    assert_int_equal(count, 2);
    assert_told(1, INCIDENT_OPENED, "listing", 1, 1400);
    incidents_destroy(t);
}

static void what_waits_counts_once_with_the_objects_end_or_that_of_the_run(void **state) {
    for (int ends = 0; ends < 2; ends++) {
        struct incidents *t = begin();
        begin_series(t);
        if (ends) {
            end(t, 2, "image", 5000);
            assert_told(1, INCIDENT_OPENED, "image", 1, 5000);
        }
        incidents_close(t);
        assert_int_equal(count, 4);
        assert_told(3, INCIDENT_CLOSED, "image", 1, ends ? 5000 : 1400);
        incidents_destroy(t);
    }
}

static void more_than_may_wait_is_counted_at_once(void **state) {
    struct incidents *t = begin();
    find(t, 1, "vehicle-image", 3000);
    for (uint64_t i = 2; i < 1000; i++)
        find(t, i, "image", 1000);
    incidents_close(t);
    assert_told(count - 1, INCIDENT_CLOSED, "image", 998, 998000);
    incidents_destroy(t);
}

static void the_name_of_one_that_changed_is_given_to_no_other(void **state) {
    struct incidents *t = begin();
    find(t, 1, "image", 1000);
    find(t, 1, "vehicle-image", 2000);
    find(t, 2, "plate-record", 1000);
    end(t, 3, "image", 1000); /* at the same time as the first */
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            if (k != 0 || i != 1)
                assert_string_not_equal(told[i].facts.id, told[k].facts.id);
    incidents_destroy(t);
}

static void a_change_that_was_held_back_is_told_with_the_next_alert(void **state) {
    struct incidents *t = begin();
    find(t, 1, "image", 1000);
    muted = "vehicle-image";
    find(t, 1, "vehicle-image", 2000);
    assert_int_equal(count, 1);
    muted = NULL;
    for (uint64_t i = 2; i <= 10; i++)
        find(t, i, "vehicle-image", 2000);
    assert_int_equal(count, 2);
    assert_told(1, INCIDENT_CHANGED, "vehicle-image", 10, 20000);
    assert_string_equal(told[1].before, "image");
    incidents_destroy(t);
}

static void of_what_was_never_told_the_first_alert_says_that_it_opened(void **state) {
    struct incidents *t = begin();
    muted = "image";
    find(t, 1, "image", 1000);
    find(t, 1, "vehicle-image", 2000);
    assert_int_equal(count, 1);
    assert_told(0, INCIDENT_OPENED, "vehicle-image", 1, 2000);
    assert_string_equal(told[0].before, "");
    incidents_destroy(t);
}

static void what_was_never_told_and_is_empty_says_nothing(void **state) {
    struct incidents *t = begin();
    muted = "image";
    find(t, 1, "image", 1000);
    find(t, 2, "image", 1000);
    find(t, 1, "vehicle-image", 2000);
    find(t, 2, "vehicle-image", 2000);
    muted = NULL;
    assert_int_equal(count, 1);
    assert_int_equal(incidents_open(t), 1);
    incidents_destroy(t);
}

static void behind_a_closed_incident_an_object_counts_anew_in_its_best_class_alone(void **state) {
    struct incidents *t = begin();
    find(t, 1, "vehicle-image", 1000);
    assert_true(incidents_settle(t, told[0].facts.id, "agreed", 1000, EXAMPLE_TIME));
    find(t, 1, "image", 2000);
    assert_int_equal(count, 2);
    end(t, 1, "vehicle-image\nimage", 5000);
    assert_int_equal(count, 3);
    assert_told(2, INCIDENT_OPENED, "vehicle-image", 1, 5000);
    incidents_destroy(t);
}

static void a_better_class_behind_a_closed_incident_opens_one(void **state) {
    struct incidents *t = begin();
    find(t, 1, "image", 1000);
    assert_true(incidents_settle(t, told[0].facts.id, "agreed", 1000, EXAMPLE_TIME));
    find(t, 1, "vehicle-image", 2000);
    assert_told(2, INCIDENT_OPENED, "vehicle-image", 1, 2000);
    incidents_destroy(t);
}

static void an_object_that_leaves_at_the_cap_counts_once(void **state) {
    struct incidents *t = begin_with(1);
    find(t, 1, "image", 1000);
    find(t, 2, "image", 1000);
    find(t, 2, "vehicle-image", 2000); /* which closes the other */
    incidents_close(t);
    assert_int_equal(count, 4);
    assert_told(1, INCIDENT_CLOSED, "image", 2, 2000);
    assert_told(3, INCIDENT_CLOSED, "vehicle-image", 1, 2000);
    incidents_destroy(t);
}

static void a_parent_and_its_child_are_two_objects(void **state) {
    struct incidents *t = begin();
    find(t, 1, "image", 1000);
    begin_finding(2, "vehicle-image", 500);
    b.head.parent = 1;
    give(t);
    incidents_close(t);
    assert_int_equal(count, 4);
    incidents_destroy(t);
}

static void equal_numbers_of_two_workers_are_two_objects(void **state) {
    struct incidents *t = begin();
    find(t, 1, "image", 1000);
    begin_finding(1, "vehicle-image", 500);
    b.head.worker = 7;
    give(t);
    assert_int_equal(count, 2);
    assert_told(1, INCIDENT_OPENED, "vehicle-image", 1, 500);
    incidents_destroy(t);
}

static void plates_of_a_class_that_says_less_count_where_the_object_counts(void **state) {
    struct incidents *t = begin();
    begin_finding(1, "plate-record", 1000);
    b.head.digests = b.head.distinct = 3;
    for (uint64_t i = 0; i < 3; i++)
        b.digest[i] = i + 1;
    give(t);
    find(t, 1, "traveller-record", 2000);
    assert_told(1, INCIDENT_CHANGED, "traveller-record", 1, 2000);
    assert_int_equal(told[1].facts.plates, 3);
    incidents_destroy(t);
}

static void the_severity_of_the_rule_decides_before_the_order_of_classes(void **state) {
    static const char *const order[] = {
        "canary",        "traveller-record",    "traveller-image", "plate-record",
        "vehicle-image", "an-own-class",        "another-own",     "image",
        "listing",       "encrypted-container", "unread-object",   "contract-volume"};
    for (size_t i = 0; i + 1 < sizeof order / sizeof order[0]; i++) {
        struct bytes more = bytes_text(order[i]), less = bytes_text(order[i + 1]);
        assert_true(telling_of(7, more) > telling_of(7, less));
        assert_true(telling_of(6, more) < telling_of(7, less));
        assert_true(telling_of(0, less) > 0);
    }
}

/* --- a flow that was told before anything was found in it --- */

static void begin_flow(uint32_t flow, uint64_t bytes) {
    example_begin(&b, RECORD_VOLUME);
    b.head.flow = flow;
    b.head.flows = 1;
    b.head.bytes = bytes;
    record_text(&b, TEXT_CLASS, bytes_text("unread-flow"));
    record_text(&b, TEXT_CLASSES, bytes_text("unread-flow"));
    record_text(&b, TEXT_OFFENDING, bytes_text("unread-flow"));
}

static void begin_in_flow(uint64_t object, uint32_t flow, const char *class, uint64_t bytes) {
    begin_finding(object, class, bytes);
    b.head.flow = flow;
    record_text(&b, TEXT_SAME_FLOW, bytes_text("unread-flow"));
}

static void the_incident_of_a_flow_becomes_that_of_what_is_found_in_it(void **state) {
    struct incidents *t = begin();
    begin_flow(3, 5000);
    give(t);
    begin_in_flow(1, 3, "image", 1400);
    give(t);
    begin_in_flow(1, 3, "vehicle-image", 3000);
    give(t);
    incidents_close(t);
    assert_int_equal(count, 4);
    assert_told(0, INCIDENT_OPENED, "unread-flow", 1, 5000);
    assert_told(1, INCIDENT_CHANGED, "image", 1, 6400);
    assert_string_equal(told[1].before, "unread-flow");
    assert_told(2, INCIDENT_CHANGED, "vehicle-image", 1, 8000);
    assert_told(3, INCIDENT_CLOSED, "vehicle-image", 1, 8000);
    assert_string_equal(told[3].facts.id, told[0].facts.id);
    incidents_destroy(t);
}

static void it_joins_one_that_is_there_and_brings_its_octets_along(void **state) {
    struct incidents *t = begin();
    find(t, 9, "vehicle-image", 100);
    begin_flow(3, 5000);
    give(t);
    begin_in_flow(1, 3, "vehicle-image", 1400);
    give(t);
    assert_told(2, INCIDENT_CLOSED, "unread-flow", 0, 0);
    assert_string_equal(told[2].joined, told[0].facts.id);
    incidents_close(t);
    assert_int_equal(count, 4);
    assert_told(3, INCIDENT_CLOSED, "vehicle-image", 2, 6500);
    incidents_destroy(t);
}

static void the_incident_of_other_flows_stays_what_it_is(void **state) {
    for (int several = 0; several < 2; several++) {
        struct incidents *t = begin();
        begin_flow(3, 5000);
        give(t);
        if (several) {
            begin_flow(4, 10);
            give(t);
        }
        begin_in_flow(1, several ? 3 : 4, "vehicle-image", 1400);
        give(t);
        assert_int_equal(count, 2);
        assert_told(1, INCIDENT_OPENED, "vehicle-image", 1, 1400);
        assert_int_equal(incidents_open(t), 2);
        incidents_destroy(t);
    }
}

/* --- workers that were taken over --- */

/* Seconds, were all of them gone through for each. */
static void thousands_of_classes_to_one_destination_cost_little_each(void **state) {
    enum { CLASSES = 20000 };
    char class[32];
    struct incidents *t = begin_with(CLASSES + 1);
    muted = "";
    for (uint64_t i = 0; i < CLASSES; i++) {
        snprintf(class, sizeof class, "%" PRIu64, i);
        find(t, i, class, 10);
    }
    clock_t began = clock();
    for (uint64_t i = 0; i < CLASSES; i++) {
        snprintf(class, sizeof class, "%" PRIu64, i);
        find(t, i, class, 20);
    }
    assert_true(clock() - began < CLOCKS_PER_SEC);
    incidents_destroy(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_incident_of_one_object_changes_its_class_and_keeps_its_id),
        cmocka_unit_test(what_is_found_later_and_says_less_changes_nothing),
        cmocka_unit_test(other_objects_stay_in_the_incident_that_one_leaves),
        cmocka_unit_test(an_incident_whose_objects_all_left_closes_and_says_where_they_are),
        cmocka_unit_test(of_a_series_one_incident_is_told),
        cmocka_unit_test(what_waits_counts_a_second_later_by_its_workers_time_or_by_that_of_all),
        cmocka_unit_test(what_waits_does_not_wait_for_a_worker_whose_clock_is_ahead),
        cmocka_unit_test(what_waits_counts_once_with_the_objects_end_or_that_of_the_run),
        cmocka_unit_test(more_than_may_wait_is_counted_at_once),
        cmocka_unit_test(the_name_of_one_that_changed_is_given_to_no_other),
        cmocka_unit_test(a_change_that_was_held_back_is_told_with_the_next_alert),
        cmocka_unit_test(of_what_was_never_told_the_first_alert_says_that_it_opened),
        cmocka_unit_test(what_was_never_told_and_is_empty_says_nothing),
        cmocka_unit_test(behind_a_closed_incident_an_object_counts_anew_in_its_best_class_alone),
        cmocka_unit_test(a_better_class_behind_a_closed_incident_opens_one),
        cmocka_unit_test(an_object_that_leaves_at_the_cap_counts_once),
        cmocka_unit_test(a_parent_and_its_child_are_two_objects),
        cmocka_unit_test(equal_numbers_of_two_workers_are_two_objects),
        cmocka_unit_test(plates_of_a_class_that_says_less_count_where_the_object_counts),
        cmocka_unit_test(the_severity_of_the_rule_decides_before_the_order_of_classes),
        cmocka_unit_test(the_incident_of_a_flow_becomes_that_of_what_is_found_in_it),
        cmocka_unit_test(it_joins_one_that_is_there_and_brings_its_octets_along),
        cmocka_unit_test(the_incident_of_other_flows_stays_what_it_is),
        cmocka_unit_test(thousands_of_classes_to_one_destination_cost_little_each),
    };
    return cmocka_run_group_tests_name("report/class", tests, NULL, NULL);
}
