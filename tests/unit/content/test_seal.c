/* SPDX-License-Identifier: Apache-2.0 */
#include "collect.h"
#include "content/seal/seal.h"

#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <zlib.h>

#include <cmocka.h>

/* What is encrypted says so. Heads are written here as their specifications have them. */

static struct collector got;

/* "" for none. */
static void expect_of(const void *bytes, size_t n, const char *word, const char *members, const char *names) {
    static const size_t steps[] = {1, 2, 7, 29, 30, 31, 64, 511, 512, 513, 1460, 1 << 20};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        collect_run(&got, bytes, n, steps[i]);
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

/* What GnuPG writes with --armor and --sign or --store, as with --encrypt. */
static void an_armoured_message_is_encrypted_as_its_first_packet_says(void **state) {
    EXPECT("-----BEGIN PGP MESSAGE-----\nVersion: GnuPG v2\n\nhQEMA1yOsjuu\n", "pgp");
    EXPECT("-----BEGIN PGP MESSAGE-----\r\n\r\njA0ECQMC\r\n", "pgp");
    EXPECT("-----BEGIN PGP MESSAGE-----\nComment: of which more follows", "pgp");
    EXPECT("-----BEGIN PGP MESSAGE-----\n\nowGbwMvMwMEo\n", "");           /* compressed, within it signed */
    EXPECT("-----BEGIN PGP MESSAGE-----\r\n\r\nkA0DAAgB\r\n", "");         /* signed */
    EXPECT("-----BEGIN PGP MESSAGE-----\nHash: SHA256\n\nyxRiBW0u\n", ""); /* literal data */
}

/* A marker and itself, exclusive or with 3c81b7f5 (ecryptfs_write_crypt_stat_flags). */
static void ecryptfs_is_known_by_its_marker(void **state) {
    uint8_t file[64] = {0, 0, 0, 0, 0, 0, 0, 30, 0x11, 0x22, 0x33, 0x44, 0x2d, 0xa3, 0x84, 0xb1, 3, 0, 0, 2};
    expect(file, sizeof file, "ecryptfs");
    file[15] ^= 1;
    expect(file, sizeof file, "");
}

/* --- Files that their tools wrote (tests/data/encrypted): 7-Zip 26, GnuPG 2.2, age 1.1, OpenSSL 3, qpdf 11,
 * cryptsetup 2.6, Info-ZIP 3, pykeepass 4, keytool of Java 17. --- */

static size_t load(const char *name, uint8_t *out, size_t room) {
    char path[512];
    snprintf(path, sizeof path, TEST_DATA "/encrypted/%s", name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(out, 1, room, f);
    fclose(f);
    return n;
}

static void files_of_their_tools_say_what_encrypts_them(void **state) {
    static const struct {
        const char *file, *word, *members, *names;
    } samples[] = {
        {"traditional.zip", "zip-traditional", "2", "m.txt, n.txt"},
        {"aes.zip", "zip-aes", "2", "m.txt, n.txt"},
        {"heads.7z", "7z", "", ""},
        {"content.7z", "7z", "2", "m.txt, n.txt"},
        {"plain-head.7z", "7z", "2", "m.txt, n.txt"},
        {"rsa.gpg", "pgp", "", ""},
        {"rsa4096.gpg", "pgp", "", ""},
        {"two-recipients.gpg", "pgp", "", ""},
        {"password.gpg", "pgp", "", ""},
        {"armour.asc", "pgp", "", ""},
        {"trailer.pdf", "pdf", "", ""},
        {"references.pdf", "pdf", "", ""},
        {"one.age", "age", "", ""},
        {"salted.enc", "openssl", "", ""},
        {"enveloped.p7m", "cms", "", ""},
        {"volume.luks", "luks", "", ""},
        {"store.kdbx", "keepass", "", ""},
        {"key.jks", "java-keystore", "", ""},
    };
    static uint8_t bytes[8192];
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        expect_of(bytes, load(samples[i].file, bytes, sizeof bytes), samples[i].word, samples[i].members,
                  samples[i].names);
}

static void their_twins_in_clear_say_nothing(void **state) {
    static const char *const samples[] = {"clear.zip",       "clear.7z",         "clear.pdf",
                                          "key-clear.gpg",   "signed-clear.gpg", "certificate-clear.jks",
                                          "signed-clear.p7m"};
    static uint8_t bytes[8192];
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        expect(bytes, load(samples[i], bytes, sizeof bytes), "");
}

/* The packed head of content.7z, which stands from 0xd7 on, behind other content, as far before what
 * describes it as anything is kept; what describes it says `size`. */
static void expect_far_head(uint64_t size, const char *word, const char *members, const char *names) {
    enum { START = 32, BEFORE = 16 << 10, HEAD_AT = 0x20 + 0x40, HEAD = 0x77 };
    static const uint8_t described[] = {0x17, 6, 0, 1, 9, 0xC0, 0,    0,    0,    0x07, 0x0B, 1,    0,    1,
                                        0x23, 3, 1, 1, 5, 0x5D, 0x00, 0x10, 0x00, 0x00, 0x0C, 0x80, 0x8E, 0};
    static uint8_t sample[512], file[START + BEFORE + sizeof described];
    assert_int_equal(load("content.7z", sample, sizeof sample), 248);
    memset(file, 0, sizeof file);
    memcpy(file, "7z\xBC\xAF\x27\x1C\0\4", 8);
    file[13] = BEFORE >> 8;
    file[20] = sizeof described;
    memcpy(file + START, sample + HEAD_AT, HEAD);
    memcpy(file + START + BEFORE, described, sizeof described);
    file[START + BEFORE + 5] |= (uint8_t)(size >> 16);
    file[START + BEFORE + 6] = (uint8_t)size;
    file[START + BEFORE + 7] = (uint8_t)(size >> 8);
    expect_of(file, sizeof file, word, members, names);
}

static void a_packed_head_is_read_where_all_of_it_was_kept(void **state) {
    counter_values[COUNTER_SEALED_HEADS_CUT] = 0;
    expect_far_head(0x77, "7z", "2", "m.txt, n.txt");
    expect_far_head(16 << 10, "7z", "2", "m.txt, n.txt");
    assert_int_equal(counter_values[COUNTER_SEALED_HEADS_CUT], 0);
    expect_far_head((16 << 10) + 1, "", "", "");
    expect_far_head(0x1FFFFF, "", "", "");
    assert_true(counter_values[COUNTER_SEALED_HEADS_CUT] > 0);
}

/* --- RAR, by hand: no free program writes it --- */

static void add_block4(struct archive *a, unsigned type, unsigned flags, const void *rest, size_t n) {
    add_number(a, 0, 2); /* a sum that nobody asks for */
    add_number(a, type, 1);
    add_number(a, flags, 2);
    add_number(a, 7 + n, 2);
    add(a, rest, n);
}

static void add_file4(struct archive *a, const char *name, bool encrypted, uint32_t size) {
    struct archive h = {.n = 0};
    add_number(&h, size, 4);
    add_number(&h, size, 4);
    add_number(&h, 3, 1);  /* Unix */
    add_number(&h, 0, 8);  /* sum, time */
    add_number(&h, 29, 1); /* version */
    add_number(&h, 0x30, 1);
    add_number(&h, strlen(name), 2);
    add_number(&h, 0, 4);
    add(&h, name, strlen(name));
    add_block4(a, 0x74, 0x8000 | (encrypted ? 4 : 0), h.bytes, h.n);
    for (uint32_t i = 0; i < size; i++)
        add_number(a, i * 7919 >> 2, 1);
}

static void rar_4_says_whether_heads_or_files_are_encrypted(void **state) {
    static struct archive a;
    for (int encrypted = 0; encrypted < 2; encrypted++) {
        a.n = 0;
        add(&a, "Rar!\x1A\x07\0", 7);
        add_block4(&a, 0x73, 0, "\0\0\0\0\0\0", 6);
        add_file4(&a, "lane\\a.jpg", false, 600);
        add_file4(&a, "b.jpg", encrypted, 32);
        add_block4(&a, 0x7B, 0x4000, "", 0);
        expect_of(a.bytes, a.n, encrypted ? "rar" : "", encrypted ? "2" : "",
                  encrypted ? "lane\\a.jpg, b.jpg" : "");
    }
    a.n = 0;
    add(&a, "Rar!\x1A\x07\0", 7);
    add_block4(&a, 0x73, 0x80, "\0\0\0\0\0\0", 6);
    add(&a, "12345678 what nobody reads", 26);
    expect(a.bytes, a.n, "rar");
}

static void add_block5(struct archive *a, const void *rest, size_t n, uint32_t content) {
    add_number(a, 0, 4);
    add_number(a, n, 1);
    add(a, rest, n);
    for (uint32_t i = 0; i < content; i++)
        add_number(a, i * 7919 >> 2, 1);
}

static void rar_5_says_whether_heads_or_files_are_encrypted(void **state) {
    static const char record[] = "\x30\x01\0\x03\x0f"
                                 "0123456789abcdef"
                                 "0123456789abcdef"
                                 "abcdefghijkl";
    static struct archive a, h;
    for (int encrypted = 0; encrypted < 2; encrypted++) {
        a.n = h.n = 0;
        add(&a, "Rar!\x1A\x07\1\0", 8);
        add_block5(&a, "\1\0\0", 3, 0);
        add_number(&h, 2, 1);                 /* a file */
        add_number(&h, encrypted ? 3 : 2, 1); /* content, and an extra area, */
        if (encrypted)
            add_number(&h, sizeof record - 1, 1); /* of so many octets */
        add_number(&h, 0xac, 1);
        add_number(&h, 2, 1); /* 300 of content, */
        add_number(&h, 4, 1); /* a sum of it */
        add_number(&h, 0xac, 1);
        add_number(&h, 2, 1);
        add_number(&h, 0x20, 1);
        add_number(&h, 0, 4);
        add_number(&h, 0, 1);
        add_number(&h, 1, 1);
        add_number(&h, 5, 1);
        add(&h, "a.jpg", 5);
        if (encrypted)
            add(&h, record, sizeof record - 1);
        add_block5(&a, h.bytes, h.n, 300);
        add_block5(&a, "\5\0\0", 3, 0);
        expect_of(a.bytes, a.n, encrypted ? "rar" : "", encrypted ? "1" : "", encrypted ? "a.jpg" : "");
    }
    a.n = 0;
    add(&a, "Rar!\x1A\x07\1\0", 8);
    add_block5(&a,
               "\4\0\0\1\x0f"
               "0123456789abcdef"
               "abcdefghijkl",
               33, 0);
    add(&a, "0123456789abcdefwhat nobody reads", 33);
    expect(a.bytes, a.n, "rar");
}

/* --- PDF --- */

static void only_a_reference_or_a_dictionary_makes_a_pdf_encrypted(void **state) {
    EXPECT("%PDF-1.7\nxref\ntrailer\n<</Encrypt 12 0 R/Size 13>>\n%%EOF", "pdf");
    EXPECT("%PDF-1.7\nxref\ntrailer\n<</Encrypt\r\n12 0\nR/Size 13>>\n%%EOF", "pdf");
    EXPECT("%PDF-1.7\nxref\ntrailer\n<</Encrypt <</Filter/Standard>>/Size 13>>\n%%EOF", "pdf");
    EXPECT("%PDF-1.7\n5 0 obj<</EncryptMetadata false>>endobj\n%%EOF and more of it", "");
    EXPECT("%PDF-1.7\n(How the key /Encrypt is used, 12 0 R) Tj\n%%EOF and more of it", "");
    EXPECT("%PDF-1.7\ntrailer<</Size 13/Encrypt null>>\n%%EOF and more of it", "");
}

/* --- OLE 2: a head, then blocks --- */

static void write_name(uint8_t *entry, const char *name, unsigned kind) {
    size_t n = strlen(name) + 1;
    for (size_t i = 0; i < n; i++)
        entry[2 * i] = (uint8_t)name[i];
    entry[64] = (uint8_t)(2 * n);
    entry[66] = (uint8_t)kind;
}

static void expect_block(const void *block, size_t n, const char *word) {
    static uint8_t file[3072];
    memset(file, 0, sizeof file);
    memcpy(file, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8);
    memcpy(file + 1536, block, n);
    expect(file, sizeof file, word);
}

static void office_documents_say_that_they_are_encrypted(void **state) {
    uint8_t entry[128] = {0};
    write_name(entry, "EncryptedPackage", 2);
    expect_block(entry, sizeof entry, "ooxml");
    write_name(entry, "EncryptedPackage", 1); /* a folder */
    expect_block(entry, sizeof entry, "");
    memset(entry, 0, sizeof entry);
    write_name(entry, "EncryptedPackages", 2);
    expect_block(entry, sizeof entry, "");
#define BLOCK(text, word) expect_block(text, sizeof(text) - 1, word)
    BLOCK("\xEC\xA5\xC1\0\x4D\x20\x09\x04\0\0\0\x13\xBF\0", "office");
    BLOCK("\xEC\xA5\xC1\0\x4D\x20\x09\x04\0\0\0\x12\xBF\0", "");
    BLOCK("\x09\x08\x10\0\0\x06\x05\0\xBB\x0D\xCC\x07\0\0\0\0\x06\0\0\0\x2F\0\x36\0\x01\0", "office");
    BLOCK("\x09\x08\x10\0\0\x06\x05\0\xBB\x0D\xCC\x07\0\0\0\0\x06\0\0\0\x86\0\0\0\x2F\0\x36\0\x01\0",
          "office");
    BLOCK("\x09\x08\x10\0\0\x06\x05\0\xBB\x0D\xCC\x07\0\0\0\0\x06\0\0\0\xE1\0\x02\0\xB0\x04", "");
    BLOCK("\0\0\xF6\x0F\x24\0\0\0\x14\0\0\0\xDF\xC4\xD1\xF3\0\0\0\0", "office");
    BLOCK("\0\0\xF6\x0F\x24\0\0\0\x14\0\0\0\x5F\xC0\x91\xE3\0\0\0\0", "");
}

/* --- OpenPGP --- */

static void packets_of_keys_without_encrypted_data_are_no_message(void **state) {
    static uint8_t bytes[8192];
    size_t n = load("rsa.gpg", bytes, sizeof bytes);
    assert_int_equal(bytes[0], 0x85);
    size_t head = 3u + (unsigned)(bytes[1] << 8 | bytes[2]);
    expect(bytes, head, "");
    memset(bytes + head, 0x55, n - head);
    expect(bytes, n, "");
    n = load("rsa.gpg", bytes, sizeof bytes);
    bytes[12] = 17; /* DSA does not encrypt */
    expect(bytes, n, "");
}

/* --- Without a mark: the keystream of AES in counter mode stands for a volume --- */

static void fill_stream(uint8_t *out, size_t n) {
    static const uint8_t key[16] = "a key of no use", zero[16];
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int some;
    memset(out, 0, n);
    assert_true(EVP_EncryptInit_ex(c, EVP_aes_128_ctr(), NULL, key, zero));
    assert_true(EVP_EncryptUpdate(c, out, &some, out, (int)n));
    EVP_CIPHER_CTX_free(c);
}

enum { VOLUME = 300 << 10 };

static void expect_volume(uint8_t *bytes, size_t n, const char *word) {
    static const size_t steps[] = {100, 1460, 4096, 1 << 20};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        collect_run(&got, bytes, n, steps[i]);
        assert_string_equal(got.list[0].encryption, word);
        collect_finish(&got);
    }
}

static void what_nothing_tells_from_chance_is_encrypted(void **state) {
    static uint8_t bytes[VOLUME];
    fill_stream(bytes, VOLUME);
    expect_volume(bytes, VOLUME, "entropy");
    expect_volume(bytes, 256 << 10, "entropy");
    expect_volume(bytes, (256 << 10) - 1, ""); /* too short */
    memcpy(bytes, "aR4t", 4);
    memset(bytes + 100, 0, 3);
    expect_volume(bytes, VOLUME, "entropy"); /* as chance has it now and then */
}

static void what_is_nearly_so_is_not(void **state) {
    static uint8_t bytes[VOLUME];
    fill_stream(bytes, VOLUME);
    memcpy(bytes, "LZIP", 4);
    expect_volume(bytes, VOLUME, ""); /* a head names it */
    fill_stream(bytes, VOLUME);
    memset(bytes + 60, 0, 3);
    expect_volume(bytes, VOLUME, ""); /* a field of a head */
    fill_stream(bytes, VOLUME);
    for (size_t i = 0; i < VOLUME; i++)
        if (bytes[i] == 0x5A && i % 4 == 0)
            bytes[i] = 0x5B;
    expect_volume(bytes, VOLUME, ""); /* one value is a quarter too rare */
    fill_stream(bytes, VOLUME);
    for (size_t i = 1; i < VOLUME; i++)
        if (i % 16 == 0)
            bytes[i] = (uint8_t)((bytes[i] & 15) | (bytes[i - 1] & 15) << 4);
    expect_volume(bytes, VOLUME, ""); /* neighbours are alike now and then */
}

/* deflate's output, without a head of gzip's */
static void what_is_compressed_is_not(void **state) {
    enum { TEXT = 3 << 20, ROOM = 2 << 20 };
    uint8_t *text = malloc(TEXT), *packed = malloc(ROOM);
    static const char *const words[] = {"lane ", "minutes ", "of ",    "the ",
                                        "gate ", "report ",  "shift ", "camera "};
    fill_stream(text, TEXT);
    for (size_t i = 0; i < TEXT; i++)
        text[i] = i % 5 < 3 ? (uint8_t)words[text[i / 8] & 7][i % 4] : (uint8_t)('a' + text[i] % 26);
    z_stream z = {.next_in = text, .avail_in = TEXT, .next_out = packed, .avail_out = ROOM};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    assert_true(z.total_out > 256 << 10);
    expect_volume(packed, z.total_out, "");
    free(text);
    free(packed);
}

static void a_gap_may_be_as_long_as_any(void **state) {
    static const uint8_t file[1024] = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
    static struct seal s;
    assert_true(seal_begin(&s, bytes_of(file, TYPE_BYTES)));
    assert_true(seal_data(&s, bytes_of(file, sizeof file - 1)));
    assert_true(seal_gap(&s, UINT64_MAX));
    seal_end(&s, false);
    assert_null(s.word);
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
        cmocka_unit_test(an_armoured_message_is_encrypted_as_its_first_packet_says),
        cmocka_unit_test(ecryptfs_is_known_by_its_marker),
        cmocka_unit_test(files_of_their_tools_say_what_encrypts_them),
        cmocka_unit_test(their_twins_in_clear_say_nothing),
        cmocka_unit_test(a_packed_head_is_read_where_all_of_it_was_kept),
        cmocka_unit_test(rar_4_says_whether_heads_or_files_are_encrypted),
        cmocka_unit_test(rar_5_says_whether_heads_or_files_are_encrypted),
        cmocka_unit_test(only_a_reference_or_a_dictionary_makes_a_pdf_encrypted),
        cmocka_unit_test(office_documents_say_that_they_are_encrypted),
        cmocka_unit_test(packets_of_keys_without_encrypted_data_are_no_message),
        cmocka_unit_test(what_nothing_tells_from_chance_is_encrypted),
        cmocka_unit_test(what_is_nearly_so_is_not),
        cmocka_unit_test(what_is_compressed_is_not),
        cmocka_unit_test(a_gap_may_be_as_long_as_any),
        cmocka_unit_test(behind_a_gap_nothing_is_said),
    };
    return cmocka_run_group_tests_name("content/seal", tests, NULL, NULL);
}
