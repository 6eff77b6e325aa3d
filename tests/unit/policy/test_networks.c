/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_text.h"

#include "policy/networks.h"

#include <unistd.h>

static uint64_t seed = 42;

/* xorshift64: the same every run */
static uint32_t random_number(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 20);
}

/* Few different values a byte, so that prefixes nest and addresses hit. */
static struct address random_address(bool v4, unsigned spread) {
    struct address a = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}};
    for (unsigned i = v4 ? 12 : 0; i < 16; i++)
        a.bytes[i] = (uint8_t)(random_number() % spread * (255 / (spread - 1)));
    if (!v4)
        a.bytes[0] |= 0x20; /* never IPv4-mapped */
    return a;
}

static struct prefix random_prefix(bool v4, unsigned spread) {
    struct prefix p = {.base = random_address(v4, spread)};
    p.length = (uint8_t)(v4 ? 96 + random_number() % 33 : random_number() % 129);
    for (unsigned bit = p.length; bit < 128; bit++)
        p.base.bytes[bit / 8] &= (uint8_t) ~(0x80 >> (bit % 8));
    return p;
}

static uint32_t find_slowly(const struct network_entry *entries, size_t n, const struct address *a) {
    const struct network_entry *best = NULL;
    for (size_t i = 0; i < n; i++)
        if (address_is_v4(&entries[i].prefix.base) == address_is_v4(a) &&
            prefix_contains(&entries[i].prefix, a) &&
            (!best || entries[i].prefix.length > best->prefix.length))
            best = &entries[i];
    return best ? best->value : 0;
}

static size_t without_duplicates(struct network_entry *entries, size_t n) {
    size_t kept = 0;
    networks_sort(entries, n);
    for (size_t i = 0; i < n; i++)
        if (!kept || memcmp(&entries[kept - 1].prefix, &entries[i].prefix, sizeof(struct prefix)) != 0)
            entries[kept++] = entries[i];
    return kept;
}

static void compare_both(size_t count, unsigned spread) {
    static uint8_t region[8 << 20];
    static struct network_entry entries[2000];
    struct networks t;
    struct arena arena;
    arena_init(&arena, region, sizeof region);
    for (size_t i = 0; i < count; i++)
        entries[i] = (struct network_entry){.prefix = random_prefix(random_number() % 2, spread),
                                            .value = random_number() % 50 + 1};
    size_t n = without_duplicates(entries, count);
    assert_true(networks_build(&t, entries, n, &arena));
    for (size_t i = 0; i < 3000; i++) {
        struct address a = random_address(i % 2, spread);
        if (i % 3 == 0 && n) /* near a configured one */
            a = entries[random_number() % n].prefix.base;
        if (networks_find(&t, &a) != find_slowly(entries, n, &a)) {
            char text[ADDRESS_TEXT_MAX];
            fail_msg("%s with %zu prefixes", address_format(&a, text), n);
        }
    }
}

static void test_the_trie_and_a_linear_search_agree_on_random_prefixes(void **state) {
    for (unsigned round = 0; round < 20; round++) {
        compare_both(round, 2);
        compare_both(300, 2);
        compare_both(1000, 4);
        compare_both(2000, 16);
    }
}

static void test_first_and_last_address_of_every_length_agree(void **state) {
    static uint8_t region[1 << 20];
    for (unsigned length = 0; length <= 128; length++) {
        struct network_entry e = {.prefix = {.length = (uint8_t)length}, .value = 7};
        struct address last = {{0}}, beyond = {{0}};
        struct networks t;
        struct arena arena;
        memset(last.bytes, 0xff, 16);
        for (unsigned bit = 0; bit < length; bit++) {
            if (bit % 3)
                e.prefix.base.bytes[bit / 8] |= (uint8_t)(0x80 >> (bit % 8));
            else
                last.bytes[bit / 8] &= (uint8_t) ~(0x80 >> (bit % 8));
        }
        arena_init(&arena, region, sizeof region);
        assert_true(networks_build(&t, &e, 1, &arena));
        assert_int_equal(networks_find(&t, &e.prefix.base), 7);
        assert_int_equal(networks_find(&t, &last), 7);
        beyond = e.prefix.base;
        if (length) {
            beyond.bytes[(length - 1) / 8] ^= (uint8_t)(0x80 >> ((length - 1) % 8));
            assert_int_equal(networks_find(&t, &beyond), 0);
        }
    }
}

