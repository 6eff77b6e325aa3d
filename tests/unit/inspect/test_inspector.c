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

static const char counted_names[] = "identifiers:\n"
                                    "  - {id: plate, pattern: '[A-Z]{3}[0-9]{4}'}\n"
                                    "rules:\n"
                                    "  - id: plates\n"
                                    "    scopes: [name]\n"
                                    "    count: {identifiers: plate, distinct: 1}\n"
                                    "    object: {kinds: [image]}\n" RULE_TAIL;

static void a_name_that_held_nothing_for_one_type_is_matched_for_another(void **state) {
    static const struct {
        const struct file_type *type;
        const char *name;
        unsigned found;
    } objects[] = {{&text_type, "KXR4471.x", 0}, {&text_type, "KXR4471.x", 0}, {&jpeg_type, "KXR4471.x", 1},
                   {&jpeg_type, "KXR4471.x", 1}, {&jpeg_type, "lane.x", 0},    {&jpeg_type, "lane.x", 0},
                   {&jpeg_type, "LVK6780.x", 1}, {&text_type, "KXR4471.x", 0}, {&jpeg_type, "KXR4471.x", 1}};
    struct bench b;
    bench_open(&b, counted_names, 8 << 20);
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++) {
        bench_begin(&b, objects[i].type, objects[i].name);
        bench_name(&b, objects[i].name);
        bench_push(&b, "x", 1);
        bench_end(&b);
        assert_int_equal(b.found[0], objects[i].found);
    }
    bench_close(&b);
}

static const char late_rules[] = "identifiers:\n"
                                 "  - {id: name, pattern: '^cam'}\n"
                                 "  - {id: mark, pattern: 'VIVOTEK'}\n"
                                 "  - {id: word, pattern: 'secret'}\n"
                                 "rules:\n"
                                 "  - id: picture\n"
                                 "    object: {kinds: [image]}\n" RULE_TAIL "  - id: marked\n"
                                 "    scopes: [metadata]\n"
                                 "    all: [mark]\n"
                                 "    object: {kinds: [image]}\n" RULE_TAIL "  - id: named\n"
                                 "    scopes: [name]\n"
                                 "    all: [name]\n"
                                 "    object: {kinds: [image]}\n" RULE_TAIL "  - id: worded\n"
                                 "    scopes: [content]\n"
                                 "    all: [word]\n" RULE_TAIL "  - id: data\n"
                                 "    scopes: [content]\n"
                                 "    all: [mark]\n"
                                 "    object: {types: [application/octet-stream]}\n" RULE_TAIL;

static void push_late_picture(struct bench *b, const char *again) {
    bench_begin(b, &data_type, "cam4.bin");
    bench_push(b, "a secret, and VIVO", 18);
    bench_push(b, again, strlen(again));
    assert_int_equal(b->found[0] + b->found[1] + b->found[2], 0);
    b->object.type = &jpeg_type;
    b->object.basis = TYPE_BY_STRUCTURE;
    b->object.picture = 18;
    inspector_retyped(b->inspector, &b->object, bytes_text(again));
}

/* Its rules are open from there on, what held holds on, and what was its start is not matched with its rest.
 */
static void a_picture_that_is_found_late_is_inspected_as_one(void **state) {
    static const char rest[] = "\xff\xfe\0\x09VIVOTEK\xff\xda\0\x02pixels secret VIVOTEK";
    struct bench b;
    bench_open(&b, late_rules, 8 << 20);
    for (size_t cut = 0; cut < 5; cut++) {
        char again[8] = "\xff\xd8\xff\xfe";
        again[cut] = 0;
        push_late_picture(&b, again);
        bench_push(&b, cut < 2 ? &"\xff\xd8"[cut] : "", cut < 2 ? 2 - cut : 0);
        bench_push(&b, rest + (cut > 2 ? cut - 2 : 0), sizeof rest - 1 - (cut > 2 ? cut - 2 : 0));
        bench_end(&b);
        for (size_t r = 0; r < 4; r++)
            assert_int_equal(b.found[r], 1);
        assert_int_equal(b.found[4], 0);
    }
    push_late_picture(&b, "");
    bench_push(&b, "\xff\xd8\xff\xda\0\x02pixels TEK VIVOTEK", 24);
    bench_end(&b);
    assert_int_equal(b.found[0], 1);
    assert_int_equal(b.found[1], 0); /* pixels */
    bench_close(&b);
}

static void a_jpeg_without_its_start_is_walked_through_from_its_scan(void **state) {
    struct bench b;
    bench_open(&b, late_rules, 8 << 20);
    for (int named = 0; named < 2; named++) {
        inspector_forget(b.inspector, &b.object);
        bench_begin(&b, &jpeg_type, NULL);
        inspector_forget(b.inspector, &b.object);
        b.object.offset = 5000;
        b.object.basis = named ? TYPE_BY_NAME : TYPE_BY_START;
        inspector_opened(b.inspector, &b.object);
        bench_push(&b, "pixels VIVOTEK\xff\0 more", 21);
        bench_end(&b);
        assert_int_equal(b.found[1], !named);
    }
    bench_close(&b);
}

