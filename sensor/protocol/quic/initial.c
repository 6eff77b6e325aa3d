/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/quic/initial.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

enum { SECRET_SIZE = 32, TAG_SIZE = 16, SAMPLE_SIZE = 16, SALT_SIZE = 20 };

#define DRAFT(number) (0xff000000u | (number))
enum version {
    QUIC_1 = 0x00000001,
    QUIC_2 = 0x6b3343cf,
    MVFST_1 = 0xfaceb001,
    MVFST_2 = 0xfaceb002,
    GOOGLE_T050 = 0x54303530,
    GOOGLE_T051 = 0x54303531,
};

/* RFC 9001 and RFC 9369 section 3.3.1; section 5.2 of the drafts; of Google's and Facebook's versions what is
 * TLS inside. */
static const uint8_t *find_salt(uint32_t version) {
    static const struct {
        uint32_t first, last;
        uint8_t salt[SALT_SIZE];
    } known[] = {
        {QUIC_1, QUIC_1, {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
                          0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a}},
        {DRAFT(33), DRAFT(34), {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
                                0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a}},
        {QUIC_2, QUIC_2, {0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
                          0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9}},
        {DRAFT(29), DRAFT(32), {0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97,
                                0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99}},
        {DRAFT(23), DRAFT(28), {0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7,
                                0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02}},
        {MVFST_2, MVFST_2, {0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7,
                            0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02}},
        {DRAFT(22), DRAFT(22), {0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a,
                                0x96, 0xcd, 0x21, 0x51, 0x9e, 0xbd, 0x7a, 0x02, 0x64, 0x4a}},
        {MVFST_1, MVFST_1, {0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a,
                            0x96, 0xcd, 0x21, 0x51, 0x9e, 0xbd, 0x7a, 0x02, 0x64, 0x4a}},
        {GOOGLE_T050, GOOGLE_T050, {0x7f, 0xf5, 0x79, 0xe5, 0xac, 0xd0, 0x72, 0x91, 0x55, 0x80,
                                    0x30, 0x4c, 0x43, 0xa2, 0x36, 0x7c, 0x60, 0x48, 0x83, 0x10}},
        {GOOGLE_T051, GOOGLE_T051, {0x7a, 0x4e, 0xde, 0xf4, 0xe7, 0xcc, 0xee, 0x5f, 0xa4, 0x50,
                                    0x6c, 0x19, 0x12, 0x4f, 0xc8, 0xcc, 0xda, 0x6e, 0x03, 0x3d}},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (version >= known[i].first && version <= known[i].last)
            return known[i].salt;
    return NULL;
}

bool quic_take_number(struct reader *r, uint64_t *out) {
    if (reader_left(r) < 1)
        return false;
    unsigned width = 1u << (*r->at >> 6);
    uint8_t octet;
    if (reader_left(r) < width)
        return false;
    *out = *r->at & 0x3f;
    reader_skip(r, 1);
    for (unsigned i = 1; i < width && reader_u8(r, &octet); i++)
        *out = *out << 8 | octet;
    return true;
}

static bool take_id(struct reader *r, struct bytes *id) {
    uint8_t n;
    const uint8_t *p;
    if (!reader_u8(r, &n) || n > QUIC_ID_MAX || !reader_take(r, n, &p))
        return false;
    *id = bytes_of(p, n);
    return true;
}

/* The type of a long packet (RFC 9000 table 5, RFC 9369 section 3.2). */
enum { TYPE_INITIAL, TYPE_0RTT, TYPE_HANDSHAKE, TYPE_RETRY };

static unsigned type_of(uint8_t first, uint32_t version) {
    unsigned bits = first >> 4 & 3;
    return version == QUIC_2 ? (bits + 3) & 3 : bits;
}

bool quic_long_next(struct reader *datagram, struct quic_long *out) {
    enum { LONG = 0x80, FIXED = 0x40 };
    struct reader r = *datagram;
    const uint8_t *start = r.at;
    uint64_t token, length;
    uint8_t first;
    *out = (struct quic_long){0};
    if (!reader_u8(&r, &first) || !(first & LONG) || !reader_u32(&r, &out->version) ||
        !take_id(&r, &out->destination) || !take_id(&r, &out->source))
        return false;
    unsigned type = type_of(first, out->version);
    out->version_known = find_salt(out->version) != NULL;
    if (!(first & FIXED) && !out->version_known)
        return false;
    out->initial = type == TYPE_INITIAL && out->version_known;
    out->early = type == TYPE_0RTT && out->version_known;
    if (!out->version_known || type == TYPE_RETRY) {
        out->packet = bytes_of(start, reader_left(datagram));
        datagram->at = datagram->end;
        return true;
    }
    if (type == TYPE_INITIAL &&
        (!quic_take_number(&r, &token) || token > reader_left(&r) || !reader_skip(&r, (size_t)token)))
        return false;
    if (!quic_take_number(&r, &length) || length > reader_left(&r))
        return false;
    out->number_at = (size_t)(r.at - start);
    out->packet = bytes_of(start, out->number_at + (size_t)length);
    datagram->at = start + out->packet.n;
    return true;
}

/* HKDF-Expand-Label of RFC 8446 section 7.1 with an empty context, for at most one block of SHA-256. */
static bool expand_label(const uint8_t secret[SECRET_SIZE], const char *label, uint8_t *out, size_t n) {
    uint8_t info[64], block[EVP_MAX_MD_SIZE];
    size_t length = strlen(label), at = 0;
    info[at++] = 0;
    info[at++] = (uint8_t)n;
    info[at++] = (uint8_t)(6 + length);
    memcpy(info + at, "tls13 ", 6);
    memcpy(info + at + 6, label, length);
    at += 6 + length;
    info[at++] = 0;
    info[at++] = 1; /* the number of the block */
    unsigned size;
    if (!HMAC(EVP_sha256(), secret, SECRET_SIZE, info, at, block, &size))
        return false;
    memcpy(out, block, n);
    return true;
}

bool quic_keys_derive(uint32_t version, struct bytes id, bool server, struct quic_keys *out) {
    const uint8_t *salt = find_salt(version);
    uint8_t initial[EVP_MAX_MD_SIZE], secret[SECRET_SIZE];
    unsigned size;
    bool second = version == QUIC_2;
    return salt && HMAC(EVP_sha256(), salt, SALT_SIZE, id.p ? id.p : salt, id.n, initial, &size) &&
           expand_label(initial, server ? "server in" : "client in", secret, SECRET_SIZE) &&
           expand_label(secret, second ? "quicv2 key" : "quic key", out->key, sizeof out->key) &&
           expand_label(secret, second ? "quicv2 iv" : "quic iv", out->iv, sizeof out->iv) &&
           expand_label(secret, second ? "quicv2 hp" : "quic hp", out->header, sizeof out->header);
}

/* One context for all packets of this process, which has one thread that parses. */
static EVP_CIPHER_CTX *the_cipher(void) {
    static EVP_CIPHER_CTX *context;
    if (!context)
        context = EVP_CIPHER_CTX_new();
    return context;
}

/* RFC 9001 section 5.4.3: AES in ECB mode over a sample. */
static bool make_mask(const struct quic_keys *keys, const uint8_t sample[SAMPLE_SIZE],
                      uint8_t mask[SAMPLE_SIZE]) {
    EVP_CIPHER_CTX *cipher = the_cipher();
    int n;
    return cipher && EVP_EncryptInit_ex(cipher, EVP_aes_128_ecb(), NULL, keys->header, NULL) &&
           EVP_EncryptUpdate(cipher, mask, &n, sample, SAMPLE_SIZE) && n == SAMPLE_SIZE;
}

static bool decrypt(const struct quic_keys *keys, const uint8_t nonce[12], struct bytes head,
                    struct bytes sealed, uint8_t *out, struct bytes *frames) {
    EVP_CIPHER_CTX *cipher = the_cipher();
    int n, rest, body = (int)(sealed.n - TAG_SIZE);
    uint8_t tag[TAG_SIZE];
    memcpy(tag, sealed.p + body, TAG_SIZE);
    if (!EVP_DecryptInit_ex(cipher, EVP_aes_128_gcm(), NULL, keys->key, nonce) ||
        !EVP_DecryptUpdate(cipher, NULL, &n, head.p, (int)head.n) ||
        !EVP_DecryptUpdate(cipher, out, &n, sealed.p, body) ||
        !EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, tag) ||
        EVP_DecryptFinal_ex(cipher, out + n, &rest) <= 0)
        return false;
    *frames = bytes_of(out, (size_t)n);
    return true;
}

