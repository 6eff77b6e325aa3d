/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

/* The one problem with these rules, without the name of the file in front: ":LINE: error: ..." */
static void assert_problem(const char *yaml, const char *expected) {
    struct bench b;
    bench_load(&b, yaml);
    assert_true(b.problems.count >= 1);
    const char *text = b.problems.list[0].text;
    size_t n = strlen(b.path);
    assert_memory_equal(text, b.path, n);
    if (strncmp(text + n, expected, strlen(expected)) != 0)
        fail_msg("got %s", text + n);
    bench_close(&b);
}

#define PATTERN(pattern) "identifiers:\n  - id: p\n    pattern: " pattern "\n"
#define RULE(body) "rules:\n  - id: r\n" body RULE_TAIL
#define ALL RULE("    scopes: [text]\n    all: [p]\n")

static void good_rules_load_without_a_word(void **state) {
    struct bench b;
    bench_load(&b, PATTERN("'abc'") ALL);
    assert_non_null(b.rules);
    assert_int_equal(b.problems.errors + b.problems.warnings, 0);
    assert_int_equal(ruleset_count(b.rules), 1);
    assert_string_equal(ruleset_rule(b.rules, 0)->id, "r");
    assert_string_equal(ruleset_classes(b.rules)[0], "test");
    assert_string_equal(ruleset_classes(b.rules)[1], "unread-object"); /* the sensor's own */
    assert_null(ruleset_classes(b.rules)[2]);
    assert_null(ruleset_rule(b.rules, 1));
    bench_close(&b);
}

static void a_pattern_that_hyperscan_refuses_is_told_with_its_reason(void **state) {
    assert_problem(PATTERN("'a(b'") ALL,
                   ":3: error: pattern: identifier p is refused by Hyperscan: Missing close "
                   "parenthesis for group started at index 1; mend the expression");
    assert_problem(PATTERN("'(a)\\1'") ALL, ":3: error: pattern: identifier p is refused by Hyperscan: ");
    assert_problem(PATTERN("'a*'") ALL,
                   ":3: error: pattern: identifier p is refused by Hyperscan: Pattern matches "
                   "empty buffer");
}

static void a_counted_pattern_must_have_a_bounded_width(void **state) {
    assert_problem(
        PATTERN("'ab+'") RULE("    scopes: [text]\n    count: {identifiers: p, distinct: 2}\n"),
        ":7: error: identifiers: identifier p is counted, but its width is unbounded; replace * and + by "
        "{0,N} so that it is at most 512 bytes wide");
    assert_problem(PATTERN("'ab{600}'")
                       RULE("    scopes: [text]\n    count: {identifiers: p, distinct: 2}\n"),
                   ":7: error: identifiers: identifier p is counted, but its width is 601 bytes; ");
    assert_problem("identifiers:\n  - id: p\n    pattern: 'ab+'\n    validator: luhn\n" ALL,
                   ":3: error: pattern: identifier p is validated, but its width is unbounded; ");
}

static void what_holds_of_tables_asks_for_their_cells_too(void **state) {
    assert_problem(PATTERN("'abc'") RULE("    scopes: [text]\n    all: [p]\n    rows: {time-column: true}\n"),
                   ":8: error: rows: stands alone; name identifiers that are looked for in the scope cells");
    assert_problem(PATTERN("'abc'") RULE("    scopes: [cells]\n    rows: {time-column: true}\n"),
                   ":7: error: rows: stands alone; name identifiers that are looked for in the scope cells");
    assert_problem(PATTERN("'abc'")
                       RULE("    scopes: [cells]\n    all: [p]\n    rows: {plate-column: red}\n"),
                   ":8: error: plate-column: red is not known here; use one of named, shaped");
    assert_problem(PATTERN("'abc'")
                       RULE("    scopes: [cells]\n    all: [p]\n    rows: {jurisdictions: [TX, QQ]}\n"),
                   ":8: error: jurisdictions: QQ is not known here; use one of CA, AZ, ");
}

