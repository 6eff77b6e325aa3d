/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/promise.h"

static bool begins_with(struct bytes b, const char *word) {
    size_t n = strlen(word);
    return b.n >= n && memcmp(b.p, word, n) == 0;
}

/* Protocol 10 of MySQL and MariaDB: the server's first packet, whose number is 0. */
static bool is_mysql(struct bytes b) {
    enum { HEAD = 4, VERSION = 10 };
    return b.n > HEAD && b.p[1] < 2 && b.p[2] == 0 && b.p[3] == 0 && b.p[HEAD] == VERSION;
}

/* SSLRequest of PostgreSQL. */
static bool is_postgres(struct bytes b) {
    static const uint8_t request[] = {0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f};
    return b.n >= sizeof request && memcmp(b.p, request, sizeof request) == 0;
}

/* An extended operation in a short message (RFC 4511 section 4.14.1). */
static bool is_ldap(struct bytes b) {
    static const uint8_t start[] = "1.3.6.1.4.1.1466.20037";
    enum { SEQUENCE = 0x30, MOST = 64 };
    size_t n = sizeof start - 1;
    if (b.n == 0 || b.p[0] != SEQUENCE)
        return false;
    for (size_t at = 0; at + n <= b.n && at < MOST; at++)
        if (memcmp(b.p + at, start, n) == 0)
            return true;
    return false;
}

bool promises_tls(struct bytes client, struct bytes server) {
    static const char *const greetings[] = {"220 ", "220-", "+OK", "* OK", "200 ", "201 "};
    for (size_t i = 0; i < sizeof greetings / sizeof *greetings; i++)
        if (begins_with(server, greetings[i]))
            return true;
    return begins_with(client, "<stream:stream") || begins_with(client, "<?xml") || is_postgres(client) ||
           is_ldap(client) || is_mysql(server);
}
