/* SPDX-License-Identifier: Apache-2.0 */
#include "report/hosts/hosts.h"

#include "base/counter.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* 2026-06-01T00:00:00Z */
#define JUNE (INT64_C(1780272000) * NS_PER_S)
#define MINUTE (60 * NS_PER_S)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
/* What stands in the lane, and a laptop. */
#define CAMERA UINT64_C(0x3c52820a1b01)
#define SERVER UINT64_C(0x3c52820a1b02)
#define LAPTOP UINT64_C(0xa81e84ff0001)
#define ROUTER UINT64_C(0x00005e000101)

static struct hosts *hosts;
static struct host_options options;
static uint64_t counters[COUNTER_COUNT];

/* --- what is told --- */

static unsigned told, sums;
static char text[512];
static struct record shown; /* of the notice that came last */

static void take(void *context, const char *id, const char *what, const struct record *host) {
    told += strcmp(id, "new-host") == 0;
    sums += strcmp(id, "new-hosts") == 0;
    assert_true((host != NULL) == (strcmp(id, "new-host") == 0));
    snprintf(text, sizeof text, "%s", what);
    if (host)
        shown = *host;
}

static const struct hosts_sink sink = {NULL, take};

static bool offline;

static void create(bool kept) {
    hosts_destroy(hosts);
    hosts = hosts_create(&options, NULL, &sink, kept, offline);
    assert_non_null(hosts);
}

static int begin(void **state) {
    setting_defaults(host_settings, &options);
    options.learning = 7 * (uint64_t)DAY;
    counter_values = counters;
    memset(counters, 0, sizeof counters);
    told = sums = 0;
    offline = false;
    text[0] = '\0';
    create(true);
    return 0;
}

static int end(void **state) {
    hosts_destroy(hosts);
    hosts = NULL;
    return 0;
}

static void speak_in(const char *network, const char *address, uint64_t card, time_ns time) {
    static struct record_builder b;
    static uint64_t room[8192];
    record_begin(&b, RECORD_HOST);
    b.head.time = time;
    assert_true(address_parse(address, &b.head.source));
    assert_true(address_parse("10.40.9.1", &b.head.destination));
    b.head.client = b.head.source;
    b.head.server = b.head.destination;
    b.head.destination_port = 22;
    b.head.object = card;
    record_text(&b, TEXT_NETWORK, bytes_text(network));
    record_pack(&b, 1, room);
    hosts_record(hosts, (const struct record *)(const void *)room);
}

static void speak(const char *address, uint64_t card, time_ns time) {
    speak_in("lanes", address, card, time);
}

/* A camera and a server, for a week and an hour. */
static time_ns learn(void) {
    for (int day = 0; day <= 7; day++) {
        speak("10.40.3.7", CAMERA, JUNE + day * DAY);
        speak("10.40.3.8", SERVER, JUNE + day * DAY);
    }
    assert_int_equal(told, 0);
    return JUNE + 7 * DAY + HOUR;
}

static void number(char *out, const char *network, int n) {
    sprintf(out, "%s.%d.%d", network, n / 200, n % 200 + 1);
}

/* --- who is new --- */

static void a_host_that_speaks_first_behind_the_learning_time_is_told_once_and_shown(void **state) {
    struct address a;
    time_ns now = learn();
    speak("10.40.3.77", LAPTOP, now);
    assert_int_equal(told, 1);
    assert_string_equal(text,
                        "A host speaks in image network lanes: 10.40.3.77, network card a8:1e:84:ff:00:01, a "
                        "client of 10.40.9.1 at port 22; the address never did before");
    assert_true(address_parse("10.40.3.77", &a) && address_equal(&a, &shown.source));
    assert_int_equal(shown.object, LAPTOP);
    for (int i = 0; i < 30; i++)
        speak("10.40.3.77", LAPTOP, now + i * DAY);
    assert_int_equal(told, 1);
    assert_int_equal(counters[COUNTER_HOSTS_NEW], 1);
}

static void a_host_of_the_learning_time_is_no_news_however_late_it_comes_again(void **state) {
    time_ns now = learn();
    speak("10.40.3.7", CAMERA, now + 80 * DAY);
    hosts_tick(hosts, now + 81 * DAY);
    assert_int_equal(told, 0);
}

