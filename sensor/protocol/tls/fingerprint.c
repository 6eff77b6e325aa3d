/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/tls/fingerprint.h"

#include "base/hash.h"
#include "base/hex.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

/* A hello has at most 32,767 ciphers; none that a program writes has more than this. What is beyond is left
 * out of the fingerprint. */
enum { VALUES_MAX = 1024, TEXT_MAX = 4 * VALUES_MAX * 6 };

struct text {
    size_t n;
    char at[TEXT_MAX + 1];
};

typedef void add_fn(struct text *t, uint16_t value);

static void add_decimal(struct text *t, uint16_t value) {
    enum { DIGITS = 5 };
    char digits[DIGITS];
    size_t n = 0;
    do
        digits[DIGITS - ++n] = (char)('0' + value % 10);
    while (value /= 10);
    if (t->n + n > TEXT_MAX)
        return;
    memcpy(t->at + t->n, digits + DIGITS - n, n);
    t->n += n;
}

/* Four digits. */
static void add_hexadecimal(struct text *t, uint16_t value) {
    const uint8_t octets[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    if (t->n + 4 > TEXT_MAX)
        return;
    hex_format(octets, sizeof octets, t->at + t->n);
    t->n += 4;
}

static void add_mark(struct text *t, char mark) {
    if (t->n < TEXT_MAX)
        t->at[t->n++] = mark;
}

/* Numbers of two octets without GREASE. */
static size_t list_values(struct bytes list, uint16_t *out) {
    struct reader r = reader_of(list.p, list.n);
    size_t n = 0;
    uint16_t value;
    while (n < VALUES_MAX && reader_u16(&r, &value))
        if (!tls_is_grease(value))
            out[n++] = value;
    return n;
}

static size_t list_extensions(const struct tls_hello *hello, uint16_t *out) {
    struct reader block = reader_of(hello->extensions.p, hello->extensions.n);
    size_t n = 0;
    uint16_t type;
    struct bytes body;
    while (n < VALUES_MAX && tls_extension_next(&block, &type, &body))
        if (!tls_is_grease(type))
            out[n++] = type;
    return n;
}

static void add_values(struct text *t, add_fn *add_number, char between, const uint16_t *values, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (i)
            add_mark(t, between);
        add_number(t, values[i]);
    }
}

bool tls_ja3(const struct tls_hello *hello, char out[JA3_SIZE]) {
    uint16_t values[VALUES_MAX];
    struct text t;
    t.n = 0;
    add_decimal(&t, hello->version);
    add_mark(&t, ',');
    add_values(&t, add_decimal, '-', values, list_values(hello->ciphers, values));
    add_mark(&t, ',');
    add_values(&t, add_decimal, '-', values, list_extensions(hello, values));
    add_mark(&t, ',');
    add_values(&t, add_decimal, '-', values, list_values(hello->groups, values));
    add_mark(&t, ',');
    for (size_t i = 0; i < hello->formats.n; i++) {
        if (i)
            add_mark(&t, '-');
        add_decimal(&t, hello->formats.p[i]);
    }
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned size;
    if (!EVP_Digest(t.at, t.n, digest, &size, EVP_md5(), NULL))
        return false;
    hex_format(digest, 16, out);
    return true;
}

