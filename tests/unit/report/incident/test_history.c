/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts, ends of incidents and mutes in the store: written, read back, forgotten in time. */
#include "report/incident/history.h"

#include "../kept.h"
#include "report/ask.h"

#define DAY (86400 * NS_PER_S)

static struct json_writer answer;

static void begin_answer(void) {
    json_writer_free(&answer);
    json_writer_grow(&answer, 1 << 20);
    json_write_object(&answer, NULL);
}

static const char *end_answer(void) {
    json_write_object_end(&answer);
    assert_int_not_equal(json_writer_size(&answer), 0);
    *answer.at = '\0';
    return answer.start;
}

static const char *ask_for(struct reporter *r, const char *id) {
    struct error e = {""};
    begin_answer();
    if (!ask_incident(r, id, &answer, &e))
        return e.text[0] ? "none" : NULL;
    return end_answer();
}

/* People's time is that of the packets. */
static struct reporter *start_offline(void) {
    struct report_options options = kept_options(7, kept_target);
    options.offline = true;
    return kept_create(&options);
}

static unsigned times(const char *text, const char *what) {
    unsigned n = 0;
    for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
        n++;
    return n;
}

/* --- alerts --- */

static void alerts_of_an_incident_are_read_back_in_their_order_after_a_restart(void **state) {
    char id[64];
    struct reporter *r = kept_start(7);
    for (uint64_t i = 1; i <= 10; i++)
        kept_give(r, RECORD_TRANSFER, i, i, (time_ns)i);
    reporter_tick(r, EXAMPLE_TIME + 3600 * NS_PER_S);
    kept_finish(r);
    snprintf(id, sizeof id, "%s", kept_text("SELECT id FROM incident"));
    r = kept_start(7);
    const char *told = ask_for(r, id);
    const char *opened = strstr(told, "{\"sequence\":1,"), *grown = strstr(told, "{\"sequence\":2,"),
               *closed = strstr(told, "{\"sequence\":3,");
    assert_true(opened && opened < grown && grown < closed);
    assert_non_null(strstr(opened, "\"state\":\"opened\",\"objects\":1,\"bytes\":183220,"));
    assert_non_null(strstr(grown, "\"state\":\"grown\",\"objects\":10,\"bytes\":1832200,"));
    assert_non_null(strstr(closed, "\"state\":\"closed\",\"objects\":10,"));
    assert_string_equal(ask_for(r, "00000000-0000-8000-8000-000000000000"), "none");
    reporter_destroy(r);
}

static void alerts_are_forgotten_after_their_time_and_not_before(void **state) {
    struct reporter *r = kept_start(7);
    kept_give(r, RECORD_TRANSFER, 1, 1, 0);
    reporter_tick(r, EXAMPLE_TIME + 3600 * NS_PER_S);
    kept_give(r, RECORD_TRANSFER, 2, 2, 60 * DAY);
    reporter_tick(r, EXAMPLE_TIME + 61 * DAY);
    kept_finish(r);
    assert_int_equal(kept_number("SELECT count(*) FROM alert"), 4);
    r = kept_start(7);
    reporter_tick(r, EXAMPLE_TIME + 91 * DAY);
    kept_finish(r);
    assert_int_equal(kept_number("SELECT count(*) FROM alert"), 2);
    assert_true(kept_number("SELECT min(time) FROM alert") == EXAMPLE_TIME + 60 * DAY);
}

static void the_oldest_alerts_go_when_the_store_is_full(void **state) {
    enum { MANY = 3000 };
    struct report_options options = kept_options(7, kept_target);
    options.store.limits.max_bytes = 1 << 20;
    struct reporter *r = kept_create(&options);
    for (uint64_t i = 1; i <= MANY; i++) {
        kept_give(r, RECORD_TRANSFER, i, i, (time_ns)i * 1200 * NS_PER_S);
        if (i % 50 == 0)
            reporter_commit(r);
    }
    kept_finish(r);
    assert_in_range(kept_number("SELECT count(*) FROM alert"), 1, MANY * 2 - 1000);
    assert_true(kept_number("SELECT max(time) FROM alert") == EXAMPLE_TIME + MANY * 1200 * NS_PER_S);
    assert_int_equal(counter_values[COUNTER_HISTORY_LOST], 0);
}

