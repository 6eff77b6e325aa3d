/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mysql/mysql.h"

enum { GREETING_MAX = 512, VERSION_MAX = 64, ANSWER_MAX = 4096, ZEROS_AT = 9, ZEROS = 19 };

static uint32_t length_of(struct bytes b) {
    return (uint32_t)b.p[0] | (uint32_t)b.p[1] << 8 | (uint32_t)b.p[2] << 16;
}

/* The version as printed, a thread, eight octets of a challenge and a zero behind them. */
static enum probe probe_greeting(struct bytes b) {
    enum { THREAD_AND_CHALLENGE = 12 };
    size_t i = 0;
    while (i < b.n && i <= VERSION_MAX && b.p[i])
        if (b.p[i] < ' ' || b.p[i++] >= 0x7f)
            return PROBE_NO;
    if (i > VERSION_MAX)
        return PROBE_NO;
    if (b.n && (b.p[0] < '0' || b.p[0] > '9'))
        return PROBE_NO;
    if (i + 1 + THREAD_AND_CHALLENGE >= b.n)
        return PROBE_MORE;
    return b.p[i + 1 + THREAD_AND_CHALLENGE] == 0 ? PROBE_YES : PROBE_NO;
}

/* A result: how many columns, and their definitions, which begin with a catalog that is always "def". */
static enum probe probe_result(struct bytes b) {
    static const uint8_t definition[] = {3, 'd', 'e', 'f'};
    enum { COUNT_MAX = 9 };
    size_t n = length_of(b), at = MYSQL_HEAD + n;
    if (n == 0 || n > COUNT_MAX || b.p[3] != 1)
        return PROBE_NO;
    if (b.n < at + MYSQL_HEAD + sizeof definition)
        return PROBE_MORE;
    bool follows = b.p[at + 3] == 2 && memcmp(b.p + at + MYSQL_HEAD, definition, sizeof definition) == 0;
    return follows ? PROBE_YES : PROBE_NO;
}

static enum probe probe_server(struct bytes b) {
    if (b.n < MYSQL_HEAD + 1)
        return b.n < 4 || b.p[3] <= 2 ? PROBE_MORE : PROBE_NO;
    size_t n = length_of(b);
    if (b.p[3] == 0 && b.p[4] == MYSQL_VERSION_10 && n <= GREETING_MAX)
        return probe_greeting(bytes_of(b.p + MYSQL_HEAD + 1, b.n - MYSQL_HEAD - 1));
    return probe_result(b);
}

/* A connection that is joined at a command is told by what answers it. */
static enum probe probe_command(struct bytes b) {
    enum { QUERY = 3, PREPARE = 0x16, EXECUTE = 0x17, EXECUTE_LEAST = 10, ATTRIBUTES = 0 };
    uint32_t n = length_of(b);
    if (b.n < MYSQL_HEAD + 2)
        return n > 1 ? PROBE_MORE : PROBE_NO;
    uint8_t command = b.p[MYSQL_HEAD], next = b.p[MYSQL_HEAD + 1];
    bool text = (command == QUERY || command == PREPARE) && n > 1 &&
                (next == ATTRIBUTES || (next >= '\t' && next < 0x7f));
    return text || (command == EXECUTE && n >= EXECUTE_LEAST) ? PROBE_MORE : PROBE_NO;
}

/* The answer to a greeting: capabilities, and zeros; a request for TLS is the beginning of one. */
static enum probe probe_client(struct bytes b) {
    static const uint8_t zeros[ZEROS];
    if (b.n < MYSQL_HEAD)
        return PROBE_MORE;
    if (b.p[3] == 0)
        return probe_command(b);
    size_t n = length_of(b);
    if (b.p[3] != 1 || n < 32 || n > ANSWER_MAX)
        return PROBE_NO;
    if (b.n < MYSQL_HEAD + ZEROS_AT + ZEROS)
        return PROBE_MORE;
    uint32_t capabilities = (uint32_t)b.p[4] | (uint32_t)b.p[5] << 8;
    bool fits = (capabilities & MYSQL_PROTOCOL_41) && (capabilities & MYSQL_SECURE);
    return fits && memcmp(b.p + MYSQL_HEAD + ZEROS_AT, zeros, ZEROS) == 0 ? PROBE_YES : PROBE_NO;
}

static enum probe probe_ends(struct bytes client, struct bytes server) {
    enum probe s = server.n ? probe_server(server) : PROBE_MORE;
    enum probe c = client.n ? probe_client(client) : PROBE_MORE;
    if (s == PROBE_YES)
        return PROBE_YES;
    return s == PROBE_NO || c == PROBE_NO ? PROBE_NO : c;
}

enum probe mysql_probe(const struct bytes first[2]) {
    enum probe usual = probe_ends(first[SIDE_CLIENT], first[SIDE_SERVER]);
    if (usual == PROBE_YES)
        return usual;
    enum probe swapped = probe_ends(first[SIDE_SERVER], first[SIDE_CLIENT]);
    return swapped == PROBE_NO ? usual : swapped == PROBE_YES ? swapped : usual == PROBE_NO ? swapped : usual;
}
