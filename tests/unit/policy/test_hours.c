/* SPDX-License-Identifier: Apache-2.0 */
#include "problem_text.h"

#include "policy/calendar/hours.h"

#include <time.h>

static uint8_t region[1 << 20];
static struct arena arena;
static char why[HOURS_WHY_MAX];

static const struct hours *parse(const char *text) {
    arena_init(&arena, region, sizeof region);
    return hours_parse(ZONE_FOLDER, text, &arena, why);
}

/* "2026-05-30T03:12:00Z"; the C library's calendar. */
static time_ns at(const char *utc) {
    struct tm tm = {0};
    assert_non_null(strptime(utc, "%Y-%m-%dT%H:%M:%SZ", &tm));
    return timegm(&tm) * NS_PER_S;
}

struct moment {
    const char *utc;
    bool in;
};

static void expect(const char *text, const struct moment *m, size_t n) {
    const struct hours *h = parse(text);
    if (!h)
        fail_msg("%s", why);
    for (size_t i = 0; i < n; i++)
        if (hours_hold(h, at(m[i].utc)) != m[i].in)
            fail_msg("%s at %s", text, m[i].utc);
}
#define EXPECT(text, ...)                                                                                    \
    expect(text, (const struct moment[]){__VA_ARGS__},                                                       \
           sizeof((const struct moment[]){__VA_ARGS__}) / sizeof(struct moment))

/* 2026-05-25 is a Monday (cal 5 2026). */
static void test_days_and_times_without_a_zone_are_utc(void **state) {
    EXPECT("Mon-Fri 07:00-19:00", {"2026-05-25T06:59:59Z", false}, {"2026-05-25T07:00:00Z", true},
           {"2026-05-29T18:59:59Z", true}, {"2026-05-29T19:00:00Z", false}, {"2026-05-30T12:00:00Z", false},
           {"2026-05-24T12:00:00Z", false});
    EXPECT("07:00-19:00", {"2026-05-30T12:00:00Z", true}, {"2026-05-30T06:00:00Z", false});
}

static void test_a_zone_moves_with_its_clocks(void **state) {
    /* Chicago: UTC-6 until 2026-03-08 08:00 UTC, UTC-5 until 2026-11-01 07:00 UTC */
    EXPECT("Mon-Fri 07:00-19:00 America/Chicago", {"2026-03-06T12:59:00Z", false},
           {"2026-03-06T13:00:00Z", true}, {"2026-03-09T11:59:00Z", false}, {"2026-03-09T12:00:00Z", true},
           {"2026-03-09T23:59:00Z", true}, {"2026-03-10T00:00:00Z", false}, {"2026-11-02T12:30:00Z", false},
           {"2026-11-02T13:00:00Z", true});
}

static void test_an_hour_that_the_clocks_repeat_is_in_both_times_and_one_they_leave_out_never(void **state) {
    EXPECT("Sun 01:00-02:00 America/Chicago", {"2026-11-01T05:59:59Z", false}, {"2026-11-01T06:00:00Z", true},
           {"2026-11-01T06:59:59Z", true}, {"2026-11-01T07:00:00Z", true}, {"2026-11-01T07:59:59Z", true},
           {"2026-11-01T08:00:00Z", false});
    EXPECT("Sun 02:00-03:00 America/Chicago", {"2026-03-08T07:59:59Z", false},
           {"2026-03-08T08:00:00Z", false});
}

static void test_a_range_over_midnight_goes_on_into_the_next_day(void **state) {
    EXPECT("Fri 22:00-06:00", {"2026-05-29T21:59:00Z", false}, {"2026-05-29T22:00:00Z", true},
           {"2026-05-30T05:59:00Z", true}, {"2026-05-30T06:00:00Z", false}, {"2026-05-30T22:30:00Z", false});
    EXPECT("Sun 22:00-06:00", {"2026-05-31T23:00:00Z", true}, {"2026-06-01T05:59:00Z", true},
           {"2026-06-01T06:00:00Z", false}, {"2026-05-25T05:59:00Z", true});
}