/* Each of a destination of its own. */
static void give_strangers(struct reporter *r, uint64_t count) {
    for (uint64_t i = 1; i <= count; i++) {
        char to[32];
        example_begin(&example_builder, RECORD_TRANSFER);
        snprintf(to, sizeof to, "203.%u.%u.9", (unsigned)(i >> 8), (unsigned)(i & 255));
        address_parse(to, &example_builder.head.destination);
        record_text(&example_builder, TEXT_PARTNER, bytes_of(NULL, 0));
        example_builder.head.verdict = VERDICT_UNKNOWN;
        example_builder.head.object = i;
        kept_take(r, i);
    }
}

static void as_many_incidents_as_open_and_close_between_two_commits_are_all_in_the_history(void **state) {
    enum { MANY = 10000 };
    struct reporter *r = kept_start(7);
    give_strangers(r, MANY);
    reporter_tick(r, EXAMPLE_TIME + 3600 * NS_PER_S);
    kept_finish(r);
    assert_int_equal(counter_values[COUNTER_HISTORY_LOST], 0);
    assert_int_equal(kept_number("SELECT count(*) FROM alert WHERE state = 0"), MANY);
    assert_int_equal(kept_number("SELECT count(*) FROM alert WHERE state = 2"), MANY);
}

static void what_finds_no_room_is_counted(void **state) {
    struct incident_facts facts = example_facts();
    struct history *h = history_create();
    example_begin(&example_builder, RECORD_TRANSFER);
    const struct record *r = example_pack(&example_builder, example_room);
    uint64_t before = counter_values[COUNTER_HISTORY_LOST];
    for (int i = 0; i < HISTORY_MAX; i++)
        history_note(h, EXAMPLE_TIME, &facts, r);
    assert_int_equal(counter_values[COUNTER_HISTORY_LOST], before);
    assert_true(history_crowded(h));
    history_note(h, EXAMPLE_TIME, &facts, r);
    assert_int_equal(counter_values[COUNTER_HISTORY_LOST], before + 1);
    history_saved(h);
    assert_false(history_crowded(h));
    history_note(h, EXAMPLE_TIME, &facts, r);
    assert_int_equal(counter_values[COUNTER_HISTORY_LOST], before + 1);
    history_destroy(h);
}

/* --- incidents of the ledger --- */

static struct reporter *start_watchful(void) {
    struct report_options options = kept_options(7, kept_target);
    options.ledger.slow_objects = options.ledger.slow_days = 1;
    return kept_create(&options);
}

static const char *list(struct reporter *r, int closed) {
    const struct incident_query q = {.closed = closed};
    struct error e;
    begin_answer();
    assert_true(ask_incidents(r, &q, &answer, &e));
    return end_answer();
}

static void an_incident_of_the_ledger_is_listed_when_it_is_open_and_when_it_is_over(void **state) {
    static const char rule[] = "\"rule\":\"ledger-low-and-slow\"";
    char id[64];
    struct reporter *r = start_watchful();
    kept_give(r, RECORD_TRANSFER, 1, 1, 0);
    assert_int_equal(times(list(r, 0), rule), 1);
    assert_int_equal(times(list(r, 1), rule), 0);
    for (int day = 1; day < 46; day++)
        reporter_tick(r, EXAMPLE_TIME + day * DAY);
    kept_finish(r);
    snprintf(id, sizeof id, "%s", kept_text("SELECT id FROM incident WHERE serial < 0"));
    r = start_watchful();
    assert_int_equal(times(list(r, 0), rule), 0);
    assert_int_equal(times(list(r, 1), rule), 1);
    const char *told = ask_for(r, id);
    assert_int_equal(times(told, "\"state\":\"closed\""), 2); /* the incident, and its last alert */
    assert_int_equal(times(told, "\"state\":\"opened\""), 1);
    assert_non_null(strstr(told, "\"objects\":1,\"bytes\":183220,"));
    reporter_destroy(r);
    kept_change("DELETE FROM incident WHERE serial > 0"); /* its number is out of the way of others */
    r = start_watchful();
    kept_give(r, RECORD_TRANSFER, 2, 2, 46 * DAY);
    kept_finish(r);
    assert_int_equal(kept_number("SELECT count(*) FROM incident WHERE serial > 0"), 1);
    assert_int_equal(kept_number("SELECT count(*) FROM incident WHERE serial < 0"), 1);
}