static const char listed[] = "identifiers:\n"
                             "  - {id: p, pattern: '\\b[A-Z]{3}[0-9]{4}\\b'}\n"
                             "rules:\n"
                             "  - id: listing\n"
                             "    scopes: [listing]\n"
                             "    count: {identifiers: p, distinct: 3, share: 50}\n" RULE_TAIL;

static void a_share_of_the_names_of_a_listing_must_hold_a_value(void **state) {
    static const char most[] = "minutes.jpg\nKXR4471.jpg\nGHT7720.jpg\nlane/MKN5180.jpg\nplan.png\n";
    static const char few[] = "a.jpg\nb.jpg\nc.jpg\nd.jpg\nKXR4471.jpg\nGHT7720.jpg\nMKN5180.jpg\ne.jpg\n";
    struct bench b;
    bench_open(&b, listed, 8 << 20);
    for (size_t split = 0; split < sizeof most; split++) {
        bench_run(&b, &text_type, most, sizeof most - 1, split);
        assert_int_equal(bench_distinct(&b, 0), 3);
        bench_run(&b, &text_type, few, sizeof few - 1, split);
        assert_int_equal(b.found[0], 0);
    }
    bench_close(&b);
}

static void values_outside_of_names_are_none_of_a_listing(void **state) {
    static const char text[] = "KXR4471, GHT7720, MKN5180 and a.jpg\n";
    struct bench b;
    bench_open(&b, listed, 8 << 20);
    bench_run(&b, &text_type, text, sizeof text - 1, 0);
    assert_int_equal(b.found[0], 0);
    bench_run(&b, &data_type, "KXR4471.jpg\nGHT7720.jpg\nMKN5180.jpg\n", 36, 0); /* of a text alone */
    assert_int_equal(b.found[0], 0);
    bench_close(&b);
}

static void of_a_long_listing_a_part_of_the_names_is_matched(void **state) {
    uint32_t with;
    struct bench b;
    bench_open(&b, listed, 8 << 20);
    bench_begin(&b, &text_type, NULL);
    for (int i = 0; i < 4096 + 1600; i++) {
        char line[32];
        int n = snprintf(line, sizeof line, "KXR%04d.jpg\n", i);
        bench_push(&b, line, (size_t)n);
    }
    bench_end(&b);
    assert_int_equal(inspector_names(&b.object, 0, &with), 4096 + 100);
    bench_close(&b);
}

static const char plates[] =
    "identifiers:\n"
    "  - {id: named, pattern: '=plate', validator: cell}\n"
    "  - {id: mark, pattern: 'MARKMARK'}\n"
    "rules:\n"
    "  - id: plates\n    scopes: [cells]\n    count: {identifiers: named, distinct: 3}\n" RULE_TAIL
    "  - id: mark\n    scopes: [text]\n    any: [mark]\n" RULE_TAIL;
enum { PLATES, MARK };

static void a_small_text_in_which_nothing_was_found_can_be_read_again(void **state) {
    static const char text[] = "{\"plate\": \"KXR4471\"}";
    static const char large[4096];
    struct bench b;
    bench_open(&b, plates, 8 << 20);
    bench_run(&b, &text_type, text, sizeof text - 1, 7);
    struct bytes small = inspector_small(&b.object);
    assert_int_equal(small.n, sizeof text - 1);
    assert_memory_equal(small.p, text, small.n);
    bench_run(&b, &text_type, "MARKMARK 7", 10, 3);
    assert_int_equal(inspector_small(&b.object).n, 0);
    bench_run(&b, &text_type, large, sizeof large, 1000);
    assert_int_equal(inspector_small(&b.object).n, 0);
    bench_run(&b, &data_type, "\0\1\2", 3, 1);
    assert_int_equal(inspector_small(&b.object).n, 0);
    bench_close(&b);
}

/* A passport's zone, and what begins like one over and over. */
static void zones_behind_more_beginnings_than_are_looked_at_may_be_more_than_are_told(void **state) {
    static const char zoned[] =
        "identifiers:\n"
        "  - {id: zone, pattern: '=zone', validator: cell}\n"
        "rules:\n"
        "  - id: zones\n    scopes: [cells]\n    count: {identifiers: zone, distinct: 1}\n" RULE_TAIL;
    static const char passport[] = "L898902C36UTO7408122F1204159ZE184226B<<<<<10\n",
                      begun[] = "7408122F1204159 ";
    static const int counts[] = {200, 400};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct bench b;
        struct finding f;
        bench_open(&b, zoned, 8 << 20);
        bench_begin(&b, &text_type, NULL);
        bench_push(&b, passport, sizeof passport - 1);
        for (int k = 0; k < counts[i]; k++)
            bench_push(&b, begun, sizeof begun - 1);
        bench_end(&b);
        assert_true(inspector_finding(&b.object, &b.rules->rules[0], &f));
        assert_int_equal(f.distinct, 1);
        assert_int_equal(f.at_least, counts[i] == 400);
        bench_close(&b);
    }
}

