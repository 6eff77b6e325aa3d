/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/inspection.h"
#include "support.h"

/* Keys of rows that two rules need together, values that columns cover, and what stands behind them. */
static const char rules[] =
    "identifiers:\n"
    "  - {id: lane, pattern: '\"lane\":'}\n"
    "  - {id: time, pattern: '\"time\":'}\n"
    "  - {id: vendor, pattern: '\"vendor\":'}\n"
    "  - {id: begins, pattern: '^tender', flags: multiline}\n"
    "  - {id: plate, pattern: '\"plate\":\"[A-Z]{3}[0-9]{4}\"', validator: plate-end}\n"
    "  - {id: other, pattern: 'Id>[A-Z]{3}[0-9]{4}<', validator: plate-end}\n"
    "  - {id: cell, pattern: '=plate', validator: cell}\n"
    "rules:\n"
    "  - id: record\n    scopes: [text]\n    all: [lane, time]\n    count: {identifiers: plate, distinct: "
    "1}\n" RULE_TAIL "  - id: vendor\n    scopes: [text]\n    all: [vendor]\n" RULE_TAIL
    "  - id: begins\n    scopes: [text]\n    all: [begins]\n" RULE_TAIL
    "  - id: other\n    scopes: [text]\n    count: {identifiers: other, distinct: 2}\n" RULE_TAIL
    "  - id: column\n    scopes: [cells]\n    count: {identifiers: cell, distinct: 3}\n" RULE_TAIL;
enum { RECORD, VENDOR, BEGINS, OTHER, COLUMN };

static size_t add_rows(char *text, unsigned rows) {
    size_t n = 0;
    for (unsigned i = 0; i < rows; i++)
        n += (size_t)sprintf(text + n,
                             "{\"plate\":\"K%c%c%04u\",\"lane\":%u,\"time\":\"2026-05-31T04:11:58\"}\n",
                             'A' + (int)(i * 7 % 26), 'A' + (int)(i * 11 / 26 % 26), i * 7919 % 10000, i % 8);
    return n;
}

/* Of text; each kind stands once in it. */
static const struct scan *find_scan(const struct bench *b, enum scan_kind kind) {
    for (size_t i = 0; i < b->rules->scan_count; i++)
        if (b->rules->scans[i].scope == SCOPE_TEXT && b->rules->scans[i].kind == kind)
            return &b->rules->scans[i];
    return NULL;
}

static void variants_leave_out_what_rules_ask_for_together(void **state) {
    struct bench b;
    bench_open(&b, rules, 8 << 20);
    const struct scan *plain = find_scan(&b, SCAN_PLAIN), *values = find_scan(&b, SCAN_VALUES);
    assert_int_equal(plain->patterns, 4);
    assert_int_equal(plain->variant_count, 1);
    assert_int_equal(plain->variants[0].count, 2);
    assert_int_equal(values->patterns, 2);
    assert_int_equal(values->variant_count, 2);
    assert_int_equal(b.rules->set_count, b.rules->scan_count + 3);
    bench_close(&b);
}

/* The set that is matched for this scan; the scan's own number: all of it. */
static size_t set_of(const struct bench *b, const struct scan *scan) {
    const struct inspection *n = b->object.inspection;
    return n->sets[scan - b->rules->scans];
}

static void what_is_settled_is_matched_no_more(void **state) {
    static char text[64 << 10];
    struct bench b;
    bench_open(&b, rules, 8 << 20);
    const struct scan *plain = find_scan(&b, SCAN_PLAIN), *values = find_scan(&b, SCAN_VALUES);
    size_t n = add_rows(text, 400);
    bench_begin(&b, &text_type, NULL);
    bench_push(&b, "{\"lane\":1}\n", 11);
    bench_push(&b, "\n", 1);
    assert_int_equal(set_of(&b, plain), plain - b.rules->scans); /* one key of two */
    for (size_t at = 0; at < n; at += 1000)
        bench_push(&b, text + at, n - at < 1000 ? n - at : 1000);
    assert_int_equal(set_of(&b, plain), plain->variants[0].set);
    assert_int_equal(set_of(&b, values), values->variants[0].set);
    bench_close(&b);
}

/* Wherever the pieces are cut. */
static void what_stands_behind_settled_keys_is_found(void **state) {
    static const char end[] = "{\"vendor\":7}\ntender\n";
    char text[1024];
    struct bench b;
    bench_open(&b, rules, 8 << 20);
    size_t n = add_rows(text, 4), all = n + sizeof end - 1;
    memcpy(text + n, end, sizeof end);
    for (size_t split = 1; split < all; split++) {
        bench_run(&b, &text_type, text, all, split);
        assert_int_equal(b.found[RECORD], 1);
        assert_int_equal(b.found[VENDOR], 1);
        assert_int_equal(b.found[BEGINS], 1);
    }
    for (size_t split = 1; split < n; split++) { /* and is not where it does not stand */
        bench_run(&b, &text_type, text, n, split);
        assert_int_equal(b.found[RECORD], 1);
        assert_int_equal(b.found[VENDOR] + b.found[BEGINS] + b.found[OTHER], 0);
    }
    bench_close(&b);
}

/* Where the new stream begins there is no beginning of a line. */
static void no_line_begins_where_a_stream_does(void **state) {
    static const char keys[] = "{\"lane\":1,\"time\":2}\n";
    char text[2048];
    struct bench b;
    bench_open(&b, rules, 8 << 20);
    for (size_t before = 0; before < 700; before++) {
        size_t n = sizeof keys - 1;
        memcpy(text, keys, n);
        memset(text + n, '.', before);
        n += before;
        memcpy(text + n, "tender", 6);
        memset(text + n + 6, '.', 700 - before);
        bench_run(&b, &text_type, text, n + 706 - before, n + 306 - before / 2);
        assert_int_equal(b.found[BEGINS], before == 0);
    }
    bench_close(&b);
}

/* Columns have as many values: those that were counted in the text count no further, others do. */
static void values_behind_covered_ones_are_counted(void **state) {
    static const char end[] = "<Id>GHT7720<x><Id>LVK6780<";
    static char text[64 << 10];
    struct bench b;
    bench_open(&b, rules, 8 << 20);
    size_t n = add_rows(text, 400), all = n + sizeof end - 1;
    memcpy(text + n, end, sizeof end);
    for (size_t split = n - 40; split <= all; split++) {
        bench_run(&b, &text_type, text, all, split);
        assert_int_equal(b.found[RECORD], 1);
        assert_int_equal(b.found[COLUMN], 1);
        assert_int_equal(b.found[OTHER], 1);
        assert_int_equal(bench_distinct(&b, OTHER), 2);
        assert_true(bench_distinct(&b, COLUMN) > 300);
    }
    bench_run(&b, &text_type, text, all - 12, n - 10); /* one is too few */
    assert_int_equal(b.found[OTHER], 0);
    bench_close(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variants_leave_out_what_rules_ask_for_together),
        cmocka_unit_test(what_is_settled_is_matched_no_more),
        cmocka_unit_test(what_stands_behind_settled_keys_is_found),
        cmocka_unit_test(no_line_begins_where_a_stream_does),
        cmocka_unit_test(values_behind_covered_ones_are_counted),
    };
    return cmocka_run_group_tests_name("inspect/streams", tests, NULL, NULL);
}