static void without_a_card_the_address_alone_says_who_is_new(void **state) {
    speak("10.40.3.7", 0, JUNE);
    speak("10.40.3.8", 0, JUNE + 8 * DAY);
    assert_int_equal(told, 1);
    speak("10.40.3.7", 0, JUNE + 8 * DAY);
    assert_int_equal(told, 1);
}

static void a_new_card_at_a_known_address_is_told_once_it_is_no_router(void **state) {
    time_ns now = learn();
    speak("10.40.3.7", LAPTOP, now);
    hosts_tick(hosts, now + 59 * NS_PER_S);
    assert_int_equal(told, 0);
    hosts_tick(hosts, now + MINUTE);
    assert_int_equal(told, 1);
    assert_string_equal(
        text, "A host speaks in image network lanes: 10.40.3.7, network card a8:1e:84:ff:00:01; the "
              "address spoke before, the card never did");
    speak("10.40.3.7", LAPTOP, now + HOUR);
    speak("10.40.3.7", CAMERA, now + HOUR);
    hosts_tick(hosts, now + 2 * HOUR);
    assert_int_equal(told, 1);
}

static void a_first_card_at_an_address_that_spoke_without_one_is_no_news(void **state) {
    speak("10.40.3.7", 0, JUNE);
    speak("10.40.3.7", CAMERA, JUNE + 8 * DAY);
    hosts_tick(hosts, JUNE + 9 * DAY);
    assert_int_equal(told, 0);
}

static void a_router_that_was_exchanged_is_no_news_and_its_card_says_nothing(void **state) {
    char address[32];
    for (int i = 0; i < 20; i++) {
        number(address, "10.40", i);
        speak(address, ROUTER, JUNE);
    }
    time_ns now = JUNE + 8 * DAY;
    for (int i = 0; i < 20; i++) { /* another one takes over */
        number(address, "10.40", i);
        speak(address, LAPTOP, now + i * NS_PER_S);
    }
    hosts_tick(hosts, now + HOUR);
    assert_int_equal(told, 0);
    speak("10.40.99.1", ROUTER, now + HOUR); /* behind it a host is new by its address */
    assert_int_equal(told, 1);
    assert_string_equal(text,
                        "A host speaks in image network lanes: 10.40.99.1, a client of 10.40.9.1 at port 22; "
                        "the address never did before");
    assert_int_equal(shown.object, 0);
}

static void a_machine_of_a_few_addresses_is_no_router(void **state) {
    time_ns now = learn();
    speak("10.40.3.7", LAPTOP, now);
    speak("10.40.3.8", LAPTOP, now);
    speak("2001:db8:40::1", LAPTOP, now);
    assert_int_equal(told, 1); /* the address of it that is new */
    hosts_tick(hosts, now + MINUTE);
    assert_int_equal(told, 2);
}

static void a_known_card_at_a_new_address_is_told_as_such(void **state) {
    speak("10.40.3.77", CAMERA, learn());
    assert_int_equal(told, 1);
    assert_non_null(strstr(text, "the card spoke before, the address never did"));
}

static void of_ipv6_all_addresses_of_a_64_are_one_host_and_the_next_64_is_another(void **state) {
    char address[64];
    speak("2001:db8:40::7", 0, JUNE);
    for (int i = 0; i < 100; i++) {
        sprintf(address, "2001:db8:40::%x:%x", i * 7 + 1, i);
        speak(address, 0, JUNE + 8 * DAY);
    }
    assert_int_equal(told, 0);
    speak("2001:db8:40:1::7", 0, JUNE + 8 * DAY);
    assert_int_equal(told, 1);
    assert_non_null(
        strstr(text, "2001:db8:40:1::7, a client of 10.40.9.1 at port 22; its /64 never did before"));
}

static void within_a_64_a_card_of_its_own_is_a_host(void **state) {
    speak("2001:db8:40::7", CAMERA, JUNE);
    speak("2001:db8:40::9", LAPTOP, JUNE + 8 * DAY);
    hosts_tick(hosts, JUNE + 8 * DAY + MINUTE);
    assert_int_equal(told, 1);
    assert_int_equal(shown.object, LAPTOP);
}

