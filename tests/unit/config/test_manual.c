/* SPDX-License-Identifier: Apache-2.0 */
#include "problem_text.h"

#include "config/config_sections.h"
#include "settings/unit.h"

/* The manual page gantry.yaml(5) is held against the tables of settings. A check gives what is wrong, NULL:
 * nothing, so that it can be held against wrong pages too. */

enum { TABLES_MAX = 64, ENTRY_MAX = 4096 };

/* A table and the heading under which the page has it: "" (KEYS), "sensor", "limits.flow", "contracts". */
static struct manual_table {
    char heading[64];
    const struct setting *table;
} tables[TABLES_MAX];
static size_t table_count;

static char reason[256];

__attribute__((format(printf, 1, 2))) static const char *say(const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    return reason;
}

/* A map within a map is called by its path, an entry of a list of maps by the list's key. */
static void gather_tables(const char *heading, const struct setting *table) {
    char path[sizeof tables->heading];
    assert_true(table_count < TABLES_MAX);
    snprintf(tables[table_count].heading, sizeof path, "%s", heading);
    tables[table_count++].table = table;
    for (const struct setting *s = table; s->key; s++) {
        bool path_counts = *heading && s->type == SETTING_MAP;
        snprintf(path, sizeof path, "%s%s%s", path_counts ? heading : "", path_counts ? "." : "", s->key);
        if (s->table)
            gather_tables(path, s->table);
    }
}

static void use_tables(const struct setting *root) {
    table_count = 0;
    gather_tables("", root);
}

/* --- the page --- */

static const char *read_page(void) {
    static char text[1 << 17];
    FILE *f = fopen(SOURCE_ROOT "/sensor/gantry.yaml.5", "r");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    return text;
}

