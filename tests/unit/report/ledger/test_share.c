/* SPDX-License-Identifier: Apache-2.0 */
#include "report/ledger/ledger_share.h"

#include "../example.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* What a fleet does with a ledger, by hand. */

#define HOUR (3600 * NS_PER_S)
#define DAY (24 * HOUR)
#define MIDNIGHT (INT64_C(1780185600) * NS_PER_S) /* 2026-05-31T00:00:00Z */
enum { TODAY = 20604 };                           /* days since 1970: date -ud @1780185600 */

static const struct hash_key digest_key = {1, 2};
static struct record_builder b;
static uint64_t room[4096];
static unsigned alerts, told, gone;
static char reason[160];
static enum share_permit permit;

static bool keep(void *context, time_ns time, const struct incident_facts *facts, const struct record *r) {
    struct bytes text = record_text_of(r, TEXT_REASON);
    snprintf(reason, sizeof reason, "%.*s", (int)text.n, (const char *)text.p);
    alerts += facts->state == INCIDENT_OPENED;
    return true;
}

static enum share_permit ask(void *context, struct share *s, unsigned rule) {
    assert_true(rule < SHARE_RULES_MAX);
    return permit;
}

static void note_told(void *context, struct share *s, unsigned rule) {
    told++;
}

static void note_gone(void *context, struct share *s) {
    gone++;
    share_free(s);
}

static struct ledger *begin(uint64_t memory) {
    const struct ledger_options o = {.memory = memory,
                                     .slow_objects = 50,
                                     .slow_days = 14,
                                     .growth_factor = 10,
                                     .growth_history = 7,
                                     .growth_objects = 50,
                                     .growth_bytes = 10000000,
                                     .repeat = DAY};
    const struct ledger_sink sink = {NULL, keep};
    struct ledger *l = ledger_create("edge-1", &o, &sink, &digest_key, false);
    assert_non_null(l);
    alerts = told = gone = 0;
    permit = SHARE_TELL;
    return l;
}

static void share(struct ledger *l) {
    static int context;
    const struct share_sink sink = {&context, false, ask, note_told, note_gone};
    ledger_share_begin(l, &sink);
}

static void give(struct ledger *l, time_ns t, const char *to, uint8_t picture) {
    example_begin(&b, RECORD_TRANSFER);
    b.head.time = t;
    b.head.bytes = 1000;
    b.head.verdict = VERDICT_UNKNOWN;
    b.head.sha256[0] = picture;
    address_parse(to, &b.head.destination);
    record_text(&b, TEXT_PARTNER, bytes_text(NULL));
    ledger_record(l, example_pack(&b, room));
}

static void end(struct ledger *l) {
    ledger_share_end(l);
    ledger_destroy(l);
}

static void what_changed_is_taken_once_as_it_stands(void **state) {
    struct share_amount a[SHARE_BUCKETS];
    struct ledger *l = begin(64 << 20);
    share(l);
    assert_null(ledger_share_next(l));
    give(l, MIDNIGHT, "203.0.113.9", 1);
    give(l, MIDNIGHT + HOUR, "203.0.113.9", 2);
    struct share *s = ledger_share_next(l);
    assert_non_null(s);
    assert_null(ledger_share_next(l));
    struct bytes key = share_key(s);
    assert_true(bytes_equal(key, bytes_text("lanes\n203.0.113.0/24\nvehicle-image\n")));
    assert_int_equal(share_take(s, a), 3);
    assert_true(!a[0].day && a[0].index == TODAY * 24 && a[0].objects == 1 && a[0].bytes == 1000);
    assert_true(!a[1].day && a[1].index == TODAY * 24 + 1 && a[1].denied_objects == 1);
    assert_true(a[2].day && a[2].index == TODAY && a[2].objects == 2 && a[2].denied_bytes == 2000);
    assert_int_equal(share_take(s, a), 0);
    give(l, MIDNIGHT + HOUR, "203.0.113.9", 3);
    assert_ptr_equal(ledger_share_next(l), s);
    assert_int_equal(share_take(s, a), 2);
    assert_true(a[0].index == TODAY * 24 + 1 && a[0].objects == 2 && a[1].objects == 3);
    share_take_back(s); /* it could not be written */
    assert_int_equal(share_take(s, a), 3);
    end(l);
}

static void lines_of_before_are_taken_too_with_all_their_pictures(void **state) {
    struct share_amount a[SHARE_BUCKETS];
    struct ledger *l = begin(64 << 20);
    size_t n;
    for (uint8_t i = 0; i < 5; i++)
        give(l, MIDNIGHT, "203.0.113.9", i % 3);
    share(l);
    struct share *s = ledger_share_next(l);
    assert_non_null(s);
    assert_int_equal(share_take(s, a), 2);
    struct share_digest *d = share_take_digests(s, &n);
    assert_int_equal(n, 3);
    for (size_t i = 0; i < n; i++)
        assert_true(d[i].day == TODAY && d[i].image);
    free(d);
    assert_null(share_take_digests(s, &n));
    give(l, MIDNIGHT, "203.0.113.9", 7);
    d = share_take_digests(s, &n);
    assert_int_equal(n, 1);
    free(d);
    end(l);
}

