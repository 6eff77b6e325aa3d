/* SPDX-License-Identifier: Apache-2.0 */
#include "report/incident/incident.h"
#include "report/ledger/distinct.h"

#include "../example.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* A flow in which something was found is not told once more as a flow. */

static struct incidents *incidents;
static struct record_builder b;
static uint64_t room[4096];
static unsigned count;
static struct incident_facts last;
static char same_flow[64];

static bool keep_alert(void *context, time_ns time, const struct incident_facts *facts,
                       const struct record *r) {
    struct bytes text = record_text_of(r, TEXT_SAME_FLOW);
    count++;
    last = *facts;
    snprintf(same_flow, sizeof same_flow, "%.*s", (int)text.n, (const char *)text.p);
    return true;
}

static int begin(void **state) {
    static struct distinct_pool pool = {.limit = 1 << 20};
    const struct incident_options options = {.observer = "edge-1",
                                             .quiet = 900 * NS_PER_S,
                                             .growth_interval = 600 * NS_PER_S,
                                             .most = 100,
                                             .pool = &pool};
    const struct incident_sink sink = {NULL, keep_alert};
    incidents = incidents_create(&options, &sink);
    count = 0;
    example_begin(&b, RECORD_TRANSFER);
    incidents_record(incidents, example_pack(&b, room));
    return incidents ? 0 : -1;
}

static int end(void **state) {
    incidents_destroy(incidents);
    return 0;
}

static const struct record *flow_of(const char *content, uint64_t bytes) {
    example_begin(&b, RECORD_VOLUME);
    b.head.bytes = bytes;
    record_text(&b, TEXT_CLASS, bytes_text("encrypted-flow"));
    record_text(&b, TEXT_CLASSES, bytes_text("encrypted-flow"));
    record_text(&b, TEXT_OFFENDING, bytes_text("encrypted-flow"));
    record_text(&b, TEXT_SAME_FLOW, bytes_text(content));
    return example_pack(&b, room);
}

static void what_goes_on_in_it_counts_in_the_incident_of_what_was_found_which_says_so(void **state) {
    uint64_t before = last.bytes;
    assert_true(incidents_same_flow(incidents, flow_of("vehicle-image", 5000)));
    assert_true(incidents_same_flow(incidents, flow_of("vehicle-image", 2000)));
    assert_int_equal(incidents_open(incidents), 1);
    incidents_close(incidents);
    assert_int_equal(last.bytes, before + 7000);
    assert_int_equal(last.objects, 1);
    assert_string_equal(same_flow, "encrypted-flow");
}

static void a_flow_in_which_nothing_was_found_or_of_another_class_does_not(void **state) {
    assert_false(incidents_same_flow(incidents, flow_of("", 5000)));
    assert_false(incidents_same_flow(incidents, flow_of("plate-record", 5000)));
    incidents_close(incidents);
    assert_string_equal(same_flow, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            what_goes_on_in_it_counts_in_the_incident_of_what_was_found_which_says_so, begin, end),
        cmocka_unit_test_setup_teardown(a_flow_in_which_nothing_was_found_or_of_another_class_does_not, begin,
                                        end),
    };
    return cmocka_run_group_tests_name("report/same_flow", tests, NULL, NULL);
}