static bool starts_with(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

/* Is this line the heading? One heading may name several tables: "per-day and per-month". */
static bool heads(const char *line, size_t n, const char *heading) {
    char padded[160], word[80];
    if (!*heading)
        return n == strlen(".Sh KEYS") && starts_with(line, ".Sh KEYS");
    snprintf(padded, sizeof padded, " %.*s ", (int)n, line);
    snprintf(word, sizeof word, " %s ", heading);
    return starts_with(line, ".Ss ") && strstr(padded, word);
}

static const char *next_line(const char *line) {
    const char *end = strchr(line, '\n');
    return end ? end + 1 : line + strlen(line);
}

/* The lines that describe a key, without macros, as one: "Count, 1 to 64: ... Default: 2." False: none do. */
static bool find_entry(const char *page, const char *heading, const char *key, char out[ENTRY_MAX]) {
    char item[96];
    bool within = false, found = false;
    size_t n = 0;
    snprintf(item, sizeof item, ".It Cm %s\n", key);
    for (const char *line = page; *line && !(found && *out && starts_with(line, ".It Cm"));
         line = next_line(line)) {
        size_t length = strcspn(line, "\n");
        if (starts_with(line, ".S") && !starts_with(line, ".Sx"))
            within = heads(line, length, heading);
        if (!within || starts_with(line, ".El")) {
            if (found)
                break;
            continue;
        }
        if (!found) {
            found = starts_with(line, item);
            out[0] = '\0';
            continue;
        }
        while (length > 4 && line[0] == '.' && line[3] == ' ') /* ".Ql yes" */
            line += 4, length -= 4;
        n += (size_t)snprintf(out + n, ENTRY_MAX - n, "%s%.*s", n ? " " : "", (int)length, line);
        assert_true(n < ENTRY_MAX);
    }
    return found;
}

/* --- one key --- */

static const struct unit *units_of(const struct setting *s) {
    return s->type == SETTING_SIZE ? unit_sizes : s->type == SETTING_DURATION ? unit_durations : NULL;
}

static bool is_number(const struct setting *s) {
    return s->type == SETTING_COUNT || s->type == SETTING_SIZE || s->type == SETTING_DURATION;
}

/* "64 KiB" as the page has it. */
static bool value_is(const char *text, size_t n, const struct setting *s, uint64_t wanted) {
    char copy[64], why[UNIT_REASON_MAX];
    uint64_t value;
    snprintf(copy, sizeof copy, "%.*s", (int)n, text);
    return unit_parse(copy, units_of(s), &value, why) && value == wanted;
}

/* "Count, 1 to 64: " or "Size, at least 1 B: " */
static const char *check_bounds(const struct setting *s, const char *entry) {
    static const char least[] = "at least ";
    const char *at = strchr(entry, ',');
    size_t n = strcspn(entry, ":.");
    if (s->low == 0 && s->high == 0)
        return NULL;
    if (!at || at > entry + n)
        return say("%s: the page gives no bounds", s->key);
    at += strspn(at, ", ");
    n = strcspn(at, ":,;");
    const char *to = strstr(at, " to ");
    if (s->high == 0)
        return starts_with(at, least) && value_is(at + strlen(least), n - strlen(least), s, s->low)
                   ? NULL
                   : say("%s: the least is another than the page's", s->key);
    if (!to || to > at + n)
        return say("%s: the page gives no bounds", s->key);
    if (!value_is(at, (size_t)(to - at), s, s->low))
        return say("%s: the lower bound is another than the page's", s->key);
    to += strlen(" to ");
    return value_is(to, n - (size_t)(to - at), s, s->high)
               ? NULL
               : say("%s: the upper bound is another than the page's", s->key);
}

/* What each type is called by at the beginning of its entry. */
static const char *check_type(const struct setting *s, const char *entry) {
    static const char *const words[] = {
        [SETTING_BOOL] = "Switch",       [SETTING_COUNT] = "Count", [SETTING_SIZE] = "Size",
        [SETTING_DURATION] = "Duration", [SETTING_TEXT] = "Text",   [SETTING_DATE] = "Date",
        [SETTING_TEXTS] = "List",
    };
    const char *word = s->type == SETTING_CHOICE                               ? s->choices[0]
                       : s->type == SETTING_MAP || s->type == SETTING_CUSTOM   ? ""
                       : s->type == SETTING_TEXT && starts_with(entry, "Path") ? "Path"
                                                                               : words[s->type];
    if (!starts_with(entry, word))
        return say("%s: the page does not begin with its type, %s", s->key, word);
    for (unsigned i = 0; s->type == SETTING_CHOICE && s->choices[i]; i++)
        if (!strstr(entry, s->choices[i]))
            return say("%s: the page does not name the choice %s", s->key, s->choices[i]);
    return NULL;
}

static const char *check_default(const struct setting *s, const char *entry) {
    static const char mark[] = "Default: ";
    const char *at = strstr(entry, mark);
    char why[UNIT_REASON_MAX];
    uint64_t wanted = 0;
    if (s->required)
        return at                          ? say("%s: the page gives a default, and it is required", s->key)
               : strstr(entry, "required") ? NULL
                                           : say("%s: the page does not say that it is required", s->key);
    if (s->type == SETTING_MAP)
        return NULL;
    if (!at)
        return say("%s: the page gives no default", s->key);
    at += strlen(mark);
    size_t n = strcspn(at, ".");
    if (!s->preset)
        return is_number(s) && strspn(at, "0123456789") > 0 ? say("%s: the table has no default", s->key)
                                                            : NULL;
    if (is_number(s))
        assert_true(unit_parse(s->preset, units_of(s), &wanted, why));
    bool same =
        is_number(s) ? value_is(at, n, s, wanted) : n == strlen(s->preset) && starts_with(at, s->preset);
    return same ? NULL : say("%s: the page's default is not %s", s->key, s->preset);
}

static const char *check_key(const char *page, const char *heading, const struct setting *s) {
    char entry[ENTRY_MAX];
    const char *wrong;
    if (!find_entry(page, heading, s->key, entry))
        return say("%s: the page has no such key under %s", s->key, *heading ? heading : "KEYS");
    if ((wrong = check_type(s, entry)) || (wrong = check_default(s, entry)))
        return wrong;
    if (s->table && !strstr(entry, "see "))
        return say("%s: the page does not say where its keys are", s->key);
    return is_number(s) ? check_bounds(s, entry) : NULL;
}

static const char *check_tables(const char *page) {
    const char *wrong = NULL;
    for (size_t i = 0; i < table_count && !wrong; i++)
        for (const struct setting *s = tables[i].table; s->key && !wrong; s++)
            wrong = check_key(page, tables[i].heading, s);
    return wrong;
}

/* --- the other way round --- */

static bool table_has(const struct setting *table, const char *key, size_t n) {
    for (; table->key; table++)
        if (strlen(table->key) == n && strncmp(table->key, key, n) == 0)
            return true;
    return false;
}

/* "hold-time", or with its heading "sensor.memory", as the text refers to it. */
static bool some_table_has(const char *name, size_t n) {
    for (size_t i = 0; i < table_count; i++) {
        size_t skip = strlen(tables[i].heading);
        if (table_has(tables[i].table, name, n))
            return true;
        if (skip && n > skip + 1 && name[skip] == '.' && strncmp(name, tables[i].heading, skip) == 0 &&
            table_has(tables[i].table, name + skip + 1, n - skip - 1))
            return true;
    }
    return false;
}

static const char *check_page(const char *page) {
    const struct setting *table = NULL;
    for (const char *line = page; *line; line = next_line(line)) {
        size_t length = strcspn(line, "\n");
        if (starts_with(line, ".S") && !starts_with(line, ".Sx")) {
            table = NULL;
            for (size_t i = 0; i < table_count; i++)
                if (heads(line, length, tables[i].heading))
                    table = tables[i].table;
        }
        bool item = starts_with(line, ".It Cm "),
             named = starts_with(line, ".Cm ") || starts_with(line, ".Ic ");
        const char *word = line + (item ? strlen(".It Cm ") : strlen(".Cm "));
        size_t n = item || named ? strcspn(word, " \n") : 0;
        if (item && !(table && table_has(table, word, n)))
            return say("%.*s: no table has this key of the page", (int)n, word);
        if (named && !starts_with(word, "gantryctl") && !some_table_has(word, n))
            return say("%.*s: the page refers to a key that no table has", (int)n, word);
    }
    return NULL;
}

static void test_every_key_stands_in_the_manual_with_its_default_unit_and_bounds(void **state) {
    use_tables(config_sections);
    assert_true(table_count > 15);
    const char *wrong = check_tables(read_page());
    if (wrong)
        fail_msg("%s", wrong);
}

static void test_the_manual_names_no_key_that_no_table_has(void **state) {
    use_tables(config_sections);
    const char *wrong = check_page(read_page());
    if (wrong)
        fail_msg("%s", wrong);
}

/* --- pages that are wrong --- */

static const char *const colours[] = {"red", "green", NULL};
static const struct setting inner_table[] = {
    {.key = "late", .type = SETTING_DURATION, .low = NS_PER_MS, .high = NS_PER_S, .preset = "500 ms"}, {0}};
static const struct setting small_table[] = {
    {.key = "count", .type = SETTING_COUNT, .low = 1, .high = 64, .preset = "2"},
    {.key = "room", .type = SETTING_SIZE, .low = 1024},
    {.key = "name", .type = SETTING_TEXT, .required = true},
    {.key = "colour", .type = SETTING_CHOICE, .choices = colours, .preset = "green"},
    {.key = "inner", .type = SETTING_MAP, .table = inner_table},
    {0}};
static const char small_page[] = ".Sh KEYS\n.Bl\n.It Cm count\nCount, 1 to 64: how\nmany.\nDefault: 2.\n.It "
                                 "Cm room\nSize, at least 1 KiB: room for\n"
                                 ".Cm inner.late .\nDefault: a share.\n.It Cm name\nText, required: what it "
                                 "is called.\n.It Cm colour\n.Ql red\nor\n"
                                 ".Ql green .\nDefault: green.\n.It Cm inner\nThe rest, see\n.Sx inner "
                                 ".\n.El\n.Ss inner\n.Bl\n.It Cm late\n"
                                 "Duration, 1 ms to 1 s: time.\nDefault: 500 ms.\n.El\n.Sh EXAMPLES\nNone.\n";

/* The page with one text for another. */
static const char *with(const char *text, const char *instead) {
    static char page[sizeof small_page + 256];
    const char *at = strstr(small_page, text);
    assert_non_null(at);
    snprintf(page, sizeof page, "%.*s%s%s", (int)(at - small_page), small_page, instead, at + strlen(text));
    return page;
}

static void test_a_page_that_differs_from_its_tables_in_anything_is_found(void **state) {
    static const struct {
        const char *text, *instead, *wrong;
    } cases[] = {
        {"Default: 2.", "Default: 3.", "count: the page's default is not 2"},
        {"Default: 2.", "", "count: the page gives no default"},
        {"1 to 64", "0 to 64", "count: the lower bound is another than the page's"},
        {"1 to 64", "1 to 65", "count: the upper bound is another than the page's"},
        {", 1 to 64", "", "count: the page gives no bounds"},
        {"Count, 1", "Size, 1", "count: the page does not begin with its type, Count"},
        {"at least 1 KiB", "at least 1 kB", "room: the least is another than the page's"},
        {"Default: a share", "Default: 64 MiB", "room: the table has no default"},
        {"Text, required", "Text", "name: the page does not say that it is required"},
        {"what it is called.", "Default: none.", "name: the page gives a default, and it is required"},
        {"green .\nDefault: green", "blue .\nDefault: blue",
         "colour: the page does not name the choice green"},
        {".It Cm colour", ".It Cm color", "colour: the page has no such key under KEYS"},
        {"see\n.Sx inner", "for people", "inner: the page does not say where its keys are"},
        {".Ss inner", ".Ss outer", "late: the page has no such key under inner"},
        {"1 ms to 1 s", "1 s to 1 s", "late: the lower bound is another than the page's"},
        {"500 ms", "2 s", "late: the page's default is not 500 ms"},
    };
    use_tables(small_table);
    assert_null(check_tables(small_page));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *wrong = check_tables(with(cases[i].text, cases[i].instead));
        assert_non_null(wrong);
        assert_string_equal(wrong, cases[i].wrong);
    }
}

