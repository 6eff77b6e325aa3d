/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <sys/mman.h>
#include <sys/wait.h>

static const char conditions[] =
    "identifiers:\n"
    "  - {id: one, pattern: 'alpha'}\n  - {id: two, pattern: 'beta'}\n  - {id: bad, pattern: 'gamma'}\n"
    "  - {id: name, pattern: '^lane[0-9]'}\n"
    "rules:\n"
    "  - id: all\n    scopes: [text]\n    all: [one, two]\n" RULE_TAIL
    "  - id: any\n    scopes: [text, content]\n    any: [one, two]\n" RULE_TAIL
    "  - id: none\n    scopes: [text]\n    all: [one]\n    none: [bad]\n" RULE_TAIL
    "  - id: name\n    scopes: [name]\n    all: [name]\n" RULE_TAIL
    "  - id: large\n    object: {kinds: [binary], size: {min: 100 B}}\n" RULE_TAIL
    "  - id: small\n    object: {types: [text/*], size: {max: 20 B}}\n" RULE_TAIL
    "  - id: broken\n    object: {complete: false}\n    scopes: [text]\n    all: [one]\n" RULE_TAIL;
enum { ALL, ANY, NONE, NAME, LARGE, SMALL, BROKEN };

static void all_any_and_none_mean_what_they_say(void **state) {
    struct bench b;
    bench_open(&b, conditions, 8 << 20);
    bench_run(&b, &text_type, "alpha beta, of some length", 26, 3);
    assert_int_equal(b.found[ALL], 1);
    assert_int_equal(b.found[ANY], 1);
    assert_int_equal(b.found[NONE], 1);
    bench_run(&b, &text_type, "alpha gamma, of some length", 27, 3);
    assert_int_equal(b.found[ALL], 0);
    assert_int_equal(b.found[ANY], 1);
    assert_int_equal(b.found[NONE], 0);
    bench_close(&b);
}

static void a_rule_holds_once_and_as_soon_as_it_can(void **state) {
    struct bench b;
    bench_open(&b, conditions, 8 << 20);
    bench_begin(&b, &text_type, NULL);
    bench_push(&b, "alpha ", 6);
    assert_int_equal(b.found[ANY], 1);
    assert_int_equal(b.found[NONE], 0); /* what may still come decides it */
    bench_push(&b, "alpha alpha beta", 16);
    bench_end(&b);
    assert_int_equal(b.found[ANY], 1);
    assert_int_equal(b.found[NONE], 1);
    bench_close(&b);
}

static void content_means_text_and_binary_objects(void **state) {
    struct bench b;
    bench_open(&b, conditions, 8 << 20);
    bench_run(&b, &data_type, "\0\1alpha beta", 12, 5);
    assert_int_equal(b.found[ANY], 1);
    assert_int_equal(b.found[ALL], 0);
    bench_close(&b);
}

static const char specific[] =
    "identifiers:\n  - {id: mark, pattern: 'camera'}\n"
    "rules:\n"
    "  - {id: general, name: n, class: image, severity: 5, gives-way-to: [lane], object: {types: "
    "[image/*]},\n"
    "     examples: [{text: a}], counterexamples: [{text: b}]}\n"
    "  - {id: lane, name: n, class: lane, severity: 5, scopes: [name], all: [mark], examples: [{text: a}],\n"
    "     counterexamples: [{text: b}]}\n";
enum { GENERAL, LANE };

static void a_rule_gives_way_to_a_more_specific_class_of_the_same_object(void **state) {
    struct bench b;
    const struct rule *rules[2];
    static const char filler[1024];
    bench_open(&b, specific, 8 << 20);
    bench_begin(&b, &jpeg_type, "camera.jpg");
    bench_push(&b, "x", 1);
    bench_end(&b);
    assert_int_equal(b.found[GENERAL], 0);
    assert_int_equal(b.found[LANE], 1);
    bench_begin(&b, &jpeg_type, "holiday.jpg");
    bench_push(&b, "x", 1);
    bench_end(&b);
    assert_int_equal(b.found[GENERAL], 1);
    assert_int_equal(b.found[LANE], 0);
    bench_begin(&b, &jpeg_type, NULL); /* the name comes when the general one is told already */
    bench_push(&b, filler, 1023);
    assert_int_equal(b.found[GENERAL], 0); /* something more specific may follow */
    bench_push(&b, filler, 1);
    assert_int_equal(b.found[GENERAL], 1);
    bench_name(&b, "camera");
    bench_end(&b);
    assert_int_equal(b.found[LANE], 1);
    assert_int_equal(inspector_rules(&b.object, rules, 2), 1);
    assert_string_equal(rules[0]->id, "lane");
    bench_close(&b);
}

