/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/smtp/smtp.h"

/* FTP, POP3 and NNTP greet alike, and HELO may be anything's: a hello with a name, or a part of an envelope,
 * decides, and a greeting that names the protocol. */

enum { LINE_SEEN = 512 }; /* octets of a first line that are looked at */

/* Of what the client says first. */
static enum probe probe_command(struct bytes run) {
    static const char *const verbs[] = {"EHLO ", "HELO ", "LHLO ", "MAIL FROM:", "RCPT TO:"};
    bool whole;
    struct bytes line = bytes_first_line(run, LINE_SEEN, &whole);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        size_t n = strlen(verbs[i]);
        if (line.n >= n ? !bytes_starts_nocase(line, verbs[i]) : whole)
            continue;
        if (line.n < n) {
            char begun[16];
            memcpy(begun, verbs[i], line.n);
            begun[line.n] = '\0';
            if (bytes_starts_nocase(line, begun))
                return PROBE_MORE;
            continue;
        }
        if (bytes_trim(bytes_of(line.p + n, line.n - n)).n > 0)
            return PROBE_YES;
        return whole ? PROBE_NO : PROBE_MORE;
    }
    return PROBE_NO;
}

/* A greeting may turn away: "554 no SMTP service here". */
static enum probe probe_greeting(struct bytes run) {
    bool whole;
    struct bytes line = bytes_first_line(run, LINE_SEEN, &whole);
    bool greets = bytes_starts_nocase(line, "220") || bytes_starts_nocase(line, "554");
    if (line.n < 4)
        return whole || !(line.n == 0 || line.p[0] == '2' || line.p[0] == '5') ? PROBE_NO : PROBE_MORE;
    if (!greets || (line.p[3] != ' ' && line.p[3] != '-'))
        return PROBE_NO;
    if (bytes_hold_nocase(line, "SMTP") || bytes_hold_nocase(line, "LMTP"))
        return PROBE_YES;
    return PROBE_MORE;
}

static bool is_reply_run(struct bytes run) {
    return run.n > 0 && run.p[0] >= '0' && run.p[0] <= '9';
}

enum probe smtp_probe(const struct bytes first[2]) {
    bool swapped = is_reply_run(first[SIDE_CLIENT]) && !is_reply_run(first[SIDE_SERVER]);
    struct bytes asks = first[swapped ? SIDE_SERVER : SIDE_CLIENT];
    struct bytes answers = first[swapped ? SIDE_CLIENT : SIDE_SERVER];
    enum probe asked = asks.n ? probe_command(asks) : PROBE_MORE;
    enum probe answered = answers.n ? probe_greeting(answers) : PROBE_MORE;
    if (asked == PROBE_YES || (answered == PROBE_YES && asked != PROBE_NO))
        return PROBE_YES;
    return asked == PROBE_NO || answered == PROBE_NO ? PROBE_NO : PROBE_MORE;
}
