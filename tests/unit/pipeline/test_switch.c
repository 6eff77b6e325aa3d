/* SPDX-License-Identifier: Apache-2.0 */
#include "talk.h"

#include "report/report.h"

#include <unistd.h>

/* A worker's data path gets another configuration between two packets. */
enum { MEMORY = 64 << 20, RING = 1 << 20 };
#define PARTNER "198.51.100.20"
#define OURS "172.16.0.9"

static char folder[] = "/tmp/gantry-switch-XXXXXX", path[64], rules[64];
static struct snapshot *snapshots[2];

static struct snapshot *load(const char *mark, const char *more) {
    static struct problems problems;
    FILE *f = fopen(rules, "w");
    fprintf(
        f,
        "identifiers: [{id: mark, pattern: %s}]\n"
        "rules:\n"
        "  - {id: marked, name: A mark, class: canary, severity: 5, scopes: [text, content], any: [mark],\n"
        "     examples: [{text: a %s b}], counterexamples: [{text: a b}]}\n",
        mark, mark);
    fclose(f);
    f = fopen(path, "w");
    fprintf(f, "image-networks: [{name: lanes, prefixes: [10.40.0.0/16]}]\n%srules: [rules.yaml]\n", more);
    fclose(f);
    struct snapshot *s = snapshot_load(path, NULL, &problems);
    problems_print(&problems);
    return s;
}

static struct snapshot_view view(int i) {
    return (struct snapshot_view){.version = snapshots[i]->version,
                                  .config = snapshots[i]->config,
                                  .slot = snapshots[i]->slot,
                                  .wants = REPORT_TRANSFER};
}

static int begin_all(void **state) {
    if (!mkdtemp(folder) || !snapshot_reserve())
        return -1;
    snprintf(path, sizeof path, "%s/gantry.yaml", folder);
    snprintf(rules, sizeof rules, "%s/rules.yaml", folder);
    t.ring = ring_create(RING);
    t.doorbell = doorbell_create();
    return 0;
}

static int end_all(void **state) {
    unlink(path);
    unlink(rules);
    return rmdir(folder);
}

static int open_path(void **state) {
    struct error e;
    snapshots[0] = load("ALPHAMARK", "internal-networks: [172.16.0.0/12]\n");
    snapshots[1] = load("OMEGAMARK", "");
    memset(t.counters, 0, sizeof t.counters);
    counter_values = t.counters;
    t.now = 1700000000 * NS_PER_S;
    const struct pipeline_options options = {.snapshot = view(0),
                                             .memory = MEMORY,
                                             .ring = t.ring,
                                             .doorbell = t.doorbell,
                                             .worker = 1,
                                             .workers = 1};
    t.pipeline = pipeline_create(&options, &e);
    return t.pipeline ? 0 : -1;
}

static int close_path(void **state) {
    pipeline_destroy(t.pipeline);
    take(0);
    ring_commit(t.ring);
    snapshot_free(snapshots[0]);
    snapshot_free(snapshots[1]);
    return 0;
}

static void change(void) {
    struct error e;
    const struct snapshot_view to = view(1);
    assert_true(pipeline_switch(t.pipeline, &to, &e));
}

static void a_transfer_under_way_ends_by_its_own_rules_and_the_next_begins_by_the_new(void **state) {
    struct talk k = begin(PARTNER, 80);
    put(&k, "OMEGAMARK ", 30);
    change();
    assert_int_equal(__builtin_popcount(pipeline_slots(t.pipeline)), 2);
    say(&k, "OMEGAMARK ALPHAMARK ");
    assert_int_equal(COUNT(FINDINGS), 1); /* of the old rule alone */
    assert_int_equal(COUNT(OBJECTS_COMPLETE), 1);
    put(&k, "OMEGAMARK ", 10);
    assert_int_equal(COUNT(FINDINGS), 2);
    put(&k, "ALPHAMARK ", 10);
    assert_int_equal(COUNT(FINDINGS), 2);
    pipeline_move_on(t.pipeline, 0);
    assert_int_equal(pipeline_slots(t.pipeline), 1U << snapshots[1]->slot);
    assert_int_equal(COUNT(RELOAD_CUT), 0);
}

static void when_room_is_needed_the_oldest_transfer_ends_as_it_stands_and_is_counted(void **state) {
    struct talk k = begin(PARTNER, 80), idle = begin(PARTNER, 80);
    put(&idle, "nothing", 7);
    put(&k, "ALPHAMARK ", 30);
    change();
    pipeline_move_on(t.pipeline, 0);
    assert_int_equal(__builtin_popcount(pipeline_slots(t.pipeline)), 2);
    pipeline_move_on(t.pipeline, snapshots[0]->version + 1);
    assert_int_equal(COUNT(RELOAD_CUT), 1);
    assert_int_equal(COUNT(OBJECTS_INCOMPLETE), 1);
    assert_int_equal(pipeline_slots(t.pipeline), 1U << snapshots[1]->slot);
}

static void a_connection_that_did_not_matter_is_looked_into_once_it_does(void **state) {
    struct talk k = begin(OURS, 80);
    put(&k, "OMEGAMARK ", 10);
    assert_int_equal(COUNT(TRANSFERS), 0);
    change();
    put(&k, "OMEGAMARK ", 10);
    t.now += NS_PER_S; /* what came before is waited for in vain */
    put(&k, "OMEGAMARK ", 10);
    assert_int_equal(COUNT(TRANSFERS), 2);
    assert_int_equal(COUNT(FINDINGS), 2);
    assert_int_equal(COUNT(FLOWS_IGNORED), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_path, close_path)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_transfer_under_way_ends_by_its_own_rules_and_the_next_begins_by_the_new),
        TEST(when_room_is_needed_the_oldest_transfer_ends_as_it_stands_and_is_counted),
        TEST(a_connection_that_did_not_matter_is_looked_into_once_it_does),
    };
    return cmocka_run_group_tests(tests, begin_all, end_all);
}