static void a_name_is_matched_also_when_it_comes_late(void **state) {
    struct bench b;
    bench_open(&b, conditions, 8 << 20);
    bench_begin(&b, &text_type, "lane4.txt");
    assert_int_equal(b.found[NAME], 1);
    bench_begin(&b, &text_type, NULL);
    bench_push(&b, "lane4", 5);
    assert_int_equal(b.found[NAME], 0);
    bench_name(&b, "lane5.txt");
    bench_end(&b);
    assert_int_equal(b.found[NAME], 1);
    bench_close(&b);
}

static void size_and_completeness_are_facts_of_the_object(void **state) {
    char bytes[200] = {1};
    struct bench b;
    const struct rule *rules[8];
    bench_open(&b, conditions, 8 << 20);
    bench_begin(&b, &data_type, NULL);
    bench_push(&b, bytes, 99);
    assert_int_equal(b.found[LARGE], 0);
    inspector_gap(b.inspector, &b.object, 1);
    assert_int_equal(b.found[LARGE], 1);
    bench_run(&b, &text_type, "alpha", 5, 0);
    assert_int_equal(b.found[SMALL], 1);
    assert_int_equal(b.found[BROKEN], 0);
    bench_begin(&b, &text_type, NULL);
    bench_push(&b, "alpha, and twenty bytes more", 28);
    inspector_closed(b.inspector, &b.object);
    assert_int_equal(b.found[SMALL], 0);
    assert_int_equal(b.found[BROKEN], 1);
    assert_int_equal(inspector_rules(&b.object, rules, 8), 3);
    assert_int_equal(rules[0]->number, ANY);
    assert_int_equal(rules[1]->number, NONE);
    assert_int_equal(rules[2]->number, BROKEN);
    bench_close(&b);
}

static void spread_tells_a_numbered_series_from_plates(void **state) {
    struct bench b;
    static const char series[] = "ABC1001 ABC1002 ABC1003 ABC1004",
                      mixed[] = "ABC1001 DEF1002 GHI1003 ABC1004";
    bench_open(
        &b,
        "identifiers:\n  - {id: p, pattern: '[A-Z]{3}[0-9]{4}'}\nrules:\n  - id: r\n    scopes: [text]\n"
        "    count: {identifiers: p, distinct: 4, spread: 3}\n" RULE_TAIL,
        8 << 20);
    bench_run(&b, &text_type, series, sizeof series - 1, 0);
    assert_int_equal(b.found[0], 0);
    bench_run(&b, &text_type, mixed, sizeof mixed - 1, 0);
    assert_int_equal(b.found[0], 1);
    bench_close(&b);
}

static void a_container_is_left_to_its_children(void **state) {
    struct bench b;
    bench_open(&b, conditions, 8 << 20);
    struct object o = {.type = &text_type, .container = true};
    inspector_opened(b.inspector, &o);
    inspector_data(b.inspector, &o, (const uint8_t *)"alpha beta", 10);
    inspector_closed(b.inspector, &o);
    assert_int_equal(inspector_rules(&o, NULL, 0), 0);
    inspector_forget(b.inspector, &o);
    bench_close(&b);
}

/* As a worker sees it: the supervisor's memory at the same address, sealed against writing. */
static void another_process_matches_with_rules_that_it_cannot_write_to(void **state) {
    struct bench b;
    int status = 0;
    bench_open(&b, conditions, 8 << 20);
    assert_int_equal(mprotect(b.region, 32 << 20, PROT_READ), 0);
    pid_t child = fork();
    if (child == 0) {
        bench_run(&b, &text_type, "alpha beta", 10, 5);
        _exit(b.found[ALL] == 1 ? 42 : 1);
    }
    waitpid(child, &status, 0);
    assert_int_equal(mprotect(b.region, 32 << 20, PROT_READ | PROT_WRITE), 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 42);
    bench_close(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_any_and_none_mean_what_they_say),
        cmocka_unit_test(a_rule_holds_once_and_as_soon_as_it_can),
        cmocka_unit_test(content_means_text_and_binary_objects),
        cmocka_unit_test(a_rule_gives_way_to_a_more_specific_class_of_the_same_object),
        cmocka_unit_test(a_name_is_matched_also_when_it_comes_late),
        cmocka_unit_test(size_and_completeness_are_facts_of_the_object),
        cmocka_unit_test(spread_tells_a_numbered_series_from_plates),
        cmocka_unit_test(a_container_is_left_to_its_children),
        cmocka_unit_test(another_process_matches_with_rules_that_it_cannot_write_to),
    };
    return cmocka_run_group_tests_name("inspect/inspector", tests, NULL, NULL);
}
