/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy.h"
#include "report/traffic/traffic.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* 2026-06-01T00:00:00Z */
#define JUNE (INT64_C(1780272000) * NS_PER_S)
#define SECOND NS_PER_S
#define DAY (86400 * NS_PER_S)
#define MB UINT64_C(1000000)

static struct traffic *traffic;
static struct record_builder b;
static uint64_t room[8192];
static struct traffic_told told;

static struct tunnel_options tunnel_defaults;

static struct traffic *create(bool kept) {
    struct traffic_options o = {0};
    setting_defaults(tunnel_settings, &tunnel_defaults);
    setting_defaults(traffic_settings, &o);
    return traffic_create(&o, &tunnel_defaults, kept);
}

static int begin(void **state) {
    traffic = create(false);
    return traffic ? 0 : -1;
}

static int end(void **state) {
    traffic_destroy(traffic);
    return 0;
}

struct sum {
    const char *to, *from, *partner;
    enum verdict verdict;
    uint64_t out, back;
    time_ns time;
    bool quiet;
    uint32_t tries;
    const char *class;
    bool shaking;
};

/* To a stranger unless told otherwise. True: it is told. */
static bool give(struct sum s) {
    record_begin(&b, RECORD_VOLUME);
    b.head.time = s.time ? s.time : JUNE;
    address_parse(s.from ? s.from : "10.40.3.7", &b.head.source);
    address_parse(s.to ? s.to : "203.0.113.9", &b.head.destination);
    b.head.matters = 1;
    b.head.verdict = (uint8_t)(s.partner ? s.verdict : VERDICT_UNKNOWN);
    b.head.partner_known = s.partner != NULL;
    b.head.bytes = s.out;
    b.head.bytes_back = s.back;
    b.head.flows = s.out > 0;
    b.head.tries = s.tries;
    b.head.quiet = s.quiet;
    b.head.shaking = s.shaking;
    record_text(&b, TEXT_NETWORK, bytes_text("lanes"));
    record_text(&b, TEXT_PARTNER, bytes_text(s.partner));
    record_text(&b, TEXT_CLASS, bytes_text(s.class ? s.class : "encrypted-flow"));
    record_text(&b, TEXT_CLASSES, bytes_text(s.class ? s.class : "encrypted-flow"));
    record_pack(&b, 1, room);
    traffic_record(traffic, (const struct record *)(const void *)room, &told);
    return told.incident != NULL;
}

static void a_partner_that_may_not_receive_is_told_from_the_first_octet_on(void **state) {
    (void)state;
    assert_true(give((struct sum){.partner = "Acme", .verdict = VERDICT_UNAPPROVED, .out = 1}));
    assert_int_equal(told.incident->severity, 6);
    assert_int_equal(told.incident->bytes, 1);
    assert_true(give((struct sum){.partner = "Acme", .verdict = VERDICT_UNAPPROVED, .out = 10 * MB}));
    assert_int_equal(told.incident->severity, 7);
    assert_int_equal(told.incident->bytes, 10 * MB); /* what is new */
    assert_true(give((struct sum){.partner = "Acme", .verdict = VERDICT_UNAPPROVED, .out = 200000 * MB}));
    assert_int_equal(told.incident->severity, 9);
}

static void handshakes_alone_are_told_only_where_they_could_move_something(void **state) {
    (void)state;
    struct sum shake = {.partner = "Acme", .verdict = VERDICT_UNAPPROVED, .out = 1000, .shaking = true};
    for (int i = 0; i < 999; i++)
        assert_false(give(shake));
    assert_true(give(shake));
    shake.time = JUNE + DAY;
    assert_false(give(shake));
    assert_true(give((struct sum){
        .partner = "Acme", .verdict = VERDICT_UNAPPROVED, .out = 1, .time = JUNE + DAY + SECOND}));
    assert_int_equal(told.incident->bytes, 1001); /* with the handshake before it */
    assert_int_equal(told.incident->severity, 6);
}

static void a_partner_that_may_receive_is_not_told_and_goes_to_the_ledger(void **state) {
    (void)state;
    assert_false(give((struct sum){.partner = "Acme", .verdict = VERDICT_APPROVED, .out = 60000}));
    assert_null(told.ledger);
    assert_false(give((struct sum){.partner = "Acme", .verdict = VERDICT_APPROVED, .out = 5000}));
    assert_non_null(told.ledger);
    assert_int_equal(told.ledger->bytes, 65000); /* with what came before */
    assert_false(give((struct sum){.partner = "Acme", .verdict = VERDICT_APPROVED, .out = 10}));
    assert_int_equal(told.ledger->bytes, 10);
}

