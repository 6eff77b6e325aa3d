/* SPDX-License-Identifier: Apache-2.0 */
#include "content/type/shape.h"

static bool is_digit(uint8_t c) {
    return c >= '0' && c <= '9';
}

static bool is_year(const uint8_t *p) {
    bool century = memcmp(p, "19", 2) == 0 || memcmp(p, "20", 2) == 0;
    return century && is_digit(p[2]) && is_digit(p[3]);
}

/* A time of day and a year, in whatever order and zone writers have them: text that begins with "From "
 * seldom has both. */
bool mailbox_line(struct bytes line) {
    static const char mark[] = "From ";
    enum { MARK = sizeof mark - 1 };
    bool time = false, year = false;
    if (line.n < MARK || memcmp(line.p, mark, MARK) != 0 || line.p[line.n - 1] != '\n')
        return false;
    for (size_t i = MARK; i + 5 < line.n; i++) {
        const uint8_t *p = line.p + i;
        time |= p[0] == ' ' && is_digit(p[1]) && is_digit(p[2]) && p[3] == ':' && is_digit(p[4]) &&
                is_digit(p[5]);
        year |= p[0] == ' ' && is_year(p + 1) && !is_digit(p[5]);
    }
    return time && year;
}

bool mailbox_shape(struct bytes b) {
    struct bytes line = bytes_until(b, '\n');
    if (line.n == b.n)
        return false;
    line.n++;
    return mailbox_line(line) && message_shape(bytes_of(b.p + line.n, b.n - line.n));
}
