/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http/http_query.h"

/* Takes the next field off; false when there are no more. */
static bool next_field(struct bytes *rest, struct bytes *field) {
    if (rest->n == 0)
        return false;
    *field = bytes_until(*rest, '&');
    size_t n = field->n + (field->n < rest->n);
    *rest = bytes_of(rest->p + n, rest->n - n);
    return true;
}

static bool find_field(struct bytes path, const char *name, struct bytes *value) {
    size_t at = bytes_until(path, '?').n;
    if (at == path.n)
        return false;
    struct bytes rest = bytes_until(bytes_of(path.p + at + 1, path.n - at - 1), '#'), field;
    while (next_field(&rest, &field)) {
        struct bytes key = bytes_until(field, '=');
        size_t n = key.n + (key.n < field.n);
        *value = bytes_of(field.p + n, field.n - n);
        if (bytes_equal_nocase(key, name))
            return true;
    }
    return false;
}

struct bytes http_query_value(struct bytes path, const char *name) {
    struct bytes value;
    return find_field(path, name, &value) ? value : bytes_of(NULL, 0);
}

bool http_query_has(struct bytes path, const char *name) {
    struct bytes value;
    return find_field(path, name, &value);
}
