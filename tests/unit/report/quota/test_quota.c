/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_text.h"

#include "report/digest/digest.h"
#include "report/quota/quota.h"

#include <ftw.h>
#include <unistd.h>

static const char config[] =
    "image-networks:\n"
    "  - {name: lanes, prefixes: [10.40.0.0/16]}\n"
    "partners:\n"
    "  - name: Plate Systems\n"
    "    prefixes: [198.51.100.0/24, 203.0.113.0/24]\n"
    "    contracts:\n"
    "      - {id: HSBP-0042, from: 2026-01-01, until: 2098-12-31, classes: [diagnostics], protocols: [TLS, "
    "HTTP],\n"
    "         hours: 24h America/Chicago, per-day: {objects: 50, bytes: 2 MB}, per-month: {objects: 120}}\n"
    "  - name: Two Ways\n"
    "    prefixes: [192.0.2.0/24]\n"
    "    contracts:\n"
    "      - {id: A, from: 2026-01-01, until: 2098-12-31, classes: [diagnostics], per-day: {objects: 2}}\n"
    "      - {id: B, from: 2026-01-01, until: 2098-12-31, classes: [diagnostics, plate-record], per-day: "
    "{objects: 3}}\n"
    "  - {name: None, prefixes: [192.0.3.0/24]}\n";

/* 2026-06-01T05:00:00Z: midnight in Chicago, the first of June. */
#define JUNE (INT64_C(1780290000) * NS_PER_S)
#define HOUR (3600 * NS_PER_S)
#define DAY (24 * HOUR)

static const struct policy *policy;
static struct quotas *quotas;
static struct record_builder b;
static uint64_t room[4096];

static int begin(void **state) {
    if (!policy)
        policy = policy_from(config);
    problems_print(&problems);
    quotas = policy ? quotas_create(policy) : NULL;
    return quotas ? 0 : -1;
}

static int end(void **state) {
    quotas_destroy(quotas);
    return 0;
}

/* What a worker says of something that it finds allowed, or in breach of `term`. */
struct given {
    enum record_kind kind;
    uint64_t object, bytes;
    const char *class, *to, *protocol, *term;
    time_ns time;
    unsigned worker;
    bool bare; /* no class; else diagnostics unless another is given */
};

static const struct record *give(struct given g) {
    const char *class = g.bare ? NULL : g.class ? g.class : "diagnostics";
    record_begin(&b, g.kind);
    b.head.time = g.time ? g.time : JUNE;
    b.head.source = address_at("10.40.3.7");
    b.head.destination = address_at(g.to ? g.to : "198.51.100.20");
    b.head.matters = b.head.partner_known = 1;
    b.head.object = g.object;
    b.head.bytes = g.bytes;
    b.head.worker = (uint16_t)g.worker;
    b.head.verdict = g.term ? VERDICT_BREACH : VERDICT_APPROVED;
    b.head.severity = g.kind == RECORD_FINDING ? 7 : 0;
    record_text(&b, TEXT_PROTOCOL, bytes_text(g.protocol ? g.protocol : "HTTP"));
    record_text(&b, TEXT_CONTRACT, bytes_text("HSBP-0042"));
    record_text(&b, TEXT_TERM, bytes_text(g.term));
    record_text(&b, g.kind == RECORD_FINDING ? TEXT_CLASS : TEXT_CLASSES, bytes_text(class));
    if (g.term)
        record_text(&b, TEXT_OFFENDING, bytes_text(class));
    record_pack(&b, 1, room);
    return quotas_record(quotas, (const struct record *)room);
}
#define FOUND(number, ...) give((struct given){.kind = RECORD_FINDING, .object = number, __VA_ARGS__})
#define MOVED(number, size, ...)                                                                             \
    give((struct given){.kind = RECORD_TRANSFER, .object = number, .bytes = size, __VA_ARGS__})

static bool is(const struct record *r, enum record_text which, const char *text) {
    return bytes_equal(record_text_of(r, which), bytes_text(text));
}

static void whole(uint64_t first, uint64_t last, time_ns time) {
    for (uint64_t i = first; i <= last; i++) {
        assert_int_equal(FOUND(i, .time = time)->verdict, VERDICT_APPROVED);
        assert_int_equal(MOVED(i, 1000, .time = time)->verdict, VERDICT_APPROVED);
    }
}

