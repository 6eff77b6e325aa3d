/* SPDX-License-Identifier: Apache-2.0 */
#include "problem_text.h"

#include "settings/setting.h"

struct all {
    bool flag;
    uint64_t count, size, duration;
    const char *text;
    unsigned choice;
    int32_t date;
    struct setting_texts texts;
    size_t children;
};

static const char *const colours[] = {"red", "green", NULL};

static bool read_children(struct setting_reader *r, const struct doc_node *node, void *field) {
    *(size_t *)field = node->children;
    return true;
}

static const struct setting table[] = {
    {.key = "flag", .type = SETTING_BOOL, .offset = offsetof(struct all, flag), .preset = "yes"},
    {.key = "count",
     .type = SETTING_COUNT,
     .offset = offsetof(struct all, count),
     .low = 1,
     .high = 64,
     .preset = "2"},
    {.key = "size",
     .type = SETTING_SIZE,
     .offset = offsetof(struct all, size),
     .low = 1024,
     .high = (uint64_t)1 << 40,
     .preset = "64 KiB"},
    {.key = "duration",
     .type = SETTING_DURATION,
     .offset = offsetof(struct all, duration),
     .preset = "15 min"},
    {.key = "text", .type = SETTING_TEXT, .offset = offsetof(struct all, text)},
    {.key = "choice",
     .type = SETTING_CHOICE,
     .offset = offsetof(struct all, choice),
     .choices = colours,
     .preset = "green"},
    {.key = "date", .type = SETTING_DATE, .offset = offsetof(struct all, date)},
    {.key = "texts", .type = SETTING_TEXTS, .offset = offsetof(struct all, texts)},
    {.key = "children",
     .type = SETTING_CUSTOM,
     .offset = offsetof(struct all, children),
     .read = read_children},
    {0},
};

static uint8_t region[65536];
static struct problems problems;

static bool read_with(const struct setting *t, const char *text, struct all *out) {
    struct arena arena;
    arena_init(&arena, region, sizeof region);
    struct setting_reader r = {.arena = &arena, .problems = &problems};
    memset(out, 0, sizeof *out);
    struct doc *d = doc_parse("t.yaml", bytes_text(text), &problems);
    assert_non_null(d);
    bool ok = setting_read(&r, doc_root(d), t, out);
    doc_free(d); /* what was read does not point into the document */
    return ok;
}

static void good(const char *text, struct all *out) {
    assert_true(read_with(table, text, out));
    assert_int_equal(problems.count, 0);
}

static void bad(const char *text, const char *line) {
    struct all out;
    assert_false(read_with(table, text, &out));
    assert_problem(&problems, line);
}

static void test_every_type_is_read(void **state) {
    struct all a;
    good("flag: off\ncount: 64\nsize: 2 GiB\nduration: 500 ms\ntext: 'null'\nchoice: red\ndate: 2026-05-31\n"
         "texts: [a, 12]\nchildren: {x: 1, y: 2}\n",
         &a);
    assert_false(a.flag);
    assert_int_equal(a.count, 64);
    assert_true(a.size == 2147483648);
    assert_true(a.duration == 500000000);
    assert_string_equal(a.text, "null");
    assert_int_equal(a.choice, 0);
    assert_int_equal(a.date, 20604); /* date -d 2026-05-31 +%s, divided by 86,400 */
    assert_int_equal(a.texts.count, 2);
    assert_string_equal(a.texts.items[0], "a");
    assert_string_equal(a.texts.items[1], "12");
    assert_int_equal(a.children, 2);
}

static void test_missing_keys_and_maps_take_the_presets(void **state) {
    struct arena arena;
    struct all a, b = {0};
    good("", &a);
    arena_init(&arena, region, sizeof region);
    struct setting_reader r = {.arena = &arena, .problems = &problems};
    assert_true(setting_read(&r, NULL, table, &b));
    assert_true(a.flag && b.flag);
    assert_int_equal(a.count, 2);
    assert_int_equal(a.size, 65536);
    assert_true(b.duration == 900 * (uint64_t)NS_PER_S);
    assert_int_equal(b.choice, 1);
    assert_null(b.text);
}