bool quic_initial_open(const struct quic_keys *keys, const struct quic_long *head, uint8_t *out,
                       struct bytes *frames) {
    enum { SAMPLE_AT = 4, NUMBER_MAX = 4 };
    const struct bytes *packet = &head->packet;
    uint8_t clear[QUIC_PACKET_MAX], mask[SAMPLE_SIZE], nonce[12];
    if (packet->n > QUIC_PACKET_MAX || packet->n < head->number_at + SAMPLE_AT + SAMPLE_SIZE ||
        !make_mask(keys, packet->p + head->number_at + SAMPLE_AT, mask))
        return false;
    memcpy(clear, packet->p, head->number_at + NUMBER_MAX);
    clear[0] ^= mask[0] & 0x0f;
    unsigned width = (clear[0] & 3u) + 1;
    memcpy(nonce, keys->iv, sizeof nonce);
    for (unsigned i = 0; i < width; i++) {
        clear[head->number_at + i] ^= mask[1 + i];
        nonce[sizeof nonce - width + i] ^= clear[head->number_at + i];
    }
    struct bytes sealed = bytes_of(packet->p + head->number_at + width, packet->n - head->number_at - width);
    return sealed.n > TAG_SIZE &&
           decrypt(keys, nonce, bytes_of(clear, head->number_at + width), sealed, out, frames);
}

bool quic_prepare(void) {
    struct quic_keys keys;
    uint8_t mask[SAMPLE_SIZE];
    int n;
    return quic_keys_derive(QUIC_1, bytes_of("prepare", 7), false, &keys) &&
           make_mask(&keys, keys.key, mask) &&
           EVP_DecryptInit_ex(the_cipher(), EVP_aes_128_gcm(), NULL, keys.key, keys.iv) &&
           EVP_DecryptUpdate(the_cipher(), mask, &n, mask, 1);
}
