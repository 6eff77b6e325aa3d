/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/tls/fingerprint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* A ClientHello written field by field. */
struct draft {
    size_t n, block;
    uint8_t at[2048];
};

static void put(struct draft *d, unsigned width, unsigned value) {
    while (width-- > 0)
        d->at[d->n++] = (uint8_t)(value >> 8 * width);
}

static void put_values(struct draft *d, const uint16_t *values, size_t n) {
    for (size_t i = 0; i < n; i++)
        put(d, 2, values[i]);
}

static void begin_hello(struct draft *d, unsigned version, const uint16_t *ciphers, size_t n) {
    d->n = 0;
    put(d, 2, version);
    for (unsigned i = 0; i < 32; i++)
        put(d, 1, i);
    put(d, 1, 0);
    put(d, 2, (unsigned)(2 * n));
    put_values(d, ciphers, n);
    put(d, 2, 0x0100);
    d->block = d->n;
    put(d, 2, 0);
}

static void put_extension(struct draft *d, unsigned type, const void *body, size_t n) {
    put(d, 2, type);
    put(d, 2, (unsigned)n);
    if (n)
        memcpy(d->at + d->n, body, n);
    d->n += n;
    d->at[d->block] = (uint8_t)((d->n - d->block - 2) >> 8);
    d->at[d->block + 1] = (uint8_t)(d->n - d->block - 2);
}

static struct tls_hello read_hello(const struct draft *d) {
    struct tls_hello hello;
    for (size_t n = 1; n < d->n; n++) { /* cut anywhere, the sanitizer sees every read beyond the cut */
        uint8_t *exact = malloc(n);
        memcpy(exact, d->at, n);
        bool read = tls_hello_read_client(bytes_of(exact, n), false, &hello);
        assert_true(n >= d->block ? read : n >= 35 || !read);
        free(exact);
    }
    assert_true(tls_hello_read_client(bytes_of(d->at, d->n), false, &hello));
    return hello;
}

#define VALUES(...) (const uint16_t[]){__VA_ARGS__}, sizeof((const uint16_t[]){__VA_ARGS__}) / 2

/* The example of JA4's technical specification: a browser's lists. */
static void write_browser(struct draft *d, bool grease) {
    begin_hello(d, 0x0303,
                VALUES(0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014,
                       0x009c, 0x009d, 0x002f, 0x0035));
    if (grease)
        put_extension(d, 0x7a7a, NULL, 0);
    put_extension(d, 0x001b, "\2\0\2", 3);
    put_extension(d, 0x0000, "\0\x0c\0\0\x09x.example", 14);
    put_extension(d, 0x0033, NULL, 0);
    put_extension(d, 0x0010, "\0\x0c\2h2\x08http/1.1", 14);
    put_extension(d, 0x4469, NULL, 0);
    put_extension(d, 0x0017, NULL, 0);
    put_extension(d, 0x002d, "\1\1", 2);
    put_extension(d, 0x000d, "\0\x10\x04\x03\x08\x04\x04\x01\x05\x03\x08\x05\x05\x01\x08\x06\x06\x01", 18);
    put_extension(d, 0x0005, NULL, 0);
    put_extension(d, 0x0023, NULL, 0);
    put_extension(d, 0x0012, NULL, 0);
    put_extension(d, 0x002b, "\6\x5a\x5a\x03\x04\x03\x03", 7);
    put_extension(d, 0xff01, "\0", 1);
    put_extension(d, 0x000b, "\1\0", 2);
    put_extension(d, 0x000a, "\0\4\0\x1d\0\x17", 6);
    put_extension(d, 0x0015, NULL, 0);
}

