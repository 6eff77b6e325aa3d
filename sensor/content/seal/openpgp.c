/* SPDX-License-Identifier: Apache-2.0 */
#include "content/seal/format.h"

/* OpenPGP messages (RFC 9580, RFC 4880): packets that hold the session key for each recipient or password,
 * then one of encrypted data. Each is checked as far as its kind allows, and the message counts once the
 * encrypted data begins. */

enum {
    PKESK = 1,
    SKESK = 3,
    SED = 9,
    MARKER = 10,
    SEIPD = 18,
    AEAD = 20,
    HEAD_MOST = 6, /* octets of a packet's head: its tag and its length */
    BODY_LEAST = 16,
    CIPHERS = 13,
};

struct packet {
    unsigned tag;
    size_t head;     /* octets */
    uint64_t length; /* of the body, or of its first part */
    bool whole;      /* false: parts of it follow, or it goes to the end */
};

/* Section 4.2; false for what begins no packet. `head` is 0 if more octets are needed. */
static bool read_old_head(struct bytes b, struct packet *p) {
    unsigned form = b.p[0] & 3u;
    p->tag = b.p[0] >> 2 & 15u;
    p->whole = form < 3;
    p->head = form == 3 ? 1 : 1 + (1u << form);
    p->length = 0;
    if (b.n < p->head)
        p->head = 0;
    for (size_t i = 1; i < p->head; i++)
        p->length = p->length << 8 | b.p[i];
    return true;
}

static bool read_new_head(struct bytes b, struct packet *p) {
    p->tag = b.p[0] & 63u;
    p->head = 0;
    p->whole = true;
    if (b.n < 2)
        return true;
    unsigned first = b.p[1];
    size_t need = first < 192 ? 2 : first < 224 ? 3 : first < 255 ? 2 : 6;
    if (b.n < need)
        return true;
    p->head = need;
    p->whole = first < 224 || first == 255;
    p->length = first < 192   ? first
                : first < 224 ? ((first - 192) << 8) + b.p[2] + 192
                : first < 255 ? UINT64_C(1) << (first & 31)
                              : (uint64_t)b.p[2] << 24 | b.p[3] << 16 | b.p[4] << 8 | b.p[5];
    return true;
}

static bool read_head(struct bytes b, struct packet *p) {
    if (b.n == 0 || !(b.p[0] & 0x80))
        return false;
    return b.p[0] & 0x40 ? read_new_head(b, p) : read_old_head(b, p);
}

/* --- Bodies --- */

/* So many numbers (section 3.2) fill what is left. */
static bool are_numbers(struct reader r, unsigned numbers, size_t left) {
    for (unsigned i = 0; i < numbers; i++) {
        uint16_t bits;
        if (!reader_u16(&r, &bits) || bits == 0 || left < 2u + (bits + 7u) / 8)
            return false;
        left -= 2u + (bits + 7u) / 8;
        if (!reader_skip(&r, (bits + 7u) / 8))
            return true; /* the rest was not gathered */
    }
    return left == 0;
}

/* Section 5.1: version 3, for a key's number; of its algorithms those that encrypt. Version 6 names a whole
 * fingerprint. */
static bool is_public_key(struct bytes b, size_t length) {
    enum { RSA = 1, RSA_ENCRYPT = 2, ELGAMAL = 16, ECDH = 18, X25519 = 25, X448 = 26, HEAD = 10 };
    if (b.n < HEAD || (b.p[0] != 3 && b.p[0] != 6))
        return false;
    if (b.p[0] == 6)
        return b.p[1] == 0 || (b.p[1] == 21 && b.p[2] == 4) || (b.p[1] == 33 && b.p[2] == 6);
    struct reader r = reader_of(b.p + HEAD, b.n - HEAD);
    switch (b.p[9]) {
    case RSA:
    case RSA_ENCRYPT:
        return are_numbers(r, 1, length - HEAD);
    case ELGAMAL:
        return are_numbers(r, 2, length - HEAD);
    case ECDH: /* a point, then the wrapped key with its length */
        return b.n > HEAD + 2 && seal_u16((const uint8_t[]){b.p[11], b.p[10]}) <= 8 * 140 && length > 60 &&
               length < 400;
    case X25519:
        return length >= HEAD + 32 + 2 && length < 120;
    case X448:
        return length >= HEAD + 56 + 2 && length < 160;
    default:
        return false;
    }
}