static void test_sizes_and_durations_carry_units(void **state) {
    static const struct {
        const char *text;
        uint64_t size;
    } sizes[] = {{"size: 200 MB", 200000000},  {"size: 1500 B", 1500},         {"size: 64KiB", 65536},
                 {"size: \"3 MiB\"", 3145728}, {"size: 1 TiB", 1099511627776}, {"size: 7 kB", 7000}};
    static const struct {
        const char *text;
        uint64_t ns;
    } durations[] = {{"duration: 30 s", 30000000000},
                     {"duration: 5 min", 300000000000},
                     {"duration: 2 h", 7200000000000},
                     {"duration: 7 d", 604800000000000},
                     {"duration: 0", 0},
                     {"duration: 250us", 250000}};
    struct all a;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        good(sizes[i].text, &a);
        assert_true(a.size == sizes[i].size);
    }
    for (size_t i = 0; i < sizeof durations / sizeof durations[0]; i++) {
        good(durations[i].text, &a);
        assert_true(a.duration == durations[i].ns);
    }
}

static void test_ambiguous_numbers_are_refused_with_a_mend(void **state) {
    bad("count: 010",
        "t.yaml:1: error: count: \"010\" has a leading zero, which some read as octal; write it "
        "without the zero");
    bad("\nsize: 2147483648",
        "t.yaml:2: error: size: \"2147483648\" has no unit; write it like 64 KiB, 200 MB or 2 GiB");
    bad("duration: 30",
        "t.yaml:1: error: duration: \"30\" has no unit; write it like 500 ms, 30 s, 15 min, 2 h "
        "or 7 d");
    bad("size: 2 Gib",
        "t.yaml:1: error: size: \"2 Gib\" has no unit that is known; write it like 64 KiB, 200 MB "
        "or 2 GiB");
    bad("size: 1.5 GiB",
        "t.yaml:1: error: size: \"1.5 GiB\" has no unit that is known; write it like 64 KiB, "
        "200 MB or 2 GiB");
    bad("size: -1 B",
        "t.yaml:1: error: size: \"-1 B\" is not a whole number; write it like 64 KiB, 200 MB or 2 GiB");
    bad("count: 0x10", "t.yaml:1: error: count: \"0x10\" is not a plain whole number; write it like 8");
    bad("count: 99999999999999999999",
        "t.yaml:1: error: count: \"99999999999999999999\" is too large a number; write it like 8");
    bad("size: 99999999 TiB", "t.yaml:1: error: size: \"99999999 TiB\" is too large a number; write it like "
                              "64 KiB, 200 MB or 2 GiB");
}

static void test_values_out_of_bounds_are_told_with_the_bounds(void **state) {
    struct all a;
    good("count: 1", &a);
    good("count: 64", &a);
    bad("count: 65", "t.yaml:1: error: count: 65 is out of bounds; give 1 to 64");
    bad("count: 0", "t.yaml:1: error: count: 0 is out of bounds; give 1 to 64");
    bad("size: 2 TiB", "t.yaml:1: error: size: 2 TiB is out of bounds; give 1 KiB to 1 TiB");
}

static void test_unknown_keys_name_the_nearest(void **state) {
    bad("flag: yes\ncuont: 3\n",
        "t.yaml:2: error: cuont: is not a key that is known here; did you mean count?");
    bad("whatsoever: 3\n",
        "t.yaml:1: error: whatsoever: is not a key that is known here; the keys are flag, count, "
        "size, duration, text, choice, date, texts, children");
}