static int compare_values(const void *a, const void *b) {
    return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

static const char *version_letters(uint16_t version) {
    switch (version) {
    case 0x0304:
        return "13";
    case 0x0303:
        return "12";
    case 0x0302:
        return "11";
    case 0x0301:
        return "10";
    case 0x0300:
        return "s3";
    case 0x0002:
        return "s2";
    case 0xfeff:
        return "d1";
    case 0xfefd:
        return "d2";
    case 0xfefc:
        return "d3";
    default:
        return "00";
    }
}

static bool is_alphanumeric(uint8_t c) {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* The first and the last character of a protocol's name, or of its hexadecimal digits. */
static void write_application(struct bytes name, char out[2]) {
    out[0] = out[1] = '0';
    if (name.n == 0)
        return;
    uint8_t first = name.p[0], last = name.p[name.n - 1];
    bool plain = is_alphanumeric(first) && is_alphanumeric(last);
    char digits[5];
    hex_format((const uint8_t[]){first, last}, 2, digits);
    out[0] = plain ? (char)first : digits[0];
    out[1] = plain ? (char)last : digits[3];
}

/* The first 12 digits of a SHA-256; of nothing: zeros. */
static bool write_digest(const struct text *t, bool empty, char out[12]) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned size;
    char digits[13];
    memset(out, '0', 12);
    if (empty)
        return true;
    if (!EVP_Digest(t->at, t->n, digest, &size, EVP_sha256(), NULL))
        return false;
    memcpy(out, hex_format(digest, 6, digits), 12);
    return true;
}

static unsigned at_most_99(size_t n) {
    return n > 99 ? 99 : (unsigned)n;
}

bool tls_ja4(const struct tls_hello *hello, enum tls_carrier carrier, char out[JA4_SIZE]) {
    enum { SERVER_NAME = 0, ALPN = 16 };
    uint16_t ciphers[VALUES_MAX], extensions[VALUES_MAX], algorithms[VALUES_MAX];
    size_t n_ciphers = list_values(hello->ciphers, ciphers);
    size_t n_extensions = list_extensions(hello, extensions), kept = 0;
    size_t n_algorithms = list_values(hello->algorithms, algorithms);
    uint16_t version = hello->negotiable ? hello->negotiable : hello->version;
    char application[2];
    struct text t;
    t.n = 0;
    write_application(hello->application, application);
    snprintf(out, JA4_SIZE, "%c%s%c%02u%02u%c%c_", carrier, version_letters(version),
             hello->named ? 'd' : 'i', at_most_99(n_ciphers), at_most_99(n_extensions), application[0],
             application[1]);
    qsort(ciphers, n_ciphers, sizeof *ciphers, compare_values);
    add_values(&t, add_hexadecimal, ',', ciphers, n_ciphers);
    if (!write_digest(&t, n_ciphers == 0, out + 11))
        return false;
    out[23] = '_';
    for (size_t i = 0; i < n_extensions; i++)
        if (extensions[i] != SERVER_NAME && extensions[i] != ALPN)
            extensions[kept++] = extensions[i];
    qsort(extensions, kept, sizeof *extensions, compare_values);
    t.n = 0;
    add_values(&t, add_hexadecimal, ',', extensions, kept);
    if (n_algorithms) {
        add_mark(&t, '_');
        add_values(&t, add_hexadecimal, ',', algorithms, n_algorithms);
    }
    if (!write_digest(&t, kept == 0, out + 24))
        return false;
    out[36] = '\0';
    return true;
}

/* --- What was worked out before --- */

/* Few programs write most hellos: what came of one is kept in the place that its hash names, under a key of
 * this process, so that nobody finds two that share a hash. */
enum { KNOWN = 256, PARTS_MAX = 4 * (VALUES_MAX + 1) + 256 };

static struct known {
    uint64_t hash; /* 0: none */
    struct tls_fingerprints prints;
} known[KNOWN];
static struct hash_key known_key;

struct parts {
    size_t n;
    uint16_t at[PARTS_MAX];
};

static void add_list(struct parts *p, size_t n) {
    p->at[p->n] = (uint16_t)n;
    p->n += n + 1;
}

/* All that the fingerprints are made of. */
static uint64_t hash_hello(const struct tls_hello *hello, enum tls_carrier carrier) {
    struct parts p;
    p.n = 0;
    add_list(&p, list_values(hello->ciphers, p.at + p.n + 1));
    add_list(&p, list_extensions(hello, p.at + p.n + 1));
    add_list(&p, list_values(hello->groups, p.at + p.n + 1));
    add_list(&p, list_values(hello->algorithms, p.at + p.n + 1));
    char application[2];
    write_application(hello->application, application);
    const uint16_t rest[] = {hello->version,
                             hello->negotiable,
                             hello->named,
                             (uint16_t)carrier,
                             (uint8_t)application[0],
                             (uint8_t)application[1],
                             (uint16_t)hello->formats.n};
    memcpy(p.at + p.n, rest, sizeof rest);
    p.n += sizeof rest / sizeof *rest;
    for (size_t i = 0; i < hello->formats.n && p.n < PARTS_MAX; i++)
        p.at[p.n++] = hello->formats.p[i];
    return hash_bytes(&known_key, p.at, p.n * sizeof *p.at);
}

bool tls_fingerprint(const struct tls_hello *hello, enum tls_carrier carrier, struct tls_fingerprints *out) {
    if (!(known_key.k0 | known_key.k1))
        known_key = hash_key_random();
    uint64_t hash = hash_hello(hello, carrier) | 1;
    struct known *k = &known[hash >> 1 & (KNOWN - 1)];
    if (k->hash != hash) {
        k->hash = 0;
        if (!tls_ja3(hello, k->prints.ja3) || !tls_ja4(hello, carrier, k->prints.ja4))
            return false;
        k->hash = hash;
    }
    *out = k->prints;
    return true;
}

bool tls_fingerprint_prepare(void) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    known_key = hash_key_random();
    return EVP_Digest("", 0, digest, NULL, EVP_md5(), NULL) &&
           EVP_Digest("", 0, digest, NULL, EVP_sha256(), NULL);
}
