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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(siphash_gives_the_published_values),
    };
    return cmocka_run_group_tests_name("base/hash", tests, NULL, NULL);
}
