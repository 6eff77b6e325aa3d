/* SPDX-License-Identifier: Apache-2.0 */
#include "collect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* What is encrypted says so. Heads are written here as their specifications have them. */

static struct collector got;

static void run(const void *bytes, size_t n, size_t step) {
    const struct content_options options = {.objects = 16, .assembly_bytes = 1 << 20};
    struct content *c = collect_content(&options, &got);
    struct conversation conversation = collect_conversation(4000);
    struct transfer_seed facts = collect_facts("POST", "/form");
    struct transfer *t = content_begin(c, &conversation, NULL, &facts);
    for (size_t at = 0, take; at < n; at += take) {
        take = n - at < step ? n - at : step;
        content_data(&conversation, t, (const uint8_t *)bytes + at, take);
    }
    content_end(&conversation, t, TRANSFER_DONE);
    collect_destroy(c);
}

/* "" for none. */
static void expect_of(const void *bytes, size_t n, const char *word, const char *members, const char *names) {
    static const size_t steps[] = {1, 2, 7, 29, 30, 31, 64, 511, 512, 513, 1460, 1 << 20};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        run(bytes, n, steps[i]);
        assert_string_equal(got.list[0].encryption, word);
        assert_string_equal(got.list[0].members, members);
        assert_string_equal(got.list[0].names, names);
        collect_finish(&got);
    }
}

static void expect(const void *bytes, size_t n, const char *word) {
    expect_of(bytes, n, word, "", "");
}

#define EXPECT(text, word) expect(text, sizeof(text) - 1, word)

/* --- ZIP --- */

struct archive {
    uint8_t bytes[8192];
    size_t n;
};

static void add(struct archive *a, const void *bytes, size_t n) {
    memcpy(a->bytes + a->n, bytes, n);
    a->n += n;
}

static void add_number(struct archive *a, uint64_t number, size_t octets) {
    for (size_t i = 0; i < octets; i++)
        a->bytes[a->n++] = (uint8_t)(number >> 8 * i);
}

static void add_member(struct archive *a, const char *name, unsigned flags, unsigned method, uint32_t size) {
    add(a, "PK\x03\x04", 4);
    add_number(a, 20, 2);
    add_number(a, flags, 2);
    add_number(a, method, 2);
    add_number(a, 0, 8); /* time, date, sum */
    add_number(a, size, 4);
    add_number(a, size, 4);
    add_number(a, strlen(name), 2);
    add_number(a, 0, 2);
    add(a, name, strlen(name));
    for (uint32_t i = 0; i < size; i++)
        add_number(a, i * 7919 >> 3, 1);
    if (flags & 8) {
        add(a, "PK\x07\x08", 4);
        add_number(a, 0, 4);
        add_number(a, size, 4);
        add_number(a, size, 4);
    }
}

static void an_encrypted_member_makes_a_zip_encrypted(void **state) {
    static struct archive a;
    a.n = 0;
    add_member(&a, "lane4/a.txt", 9, 8, 700);
    add_member(&a, "lane4/b.txt", 9, 8, 12);
    add(&a, "PK\x01\x02", 4);
    expect_of(a.bytes, a.n, "zip-traditional", "2", "lane4/a.txt, lane4/b.txt");
    a.n = 0;
    add_member(&a, "plain.txt", 0, 8, 700);
    add_member(&a, "b.txt", 1, 99, 600);
    expect_of(a.bytes, a.n, "zip-aes", "2", "plain.txt, b.txt");
    a.n = 0;
    add_member(&a, "s", 0x41, 8, 3);
    expect_of(a.bytes, a.n, "zip-strong", "1", "s");
}

static void a_zip_in_clear_is_none(void **state) {
    static struct archive a;
    a.n = 0;
    add_member(&a, "a.txt", 0, 8, 700);
    add_member(&a, "b.txt", 8, 0, 12);
    expect(a.bytes, a.n, "");
}

/* --- By their first octets --- */

