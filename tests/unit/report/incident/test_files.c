/* SPDX-License-Identifier: Apache-2.0 */
#include "report/incident/incident_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct record transfer(uint8_t digest, uint64_t bytes) {
    struct record r = {.kind = RECORD_TRANSFER, .hashed = 1, .complete = 1, .bytes = bytes};
    memset(r.sha256, digest, sizeof r.sha256);
    return r;
}

static void a_file_is_kept_once_with_its_size(void **state) {
    struct incident_files f = {0};
    struct incident_file out;
    const struct record a = transfer(0xa1, 0x0102030405060708), b = transfer(0xb2, 300);
    assert_true(incident_files_add(&f, &a));
    assert_false(incident_files_add(&f, &a));
    assert_true(incident_files_add(&f, &b));
    struct bytes left = incident_files_packed(&f);
    assert_int_equal(left.n, 2 * 40);
    assert_true(incident_files_next(&left, &out));
    assert_memory_equal(out.sha256, a.sha256, 32);
    assert_true(out.size == 0x0102030405060708);
    assert_true(incident_files_next(&left, &out));
    assert_memory_equal(out.sha256, b.sha256, 32);
    assert_int_equal(out.size, 300);
    assert_false(incident_files_next(&left, &out));
    incident_files_finish(&f);
}

static void what_is_not_whole_has_no_digest_or_is_small_is_left_out(void **state) {
    struct incident_files f = {0};
    struct record r = transfer(1, 255);
    assert_false(incident_files_add(&f, &r));
    r = transfer(1, 300);
    r.complete = 0;
    assert_false(incident_files_add(&f, &r));
    r = transfer(1, 300);
    r.hashed = 0;
    assert_false(incident_files_add(&f, &r));
    assert_int_equal(incident_files_packed(&f).n, 0);
    r = transfer(1, 256);
    assert_true(incident_files_add(&f, &r));
    incident_files_finish(&f);
}

static void sixteen_are_kept_the_first(void **state) {
    struct incident_files f = {0};
    for (int i = 0; i < 40; i++) {
        const struct record r = transfer((uint8_t)i, 1000);
        assert_int_equal(incident_files_add(&f, &r), i < 16);
    }
    assert_int_equal(incident_files_packed(&f).n, 16 * 40);
    assert_int_equal(incident_files_packed(&f).p[15 * 40], 15);
    incident_files_finish(&f);
}

static void what_the_store_gives_back_is_the_same_or_nothing(void **state) {
    struct incident_files f = {0}, again = {0};
    uint8_t odd[17 * 40] = {0};
    const struct record r = transfer(7, 1000);
    incident_files_add(&f, &r);
    incident_files_load(&again, incident_files_packed(&f));
    assert_int_equal(again.count, 1);
    assert_memory_equal(again.packed, f.packed, 40);
    assert_false(incident_files_add(&again, &r));
    incident_files_finish(&again);
    incident_files_finish(&f);
    const size_t wrong[] = {0, 1, 39, 41, 17 * 40};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        incident_files_load(&again, bytes_of(odd, wrong[i]));
        assert_int_equal(again.count, 0);
        assert_null(again.packed);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_kept_once_with_its_size),
        cmocka_unit_test(what_is_not_whole_has_no_digest_or_is_small_is_left_out),
        cmocka_unit_test(sixteen_are_kept_the_first),
        cmocka_unit_test(what_the_store_gives_back_is_the_same_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