/* --- objects --- */

static void test_the_fiftieth_object_is_fine_and_the_next_in_breach(void **state) {
    whole(1, 50, JUNE);
    const struct record *r = FOUND(51);
    assert_int_equal(r->verdict, VERDICT_BREACH);
    assert_int_equal(r->severity, 7);
    assert_true(is(r, TEXT_TERM, "per-day objects"));
    assert_true(is(r, TEXT_REASON, "contract HSBP-0042: 51 objects today, limit 50"));
    r = MOVED(51, 1000);
    assert_int_equal(r->verdict, VERDICT_BREACH);
    assert_int_equal(r->severity, 7);
    assert_true(is(r, TEXT_OFFENDING, "diagnostics"));
    assert_int_equal(FOUND(52)->verdict, VERDICT_BREACH);
}

static void test_an_object_counts_once_however_often_it_is_told_of(void **state) {
    whole(1, 49, JUNE);
    for (int i = 0; i < 5; i++)
        assert_int_equal(FOUND(50)->verdict, VERDICT_APPROVED);
    assert_int_equal(FOUND(51)->verdict, VERDICT_BREACH);
    assert_int_equal(FOUND(50)->verdict, VERDICT_APPROVED); /* it was there first */
    assert_int_equal(MOVED(50, 9)->verdict, VERDICT_APPROVED);
    assert_int_equal(FOUND(51, .worker = 1)->verdict, VERDICT_BREACH); /* another worker's, and one more */
    assert_true(is(FOUND(53), TEXT_REASON, "contract HSBP-0042: 53 objects today, limit 50"));
}

static void test_all_addresses_and_workers_count_together(void **state) {
    for (uint64_t i = 1; i <= 50; i++)
        FOUND(i, .to = i % 2 ? "198.51.100.20" : "203.0.113.9", .worker = i % 3);
    assert_int_equal(FOUND(51, .to = "203.0.113.77")->verdict, VERDICT_BREACH);
}

static void test_a_day_begins_at_midnight_of_the_contracts_zone(void **state) {
    whole(1, 50, JUNE + DAY - 1);
    assert_int_equal(FOUND(51, .time = JUNE + DAY - 1)->verdict, VERDICT_BREACH);
    assert_int_equal(FOUND(52, .time = JUNE + DAY)->verdict, VERDICT_APPROVED);
    /* what comes late from another worker counts on its own day */
    assert_int_equal(FOUND(53, .time = JUNE + DAY - 1)->verdict, VERDICT_BREACH);
    whole(54, 102, JUNE + DAY);
    assert_int_equal(FOUND(103, .time = JUNE + DAY)->verdict, VERDICT_BREACH);
}

static void test_days_are_not_those_of_utc(void **state) {
    whole(1, 50, JUNE - HOUR); /* 31 May, 23:00 in Chicago; 04:00 UTC on 1 June */
    assert_int_equal(FOUND(51, .time = JUNE)->verdict, VERDICT_APPROVED);
}

static void test_a_month_has_its_own_limit(void **state) {
    whole(1, 50, JUNE);
    whole(51, 100, JUNE + 3 * DAY);
    whole(101, 120, JUNE + 29 * DAY);
    const struct record *r = FOUND(121, .time = JUNE + 29 * DAY);
    assert_true(is(r, TEXT_TERM, "per-month objects"));
    assert_true(is(r, TEXT_REASON, "contract HSBP-0042: 121 objects this month, limit 120"));
    assert_int_equal(FOUND(122, .time = JUNE + 30 * DAY)->verdict, VERDICT_APPROVED); /* 1 July */
}

static void test_a_wrong_time_does_not_forget_today(void **state) {
    whole(1, 50, JUNE);
    FOUND(1000, .time = JUNE + 4000 * DAY);
    FOUND(1001, .time = JUNE - 90 * DAY);
    assert_int_equal(FOUND(51)->verdict, VERDICT_BREACH);
}

/* --- bytes --- */