static void beyond_the_bound_the_exact_sets_are_taken(void **state) {
    struct ledger *l = begin(64 << 20);
    size_t n;
    share(l);
    for (int i = 0; i < SHARE_DIGESTS_MAX + 50; i++)
        give(l, MIDNIGHT, "203.0.113.9", (uint8_t)(i % 200));
    struct share *s = ledger_share_next(l);
    assert_true(s->whole);
    assert_int_equal(s->count, SHARE_DIGESTS_MAX);
    struct share_digest *d = share_take_digests(s, &n);
    assert_int_equal(n, SHARE_DIGESTS_MAX + 200);
    free(d);
    end(l);
}

/* 13 days of 2 here, 27 days of 2 elsewhere. */
static struct share *drip(struct ledger *l, bool others) {
    struct share_amount a[SHARE_BUCKETS];
    share(l);
    for (int day = 0; day < 13; day++) {
        for (int past = 2; past >= 0; past--)
            ledger_tick(l, MIDNIGHT + (day * 3 - past) * DAY);
        for (int i = 0; i < 2; i++)
            give(l, MIDNIGHT + day * 3 * DAY + i * HOUR, "203.0.113.9", (uint8_t)(day * 2 + i));
    }
    struct share *s = ledger_share_next(l);
    assert_non_null(s);
    share_take(s, a);
    s->moved = false; /* the others' amounts are asked for */
    for (int day = 1; day < 39 && others; day++)
        if (day % 3) {
            const struct share_amount o = {.day = true,
                                           .index = TODAY + day - 2,
                                           .objects = 2,
                                           .bytes = 2000,
                                           .denied_objects = 2,
                                           .denied_bytes = 2000};
            share_put(s, &o);
        }
    return s;
}

static void the_sum_of_several_sensors_is_judged(void **state) {
    struct ledger *l = begin(64 << 20);
    struct ledger_totals own;
    struct share *s = drip(l, true);
    assert_int_equal(alerts, 0);
    ledger_share_judge(l, s);
    assert_int_equal(alerts, 1);
    assert_int_equal(told, 1);
    assert_non_null(strstr(reason, "; seen by several sensors together"));
    assert_true(ledger_totals(l, "lanes", "203.0.113.0/24", "vehicle-image", LEDGER_PERIOD, &own));
    assert_int_equal(own.objects, 26); /* its own line stays its own */
    end(l);
}

static void alone_it_is_no_reason(void **state) {
    struct ledger *l = begin(64 << 20);
    struct share *s = drip(l, false);
    ledger_share_judge(l, s);
    assert_int_equal(alerts, 0);
    end(l);
}

static void who_may_not_tell_yet_tells_later_of_the_same_record(void **state) {
    struct ledger *l = begin(64 << 20);
    struct share *s = drip(l, true);
    permit = SHARE_WAIT;
    ledger_share_judge(l, s);
    assert_int_equal(alerts, 0);
    assert_non_null(s->witness);
    permit = SHARE_TELL;
    ledger_share_judge(l, s);
    assert_int_equal(alerts, 1);
    assert_null(s->witness);
    end(l);
}

static void what_another_sensor_told_is_not_told(void **state) {
    struct ledger *l = begin(64 << 20);
    struct share *s = drip(l, true);
    permit = SHARE_TOLD_ELSEWHERE;
    ledger_share_judge(l, s);
    assert_int_equal(alerts, 0);
    assert_null(s->witness);
    end(l);
}

static void a_number_never_comes_again(void **state) {
    struct ledger *l = begin(64 << 20);
    share(l);
    give(l, MIDNIGHT, "203.0.113.9", 1);
    uint64_t first = share_number(ledger_share_next(l));
    end(l);
    l = begin(64 << 20);
    share(l);
    give(l, MIDNIGHT, "203.0.113.9", 1);
    assert_true(share_number(ledger_share_next(l)) > first);
    end(l);
}

static void a_line_that_is_forgotten_is_given_back(void **state) {
    struct ledger *l = begin(1 << 20);
    char to[32];
    share(l);
    for (int i = 0; i < 400; i++) {
        snprintf(to, sizeof to, "203.%d.%d.9", i / 200 + 1, i % 200);
        give(l, MIDNIGHT, to, 1);
    }
    assert_true(gone > 0);
    end(l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_changed_is_taken_once_as_it_stands),
        cmocka_unit_test(lines_of_before_are_taken_too_with_all_their_pictures),
        cmocka_unit_test(beyond_the_bound_the_exact_sets_are_taken),
        cmocka_unit_test(the_sum_of_several_sensors_is_judged),
        cmocka_unit_test(alone_it_is_no_reason),
        cmocka_unit_test(who_may_not_tell_yet_tells_later_of_the_same_record),
        cmocka_unit_test(what_another_sensor_told_is_not_told),
        cmocka_unit_test(a_number_never_comes_again),
        cmocka_unit_test(a_line_that_is_forgotten_is_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
