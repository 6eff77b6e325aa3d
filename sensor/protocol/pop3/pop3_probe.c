/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/pop3/pop3.h"

/* A status of the server and a command of the client are sure together; a greeting alone waits for one. */

enum { LINE_SEEN = 512 }; /* octets of a first line that are looked at */

static enum probe probe_command(struct bytes run) {
    static const char *const verbs[] = {"CAPA",  "USER ", "APOP ", "AUTH", "STLS",  "QUIT",
                                        "PASS ", "STAT",  "LIST",  "UIDL", "RETR ", "TOP "};
    bool whole;
    struct bytes line = bytes_first_line(run, LINE_SEEN, &whole);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (bytes_starts_nocase(line, verbs[i]))
            return PROBE_YES;
    return whole || line.n > 4 ? PROBE_NO : PROBE_MORE;
}

static enum probe probe_status(struct bytes run) {
    static const char ok[] = "+OK", bad[] = "-ERR";
    bool whole;
    struct bytes line = bytes_first_line(run, LINE_SEEN, &whole);
    size_t n = line.n < 3 ? line.n : 3;
    if (n == 3 && (memcmp(line.p, ok, 3) == 0 || bytes_starts_nocase(line, bad)))
        return PROBE_YES;
    return n < 3 && !whole && (n == 0 || memcmp(line.p, ok, n) == 0 || memcmp(line.p, bad, n) == 0)
               ? PROBE_MORE
               : PROBE_NO;
}

enum probe pop3_probe(const struct bytes first[2]) {
    bool swapped = first[SIDE_CLIENT].n && (first[SIDE_CLIENT].p[0] == '+' || first[SIDE_CLIENT].p[0] == '-');
    struct bytes asks = first[swapped ? SIDE_SERVER : SIDE_CLIENT];
    struct bytes answers = first[swapped ? SIDE_CLIENT : SIDE_SERVER];
    enum probe asked = asks.n ? probe_command(asks) : PROBE_MORE;
    enum probe answered = answers.n ? probe_status(answers) : PROBE_MORE;
    if (asked == PROBE_NO || answered == PROBE_NO)
        return PROBE_NO;
    return asked == PROBE_YES && answered == PROBE_YES ? PROBE_YES : PROBE_MORE;
}