static void test_a_key_of_a_page_that_no_table_has_is_found(void **state) {
    use_tables(small_table);
    assert_null(check_page(small_page));
    assert_string_equal(check_page(with("\n.It Cm room", "\n.It Cm rooms\n.It Cm room")),
                        "rooms: no table has this key of the page");
    assert_string_equal(check_page(with("\n.It Cm late", "\n.It Cm count\n.It Cm late")),
                        "count: no table has this key of the page");
    assert_string_equal(check_page(with(".Ss inner", ".Ss outer")),
                        "late: no table has this key of the page");
    assert_string_equal(check_page(with("inner.late", "inner.later")),
                        "inner.later: the page refers to a key that no table has");
}

/* --- what needs a restart --- */

/* In the paragraph on reloads, by itself or with all of its table. */
static bool said_to_need_a_restart(const char *text, const char *table, const char *key) {
    char whole[64], one[96];
    const char *begin = strstr(text, "changes everything at once but"), *stop = strstr(text, ".Sh KEYS");
    assert_true(begin && stop && begin < stop);
    snprintf(whole, sizeof whole, "\n.Ic %.*s", (int)strcspn(*table ? table : key, "."),
             *table ? table : key);
    snprintf(one, sizeof one, "\n.Ic %.60s%s%.20s", table, *table ? "." : "", key);
    for (const char *line = begin; (line = strchr(line, '\n')) && line < stop; line++) {
        size_t n = strcspn(line + 1, " \n") == 3 ? 5 + strcspn(line + 5, " \n") : 0;
        if (n && ((n == strlen(whole) && memcmp(line, whole, n) == 0) ||
                  (n == strlen(one) && memcmp(line, one, n) == 0)))
            return true;
    }
    return false;
}