/* --- mutes --- */

static void mute(struct reporter *r, time_ns until) {
    struct error e = {""};
    if (!ask_mute(r, "Plate Systems", "vehicle-image", until, "moving house", 1000, &e))
        fail_msg("%s", e.text);
}

static void give_class(struct reporter *r, uint64_t id, const char *class, time_ns after) {
    example_begin(&example_builder, RECORD_TRANSFER);
    record_text(&example_builder, TEXT_CLASSES, bytes_text(class));
    record_text(&example_builder, TEXT_OFFENDING, bytes_text(class));
    example_builder.head.object = id;
    example_builder.head.time += after;
    kept_take(r, id);
}

static void a_mute_outlives_the_reporter_with_what_it_hid_and_ends_at_its_time(void **state) {
    struct reporter *r = start_offline();
    reporter_tick(r, EXAMPLE_TIME);
    mute(r, EXAMPLE_TIME + DAY);
    give_class(r, 1, "vehicle-image", 0);
    kept_finish(r); /* which closes what is open */
    assert_int_equal(kept_number("SELECT hidden FROM mute"), 2);
    r = start_offline();
    begin_answer();
    ask_mutes(r, &answer);
    assert_string_equal(strstr(end_answer(), "\"uid\""),
                        "\"uid\":1000,\"reason\":\"moving house\",\"hidden\":2}]}");
    assert_non_null(strstr(answer.start,
                           "{\"destination\":\"Plate Systems\",\"class\":\"vehicle-image\",\"until\":"
                           "\"2026-06-01T04:12:09.113000Z\""));
    give_class(r, 2, "vehicle-image", DAY - NS_PER_S);
    give_class(r, 3, "plate-record", DAY - NS_PER_S);
    assert_int_equal(kept_times_told("\"state\":\"opened\""), 0); /* what is not committed does not go out */
    reporter_tick(r, EXAMPLE_TIME + DAY - 1);
    assert_int_equal(kept_times_told("\"state\":\"opened\""), 1); /* the class that is not muted */
    reporter_tick(r, EXAMPLE_TIME + DAY);
    assert_int_equal(kept_times_told("the mute of uid 1000 is over; it hid 3"), 1);
    for (uint64_t i = 4; i <= 12; i++)
        give_class(r, i, "vehicle-image", DAY + NS_PER_S);
    kept_finish(r);
    assert_int_equal(kept_number("SELECT count(*) FROM mute"), 0);
    assert_int_equal(kept_times_told("\"state\":\"opened\""), 2);
}

static void a_mute_that_is_taken_back_stays_so(void **state) {
    struct error e;
    struct reporter *r = start_offline();
    reporter_tick(r, EXAMPLE_TIME);
    mute(r, EXAMPLE_TIME + DAY);
    assert_true(ask_mute(r, "203.0.113.0/24", "image", EXAMPLE_TIME + DAY, "range", 0, &e));
    kept_finish(r);
    r = start_offline();
    reporter_tick(r, EXAMPLE_TIME);
    assert_true(ask_unmute(r, "Plate Systems", "vehicle-image", 0, &e));
    kept_finish(r);
    assert_int_equal(kept_number("SELECT count(*) FROM mute"), 1);
    r = start_offline();
    give_class(r, 1, "vehicle-image", 0);
    kept_finish(r);
    assert_int_equal(kept_times_told("\"state\":\"opened\""), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KEPT(alerts_of_an_incident_are_read_back_in_their_order_after_a_restart),
        KEPT(alerts_are_forgotten_after_their_time_and_not_before),
        KEPT(the_oldest_alerts_go_when_the_store_is_full),
        KEPT(as_many_incidents_as_open_and_close_between_two_commits_are_all_in_the_history),
        KEPT(what_finds_no_room_is_counted),
        KEPT(an_incident_of_the_ledger_is_listed_when_it_is_open_and_when_it_is_over),
        KEPT(a_mute_outlives_the_reporter_with_what_it_hid_and_ends_at_its_time),
        KEPT(a_mute_that_is_taken_back_stays_so),
    };
    return cmocka_run_group_tests_name("report/incident/history", tests, NULL, NULL);
}
