/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/syslog/syslog.h"

enum { PRIORITY_MAX = 191, COUNT_DIGITS = 6 };

static bool is_digit(uint8_t c) {
    return c >= '0' && c <= '9';
}

/* A shape of text: 9 a digit, _ a digit or a blank, all else itself. */
static enum probe match_shape(struct bytes b, const char *shape) {
    for (size_t i = 0; shape[i]; i++) {
        if (i == b.n)
            return PROBE_MORE;
        bool fits = shape[i] == '9'   ? is_digit(b.p[i])
                    : shape[i] == '_' ? is_digit(b.p[i]) || b.p[i] == ' '
                                      : b.p[i] == (uint8_t)shape[i];
        if (!fits)
            return PROBE_NO;
    }
    return PROBE_YES;
}

static enum probe better(enum probe a, enum probe b) {
    return a == PROBE_YES || b == PROBE_YES     ? PROBE_YES
           : a == PROBE_MORE || b == PROBE_MORE ? PROBE_MORE
                                                : PROBE_NO;
}

/* "May  5 04:12:09", RFC 3164 section 4.1.2. */
static enum probe match_old_time(struct bytes b) {
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    enum { MONTH = 3 };
    for (const char *m = months; *m; m += MONTH)
        if (memcmp(b.p, m, b.n < MONTH ? b.n : MONTH) == 0)
            return b.n < MONTH ? PROBE_MORE : match_shape(bytes_of(b.p + MONTH, b.n - MONTH), " _9 99:99:99");
    return PROBE_NO;
}

/* What stands behind the priority: version 1 and a time or none (RFC 5424 section 6), a time of either kind.
 */
static enum probe match_header(struct bytes b) {
    if (b.n == 0)
        return PROBE_MORE;
    enum probe p = better(match_shape(b, "1 9999-99-99T"), match_shape(b, "1 - "));
    return better(p, better(match_shape(b, "9999-99-99T"), match_old_time(b)));
}

enum probe syslog_probe_message(struct bytes first) {
    unsigned priority = 0;
    size_t i = 1;
    if (first.n == 0)
        return PROBE_MORE;
    if (first.p[0] != '<')
        return PROBE_NO;
    for (; i < first.n && i < 4 && is_digit(first.p[i]); i++)
        priority = priority * 10 + first.p[i] - '0';
    if (priority > PRIORITY_MAX || (i < first.n && (i == 1 || first.p[i] != '>')))
        return PROBE_NO;
    return i < first.n ? match_header(bytes_of(first.p + i + 1, first.n - i - 1)) : PROBE_MORE;
}

enum probe syslog_probe_frame(struct bytes first) {
    size_t i = 0;
    while (i < first.n && i < COUNT_DIGITS && is_digit(first.p[i]))
        i++;
    if (i == first.n)
        return i < COUNT_DIGITS ? PROBE_MORE : PROBE_NO;
    if (i > 0 && (first.p[0] == '0' || first.p[i++] != ' '))
        return PROBE_NO;
    return syslog_probe_message(bytes_of(first.p + i, first.n - i));
}