static void test_the_manual_names_exactly_the_keys_that_need_a_restart(void **state) {
    const char *text = read_page();
    use_tables(config_sections);
    for (size_t i = 0; i < table_count; i++)
        for (const struct setting *s = tables[i].table; s->key; s++)
            if (s->type != SETTING_CUSTOM && s->type != SETTING_MAP &&
                s->restart != said_to_need_a_restart(text, tables[i].heading, s->key))
                fail_msg("%s.%s: the manual page %s that it needs a restart", tables[i].heading, s->key,
                         s->restart ? "does not say" : "says");
}

/* --- the tables themselves --- */

static void test_every_default_of_a_table_is_within_its_bounds(void **state) {
    char why[UNIT_REASON_MAX];
    size_t numbers = 0;
    use_tables(config_sections);
    for (size_t i = 0; i < table_count; i++)
        for (const struct setting *s = tables[i].table; s->key; s++) {
            uint64_t value = 0;
            if (!is_number(s) || !s->preset)
                continue;
            numbers++;
            if (!unit_parse(s->preset, units_of(s), &value, why) || value < s->low ||
                (s->high && value > s->high))
                fail_msg("%s.%s: %s is no value that a user could write", tables[i].heading, s->key,
                         s->preset);
        }
    assert_true(numbers > 30);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_key_stands_in_the_manual_with_its_default_unit_and_bounds),
        cmocka_unit_test(test_the_manual_names_no_key_that_no_table_has),
        cmocka_unit_test(test_a_page_that_differs_from_its_tables_in_anything_is_found),
        cmocka_unit_test(test_a_key_of_a_page_that_no_table_has_is_found),
        cmocka_unit_test(test_the_manual_names_exactly_the_keys_that_need_a_restart),
        cmocka_unit_test(test_every_default_of_a_table_is_within_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
