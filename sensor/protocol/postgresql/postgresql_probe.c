/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/postgresql/postgresql.h"

static uint32_t number(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

bool postgresql_is_message(bool server, uint8_t type, uint32_t length) {
    const char *bare = server ? "123nIsc" : "SHXc", *more = server ? "RSKTDCNtAEGHWdVv" : "QPBECDpFdf";
    if (length < PG_LENGTH || length > PG_LONGEST || type == 0)
        return false;
    if (strchr(bare, type))
        return length == PG_LENGTH;
    return server && type == 'Z' ? length == PG_LENGTH + 1 : strchr(more, type) != NULL;
}

bool postgresql_is_startup(const uint8_t head[8]) {
    uint32_t length = number(head), code = number(head + 4);
    if (code == PG_SSL_REQUEST || code == PG_GSS_REQUEST)
        return length == 8;
    if (code == PG_CANCEL_REQUEST)
        return length >= 16 && length <= 268;
    return length > 8 && length <= PG_STARTUP_MAX && code >> 16 == 3 && (code & 0xffff) < 10;
}

/* A row says how long it is and its first value. */
static bool is_row(const uint8_t w[PG_WINDOW], uint32_t length) {
    enum { COLUMNS_MAX = 1664, COUNT = 2 };
    unsigned columns = (unsigned)w[5] << 8 | w[6];
    uint32_t first = number(w + 7);
    uint64_t least = PG_LENGTH + COUNT + (uint64_t)columns * 4;
    if (columns == 0 || columns > COLUMNS_MAX || length < least)
        return false;
    if (first == UINT32_MAX)
        return true;
    return columns == 1 ? first == length - least : first <= length - least;
}

/* "Z", of one length, with one of three letters. */
static bool is_ready(const uint8_t message[PG_HEAD + 1]) {
    uint8_t state = message[PG_HEAD];
    return message[0] == 'Z' && number(message + 1) == PG_LENGTH + 1 &&
           (state == 'I' || state == 'T' || state == 'E');
}

bool postgresql_message_begins(const uint8_t w[PG_WINDOW], bool server, bool copies) {
    enum { COPY_MAX = 1 << 16 };
    uint32_t length = number(w + 1);
    if (!postgresql_is_message(server, w[0], length))
        return false;
    if (copies && w[0] == 'd')
        return length > PG_LENGTH && length < COPY_MAX;
    return server && (is_ready(w) || (w[0] == 'D' && is_row(w, length)));
}

/* --- the probe --- */

enum { SEEN_LATER = 1 << 20 }; /* octets of a message that is seen first */

/* Its first key stands behind the version. */
static enum probe probe_startup(struct bytes b) {
    static const char *const keys[] = {"user",    "database",    "application_name", "client_encoding",
                                       "options", "replication", "DateStyle",        "TimeZone"};
    if (b.n < 8)
        return b.p[0] == 0 && (b.n < 2 || b.p[1] == 0) ? PROBE_MORE : PROBE_NO;
    if (!postgresql_is_startup(b.p))
        return PROBE_NO;
    if (number(b.p + 4) >> 16 != 3)
        return PROBE_YES;
    struct bytes key = bytes_of(b.p + 8, b.n - 8);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        size_t n = strlen(keys[i]) + 1, have = key.n < n ? key.n : n;
        if (memcmp(key.p, keys[i], have) == 0)
            return have == n ? PROBE_YES : PROBE_MORE;
    }
    return PROBE_NO;
}

/* "R" with a method, or a statement, or a row and another message behind it. */
static bool is_authentication(struct bytes b) {
    return b.n >= 9 && b.p[0] == 'R' && number(b.p + 1) >= 8 && number(b.p + 1) < 512 &&
           number(b.p + 5) <= 12;
}

static bool tells_server(struct bytes b) {
    if (is_authentication(b) || (b.n && b.p[0] == 'N' && is_authentication(bytes_of(b.p + 1, b.n - 1))))
        return true;
    while (b.n > PG_HEAD) {
        uint32_t length = number(b.p + 1);
        if (!postgresql_is_message(true, b.p[0], length) || length > SEEN_LATER)
            return false;
        if (is_ready(b.p) || (b.n >= PG_WINDOW && postgresql_message_begins(b.p, true, false)))
            return true;
        if (length >= b.n)
            return false;
        b = bytes_of(b.p + 1 + length, b.n - 1 - length);
    }
    return false;
}

/* A statement that ends with its message, before anything but text. */
static bool is_query(struct bytes b) {
    if (b.n < PG_HEAD + 2 || b.p[0] != 'Q')
        return false;
    uint32_t length = number(b.p + 1);
    if (length >= b.n || length <= PG_LENGTH + 1 || b.p[length] != 0)
        return false;
    for (uint32_t i = PG_HEAD; i < length; i++)
        if (b.p[i] < ' ' && !(b.p[i] >= '\t' && b.p[i] <= '\r'))
            return false;
    return true;
}

static enum probe probe_messages(struct bytes b, bool server) {
    while (b.n >= PG_HEAD) {
        uint32_t length = number(b.p + 1);
        if (!postgresql_is_message(server, b.p[0], length) || length > SEEN_LATER)
            return PROBE_NO;
        if (length >= b.n)
            return PROBE_MORE;
        b = bytes_of(b.p + 1 + length, b.n - 1 - length);
    }
    return b.n == 0 || postgresql_is_message(server, b.p[0], PG_LENGTH) ||
                   postgresql_is_message(server, b.p[0], PG_LENGTH + 1)
               ? PROBE_MORE
               : PROBE_NO;
}

/* The server's answer to what asks for encryption is one letter. */
static enum probe probe_server(struct bytes b, bool asked) {
    if (b.n == 0 || (asked && b.p[0] && strchr("SNGE", b.p[0])))
        return PROBE_MORE;
    return tells_server(b) ? PROBE_YES : probe_messages(b, true);
}

static enum probe probe_client(struct bytes b) {
    if (b.n == 0)
        return PROBE_MORE;
    if (b.p[0] == 0)
        return probe_startup(b);
    return is_query(b) ? PROBE_YES : probe_messages(b, false);
}

static enum probe probe_ends(struct bytes client, struct bytes server) {
    enum probe c = probe_client(client), s = probe_server(server, c == PROBE_YES);
    if (c == PROBE_NO || s == PROBE_NO)
        return PROBE_NO;
    return c == PROBE_YES || s == PROBE_YES ? PROBE_YES : PROBE_MORE;
}

enum probe postgresql_probe(const struct bytes first[2]) {
    enum probe usual = probe_ends(first[SIDE_CLIENT], first[SIDE_SERVER]);
    return usual != PROBE_NO ? usual : probe_ends(first[SIDE_SERVER], first[SIDE_CLIENT]);
}