static void what_was_allowed_is_not_told_with_what_was_not(void **state) {
    (void)state;
    for (int i = 0; i < 5; i++)
        assert_false(give((struct sum){.partner = "Acme", .verdict = VERDICT_APPROVED, .out = 100 * MB}));
    assert_true(give((struct sum){.partner = "Acme", .verdict = VERDICT_BREACH, .out = 70000}));
    assert_int_equal(told.incident->severity, 5);
    assert_int_equal(told.incident->bytes, 70000);
    assert_int_equal(told.incident->flows, 1);
    assert_int_equal(told.ledger->bytes, 70000);
}

static void a_stranger_is_told_from_a_megabyte_a_day_on(void **state) {
    (void)state;
    for (int i = 0; i < 9; i++)
        assert_false(give((struct sum){.out = MB / 10}));
    assert_true(give((struct sum){.out = MB / 10}));
    assert_int_equal(told.incident->severity, 3);
    assert_int_equal(told.incident->bytes, MB); /* all of it */
    struct bytes why = record_text_of(told.incident, TEXT_REASON);
    assert_memory_equal(why.p + why.n - 9, "came back", 9);
    assert_int_equal(told.incident->flows, 10);
}

static void a_stranger_that_sends_back_as_much_is_not_told(void **state) {
    (void)state;
    for (int i = 0; i < 40; i++)
        assert_false(give((struct sum){.out = MB / 4, .back = MB / 5}));
    for (int i = 0; i < 39; i++)
        assert_false(give((struct sum){.out = MB, .back = 20 * MB}));
    assert_true(give((struct sum){.out = MB, .back = 20 * MB})); /* 50 MB whatever comes back */
}

static void hosts_of_one_network_are_one_stranger_and_others_are_not(void **state) {
    (void)state;
    assert_false(give((struct sum){.out = 6 * MB / 10, .to = "203.0.113.9"}));
    assert_false(give((struct sum){.out = 6 * MB / 10, .to = "203.0.114.9"}));
    assert_true(give((struct sum){.out = 6 * MB / 10, .to = "203.0.113.200"}));
}

static void what_is_encrypted_and_what_is_unread_are_one_sum_to_a_stranger(void **state) {
    (void)state;
    static const char said[] =
        "the address belongs to no partner; 1.2 MB left for its network today, 10.0 kB came back";
    assert_false(give((struct sum){.out = 6 * MB / 10, .back = 10000}));
    assert_true(give((struct sum){.out = 6 * MB / 10, .class = "unread-flow"}));
    assert_int_equal(told.incident->bytes, 12 * MB / 10);
    struct bytes why = record_text_of(told.incident, TEXT_REASON);
    assert_int_equal(why.n, sizeof said - 1);
    assert_memory_equal(why.p, said, why.n);
    assert_false(give((struct sum){.out = 2 * MB})); /* a destination is told once */
}

static void the_next_day_begins_anew(void **state) {
    (void)state;
    for (int i = 0; i < 30; i++)
        assert_false(give((struct sum){.out = 9 * MB / 10, .time = JUNE + i * DAY}));
}

static void one_host_may_not_send_much_to_many_strangers(void **state) {
    (void)state;
    char to[32];
    for (int i = 0; i < 10; i++) {
        snprintf(to, sizeof to, "203.0.%d.1", i);
        assert_false(give((struct sum){.out = 99 * MB / 100, .to = to}));
        assert_false(give((struct sum){.out = 99 * MB / 100, .to = to, .back = MB, .from = "10.40.9.9"}));
    }
    assert_true(give((struct sum){.out = MB / 2, .to = "203.0.99.1"}));
    struct bytes why = record_text_of(told.incident, TEXT_REASON);
    static const char said[] =
        "the address belongs to no partner; this host has sent 10.4 MB to strangers today";
    assert_int_equal(why.n, sizeof said - 1);
    assert_memory_equal(why.p, said, why.n);
    assert_false(give((struct sum){.out = MB / 2, .to = "203.0.98.1"})); /* once */
}

static void a_stranger_is_told_again_at_ten_times_or_after_a_week(void **state) {
    (void)state;
    assert_true(give((struct sum){.out = MB}));
    for (int i = 0; i < 8; i++)
        assert_false(give((struct sum){.out = MB}));
    assert_true(give((struct sum){.out = MB}));
    assert_int_equal(told.incident->bytes, 9 * MB);
    assert_false(give((struct sum){.out = 2 * MB, .time = JUNE + 6 * DAY}));
    assert_true(give((struct sum){.out = 2 * MB, .time = JUNE + 8 * DAY}));
    assert_int_equal(told.incident->bytes, 4 * MB);
}

