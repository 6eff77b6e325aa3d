/* SPDX-License-Identifier: Apache-2.0 */
#include "content/type/shape.h"

static bool is_token(uint8_t c) {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '_';
}

/* Armour (RFC 9580 section 6.2, RFC 7468) has such a line too, and fields of its own. */
static bool is_armour(struct bytes line, struct bytes name) {
    static const char begin[] = "-----BEGIN ";
    return line.n > sizeof begin && memcmp(line.p, begin, sizeof begin - 1) == 0 &&
           !bytes_starts_nocase(name, "content-");
}

bool multipart_shape(struct bytes b) {
    size_t at = 0;
    while (at < b.n && (b.p[at] == '\r' || b.p[at] == '\n'))
        at++;
    b = bytes_of(b.p + at, b.n - at);
    if (b.n < 4 || b.p[0] != '-' || b.p[1] != '-')
        return false;
    const uint8_t *lf = memchr(b.p, '\n', b.n);
    size_t line = lf ? (size_t)(lf - b.p) : 0;
    for (at = 2; at < line; at++)
        if (b.p[at] < ' ' && (b.p[at] != '\r' || at + 1 != line))
            return false;
    size_t name = at = line + 1;
    while (at < b.n && is_token(b.p[at]))
        at++;
    return line > 2 && at > name && at < b.n && b.p[at] == ':' &&
           !is_armour(bytes_of(b.p, line), bytes_of(b.p + name, at - name));
}