static void every_other_mistake_is_told_with_its_line_and_mend(void **state) {
    assert_problem(PATTERN("'abc'") "    flag: caseless\n" ALL,
                   ":4: error: flag: is not a key that is known here");
    assert_problem(
        PATTERN("'abc'") "    flags: caselss\n" ALL,
        ":4: error: flags: caselss is not known here; use one of caseless, dotall, multiline, utf8, ucp");
    assert_problem(PATTERN("'abc'") "    validator: lun\n" ALL,
                   ":4: error: validator: lun is no validator; use one of ");
    assert_problem(PATTERN("'abc'") "  - {id: p, pattern: x}\n" ALL,
                   ":4: error: id: p is already an identifier at ");
    assert_problem(PATTERN("'abc'") RULE("    scopes: [text]\n    all: [q]\n"),
                   ":7: error: all: q is no identifier in these files; define it under identifiers:");
    assert_problem(PATTERN("'abc'") RULE(
                       "    scopes: [text, listing]\n    count: {identifiers: p, distinct: 2, share: 50}\n"),
                   ":7: error: count: asks for a share of names, and the rule looks elsewhere too; write "
                   "scopes: [listing], or leave share out");
    assert_problem(PATTERN("'abc'") RULE("    all: [p]\n"),
                   ":5: error: scopes: is missing; say where the identifiers of r are looked for");
    assert_problem(
        PATTERN("'abc'") RULE("    scopes: [txt]\n    all: [p]\n"),
        ":6: error: scopes: txt is not known here; use one of name, path, metadata, text, content, listing, cells");
    assert_problem("rules:\n  - id: r\n" RULE_TAIL,
                   ":2: error: all: rule r would hold for every object; give it all, any, count or object");
    assert_problem("rules:\n  - id: R x\n" RULE_TAIL, ":2: error: id: is no name; use 1 to 64 small letters");
    assert_problem(PATTERN("'abc'") ALL "  - id: r\n    scopes: [text]\n    all: [p]\n" RULE_TAIL,
                   ":13: error: id: r is already a rule at ");
    assert_problem("identifiers: []\n",
                   ": error: rules: there are none; a sensor without rules finds nothing");
    assert_problem("rules:\n  - id: r\n    object: {size: {min: 2 KiB, max: 1 KiB}}\n" RULE_TAIL,
                   ":3: error: size: max is below min; no object fits");
    assert_problem(
        "rules:\n  - {id: r, name: n, class: c, severity: 11, object: {kinds: text}, examples: [{text: a}],\n"
        "     counterexamples: [{text: b}]}\n",
        ":2: error: severity: ");
}

static void a_missing_file_and_an_empty_folder_are_told(void **state) {
    struct problems problems = {0};
    struct arena arena;
    static uint8_t region[4 << 20];
    const char *paths[] = {"/nonexistent/rules"};
    arena_init(&arena, region, sizeof region);
    assert_null(ruleset_load(paths, 1, NULL, &arena, &problems));
    assert_string_equal(problems.list[0].text,
                        "/nonexistent/rules: error: cannot be read: No such file or directory; "
                        "name a rule file or a folder of them");
    problems_finish(&problems);
}

static void rules_that_outgrow_the_arena_are_refused(void **state) {
    struct problems problems = {0};
    struct arena arena;
    struct bench b;
    bench_load(&b, PATTERN("'abc'") ALL);
    const char *paths[] = {b.path};
    for (size_t size = 0; size < b.arena.used; size += b.arena.used / 16 + 1) {
        void *region = malloc(size + 1);
        arena_init(&arena, region, size);
        assert_null(ruleset_load(paths, 1, NULL, &arena, &problems));
        assert_true(problems.errors > 0);
        problems_finish(&problems);
        free(region);
    }
    bench_close(&b);
}

static void a_pattern_without_a_literal_is_warned_about_on_binary_content(void **state) {
    struct bench b;
    bench_load(&b, PATTERN("'[A-Z]{3}[0-9]{3}'") RULE("    scopes: [content]\n    all: [p]\n"));
    assert_non_null(b.rules);
    assert_int_equal(b.problems.warnings, 1);
    assert_non_null(
        strstr(b.problems.list[0].text,
               ":3: warning: pattern: identifier p holds no three fixed bytes in a row and would cost "));
    bench_close(&b);
    bench_load(&b, PATTERN("'[A-Z]{3}[0-9]{3}'") RULE("    scopes: [text]\n    all: [p]\n"));
    assert_int_equal(b.problems.warnings, 0);
    bench_close(&b);
}

static void the_rules_that_are_shipped_load_without_a_word(void **state) {
    struct problems problems = {0};
    struct arena arena;
    void *region = malloc(32 << 20);
    const char *paths[] = {SOURCE_ROOT "/rules"};
    arena_init(&arena, region, 32 << 20);
    assert_non_null(ruleset_load(paths, 1, NULL, &arena, &problems));
    assert_int_equal(problems.errors + problems.warnings, 0);
    problems_finish(&problems);
    free(region);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_rules_load_without_a_word),
        cmocka_unit_test(a_pattern_that_hyperscan_refuses_is_told_with_its_reason),
        cmocka_unit_test(a_counted_pattern_must_have_a_bounded_width),
        cmocka_unit_test(what_holds_of_tables_asks_for_their_cells_too),
        cmocka_unit_test(every_other_mistake_is_told_with_its_line_and_mend),
        cmocka_unit_test(a_missing_file_and_an_empty_folder_are_told),
        cmocka_unit_test(rules_that_outgrow_the_arena_are_refused),
        cmocka_unit_test(a_pattern_without_a_literal_is_warned_about_on_binary_content),
        cmocka_unit_test(the_rules_that_are_shipped_load_without_a_word),
    };
    return cmocka_run_group_tests_name("inspect/rules", tests, NULL, NULL);
}
