/* SPDX-License-Identifier: Apache-2.0 */
#include "tunnel/tunnel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { LINES = 64, ONE = 256 };
static const time_ns minute = 60 * NS_PER_S, begin = INT64_C(1780272000) * NS_PER_S;
static struct tunnels t;

static int make(void **state) {
    (void)state;
    if (!tunnels_init(&t, LINES, 1))
        return -1;
    setting_defaults(tunnel_settings, &t.options);
    return 0;
}

static int drop(void **state) {
    (void)state;
    tunnels_finish(&t);
    return 0;
}

static struct tunnel_line *line_of(const char *domain, time_ns now) {
    const struct tunnel_key key = {.way = TUNNEL_NAMES, .name = bytes_text(domain)};
    return tunnels_line(&t, &key, now);
}

/* A name of `octets`, new or not. */
static bool add(struct tunnel_line *l, uint64_t octets, bool fresh, time_ns now) {
    return tunnels_add(&t, l, &(struct tunnel_message){.left = octets, .things = 1, .fresh = fresh ? ONE : 0},
                       now);
}

static void the_bound_holds_within_a_window_and_all_of_it_is_told(void **state) {
    (void)state;
    struct tunnel_line *l = line_of("evil.example", begin);
    for (int i = 0; i < 32; i++)
        assert_false(add(l, 1023, true, begin + i * NS_PER_S));
    assert_true(add(l, 1023, true, begin + 40 * NS_PER_S));
    assert_ptr_equal(tunnels_take(&t), l);
    assert_int_equal(l->left, 33 * 1023);
    assert_null(tunnels_take(&t));
    l->left = 0;
    assert_true(add(l, 10, true, begin + 41 * NS_PER_S));
    assert_int_equal(tunnels_take(&t)->left, 10);
}

static void what_is_spread_over_hours_is_none(void **state) {
    (void)state;
    struct tunnel_line *l = line_of("evil.example", begin);
    for (int i = 0; i < 500; i++)
        assert_false(add(l, 3000, true, begin + i * minute));
}

static bool spread(const char *domain, int names, time_ns from, time_ns within) {
    struct tunnel_line *l = line_of(domain, from);
    bool over = false;
    for (int i = 0; i < names; i++)
        over |= add(l, 100, true, from + i * (within / names));
    return over;
}

static void all_that_comes_within_a_window_counts_wherever_it_begins(void **state) {
    (void)state;
    char domain[32];
    for (int i = 0; i < 20; i++) {
        snprintf(domain, sizeof domain, "evil%d.example", i);
        assert_true(spread(domain, 330, begin + i * 31 * NS_PER_S, 10 * minute));
        snprintf(domain, sizeof domain, "calm%d.example", i);
        assert_false(spread(domain, 330, begin + i * 31 * NS_PER_S, 12 * minute));
    }
}

static void names_that_come_again_are_none(void **state) {
    (void)state;
    struct tunnel_line *l = line_of("cdn.example", begin);
    for (int i = 0; i < 3000; i++)
        assert_false(add(l, 40, i % 4 != 0, begin + i * NS_PER_S / 20)); /* three quarters are new */
}

static void among_names_that_come_again_new_ones_are_not_hidden(void **state) {
    (void)state;
    struct tunnel_line *l = line_of("evil.example", begin);
    bool told = false;
    for (int i = 0; i < 1000; i++) {
        add(l, 200, false, begin + i * NS_PER_S / 10);
        told |= add(l, 200, true, begin + i * NS_PER_S / 10);
    }
    assert_true(told);
}

static void what_was_told_is_not_told_again_when_it_is_one_again(void **state) {
    (void)state;
    struct tunnel_line *l = line_of("evil.example", begin);
    uint64_t told = 0, moved = 0;
    for (int i = 0; i < 400; i++) {
        add(l, 200, i % 7 != 0 || i % 3 == 0, begin + i * NS_PER_S);
        moved += 200;
        for (struct tunnel_line *out; (out = tunnels_take(&t));) {
            told += out->left;
            out->left = 0;
        }
    }
    assert_in_range(told, 32768, moved);
}

static void a_line_of_another_domain_network_way_or_host_is_another(void **state) {
    (void)state;
    struct tunnel_key key = {.way = TUNNEL_NAMES, .name = bytes_text("a.evil.example"), .domain = 2};
    struct tunnel_line *l = tunnels_line(&t, &key, begin);
    key.name = bytes_text("other.evil.example");
    key.domain = 6;
    assert_ptr_equal(tunnels_line(&t, &key, begin), l);
    assert_memory_equal(l->name, "other.evil.example", 18);
    key.network = 1;
    assert_ptr_not_equal(tunnels_line(&t, &key, begin), l);
    struct tunnel_key host = {.way = TUNNEL_ECHOES};
    struct tunnel_line *other = tunnels_line(&t, &host, begin);
    host.host.bytes[15] = 1;
    assert_ptr_not_equal(tunnels_line(&t, &host, begin), other);
    host.way = TUNNEL_HEADS;
    assert_int_equal(tunnels_line(&t, &host, begin)->way, TUNNEL_HEADS);
}

static void a_flood_of_new_domains_drives_out_its_own(void **state) {
    (void)state;
    char name[32];
    struct tunnel_line *l = line_of("evil.example", begin);
    add(l, 20000, true, begin);
    for (int i = 0; i < 10 * LINES; i++) {
        snprintf(name, sizeof name, "d%d.example", i);
        struct tunnel_line *other = line_of(name, begin + i);
        assert_non_null(other);
        add(other, 20, true, begin + i);
    }
    assert_ptr_equal(line_of("evil.example", begin + minute), l);
    struct tunnel_sum sum;
    tunnel_sum(&t, l, &sum);
    assert_int_equal(sum.left, 20000);
}

static void what_was_seen_is_known_and_what_is_new_counts_for_what_chance_hides(void **state) {
    (void)state;
    static struct tunnel_seen seen;
    uint64_t state_of = 88172645463325252u, fresh = 0;
    enum { THINGS = 20000 };
    for (int i = 0; i < THINGS; i++) {
        state_of ^= state_of << 13;
        state_of ^= state_of >> 7;
        state_of ^= state_of << 17;
        fresh += tunnel_look(&seen, state_of);
        if (i % 100 == 0)
            assert_true(tunnel_look(&seen, 4711) == 0 || i == 0); /* a constant is never new again */
    }
    assert_in_range(fresh / ONE, THINGS * 93 / 100, THINGS * 107 / 100);
}

static void a_worker_of_four_is_suspicious_of_a_quarter(void **state) {
    (void)state;
    t.share = 4;
    struct tunnel_line *l = line_of("evil.example", begin);
    assert_false(add(l, 8191, true, begin));
    assert_true(add(l, 1, true, begin));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_bound_holds_within_a_window_and_all_of_it_is_told),
        TEST(what_is_spread_over_hours_is_none),
        TEST(all_that_comes_within_a_window_counts_wherever_it_begins),
        TEST(names_that_come_again_are_none),
        TEST(among_names_that_come_again_new_ones_are_not_hidden),
        TEST(what_was_told_is_not_told_again_when_it_is_one_again),
        TEST(a_line_of_another_domain_network_way_or_host_is_another),
        TEST(a_flood_of_new_domains_drives_out_its_own),
        TEST(what_was_seen_is_known_and_what_is_new_counts_for_what_chance_hides),
        TEST(a_worker_of_four_is_suspicious_of_a_quarter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
