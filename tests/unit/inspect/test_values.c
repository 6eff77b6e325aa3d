/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

static const char plates[] = "identifiers:\n"
                             "  - {id: plate, pattern: '\\b[A-Z]{3}[0-9]{3,4}\\b'}\n"
                             "  - {id: loose, pattern: '[A-Z]{2,3}[0-9]{3,4}'}\n"
                             "  - {id: word, pattern: 'secret'}\n"
                             "rules:\n"
                             "  - id: bounded\n"
                             "    scopes: [text]\n"
                             "    count: {identifiers: plate, distinct: 1}\n" RULE_TAIL "  - id: loose\n"
                             "    scopes: [text]\n"
                             "    count: {identifiers: loose, distinct: 1}\n" RULE_TAIL "  - id: word\n"
                             "    scopes: [text]\n"
                             "    all: [word]\n" RULE_TAIL;

static void a_value_is_counted_once_and_at_its_longest_wherever_it_is_split(void **state) {
    static const char text[] = "x ABC1234, DEF567; ABC1234 and GH8901 secret";
    struct bench b;
    bench_open(&b, plates, 8 << 20);
    for (size_t split = 0; split < sizeof text; split++) {
        bench_run(&b, &text_type, text, sizeof text - 1, split);
        assert_int_equal(bench_distinct(&b, 0), 2); /* ABC1234, DEF567; not ABC123 */
        assert_int_equal(bench_distinct(&b, 1), 3); /* and GH8901 */
        assert_int_equal(b.found[2], 1);
    }
    bench_close(&b);
}

static void a_word_at_the_end_of_a_chunk_waits_for_the_next(void **state) {
    struct bench b;
    bench_open(&b, plates, 8 << 20);
    bench_begin(&b, &text_type, NULL);
    bench_push(&b, "ABC1234", 7);
    bench_push(&b, "5 ", 2); /* ABC12345 is no plate */
    bench_end(&b);
    assert_int_equal(bench_distinct(&b, 0), 0);
    bench_begin(&b, &text_type, NULL);
    bench_push(&b, "ABC1234", 7); /* the end of the object ends the word too */
    bench_end(&b);
    assert_int_equal(bench_distinct(&b, 0), 1);
    bench_close(&b);
}

static void bytes_in_pieces_of_one_are_matched_like_the_whole(void **state) {
    static const char text[] = "ABC1234 DEF5678 GHI9012 secret";
    struct bench b;
    bench_open(&b, plates, 8 << 20);
    bench_begin(&b, &text_type, NULL);
    for (size_t i = 0; i < sizeof text - 1; i++)
        bench_push(&b, text + i, 1);
    bench_end(&b);
    assert_int_equal(bench_distinct(&b, 0), 3);
    assert_int_equal(b.found[2], 1);
    bench_close(&b);
}

static void a_flood_of_counted_values_does_not_blind_another_rule(void **state) {
    struct bench b;
    struct finding f;
    char line[16];
    bench_open(&b, plates, 8 << 20);
    bench_begin(&b, &text_type, NULL);
    for (int i = 0; i < 5000; i++)
        bench_push(&b, line,
                   (size_t)snprintf(line, sizeof line, "A%c%c%04d ", 'A' + i / 1000, 'B' + i % 7, i % 10000));
    assert_int_equal(b.found[2], 0);
    bench_push(&b, "secret", 6);
    bench_end(&b);
    assert_int_equal(b.found[2], 1);
    assert_true(inspector_finding(&b.object, &b.rules->rules[0], &f));
    assert_int_equal(f.distinct, 1024);
    assert_true(f.at_least);
    assert_int_equal(f.digest_count, FINDING_DIGESTS_MAX);
    bench_close(&b);
}

static void what_is_counted_is_redacted_and_digested_alike_however_it_is_written(void **state) {
    struct bench b;
    struct finding f;
    bench_open(&b,
               "identifiers:\n  - {id: p, pattern: '\\b[A-Za-z]{3}[ -]?[0-9]{4}\\b'}\n"
               "rules:\n  - id: r\n    scopes: [text]\n    count: {identifiers: p, distinct: 1}\n" RULE_TAIL,
               8 << 20);
    static const char text[] = "ABC 1234 abc-1234 ABC1234";
    bench_run(&b, &text_type, text, sizeof text - 1, 0);
    assert_true(inspector_finding(&b.object, &b.rules->rules[0], &f));
    assert_int_equal(f.distinct, 1);
    assert_string_equal(f.sample, "AB***34");
    const struct hash_key key = {1, 2};
    assert_int_equal(f.digests[0], hash_bytes(&key, "ABC1234", 7));
    assert_false(f.at_least);
    bench_close(&b);
}