static void behind_a_clock_that_jumped_ahead_and_came_back_days_go_on_as_before(void **state) {
    (void)state;
    assert_true(give((struct sum){.out = 2 * MB}));
    assert_true(give((struct sum){.out = 2 * MB, .time = JUNE + 3000 * DAY}));
    for (int day = 1; day < 7; day++) /* little each day, and much together */
        assert_false(give((struct sum){.out = 6 * MB / 10, .time = JUNE + day * DAY}));
    assert_true(give((struct sum){.out = 2 * MB, .time = JUNE + 7 * DAY}));
    assert_false(give((struct sum){.out = 2 * MB, .time = JUNE + 8 * DAY})); /* told yesterday */
}

static void a_quiet_name_has_a_bound_of_its_own(void **state) {
    (void)state;
    for (int i = 0; i < 19; i++)
        assert_false(give((struct sum){.out = MB, .quiet = true}));
    assert_true(give((struct sum){.out = MB, .quiet = true}));
}

static void severity_to_a_stranger_is_five_at_most(void **state) {
    (void)state;
    assert_true(give((struct sum){.out = 500000 * MB}));
    assert_int_equal(told.incident->severity, 5);
}

static void a_new_sensor_learns_who_strangers_are_and_tells_partners(void **state) {
    (void)state;
    traffic_destroy(traffic);
    traffic = create(true);
    assert_false(give((struct sum){.out = 5 * MB}));
    assert_non_null(told.ledger);
    assert_true(give((struct sum){.partner = "Acme", .verdict = VERDICT_UNAPPROVED, .out = 1}));
    assert_false(give((struct sum){.out = 5 * MB, .time = JUNE + 6 * DAY}));
    assert_true(give((struct sum){.out = 5 * MB, .time = JUNE + 7 * DAY}));
}

static void connections_that_came_to_nothing_wait_for_what_is_told_next(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_false(give((struct sum){.partner = "Acme", .verdict = VERDICT_UNAPPROVED, .tries = 7}));
    assert_null(told.ledger);
    assert_true(give((struct sum){.partner = "Acme", .verdict = VERDICT_UNAPPROVED, .out = 1}));
    assert_int_equal(told.incident->tries, 21);
    assert_true(give((struct sum){.partner = "Acme", .verdict = VERDICT_UNAPPROVED, .out = 1}));
    assert_int_equal(told.incident->tries, 0); /* once */
    assert_true(give((struct sum){.partner = "Other", .verdict = VERDICT_UNAPPROVED, .out = 1}));
    assert_int_equal(told.incident->tries, 0);
}

static void they_are_told_by_themselves_where_that_is_configured_and_forbidden(void **state) {
    (void)state;
    traffic_destroy(traffic);
    struct traffic_options o = {0};
    setting_defaults(traffic_settings, &o);
    o.attempts = ATTEMPTS_ALERT;
    traffic = traffic_create(&o, &tunnel_defaults, false);
    assert_true(give((struct sum){.partner = "Acme", .verdict = VERDICT_UNAPPROVED, .tries = 7}));
    assert_int_equal(told.incident->tries, 7);
    assert_int_equal(told.incident->bytes, 0);
    assert_int_equal(told.incident->severity, 6);
    assert_false(give((struct sum){.partner = "Acme", .verdict = VERDICT_APPROVED, .tries = 7}));
    assert_false(give((struct sum){.tries = 7})); /* a stranger */
}

static void what_stays_inside_is_told_only_where_a_days_volume_is_configured(void **state) {
    (void)state;
    const struct sum reader = {.partner = "desk", .verdict = VERDICT_UNAPPROVED_READER, .out = 100 * MB};
    assert_false(give(reader));
    assert_null(told.ledger);
    traffic_destroy(traffic);
    struct traffic_options o = {0};
    setting_defaults(traffic_settings, &o);
    o.inside_per_day = 150 * MB;
    traffic = traffic_create(&o, &tunnel_defaults, false);
    assert_false(give(reader));
    assert_true(give(reader));
    assert_int_equal(told.incident->bytes, 200 * MB);
    assert_in_range(told.incident->severity, 3, 5);
    assert_false(give(reader)); /* once */
}

