/* SPDX-License-Identifier: Apache-2.0 */
#include "mime/mime.h"

static struct bytes text_behind(struct bytes text, char stop) {
    size_t n = bytes_until(text, stop).n;
    return n < text.n ? bytes_of(text.p + n + 1, text.n - n - 1) : bytes_of(NULL, 0);
}

bool mime_range_parse(struct bytes value, struct mime_range *out) {
    uint64_t last;
    struct bytes range = bytes_trim(value);
    *out = (struct mime_range){.first = 0};
    if (!bytes_starts_nocase(range, "bytes"))
        return false;
    range = bytes_trim(bytes_of(range.p + 5, range.n - 5));
    if (range.n && (range.p[0] == '=' || range.p[0] == ':'))
        range = bytes_trim(bytes_of(range.p + 1, range.n - 1));
    struct bytes span = bytes_until(range, '/'), whole = bytes_trim(text_behind(range, '/'));
    if (!bytes_number(bytes_trim(bytes_until(span, '-')), &out->first) ||
        !bytes_number(bytes_trim(text_behind(span, '-')), &last) || last < out->first)
        return false;
    out->total_known = !bytes_equal_nocase(whole, "*");
    return !out->total_known || (bytes_number(whole, &out->total) && out->total > last);
}
