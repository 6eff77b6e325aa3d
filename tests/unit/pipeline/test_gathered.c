/* SPDX-License-Identifier: Apache-2.0 */
#include "worker.h"

#include "pipeline/path.h"

/* Small texts through the whole data path, under a rule that counts the plates of named columns. */

static const struct config *load(void) {
    static const char config[] = "sensor: {name: test, memory: 64 MiB}\n"
                                 "image-networks: [{name: lanes, prefixes: [10.40.0.0/16]}]\n"
                                 "rules: [plates.yaml]\n";
    static const char rule[] =
        "identifiers:\n"
        "  - {id: named, pattern: '^plate=[A-Z0-9]{4,12}$', flags: multiline, validator: cell}\n"
        "rules:\n"
        "  - {id: plates, name: plates, class: plate-record, severity: 5, scopes: [cells],\n"
        "     count: {identifiers: named, distinct: 3}, examples: [{text: a}], counterexamples: [{text: "
        "b}]}\n";
    static struct arena arena;
    static struct problems problems;
    char folder[] = "/tmp/gantry-gathered-XXXXXX", path[64], rules[64];
    void *region =
        mmap(NULL, ARENA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/gantry.yaml", folder);
    snprintf(rules, sizeof rules, "%s/plates.yaml", folder);
    worker_write(rules, rule);
    worker_write(path, config);
    arena_init(&arena, region, ARENA);
    const struct config *loaded = config_load(path, NULL, NULL, &arena, &problems);
    problems_print(&problems);
    unlink(path);
    unlink(rules);
    rmdir(folder);
    return loaded;
}

static int begin_group(void **state) {
    t.config = load();
    t.ring = ring_create(RING);
    t.doorbell = doorbell_create();
    return t.config && t.ring && t.doorbell ? 0 : -1;
}

static const char *read_of(unsigned i) {
    static const char letters[] = "BCDFGHJKLMNPRSTVWXYZ";
    static char text[64];
    snprintf(text, sizeof text, "{\"license_plate\": \"%c%c%c%04u\"}", letters[i * 7 % 20],
             letters[i * 3 % 20], letters[i * 11 % 20], (i * 7919 + 13) % 10000);
    return text;
}

static void send_text(const char *server, const char *body) {
    struct talk k = begin(server, 80);
    put(&k, body, strlen(body));
    answer(&k);
}

/* The record of this kind that the worker has sent, all others are left out. */
static struct record finding(void) {
    return take(RECORD_FINDING);
}

static void eight_texts_of_a_plate_each_are_a_finding_and_seven_are_none(void **state) {
    worker_open((struct pipeline_options){0});
    for (unsigned i = 0; i < 7; i++)
        send_text("198.51.100.1", read_of(i));
    assert_int_equal(finding().kind, 0);
    send_text("198.51.100.1", read_of(7));
    struct record r = finding();
    assert_int_equal(r.kind, RECORD_FINDING);
    assert_int_equal(r.distinct, 8);
    pipeline_destroy(t.pipeline);
    assert_int_equal(take(RECORD_TRANSFER).distinct, 8);
}

static void the_same_plate_again_and_again_is_none(void **state) {
    worker_open((struct pipeline_options){0});
    for (unsigned i = 0; i < 40; i++)
        send_text("198.51.100.1", read_of(3));
    pipeline_destroy(t.pipeline);
    assert_int_equal(finding().kind, 0);
}

static void texts_with_ten_minutes_between_them_do_not_count_together(void **state) {
    worker_open((struct pipeline_options){0});
    for (unsigned i = 0; i < 12; i++) {
        send_text("198.51.100.1", read_of(i));
        t.now += i == 5 ? 601 * NS_PER_S : NS_PER_S;
        pipeline_idle(t.pipeline, t.now);
    }
    assert_int_equal(t.pipeline->gathered.table.count, 1);
    pipeline_destroy(t.pipeline);
    assert_int_equal(finding().kind, 0);
}

static void what_was_before_a_jump_of_time_back_is_over(void **state) {
    worker_open((struct pipeline_options){0});
    for (unsigned i = 0; i < 12; i++) {
        send_text("198.51.100.1", read_of(i));
        t.now += i == 5 ? -30000 * NS_PER_S : NS_PER_S;
    }
    send_text("198.51.100.2", read_of(0));
    pipeline_idle(t.pipeline, t.now + 100 * NS_PER_S);
    assert_int_equal(t.pipeline->gathered.table.count, 2);
    pipeline_idle(t.pipeline, t.now + 602 * NS_PER_S);
    assert_int_equal(t.pipeline->gathered.table.count, 0);
    pipeline_destroy(t.pipeline);
    assert_int_equal(finding().kind, 0);
}

static void a_source_that_sends_to_many_has_a_bounded_share_and_what_gives_way_is_counted(void **state) {
    worker_open((struct pipeline_options){0});
    for (unsigned i = 0; i < 100; i++) {
        char server[32];
        snprintf(server, sizeof server, "198.51.100.%u", i + 1);
        send_text(server, read_of(i));
    }
    assert_int_equal(t.pipeline->gathered.table.count, GATHERED_A_SOURCE);
    assert_int_equal(COUNT(GATHERED_SHED), 100 - GATHERED_A_SOURCE);
    pipeline_destroy(t.pipeline);
    assert_int_equal(finding().kind, 0);
}

static void large_texts_and_texts_without_a_digit_are_not_gathered(void **state) {
    static char large[900];
    worker_open((struct pipeline_options){0});
    send_text("198.51.100.1", "{\"license_plate\": \"none\"}");
    assert_int_equal(t.pipeline->gathered.table.count, 0);
    struct talk k = begin("198.51.100.1", 80);
    memset(large, '1', sizeof large - 1);
    put(&k, large, 3 * (sizeof large - 1));
    say(&k, large);
    say(&k, large);
    answer(&k);
    assert_int_equal(t.pipeline->gathered.table.count, 0);
    pipeline_destroy(t.pipeline);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_texts_of_a_plate_each_are_a_finding_and_seven_are_none),
        cmocka_unit_test(the_same_plate_again_and_again_is_none),
        cmocka_unit_test(texts_with_ten_minutes_between_them_do_not_count_together),
        cmocka_unit_test(what_was_before_a_jump_of_time_back_is_over),
        cmocka_unit_test(a_source_that_sends_to_many_has_a_bounded_share_and_what_gives_way_is_counted),
        cmocka_unit_test(large_texts_and_texts_without_a_digit_are_not_gathered),
    };
    return cmocka_run_group_tests_name("pipeline/gathered", tests, begin_group, NULL);
}
