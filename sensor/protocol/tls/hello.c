/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/tls/hello.h"

enum extension {
    EXTENSION_SERVER_NAME = 0,
    EXTENSION_GROUPS = 10,
    EXTENSION_POINT_FORMATS = 11,
    EXTENSION_SIGNATURE_ALGORITHMS = 13,
    EXTENSION_ALPN = 16,
    EXTENSION_SUPPORTED_VERSIONS = 43,
    EXTENSION_ENCRYPTED_HELLO = 0xfe0d,
};

enum { RANDOM_SIZE = 32, VERSION_DRAFTS = 0x7f00 };

/* A run behind its own length of `width` octets. What is longer than the rest is cut there: a peer may be
 * laxer than we are. */
static bool take_run(struct reader *r, unsigned width, struct bytes *out) {
    uint8_t octet;
    size_t n = 0;
    for (unsigned i = 0; i < width; i++) {
        if (!reader_u8(r, &octet))
            return false;
        n = n << 8 | octet;
    }
    if (n > reader_left(r))
        n = reader_left(r);
    *out = bytes_of(r->at, n);
    return reader_skip(r, n);
}

bool tls_extension_next(struct reader *block, uint16_t *type, struct bytes *body) {
    struct reader whole = *block;
    uint16_t n;
    if (!reader_u16(&whole, type) || !reader_u16(&whole, &n) || reader_left(&whole) < n)
        return false;
    *body = bytes_of(whole.at, n);
    reader_skip(&whole, n);
    *block = whole;
    return true;
}

static void read_server_name(struct bytes body, struct tls_hello *out) {
    enum { HOST_NAME = 0 };
    struct reader r = reader_of(body.p, body.n), list;
    struct bytes names, name;
    uint8_t type;
    out->named = true;
    if (!take_run(&r, 2, &names))
        return;
    list = reader_of(names.p, names.n);
    while (reader_u8(&list, &type) && take_run(&list, 2, &name))
        if (type == HOST_NAME && !out->name.n)
            out->name = name;
}

static void read_alpn(struct bytes body, struct tls_hello *out) {
    struct reader r = reader_of(body.p, body.n);
    struct bytes names;
    if (!take_run(&r, 2, &names))
        return;
    r = reader_of(names.p, names.n);
    take_run(&r, 1, &out->application);
}

/* Versions of DTLS count down. */
static bool is_newer(uint16_t version, uint16_t than) {
    return !than || (version >> 8 == 0xfe ? version < than : version > than);
}

static void read_versions(struct bytes body, bool client, struct tls_hello *out) {
    struct reader r = reader_of(body.p, body.n);
    struct bytes list = body;
    uint16_t version;
    if (client && !take_run(&r, 1, &list))
        return;
    r = reader_of(list.p, list.n);
    while (reader_u16(&r, &version))
        if (!tls_is_grease(version) && is_newer(version, out->negotiable))
            out->negotiable = version;
}

static void read_list(struct bytes body, unsigned width, struct bytes *out) {
    struct reader r = reader_of(body.p, body.n);
    take_run(&r, width, out);
}

static void read_extensions(struct tls_hello *out, bool client) {
    struct reader block = reader_of(out->extensions.p, out->extensions.n);
    uint16_t type;
    struct bytes body;
    while (tls_extension_next(&block, &type, &body)) {
        switch (type) {
        case EXTENSION_SERVER_NAME:
            read_server_name(body, out);
            break;
        case EXTENSION_GROUPS:
            read_list(body, 2, &out->groups);
            break;
        case EXTENSION_POINT_FORMATS:
            read_list(body, 1, &out->formats);
            break;
        case EXTENSION_SIGNATURE_ALGORITHMS:
            read_list(body, 2, &out->algorithms);
            break;
        case EXTENSION_ALPN:
            read_alpn(body, out);
            break;
        case EXTENSION_SUPPORTED_VERSIONS:
            read_versions(body, client, out);
            break;
        case EXTENSION_ENCRYPTED_HELLO:
            out->ech = true;
            break;
        default:
            break;
        }
    }
}

static bool is_version(uint16_t version) {
    return version >> 8 == 3 || version >> 8 == 0xfe || version == 0x0002 || version == 0x0100 ||
           version >> 8 == 0x7f;
}

bool tls_hello_read_client(struct bytes body, bool datagram, struct tls_hello *out) {
    struct reader r = reader_of(body.p, body.n);
    struct bytes session, cookie, compressions;
    *out = (struct tls_hello){0};
    if (!reader_u16(&r, &out->version) || !is_version(out->version) || !reader_skip(&r, RANDOM_SIZE) ||
        !take_run(&r, 1, &session) || session.n > 32)
        return false;
    if (datagram && !take_run(&r, 1, &cookie))
        return false;
    if (!take_run(&r, 2, &out->ciphers) || !take_run(&r, 1, &compressions))
        return false;
    if (take_run(&r, 2, &out->extensions))
        read_extensions(out, true);
    return true;
}

bool tls_hello_read_server(struct bytes body, struct tls_hello *out) {
    static const uint8_t retry[RANDOM_SIZE] = {
        /* SHA-256 of "HelloRetryRequest", RFC 8446 section 4.1.3 */
        0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
        0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};
    struct reader r = reader_of(body.p, body.n);
    struct bytes session;
    const uint8_t *random, *cipher;
    *out = (struct tls_hello){0};
    if (!reader_u16(&r, &out->version) || !is_version(out->version) || !reader_take(&r, RANDOM_SIZE, &random))
        return false;
    out->retry = memcmp(random, retry, RANDOM_SIZE) == 0;
    bool early_draft = out->version >> 8 == 0x7f; /* drafts before 22 have neither session nor compression */
    if (!early_draft && (!take_run(&r, 1, &session) || session.n > 32))
        return false;
    if (!reader_take(&r, 2, &cipher) || (!early_draft && !reader_skip(&r, 1)))
        return false;
    out->ciphers = bytes_of(cipher, 2);
    if (take_run(&r, 2, &out->extensions))
        read_extensions(out, false);
    return true;
}

const char *tls_version_name(uint16_t version) {
    switch (version) {
    case 0x0002:
        return "SSL 2.0";
    case 0x0300:
        return "SSL 3.0";
    case 0x0301:
        return "TLS 1.0";
    case 0x0302:
        return "TLS 1.1";
    case 0x0303:
        return "TLS 1.2";
    case 0x0304:
        return "TLS 1.3";
    case 0xfeff:
    case 0x0100: /* OpenSSL before its version 0.9.8f */
        return "DTLS 1.0";
    case 0xfefd:
        return "DTLS 1.2";
    case 0xfefc:
        return "DTLS 1.3";
    default:
        return (version & 0xff00) == VERSION_DRAFTS ? "TLS 1.3" : NULL;
    }
}
