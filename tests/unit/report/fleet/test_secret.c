/* SPDX-License-Identifier: Apache-2.0 */
#include "report/fleet/secret.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct fleet_secret one, other;

static int derive(void **state) {
    uint8_t key[FLEET_KEY_OCTETS] = {1};
    bool ok = secret_derive(key, &one);
    key[31] = 1;
    return ok && secret_derive(key, &other) ? 0 : -1;
}

static void what_was_sealed_opens_in_its_place_alone(void **state) {
    static const char text[] = "lanes\nPlate Systems\nvehicle-image\n";
    uint8_t sealed[sizeof text + SEAL_MORE], open[sizeof text + SEAL_MORE];
    struct bytes place = bytes_text("gantry:{1}:n");
    size_t n = secret_seal(&one, place, bytes_of(text, sizeof text), sealed), m;
    assert_int_equal(n, sizeof sealed);
    assert_true(secret_open(&one, place, bytes_of(sealed, n), open, &m));
    assert_int_equal(m, sizeof text);
    assert_memory_equal(open, text, m);
    assert_null(memmem(sealed, n, "Plate", 5));
    assert_false(secret_open(&one, bytes_text("gantry:{2}:n"), bytes_of(sealed, n), open, &m));
    assert_false(secret_open(&other, place, bytes_of(sealed, n), open, &m));
    for (size_t i = 0; i < n; i++) {
        sealed[i] ^= 1;
        assert_false(secret_open(&one, place, bytes_of(sealed, n), open, &m));
        sealed[i] ^= 1;
    }
    for (size_t i = 0; i < n; i++)
        assert_false(secret_open(&one, place, bytes_of(sealed, i), open, &m));
}

static void a_text_is_never_sealed_the_same_twice(void **state) {
    uint8_t a[4 + SEAL_MORE], b[4 + SEAL_MORE];
    assert_int_equal(secret_seal(&one, bytes_text("p"), bytes_text("text"), a), sizeof a);
    assert_int_equal(secret_seal(&one, bytes_text("p"), bytes_text("text"), b), sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
}

static void names_have_digests_of_the_key(void **state) {
    char a[SECRET_NAME_MAX], b[SECRET_NAME_MAX], s[SECRET_SENSOR_MAX], t[SECRET_SENSOR_MAX];
    secret_name(&one, bytes_text("lanes"), a);
    secret_name(&other, bytes_text("lanes"), b);
    assert_int_equal(strlen(a), 32);
    assert_string_not_equal(a, b);
    secret_sensor(&one, "edge-1", s);
    secret_sensor(&one, "edge-2", t);
    assert_int_equal(strlen(s), 16);
    assert_string_not_equal(s, t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_sealed_opens_in_its_place_alone),
        cmocka_unit_test(a_text_is_never_sealed_the_same_twice),
        cmocka_unit_test(names_have_digests_of_the_key),
    };
    return cmocka_run_group_tests(tests, derive, NULL);
}