static void test_bytes_count_while_an_object_moves_and_the_one_that_goes_over_is_in_breach(void **state) {
    assert_int_equal(FOUND(1, .bytes = 900000)->verdict, VERDICT_APPROVED);
    assert_int_equal(FOUND(1, .bytes = 1000000)->verdict, VERDICT_APPROVED);
    assert_int_equal(FOUND(2, .bytes = 10)->verdict, VERDICT_APPROVED);
    assert_int_equal(MOVED(1, 1999990)->verdict, VERDICT_APPROVED); /* 2,000,000 in all */
    const struct record *r = MOVED(2, 11);
    assert_true(is(r, TEXT_TERM, "per-day bytes"));
    assert_true(is(r, TEXT_REASON, "contract HSBP-0042: 2.0 MB today, limit 2 MB"));
    assert_int_equal(r->verdict, VERDICT_BREACH);
}

static void test_what_has_no_class_counts_in_bytes_alone_and_is_told_by_its_volume(void **state) {
    for (uint64_t i = 1; i <= 60; i++)
        assert_int_equal(
            give((struct given){.kind = RECORD_TRANSFER, .object = i, .bytes = 10000, .bare = true})->verdict,
            VERDICT_APPROVED);
    assert_int_equal(FOUND(61)->verdict, VERDICT_APPROVED); /* one object so far */
    const struct record *r =
        give((struct given){.kind = RECORD_TRANSFER, .object = 62, .bytes = 1400001, .bare = true});
    assert_int_equal(r->verdict, VERDICT_BREACH);
    assert_true(is(r, TEXT_OFFENDING, QUOTA_CLASS) && is(r, TEXT_CLASSES, QUOTA_CLASS) &&
                is(r, TEXT_RULES, QUOTA_CLASS));
    assert_true(r->severity > 1);
}

static void test_flows_that_cannot_be_read_count_their_bytes(void **state) {
    const struct given g = {.kind = RECORD_VOLUME, .class = "encrypted-flow", .protocol = "TLS"};
    struct given more = g;
    more.bytes = 1500000;
    assert_int_equal(give(more)->verdict, VERDICT_APPROVED);
    more.bytes = 500000;
    assert_int_equal(give(more)->verdict, VERDICT_APPROVED);
    more.bytes = 1;
    assert_true(is(give(more), TEXT_TERM, "per-day bytes"));
}

/* --- several terms, several contracts --- */

static void test_every_term_that_does_not_hold_is_named(void **state) {
    for (uint64_t i = 1; i <= 213; i++)
        FOUND(i, .class = "vehicle-image", .term = "class");
    const struct record *r = FOUND(214, .class = "vehicle-image", .term = "class");
    assert_true(is(r, TEXT_TERM, "class\nper-day objects\nper-month objects"));
    assert_true(is(r, TEXT_REASON,
                   "class vehicle-image is not in contract HSBP-0042; 214 objects today, limit 50; "
                   "214 objects this month, limit 120"));
}

static void test_an_object_of_several_classes_counts_once(void **state) {
    for (uint64_t i = 1; i <= 49; i++)
        MOVED(i, 10, .class = "diagnostics\nplate-record");
    assert_int_equal(MOVED(50, 10)->verdict, VERDICT_APPROVED);
    assert_int_equal(MOVED(51, 10)->verdict, VERDICT_BREACH);
}

static void test_the_first_contract_with_room_takes_it(void **state) {
    for (uint64_t i = 1; i <= 5; i++)
        assert_int_equal(FOUND(i, .to = "192.0.2.1")->verdict,
                         VERDICT_APPROVED); /* two under A, three under B */
    const struct record *r = FOUND(6, .to = "192.0.2.1");
    assert_int_equal(r->verdict, VERDICT_BREACH);
    assert_true(is(r, TEXT_CONTRACT, "A"));
    for (uint64_t i = 1; i <= 5; i++)
        assert_int_equal(FOUND(i, .to = "192.0.2.1")->verdict,
                         VERDICT_APPROVED); /* each stays where it was */
}