static void test_everything_in_ipv6_is_nothing_in_ipv4(void **state) {
    static uint8_t region[1 << 16];
    struct network_entry e = {.value = 7};
    struct networks t;
    struct arena arena;
    struct address v4 = address_at("192.0.2.1"), v6 = address_at("2001:db8::1");
    arena_init(&arena, region, sizeof region);
    assert_true(networks_build(&t, &e, 1, &arena));
    assert_int_equal(networks_find(&t, &v6), 7);
    assert_int_equal(networks_find(&t, &v4), 0);
}

/* Half IPv4 /24 under 100 /16, half IPv6 /48 under 100 /32: each tenth of another partner. */
static void write_many(FILE *f, size_t n) {
    for (size_t i = 0; i < n / 2; i++) {
        fprintf(f, "%zu.%zu.%zu.0/24\n", 11 + i / 65536, i / 256 % 256, i % 256);
        fprintf(f, "2001:%zx:%zx::/48\n", 0xdb8 + i / 500, i % 500 * 131);
    }
}

static void test_a_hundred_thousand_prefixes_are_loaded_and_found(void **state) {
    static uint8_t region[64 << 20];
    char path[] = "/tmp/gantry-prefixes-XXXXXX", text[256];
    struct arena arena;
    FILE *f = fdopen(mkstemp(path), "w");
    assert_non_null(f);
    write_many(f, 100000);
    fclose(f);
    snprintf(text, sizeof text, "partners: [{name: A, prefixes-file: %s}]", path);
    time_ns begin = clock_monotonic();
    arena_init(&arena, region, sizeof region);
    struct doc *d = doc_parse("t.yaml", bytes_text(text), &problems);
    const struct policy *p = policy_load(doc_root(d), &arena, &problems, NULL, NULL);
    time_ns loaded = clock_monotonic();
    problems_print(&problems);
    assert_non_null(p);
    unlink(path);
    doc_free(d);
    enum { LOOKUPS = 2000000, SET = 4096 };
    static struct address set[SET];
    for (size_t i = 0; i < SET; i++) {
        uint32_t r = random_number();
        uint8_t v4[4] = {11, (uint8_t)(r >> 8), (uint8_t)r, 1};
        uint8_t v6[16] = {0x20, 1, 0x0d, (uint8_t)(0xb8 + r % 70), (uint8_t)(r >> 8), (uint8_t)(r >> 16)};
        set[i] = i % 2 ? address_from_v4(v4) : address_from_v6(v6);
    }
    size_t hits = 0;
    time_ns started = clock_monotonic();
    for (size_t i = 0; i < LOOKUPS; i++)
        hits += policy_place(p, &set[i % SET]).kind == PLACE_PARTNER;
    time_ns ended = clock_monotonic();
    struct address in = address_at("11.0.3.9"), out = address_at("12.1.0.1");
    assert_int_equal(policy_place(p, &in).kind, PLACE_PARTNER);
    assert_int_equal(policy_place(p, &out).kind, PLACE_UNKNOWN);
    print_message("100,000 prefixes: loaded in %lld ms, %zu KiB; a look-up takes %.1f ns (%zu of %d hit)\n",
                  (long long)((loaded - begin) / NS_PER_MS), arena.used >> 10,
                  (double)(ended - started) / LOOKUPS, hits, LOOKUPS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_trie_and_a_linear_search_agree_on_random_prefixes),
        cmocka_unit_test(test_first_and_last_address_of_every_length_agree),
        cmocka_unit_test(test_everything_in_ipv6_is_nothing_in_ipv4),
        cmocka_unit_test(test_a_hundred_thousand_prefixes_are_loaded_and_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