static void a_gap_does_not_join_what_stands_on_its_sides(void **state) {
    struct bench b;
    bench_open(&b, plates, 8 << 20);
    bench_begin(&b, &text_type, NULL);
    bench_push(&b, "sec", 3);
    inspector_gap(b.inspector, &b.object, 4);
    bench_push(&b, "ret", 3);
    bench_end(&b);
    assert_int_equal(b.found[2], 0);
    bench_close(&b);
}

static void utf_16_text_is_matched_as_its_characters_at_every_split(void **state) {
    uint8_t text[2 + 2 * 21];
    static const char plain[] = "ABC1234 and secret ok";
    struct bench b;
    bench_open(&b, plates, 8 << 20);
    for (int big = 0; big < 2; big++) {
        text[0] = big ? 0xfe : 0xff;
        text[1] = big ? 0xff : 0xfe;
        for (size_t i = 0; i < 21; i++) {
            text[2 + 2 * i + (size_t)big] = (uint8_t)plain[i];
            text[2 + 2 * i + (size_t)!big] = 0;
        }
        for (size_t split = 0; split < sizeof text; split++) {
            bench_run(&b, &text_type, text, sizeof text, split);
            assert_int_equal(bench_distinct(&b, 0), 1);
            assert_int_equal(b.found[2], 1);
        }
    }
    bench_close(&b);
}

static void an_object_over_the_memory_is_left_alone_and_counted(void **state) {
    struct bench b;
    struct object more[400];
    uint64_t shed =
        counter_values[COUNTER_INSPECT_OBJECTS_SHED] + counter_values[COUNTER_INSPECT_STREAMS_SHED];
    bench_open(&b, plates, 128 << 10);
    for (size_t i = 0; i < 400; i++) {
        more[i] = (struct object){.type = &text_type, .total = LENGTH_UNKNOWN};
        inspector_opened(b.inspector, &more[i]);
        inspector_data(b.inspector, &more[i], (const uint8_t *)"secret ABC1234", 14);
    }
    assert_true(counter_values[COUNTER_INSPECT_OBJECTS_SHED] + counter_values[COUNTER_INSPECT_STREAMS_SHED] >
                shed);
    for (size_t i = 0; i < 400; i++) {
        inspector_closed(b.inspector, &more[i]);
        inspector_forget(b.inspector, &more[i]);
    }
    bench_run(&b, &text_type, "secret", 6, 0); /* what was given back serves again */
    assert_int_equal(b.found[2], 1);
    bench_close(&b);
}

/* --- tables that repeat themselves --- */

static const char twenty[] = "identifiers:\n"
                             "  - {id: plate, pattern: '\\b[A-Z]{3}[0-9]{4}\\b', validator: plate-bare}\n"
                             "rules:\n"
                             "  - id: twenty\n"
                             "    scopes: [text]\n"
                             "    count: {identifiers: plate, distinct: 20}\n" RULE_TAIL;

/* `count` times the same, in pieces that do not end with it. */
static void push_same(struct bench *b, const char *text, size_t count) {
    size_t n = strlen(text), total = n * count;
    char *all = malloc(total);
    for (size_t i = 0; i < count; i++)
        memcpy(all + i * n, text, n);
    for (size_t at = 0; at < total; at += 1001)
        bench_push(b, all + at, total - at < 1001 ? total - at : 1001);
    free(all);
}

static void push_plates(struct bench *b, int first, int count) {
    char text[32];
    for (int i = first; i < first + count; i++) {
        snprintf(text, sizeof text, "XYZ%04d, ", i);
        push_same(b, text, 1);
    }
}

static uint64_t rested(void) {
    return counter_values[COUNTER_INSPECT_BYTES_RESTED];
}

/* Of an object that begins with this text 100,000 times, in which nothing is found. */
static uint64_t rest_over(struct bench *b, const char *text) {
    uint64_t before = rested();
    bench_begin(b, &text_type, NULL);
    push_same(b, text, 100000);
    for (size_t i = 0; i < b->rules->rule_count; i++)
        assert_int_equal(b->found[i], 0);
    return rested() - before;
}

