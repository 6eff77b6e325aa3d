/* SPDX-License-Identifier: Apache-2.0 */
#include "problem_text.h"

#include "settings/setting.h"

struct values {
    uint64_t count;
    bool flag;
    const char *text;
    struct setting_texts texts;
    uint64_t free;
};

static const struct setting table[] = {
    {.key = "count",
     .type = SETTING_COUNT,
     .offset = offsetof(struct values, count),
     .restart = true,
     .preset = "2"},
    {.key = "flag", .type = SETTING_BOOL, .offset = offsetof(struct values, flag), .restart = true},
    {.key = "text", .type = SETTING_TEXT, .offset = offsetof(struct values, text), .restart = true},
    {.key = "texts", .type = SETTING_TEXTS, .offset = offsetof(struct values, texts), .restart = true},
    {.key = "free", .type = SETTING_COUNT, .offset = offsetof(struct values, free)},
    {0}};

static uint8_t rooms[2][1 << 14];
static struct problems problems;

static struct doc *read(const char *text, int room, struct values *out) {
    struct arena arena;
    struct setting_reader r = {.arena = &arena, .problems = &problems};
    struct doc *d = doc_parse("new.yaml", bytes_text(text), &problems);
    arena_init(&arena, rooms[room], sizeof rooms[room] / 2);
    memset(out, 0, sizeof *out);
    assert_true(setting_read(&r, doc_root(d), table, out));
    return d;
}

/* As at a reload: what is kept of `old`, how many keys are told. The old texts go afterwards. */
static unsigned reload(const char *old_text, const char *new_text, struct values *out) {
    struct values old;
    struct arena arena;
    struct setting_reader r = {.arena = &arena, .problems = &problems};
    struct doc *before = read(old_text, 0, &old), *after = read(new_text, 1, out);
    arena_init(&arena, rooms[1] + sizeof rooms[1] / 2, sizeof rooms[1] / 2);
    unsigned told = setting_keep(&r, doc_root(after), "part", "new.yaml", table, &old, out);
    doc_free(before);
    doc_free(after);
    memset(rooms[0], 0xa5, sizeof rooms[0]);
    return told;
}

static void test_what_did_not_change_is_not_told(void **state) {
    const char *text = "count: 3\nflag: yes\ntext: a\ntexts: [b, c]\nfree: 1\n";
    struct values v;
    assert_int_equal(reload(text, text, &v), 0);
    assert_int_equal(reload("free: 1\n", "free: 2\n", &v), 0);
    assert_int_equal(v.free, 2);
    assert_int_equal(reload("text: a\n", "text: 'a'\ncount: 2\n", &v), 0);
    assert_int_equal(problems.count, 0);
}

static void test_each_type_keeps_its_old_value_and_is_told_with_its_line(void **state) {
    static const char ending[] =
        ": a change takes effect with the next start; until then the old value holds";
    static const char *const keys[] = {"count", "flag", "text", "texts"};
    char line[160];
    struct values v;
    assert_int_equal(reload("count: 3\nflag: yes\ntext: a\ntexts: [b, c]\nfree: 1\n",
                            "free: 9\ncount: 4\nflag: no\ntext: z\ntexts: [b]\n", &v),
                     4);
    assert_true(v.count == 3 && v.flag && v.free == 9);
    assert_string_equal(v.text, "a");
    assert_int_equal(v.texts.count, 2);
    assert_string_equal(v.texts.items[1], "c");
    assert_int_equal(problems.warnings, 4);
    for (int i = 0; i < 4; i++) {
        snprintf(line, sizeof line, "new.yaml:%d: warning: part.%s%s", i + 2, keys[i], ending);
        assert_string_equal(problems.list[i].text, line);
    }
    problems_finish(&problems);
}

static void test_a_key_that_was_taken_away_is_told_too(void **state) {
    struct values v;
    assert_int_equal(reload("text: a\ncount: 5\n", "free: 1\n", &v), 2);
    assert_int_equal(v.count, 5);
    assert_string_equal(v.text, "a");
    problems_finish(&problems);
    assert_int_equal(reload("free: 1\n", "text: a\n", &v), 1);
    assert_null(v.text);
    problems_finish(&problems);
}

static void test_keys_of_a_map_within_are_kept_and_told_by_their_path(void **state) {
    static const struct setting outer[] = {{.key = "part", .type = SETTING_MAP, .table = table}, {0}};
    static const struct setting top[] = {{.key = "whole", .type = SETTING_MAP, .table = outer}, {0}};
    struct values old = {.count = 2}, v = {.count = 4, .free = 1};
    struct arena arena;
    struct setting_reader r = {.arena = &arena, .problems = &problems};
    struct doc *d =
        doc_parse("new.yaml", bytes_text("whole:\n  part:\n    free: 1\n    count: 4\n"), &problems);
    arena_init(&arena, rooms[0], sizeof rooms[0]);
    assert_int_equal(setting_keep(&r, doc_root(d), "", "new.yaml", top, &old, &v), 1);
    assert_true(v.count == 2 && v.free == 1);
    doc_free(d);
    assert_problem(&problems, "new.yaml:4: warning: whole.part.count: a change takes effect with the next "
                              "start; until then the old value holds");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_did_not_change_is_not_told),
        cmocka_unit_test(test_each_type_keeps_its_old_value_and_is_told_with_its_line),
        cmocka_unit_test(test_a_key_that_was_taken_away_is_told_too),
        cmocka_unit_test(test_keys_of_a_map_within_are_kept_and_told_by_their_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
