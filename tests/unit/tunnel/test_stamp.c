/* SPDX-License-Identifier: Apache-2.0 */
#include "tunnel/tunnel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* 0x6a1b3f80 seconds, 0x000c3500 = 800,000 microseconds. */
static const uint8_t linux_64[] = {0x80, 0x3f, 0x1b, 0x6a, 0, 0, 0, 0, 0x00, 0x35, 0x0c, 0, 0, 0, 0, 0};
static const uint8_t big_64[] = {0, 0, 0, 0, 0x6a, 0x1b, 0x3f, 0x80, 0, 0, 0, 0, 0x00, 0x0c, 0x35, 0x00};
static const uint8_t big_32[] = {0x6a, 0x1b, 0x3f, 0x80, 0x00, 0x0c, 0x35, 0x00,
                                 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const uint8_t little_32[] = {0x80, 0x3f, 0x1b, 0x6a, 0x00, 0x35, 0x0c, 0x00};

static void usual_time_stamps_are_stepped_over(void **state) {
    (void)state;
    assert_int_equal(tunnel_stamp(bytes_of(linux_64, sizeof linux_64)), 16);
    assert_int_equal(tunnel_stamp(bytes_of(big_64, sizeof big_64)), 16);
    assert_int_equal(tunnel_stamp(bytes_of(big_32, sizeof big_32)), 8);
    assert_int_equal(tunnel_stamp(bytes_of(little_32, sizeof little_32)), 8);
}

static void what_is_no_time_is_not(void **state) {
    (void)state;
    uint8_t other[sizeof linux_64];
    memset(other, 0xc3, sizeof other);
    assert_int_equal(tunnel_stamp(bytes_of(other, sizeof other)), 0);
    memcpy(other, linux_64, sizeof other);
    other[15] = other[7] = 1;
    other[4] = other[5] = other[6] = 9; /* no microseconds either */
    assert_int_equal(tunnel_stamp(bytes_of(other, sizeof other)), 0);
    assert_int_equal(tunnel_stamp(bytes_of(linux_64, 7)), 0);
    assert_int_equal(tunnel_stamp(bytes_of(NULL, 0)), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usual_time_stamps_are_stepped_over),
        cmocka_unit_test(what_is_no_time_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