/* Section 5.3: a cipher, and how the key comes from the password (3.7). */
static bool is_password(struct bytes b, size_t length) {
    enum { SIMPLE = 0, SALTED = 1, ITERATED = 3, ARGON2 = 4 };
    if (b.n < 4 || b.p[0] < 4 || b.p[0] > 6 || length > 128)
        return false;
    if (b.p[0] > 4)
        return length >= 30;
    unsigned how = b.p[2];
    size_t least = how == SIMPLE     ? 4
                   : how == SALTED   ? 12
                   : how == ITERATED ? 13
                   : how == ARGON2   ? 22
                                     : SIZE_MAX;
    bool hash = how == ARGON2 || (b.p[3] >= 1 && b.p[3] <= 14);
    return b.p[1] >= 1 && b.p[1] <= CIPHERS && hash && length >= least && length <= least + 33;
}

/* Section 5.13, 5.7: the version; that of the withdrawn AEAD packet is followed by cipher, mode and size. */
static bool is_encrypted_data(const struct packet *p, struct bytes b) {
    if (p->whole && p->length < BODY_LEAST)
        return false;
    if (p->tag == SED)
        return true;
    if (b.n < 4)
        return false;
    if (p->tag == SEIPD && b.p[0] == 1)
        return true;
    bool modes = b.p[1] >= 1 && b.p[1] <= CIPHERS && b.p[2] >= 1 && b.p[2] <= 3 && b.p[3] <= 56;
    return modes && b.p[0] == (p->tag == SEIPD ? 2 : 1);
}

enum verdict { NO, GO_ON, DONE };

/* `b`: what is there of the body. */
static enum verdict judge_packet(const struct packet *p, struct bytes b) {
    bool key = p->whole && p->length <= SEAL_HEAD - HEAD_MOST;
    switch (p->tag) {
    case PKESK:
        return key && is_public_key(b, (size_t)p->length) ? GO_ON : NO;
    case SKESK:
        return key && is_password(b, (size_t)p->length) ? GO_ON : NO;
    case MARKER:
        return p->whole && p->length == 3 && b.n >= 3 && memcmp(b.p, "PGP", 3) == 0 ? GO_ON : NO;
    case SED:
    case SEIPD:
    case AEAD:
        return is_encrypted_data(p, b) ? DONE : NO;
    default:
        return NO;
    }
}

static bool is_key(const struct packet *p) {
    return p->tag == PKESK || p->tag == SKESK || p->tag == MARKER;
}

bool seal_is_openpgp(struct bytes first) {
    struct packet p;
    return read_head(first, &p) && (is_key(&p) || p.tag == SED || p.tag == SEIPD || p.tag == AEAD);
}

/* A packet of encrypted data alone is too little to be known by. */
static bool begins_openpgp(struct bytes first) {
    struct packet p;
    if (!read_head(first, &p) || p.head == 0 || !is_key(&p) || first.n <= p.head)
        return false;
    return judge_packet(&p, bytes_of(first.p + p.head, first.n - p.head)) == GO_ON;
}

static bool openpgp_data(struct seal *s, struct bytes in) {
    struct seal_walk *w = (struct seal_walk *)(void *)s->state;
    while (in.n > 0) {
        struct packet p;
        if (!seal_walk_gather(w, &in, 1))
            return true;
        if (!read_head(bytes_of(w->head, w->have), &p))
            return false;
        if (p.head == 0) {
            seal_walk_gather(w, &in, w->have + 1u);
            continue;
        }
        size_t body = is_key(&p) ? (size_t)p.length : 4;
        if (is_key(&p) && (!p.whole || p.length > SEAL_HEAD - HEAD_MOST))
            return false;
        if (!seal_walk_gather(w, &in, p.head + body))
            return true;
        enum verdict v = judge_packet(&p, bytes_of(w->head + p.head, body));
        if (v == DONE)
            s->word = "pgp";
        if (v != GO_ON)
            return false;
        seal_walk_next(w, 0);
    }
    return true;
}

const struct seal_format seal_openpgp = {
    .state = sizeof(struct seal_walk), .begins = begins_openpgp, .data = openpgp_data};