static void memory_is_bounded_and_partners_stay(void **state) {
    (void)state;
    char to[32];
    traffic_destroy(traffic);
    struct traffic_options o = {0};
    setting_defaults(traffic_settings, &o);
    o.memory = 100000;
    traffic = traffic_create(&o, &tunnel_defaults, false);
    give((struct sum){.partner = "Acme", .verdict = VERDICT_APPROVED, .out = 60000});
    for (int i = 0; i < 5000; i++) {
        snprintf(to, sizeof to, "203.%d.%d.1", i / 200 % 200, i % 200);
        give((struct sum){.out = 1, .to = to});
    }
    assert_in_range(traffic_lines(traffic), 100, 500);
    give((struct sum){.partner = "Acme", .verdict = VERDICT_APPROVED, .out = 5000});
    assert_non_null(told.ledger);
    assert_int_equal(told.ledger->bytes, 65000);
}

static int remove_file(const char *path, const struct stat *s, int type, struct FTW *f) {
    return remove(path);
}

static char folder[32];
static struct store *store;

static void open_folder(void) {
    struct error e;
    enum store_found found;
    strcpy(folder, "/tmp/gantry-traffic-XXXXXX");
    assert_non_null(mkdtemp(folder));
    store = store_open(&(struct store_options){.folder = folder}, &found, &e);
    assert_non_null(store);
    traffic_destroy(traffic);
    traffic = create(true);
}

static void save(void) {
    store_begin(store);
    assert_true(traffic_save(traffic, store));
    assert_int_equal(store_end(store), STORE_DONE);
    traffic_saved(traffic);
}

/* As a reporter that begins anew, with so much memory; 0: as much as usual. */
static void load(uint64_t memory) {
    struct traffic_options o = {0};
    setting_defaults(traffic_settings, &o);
    o.memory = memory ? memory : o.memory;
    traffic_destroy(traffic);
    traffic = traffic_create(&o, &tunnel_defaults, true);
    assert_true(traffic_load(traffic, store));
}

static void close_folder(void) {
    store_close(store);
    nftw(folder, remove_file, 8, FTW_DEPTH | FTW_PHYS);
}

static void what_was_summed_and_told_outlives_the_reporter(void **state) {
    (void)state;
    open_folder();
    give((struct sum){.out = 1, .time = JUNE - 8 * DAY});
    assert_true(give((struct sum){.out = MB, .to = "203.0.113.9"}));
    assert_false(give((struct sum){.out = 6 * MB / 10, .to = "192.0.2.9"}));
    save();
    load(0);
    assert_false(give((struct sum){.out = 2 * MB, .to = "203.0.113.9"})); /* told already */
    assert_true(give((struct sum){.out = 4 * MB / 10, .to = "192.0.2.9"}));
    close_folder();
}

static void with_less_memory_than_before_the_latest_stay_and_the_rest_leaves_the_store(void **state) {
    (void)state;
    char to[32];
    open_folder();
    give((struct sum){.out = 1, .time = JUNE - 8 * DAY});
    for (int i = 0; i < 1000; i++) {
        snprintf(to, sizeof to, "203.%d.%d.1", i / 200, i % 200);
        give((struct sum){.out = 1, .to = to, .time = JUNE + i});
    }
    assert_false(give((struct sum){.out = 6 * MB / 10, .to = "192.0.2.9", .time = JUNE + SECOND}));
    save();
    load(100000);
    assert_in_range(traffic_lines(traffic), 100, 500);
    assert_true(give((struct sum){.out = 4 * MB / 10, .to = "192.0.2.9", .time = JUNE + 2 * SECOND}));
    save();
    load(0);
    assert_in_range(traffic_lines(traffic), 100, 500);
    close_folder();
}

/* What one worker tells of its part. */
static bool give_tunnel(const char *name, enum verdict verdict, uint64_t out, time_ns time) {
    record_begin(&b, RECORD_VOLUME);
    b.head.time = time;
    address_parse("10.40.3.7", &b.head.source);
    address_parse("203.0.113.9", &b.head.destination);
    b.head.matters = 1;
    b.head.verdict = (uint8_t)verdict;
    b.head.bytes = out;
    b.head.flows = 1;
    record_text(&b, TEXT_NETWORK, bytes_text("lanes"));
    record_text(&b, TEXT_CLASS, bytes_text("tunnel"));
    record_text(&b, TEXT_CLASSES, bytes_text("tunnel"));
    record_text(&b, TEXT_TUNNEL_WAY, bytes_text("dns"));
    record_text(&b, TEXT_TUNNEL_NAME, bytes_text(name));
    record_pack(&b, 1, room);
    traffic_record(traffic, (const struct record *)(const void *)room, &told);
    return told.incident != NULL;
}