/* Plates may go under B alone, which says more than diagnostics. */
static void test_an_object_is_under_one_contract_that_of_its_most_telling_class(void **state) {
    for (uint64_t i = 1; i <= 3; i++) {
        assert_int_equal(FOUND(i, .to = "192.0.2.1")->verdict, VERDICT_APPROVED);
        assert_int_equal(FOUND(i, .to = "192.0.2.1", .class = "plate-record")->verdict, VERDICT_APPROVED);
        assert_int_equal(FOUND(i, .to = "192.0.2.1")->verdict, VERDICT_APPROVED);
    }
    for (uint64_t i = 4; i <= 5; i++) /* A has none of them */
        assert_int_equal(FOUND(i, .to = "192.0.2.1")->verdict, VERDICT_APPROVED);
    assert_int_equal(FOUND(6, .to = "192.0.2.1")->verdict, VERDICT_BREACH);
    assert_int_equal(FOUND(7, .to = "192.0.2.1", .class = "plate-record")->verdict, VERDICT_BREACH);
}

static void test_a_worse_verdict_stays_what_the_worker_says(void **state) {
    whole(1, 50, JUNE);
    record_begin(&b, RECORD_FINDING);
    b.head.time = JUNE;
    b.head.source = address_at("10.40.3.7");
    b.head.destination = address_at("198.51.100.20");
    b.head.matters = b.head.partner_known = 1;
    b.head.object = 51;
    b.head.verdict = VERDICT_UNAPPROVED; /* the client's name for it was somebody else's */
    record_text(&b, TEXT_CLASS, bytes_text("diagnostics"));
    record_text(&b, TEXT_PROTOCOL, bytes_text("HTTP"));
    record_pack(&b, 1, room);
    assert_ptr_equal(quotas_record(quotas, (const struct record *)room), room);
}

static void test_who_has_no_contract_is_not_counted(void **state) {
    for (uint64_t i = 0; i < 200; i++)
        assert_ptr_equal(FOUND(i, .to = "192.0.3.1"), room);
    for (uint64_t i = 0; i < 200; i++)
        assert_ptr_equal(FOUND(i, .to = "8.8.8.8"), room);
}

/* --- asking, and the store --- */

static struct quota_line lines[8];
static size_t line_count;

static void take_line(void *context, const struct quota_line *l) {
    lines[line_count++] = *l;
}

static const struct quota_line *ask(const struct quotas *q, time_ns now, const char *id) {
    line_count = 0;
    quotas_each(q, now, take_line, NULL);
    for (size_t i = 0; i < line_count; i++)
        if (strcmp(lines[i].contract->id, id) == 0)
            return &lines[i];
    return NULL;
}

static void test_use_is_told_for_today_this_month_and_all(void **state) {
    whole(1, 50, JUNE);
    whole(51, 60, JUNE + DAY);
    const struct quota_line *l = ask(quotas, JUNE + DAY, "HSBP-0042");
    assert_int_equal(l->day.objects, 10);
    assert_int_equal(l->day.bytes, 10000);
    assert_int_equal(l->month.objects, 60);
    assert_int_equal(l->all.bytes, 60000);
    assert_int_equal(l->first, JUNE);
    assert_int_equal(l->last, JUNE + DAY);
    assert_int_equal(ask(quotas, JUNE + DAY, "A")->last, 0);
    assert_int_equal(line_count, 3);
}

static void test_a_limit_that_is_near_is_not_crowded_out_of_the_digest(void **state) {
    struct digest_contract out[2];
    whole(1, 45, JUNE);
    assert_int_equal(digest_contracts(policy, quotas, JUNE, out, 2), 4); /* two were never used */
    assert_string_equal(out[0].partner, "None");
    assert_string_equal(out[1].contract, "HSBP-0042");
    assert_string_equal(out[1].says, "45 of 50 objects today");
}

static char folder[64];

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *where) {
    return remove(path);
}

static struct store *open_store(void) {
    struct error e = {""};
    enum store_found found;
    struct store *s = store_open(&(struct store_options){.folder = folder}, &found, &e);
    if (!s)
        fail_msg("%s", e.text);
    return s;
}

static void save(struct store *s) {
    store_begin(s);
    assert_true(quotas_save(quotas, s));
    assert_int_equal(store_end(s), STORE_DONE);
    quotas_saved(quotas);
}

