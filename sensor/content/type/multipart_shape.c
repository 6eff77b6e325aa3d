/* SPDX-License-Identifier: Apache-2.0 */
#include "content/type/shape.h"

bool multipart_shape(struct bytes b) {
    size_t at = 0;
    while (at < b.n && (b.p[at] == '\r' || b.p[at] == '\n'))
        at++;
    b = bytes_of(b.p + at, b.n - at);
    if (b.n < 4 || b.p[0] != '-' || b.p[1] != '-')
        return false;
    const uint8_t *lf = memchr(b.p, '\n', b.n);
    size_t line = lf ? (size_t)(lf - b.p) : b.n - 1;
    for (at = 2; at < line; at++)
        if (b.p[at] < ' ' && (b.p[at] != '\r' || at + 1 != line))
            return false;
    /* Any other field is rather one of a text that begins with dashes. */
    return line > 2 && bytes_starts_nocase(bytes_of(b.p + line + 1, b.n - line - 1), "content-");
}
