/* SPDX-License-Identifier: Apache-2.0 */
#include "report/incident/gate.h"

#include "../example.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define DAY (86400 * NS_PER_S)

static struct record_builder b;
static uint64_t room[4096];
static char told[16][512];
static int count;
static uint64_t held;

static void note(void *context, const char *id, const char *text) {
    assert_true(count < 16);
    snprintf(told[count++], sizeof told[0], "%s: %s", id, text);
}

static void note_held(void *context, const struct cap_summary *s) {
    held += s->alerts;
}

static struct gate *begin(void) {
    const struct alert_limits none = {.window = NS_PER_S};
    const struct gate_sink sink = {NULL, note, note_held};
    count = 0;
    struct gate *g = gate_create(&none, &sink);
    assert_non_null(g);
    return g;
}

/* `partner` is whose the address is. */
static bool alert(struct gate *g, const char *partner, const char *address, const char *class,
                  time_ns later) {
    struct incident_facts f = example_facts();
    example_begin(&b, RECORD_FINDING);
    b.head.verdict = *partner ? VERDICT_UNAPPROVED : VERDICT_UNKNOWN;
    record_text(&b, TEXT_PARTNER, bytes_text(partner));
    record_text(&b, TEXT_CLASS, bytes_text(class));
    address_parse(address, &b.head.destination);
    return gate_admit(g, EXAMPLE_TIME + later, &f, example_pack(&b, room));
}

static bool mute(struct gate *g, const char *destination, const char *class, time_ns until,
                 const char *reason) {
    struct mute m = {.uid = 1000, .made = EXAMPLE_TIME, .until = until};
    struct error e = {""};
    snprintf(m.destination, sizeof m.destination, "%s", destination);
    snprintf(m.class, sizeof m.class, "%s", class);
    snprintf(m.reason, sizeof m.reason, "%s", reason);
    bool ok = gate_mute(g, &m, EXAMPLE_TIME, &e);
    assert_int_equal(ok, e.text[0] == '\0');
    return ok;
}

static void a_mute_hides_its_destination_and_class_and_nothing_else(void **state) {
    struct gate *g = begin();
    uint64_t before = counter_values[COUNTER_ALERTS_MUTED];
    assert_true(mute(g, "Plate Systems", "vehicle-image", EXAMPLE_TIME + DAY, "moving house"));
    assert_true(mute(g, "203.0.113.0/24", "plate-record", EXAMPLE_TIME + DAY, "test range"));
    assert_true(mute(g, "2001:db8:b::7", "plate-record", EXAMPLE_TIME + DAY, "test host"));
    assert_false(alert(g, "Plate Systems", "198.51.100.20", "vehicle-image", 0));
    assert_true(alert(g, "Plate Systems", "198.51.100.20", "plate-record", 0));
    assert_true(alert(g, "Acme Towing", "198.51.100.20", "vehicle-image", 0));
    assert_true(alert(g, "Plate Systems Ltd", "198.51.100.20", "vehicle-image", 0));
    assert_true(alert(g, "", "198.51.100.20", "vehicle-image", 0));
    assert_false(alert(g, "", "203.0.113.9", "plate-record", 0));
    assert_true(alert(g, "", "203.0.114.9", "plate-record", 0));
    assert_true(alert(g, "Acme Towing", "203.0.113.9", "plate-record", 0)); /* a partner has a name */
    assert_false(alert(g, "", "2001:db8:b::7", "plate-record", 0));
    assert_true(alert(g, "", "2001:db8:b::8", "plate-record", 0));
    assert_int_equal(counter_values[COUNTER_ALERTS_MUTED], before + 3);
    assert_int_equal(mutes_get(gate_mutes(g), 0)->hidden, 1);
    gate_destroy(g);
}

/* The partner as the sender's Host or SNI has it. */
static bool named_alert(struct gate *g, const char *partner, const char *address, enum verdict verdict,
                        const char *term) {
    struct incident_facts f = example_facts();
    example_begin(&b, RECORD_FINDING);
    b.head.verdict = (uint8_t)verdict;
    record_text(&b, TEXT_PARTNER, bytes_text(partner));
    record_text(&b, TEXT_TERM, bytes_text(term));
    address_parse(address, &b.head.destination);
    return gate_admit(g, EXAMPLE_TIME, &f, example_pack(&b, room));
}