static void the_specifications_example_has_its_ja4(void **state) {
    (void)state;
    struct draft d;
    char ja4[JA4_SIZE];
    write_browser(&d, false);
    struct tls_hello hello = read_hello(&d);
    assert_true(tls_ja4(&hello, CARRIER_TCP, ja4));
    assert_string_equal(ja4, "t13d1516h2_8daaf6152771_e5627efa2ab1");
    assert_true(bytes_equal(hello.name, bytes_text("x.example")));
    assert_true(bytes_equal(hello.application, bytes_text("h2")));
    assert_int_equal(hello.negotiable, 0x0304);
}

static void grease_changes_no_fingerprint(void **state) {
    (void)state;
    struct draft d;
    char ja4[JA4_SIZE], ja3[JA3_SIZE], plain[JA3_SIZE];
    write_browser(&d, false);
    struct tls_hello hello = read_hello(&d);
    assert_true(tls_ja3(&hello, plain));
    write_browser(&d, true);
    hello = read_hello(&d);
    assert_true(tls_ja4(&hello, CARRIER_QUIC, ja4) && tls_ja3(&hello, ja3));
    assert_string_equal(ja4, "q13d1516h2_8daaf6152771_e5627efa2ab1");
    assert_string_equal(ja3, plain);
}

/* Both examples of JA3's own page. */
static void ja3s_examples_have_their_digests(void **state) {
    (void)state;
    struct draft d;
    char ja3[JA3_SIZE];
    begin_hello(&d, 769, VALUES(47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4));
    put_extension(&d, 0, NULL, 0);
    put_extension(&d, 10, "\0\6\0\x17\0\x18\0\x19", 8);
    put_extension(&d, 11, "\1\0", 2);
    struct tls_hello hello = read_hello(&d);
    assert_true(tls_ja3(&hello, ja3));
    assert_string_equal(ja3, "ada70206e40642a3e4461f35503241d5");
    begin_hello(&d, 769, VALUES(4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99));
    hello = read_hello(&d);
    assert_true(tls_ja3(&hello, ja3));
    assert_string_equal(ja3, "de350869b8c85de67a350c8d186f11e6");
}

static void a_hello_of_nothing_has_zeros_for_digests(void **state) {
    (void)state;
    struct draft d;
    char ja4[JA4_SIZE];
    begin_hello(&d, 0x0300, NULL, 0);
    struct tls_hello hello = read_hello(&d);
    assert_true(tls_ja4(&hello, CARRIER_TCP, ja4));
    assert_string_equal(ja4, "ts3i000000_000000000000_000000000000");
    put_extension(&d, 0, NULL,
                  0); /* an empty server name is one all the same; neither it nor ALPN is hashed */
    put_extension(&d, 16, "\0\3\2\xab\xcd", 5);
    hello = read_hello(&d);
    assert_true(tls_ja4(&hello, CARRIER_DTLS, ja4));
    assert_string_equal(ja4, "ds3d0002ad_000000000000_000000000000");
}

static void expect_kept(const struct tls_hello *hello, enum tls_carrier carrier, const char *ja3,
                        const char *ja4) {
    struct tls_fingerprints kept;
    assert_true(tls_fingerprint(hello, carrier, &kept));
    assert_string_equal(kept.ja3, ja3);
    assert_string_equal(kept.ja4, ja4);
}

