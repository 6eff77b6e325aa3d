/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/metrics.h"

#include <ctype.h>
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Held against the words of the format, version 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details), and of the practices
 * for names. */
enum { WORKERS = 2, LINES_MAX = 4000 };

static const struct health_options options = {.interval = 60 * NS_PER_S};
static struct ring *rings[WORKERS];
static struct worker_view view[WORKERS];
static const struct worker_view *const views[WORKERS] = {&view[0], &view[1]};
static struct health_memory memory;
static const struct health_setup setup = {
    .options = &options, .rings = rings, .views = views, .workers = WORKERS, .captures = WORKERS, .memory = &memory};
static char *text, *lines[LINES_MAX];
static size_t size, line_count;

static int make(void **state) {
    for (int i = 0; i < WORKERS; i++) {
        rings[i] = ring_create(1 << 20);
        ring_counters(rings[i])[COUNTER_KERNEL_DROPS] = 10 + (uint64_t)i;
        ring_counters(rings[i])[COUNTER_TRANSFERS] = UINT64_C(1) << 60;
        view[i].gauges[GAUGE_FLOWS_OPEN] = 3 + (uint64_t)i;
    }
    memory.interval[GAUGE_LOSS] = 12345;
    memory.told[0] = 1;
    text = exposition_text(&setup, &size);
    return text ? 0 : -1;
}

static int split(void **state) {
    if (make(state) != 0 || size == 0 || text[size - 1] != '\n')
        return -1;
    line_count = 0;
    for (char *at = text, *end; (end = strchr(at, '\n')) && line_count < LINES_MAX; at = end + 1) {
        *end = '\0';
        lines[line_count++] = at;
    }
    return 0;
}

static int drop(void **state) {
    free(text);
    for (int i = 0; i < WORKERS; i++)
        ring_destroy(rings[i]);
    return 0;
}

static bool matches(const char *pattern, const char *line) {
    regex_t r;
    assert_int_equal(regcomp(&r, pattern, REG_EXTENDED | REG_NOSUB), 0);
    bool yes = regexec(&r, line, 0, NULL, 0) == 0;
    regfree(&r);
    return yes;
}

#define NAME "[a-zA-Z_:][a-zA-Z0-9_:]*"

static void every_line_is_a_sample_a_help_or_a_type_and_the_last_one_ends(void **state) {
    assert_true(size > 0 && text[size - 1] == '\n' && strlen(text) == size);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        if (line[0] == '#')
            assert_true(matches("^# HELP " NAME " [^\\]+$", line) ||
                        matches("^# TYPE " NAME " (counter|gauge)$", line));
        else
            assert_true(
                matches("^" NAME "(\\{[a-zA-Z_][a-zA-Z0-9_]*=\"[^\"\\]*\"\\})? [0-9]+(\\.[0-9]+)?$", line));
}

/* The name that a line is about. */
static void name_in(const char *line, char out[128]) {
    const char *from = line[0] == '#' ? line + 7 : line;
    snprintf(out, 128, "%.*s", (int)strcspn(from, " {"), from);
}

static void help_and_type_come_once_before_all_samples_of_their_name(void **state) {
    char now[128] = "", name[128];
    for (size_t i = 0; i < line_count; i++) {
        name_in(lines[i], name);
        bool head = strncmp(lines[i], "# HELP ", 7) == 0;
        assert_true(head == (strcmp(name, now) != 0));
        if (!head)
            continue;
        for (size_t k = 0; k < i; k++) { /* the group is new */
            char earlier[128];
            name_in(lines[k], earlier);
            assert_string_not_equal(earlier, name);
        }
        assert_int_equal(strncmp(lines[i + 1], "# TYPE ", 7), 0);
        snprintf(now, sizeof now, "%s", name);
    }
}

static void no_sample_comes_twice(void **state) {
    for (size_t i = 0; i < line_count; i++)
        for (size_t k = 0; k < i; k++)
            assert_false(strcspn(lines[i], " ") == strcspn(lines[k], " ") && lines[i][0] != '#' &&
                         strncmp(lines[i], lines[k], strcspn(lines[i], " ")) == 0);
}

static void counters_end_in_total_and_gauges_do_not(void **state) {
    size_t seen = 0;
    for (size_t i = 0; i < line_count; i++)
        if (strncmp(lines[i], "# TYPE ", 7) == 0) {
            char name[128];
            name_in(lines[i], name);
            size_t n = strlen(name);
            bool total = n > 6 && strcmp(name + n - 6, "_total") == 0;
            assert_true(total == (strstr(lines[i], " counter") != NULL));
            assert_int_equal(strncmp(name, "gantry_", 7), 0);
            seen++;
        }
    assert_true(seen > 100);
}

static bool has(const char *line) {
    for (size_t i = 0; i < line_count; i++)
        if (strcmp(lines[i], line) == 0)
            return true;
    return false;
}

static void what_belongs_to_a_worker_has_its_number_and_other_things_have_none(void **state) {
    assert_true(has("gantry_capture_kernel_drops_total{worker=\"1\"} 10"));
    assert_true(has("gantry_capture_kernel_drops_total{worker=\"2\"} 11"));
    assert_false(has("gantry_capture_kernel_drops_total 21"));
    assert_true(has("gantry_flow_open{worker=\"2\"} 4"));
    assert_true(has("gantry_protocol_transfers_total 2305843009213693952")); /* 2^61, to the last digit */
}

static void parts_per_million_become_a_ratio_and_warnings_zero_or_one(void **state) {
    size_t zero = 0, one = 0;
    assert_true(has("gantry_health_loss_ratio 0.012345"));
    for (size_t i = 0; i < line_count; i++) {
        zero += matches("^gantry_health_warning\\{warning=\"[a-z-]+\"\\} 0$", lines[i]);
        one += matches("^gantry_health_warning\\{warning=\"[a-z-]+\"\\} 1$", lines[i]);
    }
    assert_int_equal(one, 1);
    assert_true(zero > 5);
}

static void what_is_of_an_interval_is_left_out(void **state) {
    for (size_t i = 0; i < line_count; i++)
        assert_null(strstr(lines[i], "interval"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_line_is_a_sample_a_help_or_a_type_and_the_last_one_ends, make,
                                        drop),
        cmocka_unit_test_setup_teardown(help_and_type_come_once_before_all_samples_of_their_name, split,
                                        drop),
        cmocka_unit_test_setup_teardown(no_sample_comes_twice, split, drop),
        cmocka_unit_test_setup_teardown(counters_end_in_total_and_gauges_do_not, split, drop),
        cmocka_unit_test_setup_teardown(what_belongs_to_a_worker_has_its_number_and_other_things_have_none,
                                        split, drop),
        cmocka_unit_test_setup_teardown(parts_per_million_become_a_ratio_and_warnings_zero_or_one, split,
                                        drop),
        cmocka_unit_test_setup_teardown(what_is_of_an_interval_is_left_out, split, drop),
    };
    return cmocka_run_group_tests_name("metrics/exposition", tests, NULL, NULL);
}