static void a_name_that_the_sender_chose_brings_nothing_under_a_mute(void **state) {
    struct gate *g = begin();
    mute(g, "Plate Systems", "vehicle-image", EXAMPLE_TIME + DAY, "moving house");
    mute(g, "203.0.113.0/24", "vehicle-image", EXAMPLE_TIME + DAY, "test range");
    assert_true(named_alert(g, "Plate Systems", "192.0.2.66", VERDICT_UNKNOWN, ""));
    assert_true(named_alert(g, "Plate Systems", "192.0.2.66", VERDICT_UNAPPROVED, "dates\nname"));
    assert_true(named_alert(g, "Plate Systems", "203.0.113.9", VERDICT_UNAPPROVED, "name"));
    assert_false(named_alert(g, "Plate Systems", "198.51.100.20", VERDICT_UNAPPROVED, "dates"));
    assert_false(named_alert(g, "Plate Systems", "203.0.113.9", VERDICT_UNKNOWN, "")); /* the host is muted */
    gate_destroy(g);
}

static void a_prefix_that_has_most_of_the_world_in_it_is_refused(void **state) {
    static const char *const wide[] = {"0.0.0.0/0", "128.0.0.0/1", "10.0.0.0/8",    "203.0.0.0/15",
                                       "::/0",      "2000::/3",    "2001:db8::/31", "::/80"};
    static const char *const narrow[] = {"203.0.0.0/16", "203.0.113.9", "2001:db8::/32", "2001:db8:b::7",
                                         "0/0 Ltd"};
    struct gate *g = begin();
    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++)
        if (mute(g, wide[i], "vehicle-image", EXAMPLE_TIME + DAY, "all of it"))
            fail_msg("%s can be muted", wide[i]);
    assert_true(alert(g, "", "203.0.113.9", "vehicle-image", 0));
    assert_int_equal(count, 0);
    for (size_t i = 0; i < sizeof narrow / sizeof narrow[0]; i++)
        if (!mute(g, narrow[i], "vehicle-image", EXAMPLE_TIME + DAY, "a range"))
            fail_msg("%s cannot be muted", narrow[i]);
    assert_false(alert(g, "", "203.0.113.9", "vehicle-image", 0));
    gate_destroy(g);
}

static bool flow_alert(struct gate *g, const char *class, int host) {
    struct incident_facts f = example_facts();
    char address[32];
    snprintf(address, sizeof address, "203.0.%d.9", host);
    f.state = INCIDENT_OPENED;
    example_begin(&b, RECORD_VOLUME);
    b.head.verdict = VERDICT_UNKNOWN;
    record_text(&b, TEXT_CLASS, bytes_text(class));
    address_parse(address, &b.head.destination);
    return gate_admit(g, EXAMPLE_TIME, &f, example_pack(&b, room));
}

static void flows_that_nobody_reads_hold_no_tunnel_back(void **state) {
    const struct alert_limits hundred = {.global = 100, .window = 3600 * NS_PER_S};
    const struct gate_sink sink = {NULL, note, note_held};
    struct gate *g = gate_create(&hundred, &sink);
    int flows = 0;
    for (int i = 0; i < 100; i++)
        flows += flow_alert(g, i % 2 ? "encrypted-flow" : "unread-flow", i);
    assert_int_equal(flows, 5);
    assert_true(flow_alert(g, "tunnel", 200));
    gate_destroy(g);
}

static void a_host_that_only_bears_a_partners_name_takes_none_of_its_alerts(void **state) {
    const struct alert_limits one = {.per_destination = 1, .window = 3600 * NS_PER_S};
    const struct gate_sink sink = {NULL, note, note_held};
    struct gate *g = gate_create(&one, &sink);
    count = 0;
    assert_true(named_alert(g, "Plate Systems", "192.0.2.66", VERDICT_UNKNOWN, ""));
    assert_true(named_alert(g, "Plate Systems", "198.51.100.20", VERDICT_UNAPPROVED, "dates"));
    assert_false(named_alert(g, "Plate Systems", "192.0.2.67", VERDICT_UNKNOWN, "")); /* one host's /24 */
    assert_false(named_alert(g, "Plate Systems", "198.51.100.21", VERDICT_UNAPPROVED, "dates"));
    gate_destroy(g);
}

