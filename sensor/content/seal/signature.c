/* SPDX-License-Identifier: Apache-2.0 */
#include "content/seal/format.h"

#include "base/base64.h"

/* Files whose first octets say that they are encrypted, whatever follows. */

struct signature {
    const char *word;
    uint16_t at;
    uint8_t n;
    const char *magic;
    bool (*also)(struct bytes first); /* NULL: nothing more is asked */
};

static bool luks_version(struct bytes b) { /* big-endian */
    return b.n >= 8 && b.p[6] == 0 && (b.p[7] == 1 || b.p[7] == 2);
}

/* age-encryption.org/v1: stanzas, each of which begins so. */
static bool age_stanza(struct bytes b) {
    return b.n >= 25 && memcmp(b.p + 22, "-> ", 3) == 0;
}

/* RFC 9580 section 6.2: what is only signed or compressed is armoured so too. Behind its fields, which an
 * empty line ends, its first packet tells; fields that are too long tell nothing against it. */
static bool pgp_packet(struct bytes b) {
    const uint8_t *lf = memmem(b.p, b.n, "\n\n", 2), *crlf = memmem(b.p, b.n, "\n\r\n", 3);
    const uint8_t *empty = !lf || (crlf && crlf < lf) ? crlf : lf;
    if (!empty)
        return true;
    struct bytes signs = bytes_of(empty, b.n - (size_t)(empty - b.p));
    struct base64 s = {0};
    uint8_t first[8];
    size_t n = base64_decode(&s, &signs, first, sizeof first);
    return n == 0 || seal_is_openpgp(bytes_of(first, n));
}

/* openssl-enc(1): a salt, and one block at least. */
static bool salted_block(struct bytes b) {
    return b.n > 16;
}

static bool keepass_version(struct bytes b) {
    return b.n >= 8 && b.p[4] >= 0x65 && b.p[4] <= 0x67 && memcmp(b.p + 5, "\xFB\x4B\xB5", 3) == 0;
}

/* AES Crypt: versions 1 to 3, an octet of zero, in later ones the length of the first extension. */
static bool aescrypt_version(struct bytes b) {
    return b.n >= 64 && b.p[3] >= 1 && b.p[3] <= 3 && b.p[4] == 0 && (b.p[3] == 1 || b.p[5] < 2);
}

/* JKS and JCEKS: the first entry is a key, not a certificate that is trusted. */
static bool keystore_key(struct bytes b) {
    return b.n >= 16 && memcmp(b.p + 4, "\0\0\0", 3) == 0 && (b.p[7] == 1 || b.p[7] == 2) &&
           memcmp(b.p + 12, "\0\0\0", 3) == 0 && (b.p[15] == 1 || b.p[15] == 3);
}

/* eCryptfs: a marker and itself, exclusive or with a constant. */
static bool ecryptfs_marker(struct bytes b) {
    static const uint8_t constant[] = {0x3c, 0x81, 0xb7, 0xf5};
    for (size_t i = 0; i < 4 && b.n >= 26; i++)
        if ((b.p[8 + i] ^ b.p[12 + i]) != constant[i])
            return false;
    return b.n >= 26;
}

/* CMS (RFC 5652): ContentInfo of enveloped or encrypted data, or of RFC 5083's. */
static bool cms_content(struct bytes b) {
    static const char *const kinds[] = {"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x03\xA0",
                                        "\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x06\xA0"};
    static const char auth[] = "\x06\x0B\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x01\x17\xA0";
    size_t at = b.n < 24 ? 0 : b.p[1] < 0x80 ? 2 : b.p[1] <= 0x84 ? 2 + (b.p[1] & 7u) : 0;
    if (at == 0)
        return false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (memcmp(b.p + at, kinds[i], 12) == 0)
            return true;
    return memcmp(b.p + at, auth, sizeof auth - 1) == 0;
}

#define MAGIC(bytes) .n = sizeof(bytes) - 1, .magic = (bytes)
static const struct signature table[] = {
    {"luks", MAGIC("LUKS\xBA\xBE"), .also = luks_version},
    {"luks", MAGIC("SKUL\xBA\xBE"), .also = luks_version},
    {"age", MAGIC("age-encryption.org/v1\n"), .also = age_stanza},
    {"age", MAGIC("-----BEGIN AGE ENCRYPTED FILE-----")},
    {"pgp", MAGIC("-----BEGIN PGP MESSAGE-----"), .also = pgp_packet},
    {"openssl", MAGIC("Salted__"), .also = salted_block},
    {"keepass", MAGIC("\x03\xD9\xA2\x9A"), .also = keepass_version},
    {"bitlocker", .at = 3, MAGIC("-FVE-FS-")},
    {"bitlocker", .at = 424, MAGIC("\x3B\xD6\x67\x49\x29\x2E\xD8\x4A\x83\x99\xF6\xA3\x39\xE3\xD0\x01")},
    {"dmg", MAGIC("encrcdsa")},
    {"aescrypt", MAGIC("AES"), .also = aescrypt_version},
    {"java-keystore", MAGIC("\xFE\xED\xFE\xED"), .also = keystore_key},
    {"java-keystore", MAGIC("\xCE\xCE\xCE\xCE"), .also = keystore_key},
    {"cms", MAGIC("\x30"), .also = cms_content},
    {"ecryptfs", .at = 0, .n = 0, .also = ecryptfs_marker},
};

static const struct signature *find_signature(struct bytes b) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const struct signature *s = &table[i];
        if (b.n >= (size_t)s->at + s->n && (s->n == 0 || memcmp(b.p + s->at, s->magic, s->n) == 0) &&
            (!s->also || s->also(b)))
            return s;
    }
    return NULL;
}

static bool begins_signature(struct bytes first) {
    return find_signature(first) != NULL;
}

static void begin_signature(struct seal *s, struct bytes first) {
    s->word = find_signature(first)->word;
}

const struct seal_format seal_signature = {.begins = begins_signature, .begin = begin_signature};