static void a_table_of_the_same_values_does_not_hide_what_stands_right_behind_it(void **state) {
    static const char *const same[] = {"XYZ9999, ", "ABC1234, " /* refused: hexadecimal */};
    struct bench b;
    struct finding f;
    bench_open(&b, twenty, 8 << 20);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        assert_in_range(rest_over(&b, same[i]), 800000, 100000 * 9); /* and yet not blind: */
        push_plates(&b, 0, 30);
        push_same(&b, same[i], 1000);
        bench_end(&b);
        assert_int_equal(b.found[0], 1);
        assert_in_range(bench_distinct(&b, 0), 29 + (i == 0), 30 + (i == 0));
        assert_true(inspector_finding(&b.object, &b.rules->rules[0], &f) && f.at_least);
    }
    bench_begin(&b, &text_type, NULL);
    push_same(&b, same[0], 50000);
    push_same(&b, same[1], 50000);
    bench_end(&b);
    assert_int_equal(b.found[0], 0);
    bench_close(&b);
}

static void what_looks_like_values_and_is_none_is_looked_at_in_part(void **state) {
    struct bench b;
    char text[32];
    bench_open(&b, twenty, 8 << 20);
    bench_begin(&b, &text_type, NULL);
    push_same(&b, "XYZ9999, ", 5000);
    uint64_t before = rested();
    for (int i = 0; i < 100000; i++) { /* of a plate's shape, but the pattern wants a word's end */
        snprintf(text, sizeof text, "XYZ%04d_, ", i % 10000);
        bench_push(&b, text, strlen(text));
    }
    bench_end(&b);
    assert_int_equal(b.found[0], 0);
    assert_in_range(rested() - before, 800000, 1000000);
    bench_close(&b);
}

/* A wall of one key, beside which keys of another kind and values stand later. */
static const char keyed[] = "identifiers:\n"
                            "  - {id: lane, pattern: '\"lane\":'}\n"
                            "  - {id: gate, pattern: '\"gate\":'}\n"
                            "  - {id: plate, pattern: 'plate=[A-Z]{3}[0-9]{4},', validator: plate-end}\n"
                            "rules:\n"
                            "  - id: gates\n"
                            "    scopes: [text]\n"
                            "    any: [gate]\n" RULE_TAIL "  - id: lanes\n"
                            "    scopes: [text]\n"
                            "    all: [lane]\n"
                            "    count: {identifiers: plate, distinct: 3}\n" RULE_TAIL;

static void a_wall_of_keys_is_stepped_over_and_what_stands_behind_it_is_found(void **state) {
    static const char *const walls[] = {"\"lane\":1,", "plate=XYZ9999,"};
    struct bench b;
    bench_open(&b, keyed, 8 << 20);
    for (size_t i = 0; i < sizeof walls / sizeof *walls; i++) {
        assert_in_range(rest_over(&b, walls[i]), 500000, 1400000);
        for (int k = 0; k < 1000; k++)
            push_same(&b, "ordinary text, ", 1);
        push_same(&b, "\"gate\":4, \"lane\":4, plate=XYZ0001, plate=XYZ0002, plate=XYZ0003, ", 1);
        bench_end(&b);
        assert_int_equal(b.found[0], 1);
        assert_int_equal(b.found[1], 1);
        assert_in_range(bench_distinct(&b, 1), 3, 4);
    }
    bench_close(&b);
}

static void a_wall_of_keys_in_one_piece_hides_no_more_than_one_in_many(void **state) {
    static const char key[] = "\"lane\":1,";
    static char wall[128 << 10];
    struct bench b;
    for (size_t i = 0; i < sizeof wall; i++)
        wall[i] = key[i % (sizeof key - 1)];
    bench_open(&b, keyed, 8 << 20);
    bench_begin(&b, &text_type, NULL);
    bench_push(&b, wall, sizeof wall);
    push_same(&b, "ordinary text, ", 12000);
    push_same(&b, "\"gate\":4, ", 1);
    bench_end(&b);
    assert_int_equal(b.found[0], 1);
    bench_close(&b);
}

static void records_with_many_keys_are_looked_at_as_a_whole(void **state) {
    struct bench b;
    char text[64];
    uint64_t before = rested();
    bench_open(&b, keyed, 8 << 20);
    bench_begin(&b, &text_type, NULL);
    for (int i = 0; i < 1000; i++) {
        snprintf(text, sizeof text, "\"lane\":%d, plate=XYZ%04d, \"note\":\"dry\"\n", i % 8, i);
        push_same(&b, text, 1);
    }
    bench_end(&b);
    assert_int_equal(bench_distinct(&b, 1), 1000);
    assert_int_equal(rested(), before);
    bench_close(&b);
}

