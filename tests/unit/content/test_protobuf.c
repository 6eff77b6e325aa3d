/* SPDX-License-Identifier: Apache-2.0 */
#include "collect.h"

#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Messages as the encoding of Protocol Buffers writes them, made here octet by octet. */

enum { PICTURE = 3000, MESSAGE_MAX = 16384 };

static struct collector got;
static uint8_t picture[PICTURE];

struct message {
    uint8_t p[MESSAGE_MAX];
    size_t n;
};

static int make_picture(void **state) {
    static const uint8_t head[] = "\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0";
    for (size_t i = 0; i < PICTURE; i++)
        picture[i] = (uint8_t)(i * 7 + i / 256);
    memcpy(picture, head, sizeof head - 1);
    return 0;
}

static void put_number(struct message *m, uint64_t value) {
    for (; value > 0x7f; value >>= 7)
        m->p[m->n++] = (uint8_t)(value | 0x80);
    m->p[m->n++] = (uint8_t)value;
}

static void put_octets(struct message *m, unsigned field, const void *p, size_t n) {
    put_number(m, field << 3 | 2);
    put_number(m, n);
    memcpy(m->p + m->n, p, n);
    m->n += n;
}

static void put_text(struct message *m, unsigned field, const char *text) {
    put_octets(m, field, text, strlen(text));
}

static void put_count(struct message *m, unsigned field, uint64_t value) {
    put_number(m, field << 3);
    put_number(m, value);
}

static void put_fixed(struct message *m, unsigned field, unsigned wire, size_t n) {
    put_number(m, field << 3 | wire);
    memset(m->p + m->n, 0xfe, n);
    m->n += n;
}

/* `lost` octets of it are missing at `gap`. */
static void play(const struct message *m, const char *declared, size_t split, size_t gap, size_t lost) {
    const struct content_options options = {.objects = 64, .assembly_bytes = 1 << 20};
    struct transfer_seed s = transfer_seed_of("grpc", SIDE_CLIENT);
    s.fact[FACT_DECLARED_TYPE] = bytes_text(declared);
    collect_send(collect_content(&options, &got), &s, bytes_of(m->p, m->n), split, gap, lost);
}