static void heads_say_that_a_file_is_encrypted(void **state) {
    EXPECT("LUKS\xba\xbe\0\1aes\0\0\0", "luks");
    EXPECT("LUKS\xba\xbe\0\2\0\0\0\0\0\0\x40\0", "luks");
    EXPECT("age-encryption.org/v1\n-> X25519 abc\n", "age");
    EXPECT("-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n", "age");
    EXPECT("-----BEGIN PGP MESSAGE-----\n\nhQEM\n", "pgp");
    EXPECT("Salted__\1\2\3\4\5\6\7\10\xab\xcd\xef\1\2\3\4\5\6\7\x90\xab\xcd\xef\1\2", "openssl");
    EXPECT("\x03\xD9\xA2\x9A\x67\xFB\x4B\xB5\1\0\4\0", "keepass");
    EXPECT("\xEB\x58\x90-FVE-FS-\0\2\x08\0\0", "bitlocker");
    EXPECT("encrcdsa\0\0\0\2\0\0\0\x10", "dmg");
    EXPECT("\xFE\xED\xFE\xED\0\0\0\2\0\0\0\1\0\0\0\1\0\3key", "java-keystore");
    EXPECT("\x30\x80\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x03\xA0\x80\x30\x80\x02\x01\0\x31\x82\x01\x6a",
           "cms");
    EXPECT("\x30\x82\x01\x17\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x06\xA0\x80\x30\x80\x02\x01\0\x31\x82",
           "cms");
}

static void what_resembles_them_is_not(void **state) {
    EXPECT("LUKS\xba\xbe\0\3\0\0\0\0\0\0\x40\0", "");
    EXPECT("age-encryption.org/v1 is a format\n", "");
    EXPECT("-----BEGIN CERTIFICATE-----\nMIIB\n", "");
    EXPECT("Salted__", "");
    EXPECT("\xEB\x58\x90NTFS    \0\2\x08\0\0", "");
    EXPECT("\xFE\xED\xFE\xED\0\0\0\2\0\0\0\1\0\0\0\2\0\3key", ""); /* a certificate */
    /* signed, not encrypted */
    EXPECT("\x30\x80\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02\xA0\x80\x30\x80\x02\x01\0\x31\x82\x01\x6a",
           "");
}

/* A marker and itself, exclusive or with 3c81b7f5 (ecryptfs_write_crypt_stat_flags). */
static void ecryptfs_is_known_by_its_marker(void **state) {
    uint8_t file[64] = {0, 0, 0, 0, 0, 0, 0, 30, 0x11, 0x22, 0x33, 0x44, 0x2d, 0xa3, 0x84, 0xb1, 3, 0, 0, 2};
    expect(file, sizeof file, "ecryptfs");
    file[15] ^= 1;
    expect(file, sizeof file, "");
}

static void behind_a_gap_nothing_is_said(void **state) {
    static const char head[] = "LUKS\xba\xbe\0\2";
    const struct content_options options = {.objects = 16, .assembly_bytes = 1 << 20};
    struct content *c = collect_content(&options, &got);
    struct conversation conversation = collect_conversation(4000);
    struct transfer_seed facts = collect_facts("POST", "/form");
    struct transfer *t = content_begin(c, &conversation, NULL, &facts);
    content_gap(&conversation, t, 4096);
    content_data(&conversation, t, (const uint8_t *)head, sizeof head - 1);
    content_end(&conversation, t, TRANSFER_DONE);
    collect_destroy(c);
    assert_string_equal(got.list[0].encryption, "");
    collect_finish(&got);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_encrypted_member_makes_a_zip_encrypted),
        cmocka_unit_test(a_zip_in_clear_is_none),
        cmocka_unit_test(heads_say_that_a_file_is_encrypted),
        cmocka_unit_test(what_resembles_them_is_not),
        cmocka_unit_test(ecryptfs_is_known_by_its_marker),
        cmocka_unit_test(behind_a_gap_nothing_is_said),
    };
    return cmocka_run_group_tests_name("content/seal", tests, NULL, NULL);
}
