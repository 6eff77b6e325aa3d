/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/shown_hello.h"

#include <string.h>

enum {
    HANDSHAKE = 22,
    CLIENT_HELLO = 1,
    MAJOR = 3,
    RECORD_BYTES = 5,
    MESSAGE_BYTES = 4,
    VERSION = 2,
    RANDOM = 32,
    VERSIONS_AT = 5, /* in their extension */
};

enum { SERVER_NAME = 0, ALPN = 16, SUPPORTED_VERSIONS = 43 };

static bool is_shown(uint16_t extension) {
    return extension == SERVER_NAME || extension == ALPN || extension == SUPPORTED_VERSIONS;
}

static void put_u16(uint8_t *at, size_t n) {
    at[0] = (uint8_t)(n >> 8);
    at[1] = (uint8_t)n;
}

/* Numbers that mean nothing (RFC 8701), of which a client takes another one each time, are all one. */
static void settle_grease(uint8_t *at, size_t n) {
    enum { GREASE = 0x0a };
    for (size_t i = 0; i + 1 < n; i += 2)
        if (at[i] == at[i + 1] && (at[i] & 0x0f) == GREASE)
            at[i] = at[i + 1] = GREASE;
}

/* The body of a hello that fills its record. */
static bool take_body(struct bytes in, struct reader *body) {
    struct reader r = reader_of(in.p, in.n);
    uint8_t type, major, minor, message, high;
    uint16_t record, low;
    if (!reader_u8(&r, &type) || !reader_u8(&r, &major) || !reader_u8(&r, &minor) ||
        !reader_u16(&r, &record) || type != HANDSHAKE || major != MAJOR || reader_left(&r) < record)
        return false;
    r = reader_of(r.at, record);
    if (!reader_u8(&r, &message) || !reader_u8(&r, &high) || !reader_u16(&r, &low) ||
        message != CLIENT_HELLO || high != 0 || reader_left(&r) != low)
        return false;
    *body = r;
    return true;
}

static bool skip_run8(struct reader *r) {
    uint8_t n;
    return reader_u8(r, &n) && reader_skip(r, n);
}

static bool skip_run16(struct reader *r) {
    uint16_t n;
    return reader_u16(r, &n) && reader_skip(r, n);
}

/* Behind the two bytes of their length, which `out` has room for as well; 0: they do not fit. */
static size_t copy_extensions(struct reader block, uint8_t *out, size_t room) {
    size_t n = 2;
    while (reader_left(&block) > 0) {
        const uint8_t *start = block.at;
        uint16_t type;
        if (!reader_u16(&block, &type) || !skip_run16(&block))
            return 0;
        size_t size = (size_t)(block.at - start);
        if (!is_shown(type))
            continue;
        if (size > room - n)
            return 0;
        memcpy(out + n, start, size);
        if (type == SUPPORTED_VERSIONS && size > VERSIONS_AT)
            settle_grease(out + n + VERSIONS_AT, size - VERSIONS_AT);
        n += size;
    }
    put_u16(out, n - 2);
    return n;
}

size_t shown_hello(uint8_t *out, struct bytes in) {
    static const uint8_t no_session = 0, null_compression[] = {1, 0};
    struct reader r;
    const uint8_t *head, *cipher;
    uint16_t ciphers, extensions;
    if (!take_body(in, &r) || !reader_take(&r, VERSION + RANDOM, &head) || !skip_run8(&r) ||
        !reader_u16(&r, &ciphers) || ciphers < 2 || ciphers % 2 || reader_left(&r) < ciphers)
        return 0;
    cipher = r.at;
    reader_skip(&r, ciphers);
    if (!skip_run8(&r) || !reader_u16(&r, &extensions) || reader_left(&r) != extensions)
        return 0;
    size_t n = RECORD_BYTES + MESSAGE_BYTES;
    memcpy(out, in.p, n);
    memcpy(out + n, head, VERSION);
    memset(out + n + VERSION, 0, RANDOM);
    n += VERSION + RANDOM;
    out[n++] = no_session;
    put_u16(out + n, 2);
    memcpy(out + n + 2, cipher, 2);
    settle_grease(out + n + 2, 2);
    memcpy(out + n + 4, null_compression, sizeof null_compression);
    n += 4 + sizeof null_compression;
    size_t more = copy_extensions(r, out + n, SHOWN_HELLO_MAX - n);
    if (more == 0)
        return 0;
    n += more;
    put_u16(out + RECORD_BYTES - 2, n - RECORD_BYTES);
    put_u16(out + RECORD_BYTES + MESSAGE_BYTES - 2, n - RECORD_BYTES - MESSAGE_BYTES);
    return n;
}
