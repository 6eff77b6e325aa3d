/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/imap/imap.h"

/* A greeting (RFC 9051 section 7.1) and a tagged command are sure together, and a command alone that only
 * this protocol has. */

enum { LINE_SEEN = 512 }; /* octets of a first line that are looked at */

static enum probe probe_command(struct bytes run) {
    static const char *const verbs[] = {"CAPABILITY", "LOGIN ",  "AUTHENTICATE ", "STARTTLS", "NOOP",
                                        "ID ",        "ENABLE ", "SELECT ",       "EXAMINE ", "NAMESPACE",
                                        "LOGOUT",     "APPEND ", "UID ",          "FETCH ",   "IDLE",
                                        "STATUS ",    "LIST ",   "COMPRESS "};
    bool whole = memchr(run.p, '\n', run.n < LINE_SEEN ? run.n : LINE_SEEN) != NULL;
    struct bytes line = bytes_trim(bytes_until(run, '\n')), tag = bytes_until(line, ' ');
    for (size_t i = 0; i < tag.n; i++)
        if (tag.p[i] <= ' ' || tag.p[i] >= 0x7f || memchr("(){%*\"\\+]", tag.p[i], 9))
            return PROBE_NO;
    if (tag.n == 0 || tag.n > 32)
        return PROBE_NO;
    struct bytes rest = bytes_of(tag.p + tag.n, line.n - tag.n);
    rest = rest.n ? bytes_of(rest.p + 1, rest.n - 1) : rest;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (bytes_starts_nocase(rest, verbs[i]))
            return PROBE_YES;
    return whole || run.n > LINE_SEEN ? PROBE_NO : PROBE_MORE;
}

static enum probe probe_greeting(struct bytes run) {
    static const char *const greetings[] = {"* OK", "* PREAUTH", "* BYE", "* CAPABILITY"};
    for (size_t i = 0; i < sizeof greetings / sizeof *greetings; i++) {
        size_t n = strlen(greetings[i]);
        if (bytes_starts_nocase(run, greetings[i]))
            return PROBE_YES;
        if (run.n < n && memcmp(run.p, greetings[i], run.n) == 0)
            return PROBE_MORE;
    }
    return PROBE_NO;
}

enum probe imap_probe(const struct bytes first[2]) {
    bool swapped = first[SIDE_CLIENT].n && first[SIDE_CLIENT].p[0] == '*';
    struct bytes asks = first[swapped ? SIDE_SERVER : SIDE_CLIENT];
    struct bytes answers = first[swapped ? SIDE_CLIENT : SIDE_SERVER];
    enum probe asked = asks.n ? probe_command(asks) : PROBE_MORE;
    enum probe answered = answers.n ? probe_greeting(answers) : PROBE_MORE;
    if (asked == PROBE_NO || answered == PROBE_NO)
        return PROBE_NO;
    return asked == PROBE_YES && answered == PROBE_YES ? PROBE_YES : PROBE_MORE;
}