static void test_several_ranges_days_and_whole_days(void **state) {
    EXPECT("Mon, Wed 08:00-10:00, Fri-Mon 12:00-13:00, Sat 24h UTC+1", {"2026-05-25T07:00:00Z", true},
           {"2026-05-26T07:00:00Z", false}, {"2026-05-27T07:00:00Z", true}, {"2026-05-25T11:30:00Z", true},
           {"2026-05-28T11:30:00Z", false}, {"2026-05-29T11:30:00Z", true}, {"2026-05-29T23:00:00Z", true},
           {"2026-05-30T22:59:59Z", true}, {"2026-05-30T23:00:00Z", false});
    EXPECT("24h America/Chicago", {"2026-05-30T03:00:00Z", true});
    EXPECT("monday-SATURDAY 0:00-24:00", {"2026-05-30T23:59:59Z", true}, {"2026-05-31T00:00:00Z", false});
}

static void test_what_is_no_hours_is_refused_with_the_mend(void **state) {
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "\"\" says no times; write them, like Sat 08:00-12:00, or Sat 24h"},
        {"Mon-Fri", "\"\" says no times; write them, like Sat 08:00-12:00, or Sat 24h"},
        {"Mo-Fr 07:00-19:00",
         "\"Mo-Fr\" is neither a day nor times; write Mon, Tue, Wed, Thu, Fri, Sat or Sun, or Mon-Fri"},
        {"Mon 07:00-25:00",
         "\"07:00-25:00\" is neither a day nor times; write it like Mon-Fri 07:00-19:00 America/Chicago"},
        {"Mon 7-19",
         "\"7-19\" is neither a day nor times; write Mon, Tue, Wed, Thu, Fri, Sat or Sun, or Mon-Fri"},
        {"Mon 07:00-07:00", "\"07:00-07:00\" is empty; write 24h for a whole day"},
        {"Mon 07:00-19:00 Tue 24h, Wed 24h",
         "\"Tue 24h\" stands behind the times; put a comma before the next range"},
        {"Mon 24h America/Chicago or so", "\"America/Chicago\" is followed by more; write the time zone's "
                                          "name behind the times, and nothing behind it"},
        {"Mon 24h America/Chicgo", "there is no time zone \"America/Chicgo\"; did you mean America/Chicago?"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_null(parse(cases[i].text));
        assert_string_equal(why, cases[i].why);
    }
}

static void test_days_and_months_are_those_of_the_zone(void **state) {
    const struct zone *chicago = parse("24h America/Chicago")->zone;
    /* python3 -c "import datetime as d; print((d.date(2026, 5, 31) - d.date(1970, 1, 1)).days)" */
    assert_int_equal(hours_day(chicago, at("2026-06-01T04:59:59Z")), 20604);
    assert_int_equal(hours_day(chicago, at("2026-06-01T05:00:00Z")), 20605);
    assert_int_equal(hours_day(NULL, at("2026-06-01T00:00:00Z")), 20605);
    assert_int_equal(hours_day(NULL, -1), -1);
    assert_int_equal(hours_month(chicago, at("2026-06-01T04:59:59Z")), 56 * 12 + 4);
    assert_int_equal(hours_month(chicago, at("2026-06-01T05:00:00Z")), 56 * 12 + 5);
    char text[HOURS_MOMENT_MAX];
    assert_string_equal(hours_moment(chicago, at("2026-06-01T04:59:59Z"), text), "Sun 2026-05-31 23:59");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_days_and_times_without_a_zone_are_utc),
        cmocka_unit_test(test_a_zone_moves_with_its_clocks),
        cmocka_unit_test(test_an_hour_that_the_clocks_repeat_is_in_both_times_and_one_they_leave_out_never),
        cmocka_unit_test(test_a_range_over_midnight_goes_on_into_the_next_day),
        cmocka_unit_test(test_several_ranges_days_and_whole_days),
        cmocka_unit_test(test_what_is_no_hours_is_refused_with_the_mend),
        cmocka_unit_test(test_days_and_months_are_those_of_the_zone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