static void parts_of_a_tunnel_are_joined_and_told_even_while_strangers_are_learnt(void **state) {
    (void)state;
    traffic_destroy(traffic);
    traffic = create(true);
    assert_false(give_tunnel("evil.example", VERDICT_UNKNOWN, 20000, JUNE));
    assert_false(give_tunnel("other.example", VERDICT_UNKNOWN, 20000, JUNE));
    assert_true(give_tunnel("evil.example", VERDICT_UNKNOWN, 20000, JUNE + SECOND));
    assert_int_equal(told.incident->bytes, 40000);
    assert_int_equal(told.incident->flows, 1);
    assert_int_equal(told.incident->severity, 8);
    assert_int_equal(told.ledger->bytes, 40000);
    assert_true(give_tunnel("evil.example", VERDICT_UNKNOWN, 5, JUNE + 2 * SECOND));
    assert_int_equal(told.incident->bytes, 5);
    assert_int_equal(told.incident->flows, 0);
}

static void parts_of_a_tunnel_that_lie_apart_are_none(void **state) {
    (void)state;
    for (int i = 0; i < 50; i++)
        assert_false(give_tunnel("evil.example", VERDICT_UNKNOWN, 10000, JUNE + i * 600 * SECOND));
}

static void a_tunnel_that_a_contract_names_goes_to_the_ledger_alone(void **state) {
    (void)state;
    assert_false(give_tunnel("evil.example", VERDICT_APPROVED, 40000, JUNE));
    assert_non_null(told.ledger);
    assert_true(give_tunnel("evil.example", VERDICT_BREACH, 40000, JUNE));
    assert_int_equal(told.incident->severity, 7);
}

static void the_memory_of_parts_is_bounded(void **state) {
    (void)state;
    char name[32];
    uint64_t before = counter_values[COUNTER_TUNNEL_SUMS_FORGOTTEN];
    for (int i = 0; i < 2000; i++) {
        snprintf(name, sizeof name, "d%d.example", i);
        give_tunnel(name, VERDICT_UNKNOWN, 1, JUNE);
    }
    assert_int_equal(counter_values[COUNTER_TUNNEL_SUMS_FORGOTTEN] - before, 2000 - 1024);
}

/* A worker that was taken over keeps to no limit of a text. */
static void longer_texts_than_any_worker_writes_make_no_longer_key(void **state) {
    (void)state;
    static uint8_t text[5000];
    memset(text, 'x', sizeof text);
    give_tunnel("evil.example", VERDICT_UNKNOWN, 40000, JUNE);
    struct record *r = (struct record *)(void *)room;
    for (unsigned i = 0; i < TEXT_COUNT; i++) {
        r->text[i].at = 0;
        r->text[i].n = i == TEXT_CLASS ? 6 : sizeof text;
    }
    r->size = sizeof *r + sizeof text;
    memcpy(r + 1, text, sizeof text);
    memcpy(r + 1, "tunnel", 6);
    assert_true(record_valid(r, sizeof room));
    traffic_record(traffic, r, &told);
    assert_non_null(told.incident);
}

static void send_picture_of(const char *network, uint64_t bytes) {
    record_begin(&b, RECORD_TRANSFER);
    b.head.matters = b.head.complete = 1;
    b.head.bytes = bytes;
    record_text(&b, TEXT_NETWORK, bytes_text(network));
    record_text(&b, TEXT_MIME, bytes_text("image/jpeg"));
    record_pack(&b, 1, room);
    traffic_learn(traffic, (const struct record *)(const void *)room);
}

static void send_picture(uint64_t bytes) {
    send_picture_of("lanes", bytes);
}

/* To a partner that may not receive; how like pictures it is told to be. */
static int give_uploads(uint64_t each, unsigned n) {
    record_begin(&b, RECORD_VOLUME);
    b.head.time = JUNE;
    b.head.matters = 1;
    b.head.verdict = VERDICT_UNAPPROVED;
    b.head.bytes = each * n;
    b.head.uploads = n;
    for (unsigned i = 0; i < n; i++)
        upload_sizes_add(&b.head.sizes, each);
    record_text(&b, TEXT_NETWORK, bytes_text("lanes"));
    record_text(&b, TEXT_CLASS, bytes_text("encrypted-flow"));
    record_text(&b, TEXT_CLASSES, bytes_text("encrypted-flow"));
    record_pack(&b, 1, room);
    traffic_record(traffic, (const struct record *)(const void *)room, &told);
    assert_non_null(told.incident);
    assert_int_equal(told.incident->uploads, n);
    return told.incident->like_images - 1;
}