/* A table whose plates are counted twice, in its cells and as they stand in the text. */
#define TWICE(text_class)                                                                                    \
    "identifiers:\n"                                                                                         \
    "  - {id: named, pattern: '=plate', validator: cell}\n"                \
    "  - {id: field, pattern: '\\n[A-Z]{3}[0-9]{4},', validator: plate-end}\n"                               \
    "rules:\n"                                                                                               \
    "  - id: cells\n    scopes: [cells]\n    count: {identifiers: named, distinct: 3}\n" RULE_TAIL           \
    "  - id: text\n    scopes: [text]\n    count: {identifiers: field, distinct: 10}\n"                      \
    "    class: " text_class "\n    severity: 1\n    name: n\n    examples: [{text: a}]\n"                   \
    "    counterexamples: [{text: b}]\n"

static void what_the_cells_of_a_table_tell_is_not_counted_to_its_end_a_second_time(void **state) {
    static const char *const rules[] = {TWICE("test"), TWICE("other")};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        char text[32];
        struct bench b;
        bench_open(&b, rules[i], 8 << 20);
        bench_begin(&b, &text_type, NULL);
        push_same(&b, "plate,lane\n", 1);
        for (unsigned k = 0; k < 500; k++) {
            snprintf(text, sizeof text, "%c%c%c%04u,4\n", 'B' + k * 7 % 20, 'C' + k * 11 % 17,
                     'F' + k * 13 % 19, k * 7919 % 10000);
            push_same(&b, text, 1);
        }
        bench_end(&b);
        assert_int_equal(bench_distinct(&b, 0), 500);
        if (i == 0)
            assert_in_range(bench_distinct(&b, 1), 64, 192);
        else /* of a class that the cells say nothing of */
            assert_int_equal(bench_distinct(&b, 1), 500);
        bench_close(&b);
    }
}

static const char announced[] =
    "identifiers:\n"
    "  - {id: word, pattern: '\\b[a-z]{3}[0-9]{3}\\b'}\n"
    "  - {id: header, pattern: 'here they come'}\n"
    "  - {id: other, pattern: 'nothing to see'}\n"
    "rules:\n"
    "  - id: words\n"
    "    scopes: [text]\n"
    "    all: [header]\n"
    "    count: {identifiers: word, distinct: 5}\n" RULE_TAIL "  - id: unrelated\n"
    "    scopes: [text]\n"
    "    all: [other]\n" RULE_TAIL;

/* Of values that no validator knows nobody can say where new ones stand: what a rule asks for beside says it.
 */
static void another_identifier_of_the_rule_ends_a_rest(void **state) {
    enum { ROOM = 3 << 20 };
    struct bench b;
    char *text = malloc(ROOM);
    bench_open(&b, announced, 8 << 20);
    for (int related = 0; related < 2; related++) {
        size_t n = 0;
        while (n < 1400000)
            n += (size_t)snprintf(text + n, ROOM - n, "abc100 ");
        n += (size_t)snprintf(text + n, ROOM - n, "%s abc101 abc102 abc103 abc104 abc105 ",
                              related ? "here they come" : "nothing to see");
        while (n < 1500000)
            n += (size_t)snprintf(text + n, ROOM - n, "abc100 ");
        n += (size_t)snprintf(text + n, ROOM - n, "here they come");
        bench_begin(&b, &text_type, NULL);
        push_same(&b, text, 1);
        bench_end(&b);
        assert_int_equal(b.found[0], related);
        assert_int_equal(b.found[1], !related);
    }
    free(text);
    bench_close(&b);
}

static void what_no_validator_could_know_better_does_not_rest_by_what_is_refused(void **state) {
    struct bench b;
    bench_open(&b,
               "identifiers:\n"
               "  - {id: card, pattern: '\\b[0-9]{6,8}\\b', validator: luhn}\n"
               "rules:\n"
               "  - id: cards\n"
               "    scopes: [text]\n"
               "    count: {identifiers: card, distinct: 2}\n" RULE_TAIL,
               8 << 20);
    uint64_t before = rested();
    bench_begin(&b, &text_type, NULL);
    push_same(&b, "123456, ", 20000);
    assert_int_equal(b.found[0], 0);
    push_same(&b, "123455, 79927398, 18, 123455, 12345674, ", 1);
    bench_end(&b);
    assert_int_equal(b.found[0], 1);
    assert_int_equal(rested(), before);
    bench_close(&b);
}