static void the_same_host_in_another_image_network_is_new_there(void **state) {
    speak_in("bridge", "10.41.3.1", SERVER, JUNE);
    time_ns now = learn();
    speak_in("bridge", "10.40.3.7", CAMERA, now);
    assert_int_equal(told, 1);
}

/* --- time --- */

static void a_network_that_is_configured_later_is_learnt_for_itself(void **state) {
    time_ns now = learn();
    for (int day = 0; day < 7; day++)
        speak_in("bridge", day % 2 ? "10.41.3.1" : "10.41.3.2", 0, now + day * DAY);
    assert_int_equal(told, 0);
    speak_in("bridge", "10.41.3.3", 0, now + 7 * DAY);
    assert_int_equal(told, 1);
}

static void without_a_learning_time_the_first_host_is_told(void **state) {
    options.learning = 0;
    create(true);
    speak("10.40.3.7", CAMERA, JUNE);
    assert_int_equal(told, 1);
}

static void behind_a_clock_that_was_ahead_learning_begins_anew_and_nobody_is_forgotten(void **state) {
    time_ns now = learn();
    speak("10.40.3.7", CAMERA, now + 3000 * DAY);
    hosts_tick(hosts, now + 3000 * DAY + HOUR);
    hosts_tick(hosts, now + HOUR);
    speak("10.40.3.7", CAMERA, now + HOUR);
    speak("10.40.3.8", SERVER, now + HOUR);
    assert_int_equal(told, 0);
    assert_int_equal(hosts_count(hosts), 2);
    speak("10.40.3.77", LAPTOP, now + 2 * HOUR);
    assert_int_equal(told, 1);
}

static void a_sensor_that_began_in_the_future_learns_from_the_right_time_on(void **state) {
    speak("10.40.3.7", CAMERA, JUNE + 3000 * DAY);
    speak("10.40.3.8", SERVER, JUNE);
    speak("10.40.3.9", LAPTOP, JUNE + 6 * DAY);
    assert_int_equal(told, 0);
    speak("10.40.3.10", 0, JUNE + 8 * DAY);
    assert_int_equal(told, 1);
}

static void what_says_nothing_for_long_while_the_sensor_watches_is_forgotten(void **state) {
    time_ns now = learn();
    for (int hour = 0; hour < 91 * 24; hour++) {
        speak("10.40.3.8", SERVER, now + hour * HOUR);
        hosts_tick(hosts, now + hour * HOUR);
    }
    assert_int_equal(hosts_count(hosts), 1);
    assert_int_equal(counters[COUNTER_HOSTS_AGED], 2); /* with its card */
    speak("10.40.3.7", CAMERA, now + 91 * DAY);
    assert_int_equal(told, 1);
}

static void a_sensor_that_was_off_has_forgotten_nobody(void **state) {
    time_ns now = learn();
    hosts_tick(hosts, now + 400 * DAY);
    speak("10.40.3.7", CAMERA, now + 400 * DAY);
    assert_int_equal(told, 0);
    assert_int_equal(hosts_count(hosts), 2);
}

static void of_files_records_count_in_the_order_of_their_times(void **state) {
    offline = true;
    create(true);
    speak("10.40.3.77", LAPTOP, JUNE + 9 * DAY); /* by a worker that is ahead */
    speak("10.40.3.78", 0, JUNE + 10 * DAY);
    hosts_tick(hosts, JUNE);
    speak("10.40.3.78", 0, JUNE + 3 * DAY);
    speak("10.40.3.7", CAMERA, JUNE);
    hosts_tick(hosts, JUNE + 9 * DAY);
    assert_int_equal(told, 0);
    hosts_tick(hosts, JUNE + 9 * DAY + 1);
    assert_int_equal(told, 1);
    assert_int_equal(shown.object, LAPTOP);
    speak("10.40.3.79", 0, JUNE + 12 * DAY);
    hosts_end(hosts);
    assert_int_equal(told, 2);
}

static void of_files_more_than_can_wait_count_as_they_come(void **state) {
    char address[32];
    offline = true;
    options.memory = 64 << 20;
    create(true);
    for (int i = 0; i < 70000; i++) {
        sprintf(address, "10.%d.%d.%d", i / 62500, i / 250 % 250, i % 250);
        speak(address, 0, JUNE + i % 977 * NS_PER_S);
    }
    assert_in_range(hosts_count(hosts), 70000 - (1 << 16), 70000 - (1 << 15));
    hosts_end(hosts);
    assert_int_equal(hosts_count(hosts), 70000);
}