static void test_wrong_types_are_told(void **state) {
    bad("count: [1]", "t.yaml:1: error: count: is a list where one value belongs; write KEY: VALUE");
    bad("text: {a: b}", "t.yaml:1: error: text: is a map where one value belongs; write KEY: VALUE");
    bad("text:", "t.yaml:1: error: text: has no value; write one behind the colon or remove the key");
    bad("text: ~", "t.yaml:1: error: text: has no value; write one behind the colon or remove the key");
    bad("flag: maybe", "t.yaml:1: error: flag: \"maybe\" is neither true nor false; write one of them");
    bad("choice: blue", "t.yaml:1: error: choice: \"blue\" is no choice; write one of red, green");
    bad("date: 2026-02-29", "t.yaml:1: error: date: \"2026-02-29\" is no day; write it like 2026-05-31");
    bad("texts: {a: b}", "t.yaml:1: error: texts: is a map where a list of values belongs; write [one, two]");
    bad("texts:\n - a\n - [b]\n",
        "t.yaml:3: error: texts: is a list where one value belongs; write KEY: VALUE");
    bad("- a\n", "t.yaml:1: error: is a list where a map belongs; write KEY: VALUE lines or {KEY: VALUE}");
}

static void test_all_problems_of_a_file_are_found(void **state) {
    struct all a;
    assert_false(read_with(table, "count: x\nsize: y\nno-such: 1\ndate: z\n", &a));
    assert_int_equal(problems.errors, 4);
    problems_finish(&problems);
}

static void test_required_keys_must_be_there(void **state) {
    static const struct setting required[] = {{.key = "text",
                                               .type = SETTING_TEXT,
                                               .required = true,
                                               .offset = offsetof(struct all, text),
                                               .help = "what it is"},
                                              {0}};
    struct all a;
    assert_true(read_with(required, "text: x", &a));
    assert_false(read_with(required, "{}", &a));
    assert_problem(&problems, "t.yaml:1: error: text: is missing; add it (what it is)");
}

/* A map within a map. */
struct outer {
    uint64_t own;
    struct inner {
        uint64_t low, high;
        const char *name;
    } inner;
};

static bool check_inner(struct setting_reader *r, const struct doc_node *map, void *options) {
    const struct inner *o = options;
    return o->low <= o->high || setting_error(r, doc_get(map, "low"), "is above high");
}

static const struct setting inner_table[] = {
    {.key = "low", .type = SETTING_COUNT, .offset = offsetof(struct inner, low), .preset = "3"},
    {.key = "high", .type = SETTING_COUNT, .offset = offsetof(struct inner, high), .preset = "5", .high = 9},
    {.key = "name", .type = SETTING_TEXT, .offset = offsetof(struct inner, name), .preset = "nobody"},
    {0}};
static const struct setting outer_table[] = {
    {.key = "own", .type = SETTING_COUNT, .offset = offsetof(struct outer, own)},
    {.key = "inner",
     .type = SETTING_MAP,
     .offset = offsetof(struct outer, inner),
     .table = inner_table,
     .check = check_inner},
    {0}};

static bool read_outer(const char *text, struct outer *out) {
    struct arena arena;
    arena_init(&arena, region, sizeof region);
    struct setting_reader r = {.arena = &arena, .problems = &problems};
    *out = (struct outer){0};
    struct doc *d = doc_parse("t.yaml", bytes_text(text), &problems);
    bool ok = setting_read(&r, doc_root(d), outer_table, out);
    doc_free(d);
    return ok;
}

static void test_a_map_within_is_read_by_its_own_table_into_its_own_structure(void **state) {
    struct outer o;
    assert_true(read_outer("own: 1\ninner: {low: 4, name: x}\n", &o));
    assert_true(o.own == 1 && o.inner.low == 4 && o.inner.high == 5);
    assert_string_equal(o.inner.name, "x");
    assert_int_equal(problems.count, 0);
}

static void test_a_map_that_is_not_given_takes_the_presets_of_its_table(void **state) {
    struct outer o;
    assert_true(read_outer("own: 1\n", &o));
    assert_true(o.inner.low == 3 && o.inner.high == 5);
    assert_string_equal(o.inner.name, "nobody");
}

