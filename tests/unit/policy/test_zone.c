/* SPDX-License-Identifier: Apache-2.0 */
#include "problem_text.h"

#include "policy/calendar/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static uint8_t region[1 << 20];
static struct arena arena;
static char why[ZONE_WHY_MAX];

static const struct zone *load(const char *name) {
    return zone_load(ZONE_FOLDER, name, &arena, why);
}

static int begin(void **state) {
    arena_init(&arena, region, sizeof region);
    why[0] = '\0';
    return 0;
}

/* --- zones as Python knows them --- */

static void test_offsets_are_those_of_pythons_zoneinfo_at_every_change(void **state) {
    FILE *f = popen("python3 " SOURCE_ROOT "/tests/unit/policy/zones.py", "r");
    char name[64], last[64] = "";
    const struct zone *z = NULL;
    long long at, lines = 0;
    int offset;
    assert_non_null(f);
    while (fscanf(f, "%63s %lld %d", name, &at, &offset) == 3) {
        if (strcmp(name, last) != 0)
            assert_non_null(z = load(strcpy(last, name)));
        if (zone_offset(z, at) != offset)
            fail_msg("%s at %lld: %d, Python says %d", name, at, zone_offset(z, at), offset);
        lines++;
    }
    assert_int_equal(pclose(f), 0);
    assert_true(lines > 60000);
}

static void test_utc_and_fixed_offsets_need_no_file(void **state) {
    static const struct {
        const char *name;
        int offset;
    } cases[] = {{"UTC", 0}, {"UTC-6", -21600}, {"UTC+05:30", 19800}, {"UTC+14", 50400}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct zone *z = zone_load("/nowhere", cases[i].name, &arena, why);
        assert_non_null(z);
        assert_int_equal(zone_offset(z, 1780200729), cases[i].offset);
    }
    assert_int_equal(zone_offset(NULL, 1780200729), 0);
}

/* --- names --- */

static void expect_refused(const char *name, const char *reason) {
    assert_null(load(name));
    assert_string_equal(why, reason);
}

static void test_an_unknown_zone_is_refused_with_the_nearest_name(void **state) {
    expect_refused("America/Chicgo",
                   "there is no time zone \"America/Chicgo\"; did you mean America/Chicago?");
    expect_refused("Chicago", "there is no time zone \"Chicago\"; did you mean America/Chicago?");
    expect_refused("europe/berlin", "there is no time zone \"europe/berlin\"; did you mean Europe/Berlin?");
    expect_refused("Zyx/Nowhere_At_All",
                   "there is no time zone \"Zyx/Nowhere_At_All\"; write it like America/Chicago or UTC-6");
    expect_refused("UTC+15", "there is no time zone \"UTC+15\"; write it like America/Chicago or UTC-6");
}

static void test_names_cannot_leave_the_folder(void **state) {
    assert_null(load("../../../etc/passwd"));
    assert_null(load("/etc/localtime"));
    assert_null(load("America"));
    assert_null(load(""));
}

static void test_missing_zones_name_the_package(void **state) {
    assert_null(zone_load("/nowhere/zoneinfo", "America/Chicago", &arena, why));
    assert_string_equal(
        why, "there are no time zones in /nowhere/zoneinfo; install the package tzdata, or write UTC-6");
}

/* --- files --- */

static size_t read_file(const char *path, uint8_t *out, size_t size) {
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = fread(out, 1, size, f);
    fclose(f);
    return n;
}

static void test_a_file_cut_anywhere_is_refused(void **state) {
    static uint8_t file[ZONE_FILE_MAX];
    const char *reason;
    size_t n = read_file(ZONE_FOLDER "/America/Chicago", file, sizeof file);
    struct zone z = {0};
    assert_true(zone_parse(bytes_of(file, n), &arena, &z, &reason));
    for (size_t cut = 0; cut < n; cut++) {
        uint8_t *copy = malloc(cut + 1);
        memcpy(copy, file, cut);
        arena_init(&arena, region, sizeof region);
        assert_false(zone_parse(bytes_of(copy, cut), &arena, &z, &reason));
        free(copy);
    }
}