/* --- how many --- */

static void twenty_are_told_in_a_day_and_the_others_are_one_sum_at_its_end(void **state) {
    char address[32];
    time_ns now = learn();
    for (int i = 0; i < 50; i++) {
        sprintf(address, "10.40.60.%d", i + 1);
        speak(address, 0, now + i * NS_PER_S);
    }
    assert_int_equal(told, 20);
    assert_int_equal(sums, 0);
    hosts_tick(hosts, JUNE + 8 * DAY - 1);
    assert_int_equal(sums, 0);
    hosts_tick(hosts, JUNE + 8 * DAY);
    assert_int_equal(sums, 1);
    assert_string_equal(
        text, "30 more hosts spoke in image networks for the first time on 2026-06-08; gantryctl hosts "
              "shows them");
    hosts_tick(hosts, JUNE + 9 * DAY);
    assert_int_equal(sums, 1);
    speak("10.40.61.1", 0, JUNE + 9 * DAY);
    assert_int_equal(told, 21);
    assert_int_equal(counters[COUNTER_HOSTS_NEW], 51);
}

static void twenty_or_fewer_have_no_sum(void **state) {
    char address[32];
    time_ns now = learn();
    for (int i = 0; i < 20; i++) {
        sprintf(address, "10.40.60.%d", i + 1);
        speak(address, 0, now);
    }
    hosts_tick(hosts, now + 3 * DAY);
    hosts_end(hosts);
    assert_int_equal(told, 20);
    assert_int_equal(sums, 0);
}

static void with_none_a_day_there_are_sums_alone(void **state) {
    options.per_day = 0;
    create(true);
    speak("10.40.3.77", LAPTOP, learn());
    hosts_tick(hosts, JUNE + 9 * DAY);
    assert_int_equal(told, 0);
    assert_int_equal(sums, 1);
    assert_non_null(strstr(text, "1 hosts spoke"));
}

static void at_the_end_of_a_file_what_waits_and_the_sum_are_told(void **state) {
    options.per_day = 1;
    create(true);
    time_ns now = learn();
    speak("10.40.3.7", LAPTOP, now);
    speak("10.40.3.9", 0, now);
    assert_int_equal(told, 1);
    hosts_end(hosts);
    assert_int_equal(told, 1);
    assert_int_equal(sums, 1);
}

static void whoever_makes_hosts_up_makes_the_known_ones_of_his_network_no_strangers(void **state) {
    char address[32];
    options.memory = 1 << 20;
    create(true);
    for (int day = 0; day < 9; day++) {
        speak("10.40.3.7", CAMERA, JUNE + day * DAY);
        speak_in("bridge", "10.41.3.1", SERVER, JUNE + day * DAY);
        hosts_tick(hosts, JUNE + day * DAY);
    }
    time_ns now = JUNE + 9 * DAY;
    for (int i = 0; i < 20000; i++) {
        number(address, "10.50", i);
        speak(address, 0, now);
    }
    assert_int_equal(told, 20);
    assert_in_range(hosts_count(hosts), 1000, (1 << 20) / 100);
    assert_in_range(counters[COUNTER_HOSTS_FORGOTTEN], 10000, 20000);
    options.per_day = 1000;
    speak("10.40.3.7", CAMERA, now + 2 * DAY);
    speak_in("bridge", "10.41.3.1", SERVER, now + 2 * DAY);
    hosts_tick(hosts, now + 3 * DAY);
    assert_int_equal(told, 20); /* both are known */
    assert_int_equal(counters[COUNTER_HOSTS_NEW], 20000);
}

static void hosts_of_networks_beyond_the_bound_are_counted(void **state) {
    char name[32];
    for (int i = 0; i < 1030; i++) {
        sprintf(name, "n%d", i);
        speak_in(name, "10.40.3.7", 0, JUNE);
    }
    assert_int_equal(counters[COUNTER_HOSTS_LEFT], 6);
    assert_int_equal(hosts_count(hosts), 1024);
}

