/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Vectors from the reference implementation: key 00..0f, message 00, 00 01, ... */
static void siphash_gives_the_published_values(void **state) {
    const struct hash_key key = {0x0706050403020100ull, 0x0f0e0d0c0b0a0908ull};
    uint8_t message[16];
    for (int i = 0; i < 16; i++)
        message[i] = (uint8_t)i;
    assert_int_equal(hash_bytes(&key, message, 0), 0x726fdb47dd0e0e31ull);
    assert_int_equal(hash_bytes(&key, message, 1), 0x74f839c593dc67fdull);
    assert_int_equal(hash_bytes(&key, message, 8), 0x93f5f5799a932462ull);
    assert_int_equal(hash_bytes(&key, message, 15), 0xa129ca6149be45e5ull);
}

/* Vectors of OpenSSL, the first of them published too. */
static void siphash_of_128_bits_gives_the_published_values(void **state) {
    const struct hash_key key = {0x0706050403020100ull, 0x0f0e0d0c0b0a0908ull};
    uint8_t message[16];
    for (int i = 0; i < 16; i++)
        message[i] = (uint8_t)i;
    struct hash_wide none = hash_bytes_wide(&key, message, 0), some = hash_bytes_wide(&key, message, 15);
    assert_int_equal(none.low, 0xe6a825ba047f81a3ull);
    assert_int_equal(none.high, 0x930255c71472f66dull);
    assert_int_equal(some.low, 0x11a8b03399e99354ull);
    assert_int_equal(some.high, 0xd9c3cf970fec087eull);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(siphash_gives_the_published_values),
        cmocka_unit_test(siphash_of_128_bits_gives_the_published_values),
    };
    return cmocka_run_group_tests_name("base/hash", tests, NULL, NULL);
}