static const char *digest_of(const uint8_t *p, size_t n) {
    static char hex[65];
    uint8_t digest[32];
    assert_int_equal(EVP_Digest(p, n, digest, NULL, EVP_sha256(), NULL), 1);
    for (int i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    return hex;
}

static const size_t splits[] = {1, 3, 100, 1448, SIZE_MAX};
#define FOR_EACH_SPLIT(m, declared, gap, lost, ...)                                                          \
    for (size_t i_ = 0; i_ < sizeof splits / sizeof *splits; i_++) {                                         \
        play(m, declared, splits[i_], gap, lost);                                                            \
        __VA_ARGS__;                                                                                         \
        collect_finish(&got);                                                                                \
    }

static void assert_picture(const struct collected *x) {
    assert_int_equal(x->size, PICTURE);
    assert_true(x->complete && x->depth == 1);
    assert_string_equal(x->type->mime, "image/jpeg");
    assert_string_equal(x->sha256, digest_of(picture, PICTURE));
}

static void a_file_in_a_field_is_an_object_and_the_rest_is_text(void **state) {
    struct message m = {.n = 0};
    put_text(&m, 1, "plate ABC1234");
    put_count(&m, 2, 300);
    put_fixed(&m, 3, 1, 8);
    put_octets(&m, 4, picture, PICTURE);
    put_fixed(&m, 5, 5, 4);
    put_text(&m, 6, "lane 4");
    FOR_EACH_SPLIT(&m, "application/grpc", SIZE_MAX, 0, {
        assert_int_equal(got.n, 2);
        assert_true(got.list[0].container);
        assert_picture(&got.list[1]);
        assert_non_null(memmem(got.list[0].data, got.list[0].bytes, "ABC1234", 7));
        assert_non_null(memmem(got.list[0].data, got.list[0].bytes, "lane 4", 6));
        assert_null(memmem(got.list[0].data, got.list[0].bytes, "JFIF", 4));
    });
}

static void files_in_messages_within_messages_are_found(void **state) {
    struct message inner = {.n = 0}, middle = {.n = 0}, m = {.n = 0};
    put_text(&inner, 1, "a");
    put_octets(&inner, 2, picture, PICTURE);
    put_octets(&middle, 9, inner.p, inner.n);
    put_octets(&middle, 9, inner.p, inner.n);
    put_octets(&m, 1, middle.p, middle.n);
    put_octets(&m, 2, picture, PICTURE);
    FOR_EACH_SPLIT(&m, "application/x-protobuf", SIZE_MAX, 0, {
        assert_int_equal(got.n, 4);
        for (size_t i = 1; i < 4; i++)
            assert_picture(&got.list[i]);
    });
}

/* A message may hold much before its file: then it is looked at as a thing of its own as well. */
static void a_file_behind_other_octets_is_found_too(void **state) {
    static uint8_t noise[900];
    struct message m = {.n = 0};
    memset(noise, 0x87, sizeof noise);
    put_octets(&m, 1, noise, sizeof noise);
    put_octets(&m, 2, picture, PICTURE);
    FOR_EACH_SPLIT(&m, "application/grpc+proto", SIZE_MAX, 0, {
        assert_int_equal(got.n, 2);
        assert_false(got.list[0].container);
        assert_string_equal(got.list[0].sha256, digest_of(m.p, m.n));
        assert_picture(&got.list[1]);
    });
}

static void a_gap_within_a_file_is_its_own_and_the_next_is_whole(void **state) {
    struct message m = {.n = 0};
    put_octets(&m, 1, picture, PICTURE);
    put_octets(&m, 2, picture, PICTURE);
    FOR_EACH_SPLIT(&m, "application/grpc", 1500, 100, {
        assert_int_equal(got.n, 3);
        assert_int_equal(got.list[1].missing, 100);
        assert_false(got.list[1].complete);
        assert_picture(&got.list[2]);
    });
}

static void a_gap_over_the_end_of_a_file_cuts_it(void **state) {
    struct message m = {.n = 0};
    put_octets(&m, 1, picture, PICTURE);
    put_octets(&m, 2, picture, PICTURE);
    FOR_EACH_SPLIT(&m, "application/grpc", 2950, 100, {
        assert_int_equal(got.n, 2);
        assert_false(got.list[1].complete);
    });
}

static void what_is_none_is_one_object(void **state) {
    struct message noise = {.n = 5000}, wrong = {.n = 0};
    for (size_t i = 0; i < noise.n; i++)
        noise.p[i] = (uint8_t)(i * i * 31 + 0x80 + i / 3);
    noise.p[0] = 0xff;
    put_octets(&wrong, 1, picture, PICTURE);
    FOR_EACH_SPLIT(&noise, "application/grpc", SIZE_MAX, 0, {
        assert_int_equal(got.n, 1);
        assert_string_equal(got.list[0].sha256, digest_of(noise.p, noise.n));
    });
    /* Nobody said that it is one. */
    FOR_EACH_SPLIT(&wrong, "application/octet-stream", SIZE_MAX, 0, {
        assert_int_equal(got.n, 1);
        assert_string_equal(got.list[0].sha256, digest_of(wrong.p, wrong.n));
    });
    /* A picture that is sent as it is. */
    struct message bare = {.n = PICTURE};
    memcpy(bare.p, picture, PICTURE);
    FOR_EACH_SPLIT(&bare, "application/grpc", SIZE_MAX, 0, {
        assert_int_equal(got.n, 1);
        assert_string_equal(got.list[0].sha256, digest_of(picture, PICTURE));
    });
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_in_a_field_is_an_object_and_the_rest_is_text),
        cmocka_unit_test(files_in_messages_within_messages_are_found),
        cmocka_unit_test(a_file_behind_other_octets_is_found_too),
        cmocka_unit_test(a_gap_within_a_file_is_its_own_and_the_next_is_whole),
        cmocka_unit_test(a_gap_over_the_end_of_a_file_cuts_it),
        cmocka_unit_test(what_is_none_is_one_object),
    };
    return cmocka_run_group_tests(tests, make_picture, NULL);
}