static void without_a_store_nothing_is_known_or_told(void **state) {
    options.learning = 0;
    create(false);
    speak("10.40.3.7", CAMERA, JUNE);
    hosts_tick(hosts, JUNE + DAY);
    hosts_end(hosts);
    assert_int_equal(told + sums, 0);
    assert_int_equal(hosts_count(hosts), 0);
}

/* --- asking --- */

static struct host_shown seen[4];
static char seen_in[4][32];
static unsigned visits;

static void visit(void *context, const struct host_shown *h) {
    assert_true(visits < 4);
    snprintf(seen_in[visits], sizeof seen_in[0], "%.*s", (int)h->network.n, (const char *)h->network.p);
    seen[visits++] = *h;
}

static void hosts_are_listed_by_when_they_were_seen_last_with_the_card_that_is_no_routers(void **state) {
    char address[32];
    time_ns now = learn();
    for (int i = 0; i < 6; i++) {
        sprintf(address, "10.41.3.%d", i + 1);
        speak_in("bridge", address, ROUTER, JUNE);
    }
    speak("10.40.3.77", LAPTOP, now);
    visits = 0;
    assert_int_equal(hosts_each(hosts, NULL, 2, visit, NULL), 9);
    assert_int_equal(visits, 2);
    assert_string_equal(seen_in[0], "lanes");
    assert_int_equal(seen[0].card, LAPTOP);
    assert_false(seen[0].learnt);
    assert_true(seen[1].learnt);
    visits = 0;
    assert_int_equal(hosts_each(hosts, "bridge", 4, visit, NULL), 6);
    assert_int_equal(seen[0].card | seen[1].card | seen[2].card | seen[3].card, 0);
    visits = 0;
    assert_int_equal(hosts_each(hosts, "nowhere", 4, visit, NULL), 0);
}

/* --- the store --- */

static char folder[32];
static struct store *store;

static int remove_file(const char *path, const struct stat *s, int type, struct FTW *f) {
    return remove(path);
}

static void open_store(void) {
    enum store_found found;
    struct error e;
    store = store_open(&(struct store_options){.folder = folder}, &found, &e);
    assert_non_null(store);
}

static int begin_kept(void **state) {
    strcpy(folder, "/tmp/gantry-hosts-XXXXXX");
    assert_non_null(mkdtemp(folder));
    open_store();
    return begin(state);
}

static int end_kept(void **state) {
    store_close(store);
    nftw(folder, remove_file, 8, FTW_DEPTH | FTW_PHYS);
    return end(state);
}

static void save(void) {
    store_begin(store);
    assert_true(hosts_save(hosts, store));
    assert_int_equal(store_end(store), STORE_DONE);
    hosts_saved(hosts);
}

/* As a reporter that begins anew with what was saved. */
static void load(void) {
    create(true);
    assert_true(hosts_load(hosts, store));
}

static void what_is_known_and_told_outlives_the_reporter(void **state) {
    char address[32];
    time_ns now = learn();
    for (int i = 0; i < 25; i++) {
        sprintf(address, "10.40.60.%d", i + 1);
        speak(address, 0, now);
    }
    save();
    load();
    assert_int_equal(hosts_count(hosts), 27);
    for (int i = 0; i < 25; i++) {
        sprintf(address, "10.40.60.%d", i + 1);
        speak(address, 0, now + HOUR);
    }
    speak("10.40.3.7", CAMERA, now + HOUR);
    assert_int_equal(told, 20);
    speak("10.40.61.1", 0, now + HOUR); /* beyond the twenty of this day */
    assert_int_equal(told, 20);
    hosts_tick(hosts, JUNE + 8 * DAY);
    assert_int_equal(sums, 1);
    assert_non_null(strstr(text, "6 more hosts"));
}

static void what_was_not_saved_is_told_again_and_the_rest_is_not(void **state) {
    time_ns now = learn();
    save();
    speak("10.40.3.77", LAPTOP, now);
    load(); /* killed before */
    speak("10.40.3.77", LAPTOP, now);
    assert_int_equal(told, 2);
    save();
    load();
    speak("10.40.3.77", LAPTOP, now);
    assert_int_equal(told, 2);
}

