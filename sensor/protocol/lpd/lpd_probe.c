/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/lpd/lpd_session.h"

static bool is_text(struct bytes in) {
    for (size_t i = 0; i < in.n; i++)
        if (in.p[i] < ' ' || in.p[i] == 0x7f)
            return false;
    return in.n > 0;
}

bool lpd_read_line(struct bytes line, struct lpd_line *out) {
    if (line.n < 4 || (line.p[0] != LPD_CONTROL && line.p[0] != LPD_DATA))
        return false;
    struct bytes rest = bytes_of(line.p + 1, line.n - 1), count = bytes_until(rest, ' ');
    out->command = line.p[0];
    if (count.n == rest.n || !bytes_number(count, &out->count))
        return false;
    out->name = bytes_trim(bytes_of(rest.p + count.n + 1, rest.n - count.n - 1));
    return is_text(out->name);
}

bool lpd_is_command(struct bytes line) {
    enum { LAST = 5 };
    if (line.n == 0 || line.p[0] == 0 || line.p[0] > LAST)
        return false;
    return line.n == 1 || is_text(bytes_of(line.p + 1, line.n - 1));
}

static struct bytes first_line(struct bytes in, bool *whole) {
    struct bytes line = bytes_until(in, '\n');
    *whole = line.n < in.n;
    return line;
}

/* A file's name says what it is: "cfA001host", "dfA001host" (section 6.2). */
static bool is_file_name(struct bytes name) {
    return name.n >= 3 && (name.p[0] == 'c' || name.p[0] == 'd') && name.p[1] == 'f';
}

/* The answers before the first file are one zero each. */
static bool may_answer(struct bytes in) {
    return in.n == 0 || (in.n <= 2 && in.p[0] == 0 && in.p[in.n - 1] == 0);
}

static enum probe probe_client(struct bytes in) {
    struct lpd_line file;
    bool whole;
    if (in.n == 0)
        return PROBE_MORE;
    struct bytes line = first_line(in, &whole);
    if (line.n > LPD_LINE_MAX || in.p[0] != LPD_RECEIVE || (line.n > 1 && !lpd_is_command(line)) ||
        (whole && line.n < 2))
        return PROBE_NO;
    if (!whole)
        return PROBE_MORE;
    struct bytes behind = bytes_of(in.p + line.n + 1, in.n - line.n - 1);
    line = first_line(behind, &whole);
    if (line.n > LPD_LINE_MAX || (line.n > 0 && line.p[0] != LPD_CONTROL && line.p[0] != LPD_DATA))
        return PROBE_NO;
    if (!whole)
        return PROBE_MORE;
    return lpd_read_line(line, &file) && is_file_name(file.name) ? PROBE_YES : PROBE_NO;
}

enum probe lpd_probe(const struct bytes first[2]) {
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        enum probe answer = may_answer(first[side_other(side)]) ? probe_client(first[side]) : PROBE_NO;
        if (answer != PROBE_NO)
            return answer;
    }
    return PROBE_NO;
}