static void uploads_are_held_against_the_pictures_of_the_network(void **state) {
    (void)state;
    assert_int_equal(give_uploads(50000, 4), -1); /* nobody knows */
    for (int i = 0; i < 30; i++)
        send_picture(50000);
    assert_int_equal(give_uploads(50000, 4), 100);
    assert_int_equal(give_uploads(3000000, 4), 0);
    assert_int_equal(told.ledger->uploads, 4);
}

static void networks_beyond_64_whose_pictures_are_not_learnt_are_counted(void **state) {
    (void)state;
    char name[32];
    uint64_t before = counter_values[COUNTER_IMAGE_SIZES_LEFT];
    assert_int_equal(give_uploads(50000, 4), -1); /* who is asked about takes no room */
    for (int i = 0; i < 64; i++) {
        snprintf(name, sizeof name, "network-%d", i);
        send_picture_of(name, 50000);
    }
    assert_int_equal(counter_values[COUNTER_IMAGE_SIZES_LEFT], before);
    send_picture(50000);
    assert_int_equal(counter_values[COUNTER_IMAGE_SIZES_LEFT], before + 1);
}

static void a_strangers_uploads_count_as_objects_while_more_leaves_than_comes_back(void **state) {
    (void)state;
    for (int back = 0; back < 2; back++) {
        record_begin(&b, RECORD_VOLUME);
        b.head.time = JUNE + back * DAY;
        b.head.matters = 1;
        b.head.verdict = VERDICT_UNKNOWN;
        b.head.bytes = 200000;
        b.head.bytes_back = back ? 900000 : 1000;
        b.head.uploads = 4;
        record_text(&b, TEXT_CLASS, bytes_text("encrypted-flow"));
        record_pack(&b, 1, room);
        traffic_record(traffic, (const struct record *)(const void *)room, &told);
        assert_int_equal(told.ledger->uploads, back ? 0 : 4);
    }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_partner_that_may_not_receive_is_told_from_the_first_octet_on),
        TEST(handshakes_alone_are_told_only_where_they_could_move_something),
        TEST(a_partner_that_may_receive_is_not_told_and_goes_to_the_ledger),
        TEST(what_was_allowed_is_not_told_with_what_was_not),
        TEST(a_stranger_is_told_from_a_megabyte_a_day_on),
        TEST(a_stranger_that_sends_back_as_much_is_not_told),
        TEST(hosts_of_one_network_are_one_stranger_and_others_are_not),
        TEST(what_is_encrypted_and_what_is_unread_are_one_sum_to_a_stranger),
        TEST(the_next_day_begins_anew),
        TEST(one_host_may_not_send_much_to_many_strangers),
        TEST(a_stranger_is_told_again_at_ten_times_or_after_a_week),
        TEST(behind_a_clock_that_jumped_ahead_and_came_back_days_go_on_as_before),
        TEST(a_quiet_name_has_a_bound_of_its_own),
        TEST(severity_to_a_stranger_is_five_at_most),
        TEST(a_new_sensor_learns_who_strangers_are_and_tells_partners),
        TEST(connections_that_came_to_nothing_wait_for_what_is_told_next),
        TEST(they_are_told_by_themselves_where_that_is_configured_and_forbidden),
        TEST(what_stays_inside_is_told_only_where_a_days_volume_is_configured),
        TEST(memory_is_bounded_and_partners_stay),
        TEST(what_was_summed_and_told_outlives_the_reporter),
        TEST(with_less_memory_than_before_the_latest_stay_and_the_rest_leaves_the_store),
        TEST(parts_of_a_tunnel_are_joined_and_told_even_while_strangers_are_learnt),
        TEST(parts_of_a_tunnel_that_lie_apart_are_none),
        TEST(a_tunnel_that_a_contract_names_goes_to_the_ledger_alone),
        TEST(the_memory_of_parts_is_bounded),
        TEST(longer_texts_than_any_worker_writes_make_no_longer_key),
        TEST(networks_beyond_64_whose_pictures_are_not_learnt_are_counted),
        TEST(uploads_are_held_against_the_pictures_of_the_network),
        TEST(a_strangers_uploads_count_as_objects_while_more_leaves_than_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