static void a_mute_ends_at_its_time_and_is_told_with_who_and_why(void **state) {
    struct gate *g = begin();
    mute(g, "Plate Systems", "vehicle-image", EXAMPLE_TIME + DAY, "moving house");
    assert_string_equal(told[0], "mute-added: Alerts of vehicle-image to Plate Systems are muted until "
                                 "2026-06-01T04:12Z by uid 1000: moving house");
    assert_false(alert(g, "Plate Systems", "198.51.100.20", "vehicle-image", DAY - 1));
    assert_true(alert(g, "Plate Systems", "198.51.100.20", "vehicle-image", DAY));
    assert_int_equal(count, 2);
    assert_string_equal(told[1],
                        "mute-expired: Alerts of vehicle-image to Plate Systems are told again: the mute of "
                        "uid 1000 is over; it hid 1");
    assert_int_equal(mutes_count(gate_mutes(g)), 0);
    gate_destroy(g);
}

static void a_mute_can_be_taken_back_and_replaced(void **state) {
    struct gate *g = begin();
    mute(g, "Plate Systems", "vehicle-image", EXAMPLE_TIME + DAY, "one");
    mute(g, "Plate Systems", "vehicle-image", EXAMPLE_TIME + 2 * DAY, "two");
    assert_int_equal(mutes_count(gate_mutes(g)), 1);
    assert_false(gate_unmute(g, "Plate Systems", "plate-record", 0));
    assert_true(gate_unmute(g, "Plate Systems", "vehicle-image", 0));
    assert_non_null(strstr(told[2], "mute-removed: "));
    assert_true(alert(g, "Plate Systems", "198.51.100.20", "vehicle-image", 0));
    gate_destroy(g);
}

static void a_mute_without_end_reason_or_sense_is_refused(void **state) {
    struct gate *g = begin();
    char name[16];
    assert_false(mute(g, "Plate Systems", "vehicle-image", EXAMPLE_TIME, "over"));
    assert_false(mute(g, "Plate Systems", "vehicle-image", EXAMPLE_TIME + 367 * DAY, "for ever"));
    assert_false(mute(g, "Plate Systems", "vehicle-image", EXAMPLE_TIME + DAY, ""));
    assert_false(mute(g, "", "vehicle-image", EXAMPLE_TIME + DAY, "all"));
    assert_false(mute(g, "Plate Systems", "", EXAMPLE_TIME + DAY, "all"));
    assert_int_equal(count, 0);
    for (int i = 0; i <= MUTES_MAX; i++) {
        struct mute m = {.until = EXAMPLE_TIME + DAY, .class = "image", .reason = "many"};
        struct error e;
        snprintf(name, sizeof name, "p%d", i);
        memcpy(m.destination, name, sizeof name);
        assert_int_equal(mutes_add(gate_mutes(g), &m, EXAMPLE_TIME, &e), i < MUTES_MAX);
    }
    gate_destroy(g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mute_hides_its_destination_and_class_and_nothing_else),
        cmocka_unit_test(a_name_that_the_sender_chose_brings_nothing_under_a_mute),
        cmocka_unit_test(a_prefix_that_has_most_of_the_world_in_it_is_refused),
        cmocka_unit_test(flows_that_nobody_reads_hold_no_tunnel_back),
        cmocka_unit_test(a_host_that_only_bears_a_partners_name_takes_none_of_its_alerts),
        cmocka_unit_test(a_mute_ends_at_its_time_and_is_told_with_who_and_why),
        cmocka_unit_test(a_mute_can_be_taken_back_and_replaced),
        cmocka_unit_test(a_mute_without_end_reason_or_sense_is_refused),
    };
    return cmocka_run_group_tests_name("report/mute", tests, NULL, NULL);
}