static void test_mistakes_within_a_map_are_told_and_its_values_held_against_each_other(void **state) {
    struct outer o;
    assert_false(read_outer("inner:\n  low: 6\n", &o));
    assert_problem(&problems, "t.yaml:2: error: low: is above high");
    assert_false(
        read_outer("inner:\n  low: 6\n  hihg: 7\n", &o)); /* told alone: what fits is not known yet */
    assert_problem(&problems, "t.yaml:3: error: hihg: is not a key that is known here; did you mean high?");
    assert_false(read_outer("inner: 6\n", &o));
    assert_problem(&problems, "t.yaml:1: error: inner: is a single value where a map belongs; write KEY: "
                              "VALUE lines or {KEY: VALUE}");
}

static void test_defaults_without_a_file_touch_no_field_that_has_none(void **state) {
    struct all a = {.flag = false, .count = 7, .text = "kept", .date = 5};
    struct outer o = {.own = 9};
    setting_defaults(table, &a);
    assert_true(a.flag);
    assert_int_equal(a.count, 2);
    assert_int_equal(a.size, 65536);
    assert_int_equal(a.date, 5);
    assert_string_equal(a.text, "kept");
    setting_defaults(outer_table, &o);
    assert_true(o.own == 9 && o.inner.low == 3 && o.inner.high == 5);
    assert_string_equal(o.inner.name, "nobody");
}

static void test_a_full_arena_is_a_problem_and_no_crash(void **state) {
    struct arena arena;
    struct all a = {0};
    arena_init(&arena, region, 16);
    struct setting_reader r = {.arena = &arena, .problems = &problems};
    struct doc *d = doc_parse("t.yaml", bytes_text("texts: [a, b, c, d]"), &problems);
    assert_false(setting_read(&r, doc_root(d), table, &a));
    assert_problem(&problems, "t.yaml:1: error: texts: there is no room left for it; make the file smaller");
    doc_free(d);
}

static void test_dates_are_days_of_the_calendar(void **state) {
    /* python3: (date(...) - date(1970, 1, 1)).days */
    static const struct {
        const char *text;
        int32_t days;
    } dates[] = {{"1970-01-01", 0},      {"1969-12-31", -1},    {"2000-02-29", 11016},
                 {"2024-02-29", 19782},  {"2026-12-31", 20818}, {"9999-12-31", 2932896},
                 {"0001-01-01", -719162}};
    static const char *const wrong[] = {"1900-02-29",    "2026-13-01", "2026-00-10", "2026-01-00",
                                        "2026-04-31",    "2026-1-01",  "26-01-01",   "2026/01/01",
                                        "2026-01-01T00", "",           "0000-01-01"};
    int32_t days;
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        assert_true(date_parse(dates[i].text, &days));
        assert_int_equal(days, dates[i].days);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(date_parse(wrong[i], &days));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_type_is_read),
        cmocka_unit_test(test_missing_keys_and_maps_take_the_presets),
        cmocka_unit_test(test_sizes_and_durations_carry_units),
        cmocka_unit_test(test_ambiguous_numbers_are_refused_with_a_mend),
        cmocka_unit_test(test_values_out_of_bounds_are_told_with_the_bounds),
        cmocka_unit_test(test_unknown_keys_name_the_nearest),
        cmocka_unit_test(test_wrong_types_are_told),
        cmocka_unit_test(test_all_problems_of_a_file_are_found),
        cmocka_unit_test(test_required_keys_must_be_there),
        cmocka_unit_test(test_a_map_within_is_read_by_its_own_table_into_its_own_structure),
        cmocka_unit_test(test_a_map_that_is_not_given_takes_the_presets_of_its_table),
        cmocka_unit_test(test_mistakes_within_a_map_are_told_and_its_values_held_against_each_other),
        cmocka_unit_test(test_defaults_without_a_file_touch_no_field_that_has_none),
        cmocka_unit_test(test_a_full_arena_is_a_problem_and_no_crash),
        cmocka_unit_test(test_dates_are_days_of_the_calendar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