static void again(struct store *s, bool same_run) {
    quotas_destroy(quotas);
    quotas = quotas_create(policy);
    assert_true(quotas_load(quotas, s, same_run));
}

static void test_a_restart_goes_on_where_it_was(void **state) {
    strcpy(folder, "/tmp/gantry-quota-XXXXXX");
    assert_non_null(mkdtemp(folder));
    struct store *s = open_store();
    again(s, false);
    whole(1, 49, JUNE);
    FOUND(50);
    FOUND(51);
    save(s);
    again(s, true); /* the reporter died: what was moving still is */
    assert_int_equal(FOUND(50)->verdict, VERDICT_APPROVED);
    assert_int_equal(MOVED(51, 10)->verdict, VERDICT_BREACH);
    assert_int_equal(ask(quotas, JUNE, "HSBP-0042")->day.objects, 51);
    save(s);
    store_close(s);
    s = open_store();
    again(s, false); /* the sensor was started again: objects have new numbers */
    assert_int_equal(FOUND(1)->verdict, VERDICT_BREACH);
    assert_int_equal(ask(quotas, JUNE, "HSBP-0042")->month.objects, 52);
    assert_int_equal(ask(quotas, JUNE, "HSBP-0042")->first, JUNE);
    assert_int_equal(quotas_each(quotas, JUNE, take_line, NULL), JUNE);
    store_close(s);
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void test_what_was_not_committed_is_not_counted(void **state) {
    strcpy(folder, "/tmp/gantry-quota-XXXXXX");
    assert_non_null(mkdtemp(folder));
    struct store *s = open_store();
    again(s, false);
    whole(1, 10, JUNE);
    save(s);
    whole(11, 20, JUNE);
    again(s, true); /* died before the commit: the channel gives the records again */
    whole(11, 50, JUNE);
    assert_int_equal(FOUND(51)->verdict, VERDICT_BREACH);
    store_close(s);
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* --- several sensors --- */

static size_t number_of(const char *id, struct quota_amount *out) {
    for (size_t i = 0; i < quotas_count(quotas); i++)
        if (quotas_amount(quotas, i, false, JUNE, out) && strcmp(out->contract->id, id) == 0)
            return i;
    fail_msg("no contract %s", id);
    return 0;
}

static void test_what_other_sensors_saw_counts_today(void **state) {
    struct quota_amount mine, others;
    size_t which = number_of("HSBP-0042", &mine);
    others = mine;
    others.amount.objects = 30;
    quotas_put_others(quotas, which, false, &others);
    whole(1, 20, JUNE);
    assert_true(is(FOUND(21), TEXT_REASON,
                   "contract HSBP-0042: 51 objects today, limit 50; seen by several sensors together"));
    assert_true(quotas_amount(quotas, which, false, JUNE, &mine));
    assert_int_equal(mine.amount.objects, 21); /* its own */
    assert_int_equal(FOUND(22, .time = JUNE + DAY)->verdict, VERDICT_APPROVED);
}

static void test_what_other_sensors_saw_counts_in_the_month(void **state) {
    struct quota_amount others;
    size_t which = number_of("HSBP-0042", &others);
    assert_true(quotas_amount(quotas, which, true, JUNE, &others));
    others.amount.objects = 119;
    quotas_put_others(quotas, which, true, &others);
    assert_int_equal(FOUND(1)->verdict, VERDICT_APPROVED);
    assert_true(is(FOUND(2), TEXT_TERM, "per-month objects"));
    assert_int_equal(FOUND(3, .time = JUNE + 40 * DAY)->verdict, VERDICT_APPROVED);
}

static void test_a_sum_that_is_over_shows_the_newest_record_that_is_part_of_it(void **state) {
    struct quota_amount others;
    size_t which = number_of("HSBP-0042", &others);
    quotas_share(quotas);
    whole(1, 20, JUNE);
    others.amount.objects = 30;
    quotas_put_others(quotas, which, false, &others);
    assert_null(quotas_over(quotas, which, false, JUNE)); /* 50 may be received */
    assert_int_equal(quotas_tenfold(quotas, which, false, JUNE), 0);
    others.amount.objects = 31;
    quotas_put_others(quotas, which, false, &others);
    const struct record *r = quotas_over(quotas, which, false, JUNE);
    assert_non_null(r);
    assert_int_equal(r->kind, RECORD_TRANSFER);
    assert_int_equal(r->object, 20);
    assert_int_equal(r->verdict, VERDICT_BREACH);
    assert_int_equal(r->severity, 7); /* that of its finding */
    assert_true(is(r, TEXT_OFFENDING, "diagnostics"));
    assert_true(is(r, TEXT_TERM, "per-day objects"));
    assert_true(is(r, TEXT_REASON,
                   "contract HSBP-0042: 51 objects today, limit 50; seen by several sensors together"));
    assert_null(quotas_over(quotas, which, true, JUNE));        /* the month's limit holds */
    assert_null(quotas_over(quotas, which, false, JUNE + DAY)); /* and tomorrow's */
}

static void test_who_has_no_part_in_a_sum_shows_nothing(void **state) {
    struct quota_amount others;
    size_t which = number_of("HSBP-0042", &others);
    quotas_share(quotas);
    others.amount.objects = 1000;
    quotas_put_others(quotas, which, false, &others);
    assert_null(quotas_over(quotas, which, false, JUNE));
}

static void test_a_sum_is_over_its_limit_tenfold_and_a_hundredfold(void **state) {
    static const unsigned expected[][2] = {{50, 0},   {51, 1},   {499, 1},  {500, 2},
                                           {4999, 2}, {5000, 3}, {50000, 4}};
    struct quota_amount others;
    size_t which = number_of("HSBP-0042", &others);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        others.amount.objects = expected[i][0];
        quotas_put_others(quotas, which, false, &others);
        assert_int_equal(quotas_tenfold(quotas, which, false, JUNE), expected[i][1]);
    }
    others.amount.objects = 0;
    others.amount.bytes = 20000000; /* the limit are 2 MB */
    quotas_put_others(quotas, which, false, &others);
    assert_int_equal(quotas_tenfold(quotas, which, false, JUNE), 2);
}

static void test_contracts_without_limits_are_no_matter_of_the_fleet(void **state) {
    struct quota_amount a;
    assert_false(quotas_amount(quotas, number_of("A", &a), true, JUNE, &a)); /* per-day alone */
    assert_false(quotas_amount(quotas, quotas_count(quotas), false, JUNE, &a));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_the_fiftieth_object_is_fine_and_the_next_in_breach),
        TEST(test_an_object_counts_once_however_often_it_is_told_of),
        TEST(test_all_addresses_and_workers_count_together),
        TEST(test_a_day_begins_at_midnight_of_the_contracts_zone),
        TEST(test_days_are_not_those_of_utc),
        TEST(test_a_month_has_its_own_limit),
        TEST(test_a_wrong_time_does_not_forget_today),
        TEST(test_bytes_count_while_an_object_moves_and_the_one_that_goes_over_is_in_breach),
        TEST(test_what_has_no_class_counts_in_bytes_alone_and_is_told_by_its_volume),
        TEST(test_flows_that_cannot_be_read_count_their_bytes),
        TEST(test_every_term_that_does_not_hold_is_named),
        TEST(test_an_object_of_several_classes_counts_once),
        TEST(test_the_first_contract_with_room_takes_it),
        TEST(test_an_object_is_under_one_contract_that_of_its_most_telling_class),
        TEST(test_a_worse_verdict_stays_what_the_worker_says),
        TEST(test_who_has_no_contract_is_not_counted),
        TEST(test_a_limit_that_is_near_is_not_crowded_out_of_the_digest),
        TEST(test_use_is_told_for_today_this_month_and_all),
        TEST(test_a_restart_goes_on_where_it_was),
        TEST(test_what_was_not_committed_is_not_counted),
        TEST(test_what_other_sensors_saw_counts_today),
        TEST(test_what_other_sensors_saw_counts_in_the_month),
        TEST(test_a_sum_that_is_over_shows_the_newest_record_that_is_part_of_it),
        TEST(test_who_has_no_part_in_a_sum_shows_nothing),
        TEST(test_a_sum_is_over_its_limit_tenfold_and_a_hundredfold),
        TEST(test_contracts_without_limits_are_no_matter_of_the_fleet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