static void test_a_version_1_file_ends_with_its_last_transition(void **state) {
    static const uint8_t file[] = "TZif\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" /* magic, version, reserved */
                                  "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\2\0\0\0\4"
                                  "\x40\0\0\0\1" /* 2004-01-10T13:37:04Z: the second type */
                                  "\0\0\x0e\x10\0\0\0\0\x1c\x20\1\0CET"; /* 3,600 s, 7,200 s */
    struct zone z = {0};
    const char *reason;
    assert_true(zone_parse(bytes_of(file, sizeof file), &arena, &z, &reason));
    assert_int_equal(zone_offset(&z, 0x3fffffff), 3600);
    assert_int_equal(zone_offset(&z, 0x40000000), 7200);
    assert_int_equal(zone_offset(&z, INT64_MAX), 7200);
    assert_int_equal(zone_offset(&z, INT64_MIN), 3600);
}

static void test_files_that_count_leap_seconds_are_refused(void **state) {
    uint8_t file[] = "TZif\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                     "\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0\4"
                     "\0\0\x0e\x10\0\0CET\0\0\0\0\1\0\0\0\1";
    struct zone z = {0};
    const char *reason;
    assert_false(zone_parse(bytes_of(file, sizeof file), &arena, &z, &reason));
    assert_non_null(strstr(reason, "leap seconds"));
    assert_non_null(strstr(reason, "without right/"));
}

/* --- rules --- */

static void test_rules_that_are_none_are_refused(void **state) {
    static const char *const bad[] = {"",
                                      "C",
                                      "CST",
                                      "CST6CDT",
                                      "CST6CDT,M3.2.0",
                                      "CST6CDT,M13.2.0,M11.1.0",
                                      "CST6CDT,M3.6.0,M11.1.0",
                                      "CST6CDT,M3.2.7,M11.1.0",
                                      "CST6CDT,J366,J1",
                                      "CST6CDT,M3.2.0/168,M11.1.0",
                                      "CST6CDT,M3.2.0,M11.1.0x",
                                      "<>6",
                                      "<CST6",
                                      "CST25"};
    struct zone_rule r;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (zone_rule_parse(bytes_text(bad[i]), &r))
            fail_msg("%s was taken", bad[i]);
}

/* Times: python3 -c "import calendar; print(calendar.timegm((2028, 3, 1, 0, 0, 0)))" */
static void test_days_of_the_year_count_as_posix_says(void **state) {
    struct zone_rule r;
    assert_true(zone_rule_parse(bytes_text("AAA0BBB,J60/0,J300/0"), &r)); /* 1 March in every year */
    assert_int_equal(zone_rule_offset(&r, 1835481599), 0);
    assert_int_equal(zone_rule_offset(&r, 1835481600), 3600);           /* 2028-03-01, a leap year */
    assert_true(zone_rule_parse(bytes_text("AAA0BBB,59/0,300/0"), &r)); /* counts 29 February */
    assert_int_equal(zone_rule_offset(&r, 1835395199), 0);
    assert_int_equal(zone_rule_offset(&r, 1835395200), 3600); /* 2028-02-29 */
}

static void test_daylight_saving_time_may_last_all_year(void **state) {
    struct zone_rule r; /* the example of RFC 8536, section 3.3.1 */
    assert_true(zone_rule_parse(bytes_text("XXX3EDT4,0/0,J365/23"), &r));
    for (int64_t t = 1767225600 - 7200; t < 1767225600 + 800 * INT64_C(86400); t += 1800)
        assert_int_equal(zone_rule_offset(&r, t), -4 * 3600);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_offsets_are_those_of_pythons_zoneinfo_at_every_change, begin),
        cmocka_unit_test_setup(test_utc_and_fixed_offsets_need_no_file, begin),
        cmocka_unit_test_setup(test_an_unknown_zone_is_refused_with_the_nearest_name, begin),
        cmocka_unit_test_setup(test_names_cannot_leave_the_folder, begin),
        cmocka_unit_test_setup(test_missing_zones_name_the_package, begin),
        cmocka_unit_test_setup(test_a_file_cut_anywhere_is_refused, begin),
        cmocka_unit_test_setup(test_a_version_1_file_ends_with_its_last_transition, begin),
        cmocka_unit_test_setup(test_files_that_count_leap_seconds_are_refused, begin),
        cmocka_unit_test_setup(test_rules_that_are_none_are_refused, begin),
        cmocka_unit_test_setup(test_days_of_the_year_count_as_posix_says, begin),
        cmocka_unit_test_setup(test_daylight_saving_time_may_last_all_year, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