/* What is kept of one hello is not told of another that differs in one part. */
static void kept_fingerprints_are_the_hellos_own(void **state) {
    (void)state;
    for (int round = 0; round < 2; round++) {
        struct draft d;
        begin_hello(&d, 769, VALUES(47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4));
        put_extension(&d, 0, NULL, 0);
        put_extension(&d, 10, "\0\6\0\x17\0\x18\0\x19", 8);
        put_extension(&d, 11, "\1\0", 2);
        struct tls_hello hello = read_hello(&d), other;
        char ja4[JA4_SIZE], ja3[JA3_SIZE];
        assert_true(tls_ja4(&hello, CARRIER_TCP, ja4));
        expect_kept(&hello, CARRIER_TCP, "ada70206e40642a3e4461f35503241d5", ja4);
        ja4[0] = 'q';
        expect_kept(&hello, CARRIER_QUIC, "ada70206e40642a3e4461f35503241d5", ja4);
        other = hello; /* the same of all but its EC point formats, which JA3 alone looks at */
        other.formats = bytes_of((const uint8_t *)"\1", 1);
        ja4[0] = 't';
        assert_true(tls_ja3(&other, ja3));
        assert_string_not_equal(ja3, "ada70206e40642a3e4461f35503241d5");
        expect_kept(&other, CARRIER_TCP, ja3, ja4);
        other = hello;
        other.application = bytes_text("h2");
        memcpy(ja4 + 8, "h2", 2);
        expect_kept(&other, CARRIER_TCP, "ada70206e40642a3e4461f35503241d5", ja4);
        write_browser(&d, round);
        hello = read_hello(&d);
        assert_true(tls_ja3(&hello, ja3));
        expect_kept(&hello, CARRIER_TCP, ja3, "t13d1516h2_8daaf6152771_e5627efa2ab1");
    }
}

static void an_encrypted_hello_is_told(void **state) {
    (void)state;
    struct draft d;
    write_browser(&d, false);
    assert_false(read_hello(&d).ech);
    put_extension(&d, 0xfe0d, "\0", 1);
    assert_true(read_hello(&d).ech);
}

static void a_draft_is_1_3_and_has_no_number_of_ja4(void **state) {
    (void)state;
    struct draft d;
    char ja4[JA4_SIZE];
    begin_hello(&d, 0x0303, VALUES(0x1301));
    put_extension(&d, 43, "\4\x7f\x17\x03\x04", 5);
    struct tls_hello hello = read_hello(&d);
    assert_string_equal(tls_version_name(hello.negotiable), "TLS 1.3");
    assert_true(tls_ja4(&hello, CARRIER_TCP, ja4));
    assert_memory_equal(ja4, "t00i0101", 8);
    assert_null(tls_version_name(0x1234));
}

static void other_bytes_are_no_hello(void **state) {
    (void)state;
    static const char *const texts[] = {"", "\3",
                                        "GET / HTTP/1.1\r\nHost: a\r\n\r\nxxxxxxxxxxxxxxxxxxxxxxxxxx",
                                        "\3\3 a random number of 32 octets ... \xff"};
    struct tls_hello hello;
    for (size_t i = 0; i < 4; i++)
        assert_false(tls_hello_read_client(bytes_text(texts[i]), false, &hello));
}

static void a_server_chooses_version_and_protocol(void **state) {
    (void)state;
    struct draft d = {0};
    struct tls_hello hello;
    put(&d, 2, 0x0303);
    for (unsigned i = 0; i < 32; i++)
        put(&d, 1, 0x20);
    put(&d, 1, 0);
    put(&d, 2, 0x1301);
    put(&d, 1, 0);
    d.block = d.n;
    put(&d, 2, 0);
    put_extension(&d, 43, "\x03\x04", 2);
    put_extension(&d, 16, "\0\3\2h2", 5);
    assert_true(tls_hello_read_server(bytes_of(d.at, d.n), &hello));
    assert_int_equal(hello.negotiable, 0x0304);
    assert_true(bytes_equal(hello.application, bytes_text("h2")));
    assert_false(hello.retry);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_specifications_example_has_its_ja4),
        cmocka_unit_test(grease_changes_no_fingerprint),
        cmocka_unit_test(ja3s_examples_have_their_digests),
        cmocka_unit_test(a_hello_of_nothing_has_zeros_for_digests),
        cmocka_unit_test(kept_fingerprints_are_the_hellos_own),
        cmocka_unit_test(an_encrypted_hello_is_told),
        cmocka_unit_test(a_draft_is_1_3_and_has_no_number_of_ja4),
        cmocka_unit_test(other_bytes_are_no_hello),
        cmocka_unit_test(a_server_chooses_version_and_protocol),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