static void a_card_that_waits_and_a_routers_card_outlive_the_reporter(void **state) {
    char address[32];
    for (int i = 0; i < 6; i++) {
        sprintf(address, "10.40.5.%d", i + 1);
        speak(address, ROUTER, JUNE);
    }
    time_ns now = learn();
    speak("10.40.3.7", LAPTOP, now);
    save();
    load();
    speak("10.40.3.8", ROUTER, now + NS_PER_S);
    hosts_tick(hosts, now + MINUTE);
    assert_int_equal(told, 1);
    assert_int_equal(shown.object, LAPTOP);
    hosts_tick(hosts, now + 2 * MINUTE);
    assert_int_equal(told, 1);
}

static void what_was_forgotten_leaves_the_store(void **state) {
    time_ns now = learn();
    save();
    for (int hour = 0; hour < 91 * 24; hour++) {
        speak("10.40.3.8", SERVER, now + hour * HOUR);
        hosts_tick(hosts, now + hour * HOUR);
        if (hour % 100 == 0)
            save();
    }
    save();
    load();
    assert_int_equal(hosts_count(hosts), 1);
}

static void a_new_database_gets_all_that_is_known(void **state) {
    time_ns now = learn();
    save();
    store_close(store);
    nftw(folder, remove_file, 8, FTW_DEPTH | FTW_PHYS);
    assert_return_code(mkdir(folder, 0700), 0);
    open_store();
    hosts_spoil(hosts);
    save();
    load();
    assert_int_equal(hosts_count(hosts), 2);
    speak("10.40.3.77", LAPTOP, now);
    assert_int_equal(told, 1); /* the learning time is over */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
#define KEPT(name) cmocka_unit_test_setup_teardown(name, begin_kept, end_kept)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_host_that_speaks_first_behind_the_learning_time_is_told_once_and_shown),
        TEST(a_host_of_the_learning_time_is_no_news_however_late_it_comes_again),
        TEST(without_a_card_the_address_alone_says_who_is_new),
        TEST(a_new_card_at_a_known_address_is_told_once_it_is_no_router),
        TEST(a_first_card_at_an_address_that_spoke_without_one_is_no_news),
        TEST(a_router_that_was_exchanged_is_no_news_and_its_card_says_nothing),
        TEST(a_machine_of_a_few_addresses_is_no_router),
        TEST(a_known_card_at_a_new_address_is_told_as_such),
        TEST(of_ipv6_all_addresses_of_a_64_are_one_host_and_the_next_64_is_another),
        TEST(within_a_64_a_card_of_its_own_is_a_host),
        TEST(the_same_host_in_another_image_network_is_new_there),
        TEST(a_network_that_is_configured_later_is_learnt_for_itself),
        TEST(without_a_learning_time_the_first_host_is_told),
        TEST(behind_a_clock_that_was_ahead_learning_begins_anew_and_nobody_is_forgotten),
        TEST(a_sensor_that_began_in_the_future_learns_from_the_right_time_on),
        TEST(what_says_nothing_for_long_while_the_sensor_watches_is_forgotten),
        TEST(a_sensor_that_was_off_has_forgotten_nobody),
        TEST(of_files_records_count_in_the_order_of_their_times),
        TEST(of_files_more_than_can_wait_count_as_they_come),
        TEST(twenty_are_told_in_a_day_and_the_others_are_one_sum_at_its_end),
        TEST(twenty_or_fewer_have_no_sum),
        TEST(with_none_a_day_there_are_sums_alone),
        TEST(at_the_end_of_a_file_what_waits_and_the_sum_are_told),
        TEST(whoever_makes_hosts_up_makes_the_known_ones_of_his_network_no_strangers),
        TEST(hosts_of_networks_beyond_the_bound_are_counted),
        TEST(without_a_store_nothing_is_known_or_told),
        TEST(hosts_are_listed_by_when_they_were_seen_last_with_the_card_that_is_no_routers),
        KEPT(what_is_known_and_told_outlives_the_reporter),
        KEPT(what_was_not_saved_is_told_again_and_the_rest_is_not),
        KEPT(a_card_that_waits_and_a_routers_card_outlive_the_reporter),
        KEPT(what_was_forgotten_leaves_the_store),
        KEPT(a_new_database_gets_all_that_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