static void hosts_that_have_many_texts_at_once_leave_readers_of_tables_to_others(void **state) {
    enum { MANY = 200 };
    static const char text[] = "plate,lane\nKXR4471,4\nLVK6780,4\nPZR0718,5\nTRW5510,4\n";
    struct allowance hosts, others;
    struct object many[MANY];
    struct bench b;
    bench_open(&b, plates, 8 << 20);
    allowance_init(&hosts, 1000);
    allowance_init(&others, 1000);
    assert_in_range(inspector_readers(b.inspector), 10, MANY);
    for (size_t i = 0; i < MANY; i++) {
        many[i] = (struct object){.type = &text_type, .total = LENGTH_UNKNOWN, .allowance = &hosts};
        inspector_opened(b.inspector, &many[i]);
    }
    b.object = (struct object){.type = &text_type, .total = LENGTH_UNKNOWN, .allowance = &others};
    inspector_opened(b.inspector, &b.object);
    bench_push(&b, text, sizeof text - 1);
    bench_end(&b);
    assert_int_equal(b.found[PLATES], 1);
    assert_in_range(hosts.readers, inspector_readers(b.inspector) * 3 / 4,
                    inspector_readers(b.inspector) - 1);
    assert_int_equal(others.readers, 1);
    for (size_t i = 0; i < MANY; i++)
        inspector_forget(b.inspector, &many[i]);
    inspector_forget(b.inspector, &b.object);
    assert_int_equal(hosts.readers + others.readers, 0);
    bench_close(&b);
}

static void of_gathered_texts_the_tables_count_alone_and_from_eight_values_on(void **state) {
    static const char *const reads[] = {"KXR4471", "LVK6780", "PZR0718", "BCD1234",
                                        "HJK9921", "TRW5510", "NPX3307", "ZGM8842"};
    char text[64];
    struct bench b;
    bench_open(&b, plates, 8 << 20);
    bench_begin(&b, &text_type, NULL);
    inspector_forget(b.inspector, &b.object);
    b.object.gathered = true;
    inspector_opened(b.inspector, &b.object);
    bench_push(&b, "MARKMARK\n", 9);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(b.found[PLATES], 0);
        int n = snprintf(text, sizeof text, "{\"plate\": \"%s\"}\n", reads[i]);
        bench_push(&b, text, (size_t)n);
    }
    assert_int_equal(b.found[PLATES], 1);
    bench_end(&b);
    assert_int_equal(b.found[MARK], 0);
    assert_int_equal(bench_distinct(&b, PLATES), 8);
    bench_close(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_picture_that_is_found_late_is_inspected_as_one),
        cmocka_unit_test(a_jpeg_without_its_start_is_walked_through_from_its_scan),
        cmocka_unit_test(all_any_and_none_mean_what_they_say),
        cmocka_unit_test(a_rule_holds_once_and_as_soon_as_it_can),
        cmocka_unit_test(content_means_text_and_binary_objects),
        cmocka_unit_test(a_rule_gives_way_to_a_more_specific_class_of_the_same_object),
        cmocka_unit_test(a_name_is_matched_also_when_it_comes_late),
        cmocka_unit_test(a_name_that_held_nothing_for_one_type_is_matched_for_another),
        cmocka_unit_test(size_and_completeness_are_facts_of_the_object),
        cmocka_unit_test(spread_tells_a_numbered_series_from_plates),
        cmocka_unit_test(a_share_of_the_names_of_a_listing_must_hold_a_value),
        cmocka_unit_test(values_outside_of_names_are_none_of_a_listing),
        cmocka_unit_test(of_a_long_listing_a_part_of_the_names_is_matched),
        cmocka_unit_test(a_container_is_left_to_its_children),
        cmocka_unit_test(a_small_text_in_which_nothing_was_found_can_be_read_again),
        cmocka_unit_test(zones_behind_more_beginnings_than_are_looked_at_may_be_more_than_are_told),
        cmocka_unit_test(hosts_that_have_many_texts_at_once_leave_readers_of_tables_to_others),
        cmocka_unit_test(of_gathered_texts_the_tables_count_alone_and_from_eight_values_on),
        cmocka_unit_test(another_process_matches_with_rules_that_it_cannot_write_to),
    };
    return cmocka_run_group_tests_name("inspect/inspector", tests, NULL, NULL);
}
