/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/images/unzip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <zlib.h>

struct text {
    uint8_t start[64];
    size_t n;
};

static bool keep_text(void *context, struct bytes text) {
    struct text *t = context;
    for (size_t k = 0; k < text.n; k++, t->n++)
        if (t->n < sizeof t->start)
            t->start[t->n] = text.p[k];
    return true;
}

static size_t pack(uint8_t *out, uLongf size, const void *text, size_t n) {
    assert_int_equal(compress2(out, &size, text, n, 9), Z_OK);
    return size;
}

static void a_stream_in_pieces_of_one_gives_its_text_and_then_ends(void **state) {
    static const char text[] = "a comment, a comment, a comment";
    uint8_t packed[128];
    size_t n = pack(packed, sizeof packed, text, sizeof text - 1);
    struct text got = {.n = 0};
    struct unzip *u = unzip_create();
    assert_non_null(u);
    for (size_t k = 0; k < n; k++)
        assert_int_equal(unzip_push(u, bytes_of(packed + k, 1), keep_text, &got), k + 1 < n);
    assert_int_equal(got.n, sizeof text - 1);
    assert_memory_equal(got.start, text, got.n);
    unzip_destroy(u);
}

static void what_is_no_zlib_stream_ends_at_once(void **state) {
    struct text got = {.n = 0};
    struct unzip *u = unzip_create();
    assert_non_null(u);
    assert_false(unzip_push(u, bytes_text("plain text"), keep_text, &got));
    assert_int_equal(got.n, 0);
    unzip_destroy(u);
}

static void a_bomb_stops_at_the_bound(void **state) {
    enum { ZEROES = 16 << 20 };
    uint8_t *zeroes = calloc(1, ZEROES), *packed = malloc(ZEROES / 100);
    assert_true(zeroes && packed);
    size_t n = pack(packed, ZEROES / 100, zeroes, ZEROES);
    struct text got = {.n = 0};
    struct unzip *u = unzip_create();
    assert_non_null(u);
    assert_false(unzip_push(u, bytes_of(packed, n), keep_text, &got));
    assert_false(unzip_push(u, bytes_of(packed, n), keep_text, &got));
    assert_in_range(got.n, UNZIP_OUTPUT_MAX, UNZIP_OUTPUT_MAX + 4096);
    unzip_destroy(u);
    free(zeroes);
    free(packed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_in_pieces_of_one_gives_its_text_and_then_ends),
        cmocka_unit_test(what_is_no_zlib_stream_ends_at_once),
        cmocka_unit_test(a_bomb_stops_at_the_bound),
    };
    return cmocka_run_group_tests_name("inspect/images/unzip", tests, NULL, NULL);
}
