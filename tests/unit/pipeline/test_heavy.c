/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/overload/heavy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct packet between(const char *source, const char *destination, uint32_t length) {
    struct packet p = {.network_length = length};
    assert_true(address_parse(source, &p.source) && address_parse(destination, &p.destination));
    return p;
}

/* One of ten thousand hosts, in turn by chance. */
static struct packet stranger(void) {
    char text[32];
    int n = rand() % 10000;
    snprintf(text, sizeof text, "198.18.%d.%d", n / 250, n % 250);
    return between(text, "10.40.0.1", 200);
}

static void a_pair_that_makes_most_of_the_work_is_found_among_thousands_in_both_directions(void **state) {
    struct heavy h = {0};
    const struct heavy_pair *top;
    struct packet there = between("10.40.3.7", "203.0.113.9", 1448);
    struct packet back = between("203.0.113.9", "10.40.3.7", 1448);
    srand(3);
    for (int i = 0; i < 100000; i++) {
        struct packet p = i % 10 < 4 ? there : i % 10 < 8 ? back : stranger();
        heavy_packet(&h, &p);
    }
    unsigned share = heavy_top(&h, &top);
    /* 80 % of the packets, (256 + 1448) bytes' work each, beside 20 % of (256 + 200): 937 thousandths */
    assert_in_range(share, 880, 940);
    assert_true(address_equal(&top->low, &there.source) || address_equal(&top->high, &there.source));
    assert_true(address_equal(&top->low, &there.destination) ||
                address_equal(&top->high, &there.destination));
}

static void among_ten_thousand_equal_pairs_none_stands_out(void **state) {
    struct heavy h = {0};
    const struct heavy_pair *top;
    srand(4);
    for (int i = 0; i < 100000; i++) {
        struct packet p = stranger();
        heavy_packet(&h, &p);
    }
    assert_in_range(heavy_top(&h, &top), 0, 100);
}

static void a_few_packets_say_nothing(void **state) {
    struct heavy h = {0};
    const struct heavy_pair *top;
    struct packet p = between("10.40.3.7", "203.0.113.9", 1448);
    for (int i = 0; i < 300; i++)
        heavy_packet(&h, &p);
    assert_int_equal(heavy_top(&h, &top), 0);
}

static void a_pair_that_keeps_step_with_the_sample_is_not_overlooked(void **state) {
    struct heavy h = {0};
    const struct heavy_pair *top;
    struct packet big = between("10.40.3.7", "203.0.113.9", 1448),
                  small = between("10.40.3.7", "192.0.2.1", 40);
    for (int i = 0; i < 64000; i++)
        heavy_packet(&h, i % HEAVY_SAMPLE == 1 ? &big : &small);
    heavy_top(&h, &top);
    /* one in 16 packets is big: 1704 of 1704 + 15 * 296 */
    uint64_t of_big = 0;
    for (int i = 0; i < HEAVY_PAIRS; i++)
        if (address_equal(&h.pair[i].high, &big.destination) ||
            address_equal(&h.pair[i].low, &big.destination))
            of_big = h.pair[i].work;
    assert_in_range(of_big * 1000 / h.work, 230, 330);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pair_that_makes_most_of_the_work_is_found_among_thousands_in_both_directions),
        cmocka_unit_test(among_ten_thousand_equal_pairs_none_stands_out),
        cmocka_unit_test(a_few_packets_say_nothing),
        cmocka_unit_test(a_pair_that_keeps_step_with_the_sample_is_not_overlooked),
    };
    return cmocka_run_group_tests_name("pipeline/heavy", tests, NULL, NULL);
}