static void a_numbered_series_does_not_hide_what_differs_behind_it(void **state) {
    static const char spread[] = "identifiers:\n"
                                 "  - {id: plate, pattern: '\\b[A-Z]{3}[0-9]{4}\\b', validator: plate-bare}\n"
                                 "rules:\n"
                                 "  - id: twenty\n"
                                 "    scopes: [text]\n"
                                 "    count: {identifiers: plate, distinct: 20, spread: 12}\n" RULE_TAIL;
    struct bench b;
    char text[32];
    bench_open(&b, spread, 8 << 20);
    for (int differ = 0; differ < 2; differ++) {
        bench_begin(&b, &text_type, NULL);
        for (int i = 0; i < 6; i++)
            push_plates(&b, 0, 9999);
        for (int i = 0; i < 20 && differ; i++) {
            snprintf(text, sizeof text, "X%cZ12%02d, ", 'A' + i, i);
            bench_push(&b, text, strlen(text));
        }
        push_plates(&b, 0, 200);
        bench_end(&b);
        assert_int_equal(b.found[0], differ);
    }
    bench_close(&b);
}

static void a_count_that_has_what_its_rules_ask_for_stops_when_nothing_new_comes(void **state) {
    struct bench b;
    struct finding f;
    bench_open(&b, twenty, 8 << 20);
    uint64_t before = rested();
    bench_begin(&b, &text_type, NULL);
    push_plates(&b, 0, 100);
    push_same(&b, "XYZ0001, ", 5000);
    push_plates(&b, 100, 100);
    bench_end(&b);
    assert_int_equal(bench_distinct(&b, 0), 100);
    assert_true(inspector_finding(&b.object, &b.rules->rules[0], &f) && f.at_least);
    assert_int_equal(rested(), before);
    bench_close(&b);
}

static void a_table_that_goes_on_bringing_values_is_counted_to_its_end(void **state) {
    struct bench b;
    struct finding f;
    bench_open(&b, twenty, 8 << 20);
    uint64_t before = rested();
    bench_begin(&b, &text_type, NULL);
    for (int i = 0; i < 10; i++) {
        push_same(&b, "XYZ0001, ", 600);
        push_plates(&b, i * 10, 10);
    }
    bench_end(&b);
    assert_int_equal(bench_distinct(&b, 0), 100);
    assert_true(inspector_finding(&b.object, &b.rules->rules[0], &f) && !f.at_least);
    assert_int_equal(rested(), before);
    bench_close(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_counted_once_and_at_its_longest_wherever_it_is_split),
        cmocka_unit_test(a_word_at_the_end_of_a_chunk_waits_for_the_next),
        cmocka_unit_test(bytes_in_pieces_of_one_are_matched_like_the_whole),
        cmocka_unit_test(a_flood_of_counted_values_does_not_blind_another_rule),
        cmocka_unit_test(what_is_counted_is_redacted_and_digested_alike_however_it_is_written),
        cmocka_unit_test(a_gap_does_not_join_what_stands_on_its_sides),
        cmocka_unit_test(utf_16_text_is_matched_as_its_characters_at_every_split),
        cmocka_unit_test(a_table_of_the_same_values_does_not_hide_what_stands_right_behind_it),
        cmocka_unit_test(what_looks_like_values_and_is_none_is_looked_at_in_part),
        cmocka_unit_test(a_wall_of_keys_is_stepped_over_and_what_stands_behind_it_is_found),
        cmocka_unit_test(a_wall_of_keys_in_one_piece_hides_no_more_than_one_in_many),
        cmocka_unit_test(records_with_many_keys_are_looked_at_as_a_whole),
        cmocka_unit_test(what_the_cells_of_a_table_tell_is_not_counted_to_its_end_a_second_time),
        cmocka_unit_test(another_identifier_of_the_rule_ends_a_rest),
        cmocka_unit_test(what_no_validator_could_know_better_does_not_rest_by_what_is_refused),
        cmocka_unit_test(a_numbered_series_does_not_hide_what_differs_behind_it),
        cmocka_unit_test(a_count_that_has_what_its_rules_ask_for_stops_when_nothing_new_comes),
        cmocka_unit_test(a_table_that_goes_on_bringing_values_is_counted_to_its_end),
        cmocka_unit_test(an_object_over_the_memory_is_left_alone_and_counted),
    };
    return cmocka_run_group_tests_name("inspect/values", tests, NULL, NULL);
}
