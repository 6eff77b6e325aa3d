/* SPDX-License-Identifier: Apache-2.0 */
#include "mime/mime.h"

size_t mime_head_unfold(uint8_t *p, size_t n) {
    size_t out = 0;
    for (size_t i = 0; i < n; i++) {
        bool folds = p[i] == '\n' && i + 1 < n && (p[i + 1] == ' ' || p[i + 1] == '\t');
        if (!folds)
            p[out++] = p[i];
        else if (out > 0 && p[out - 1] == '\r')
            out--;
    }
    return out;
}

bool mime_head_next(struct bytes *rest, struct bytes *name, struct bytes *value) {
    while (rest->n > 0) {
        const uint8_t *lf = memchr(rest->p, '\n', rest->n);
        size_t n = lf ? (size_t)(lf - rest->p) : rest->n, taken = n + (lf != NULL);
        const uint8_t *line = rest->p, *colon = n ? memchr(line, ':', n) : NULL;
        *rest = bytes_of(line + taken, rest->n - taken);
        if (!colon)
            continue;
        size_t name_n = (size_t)(colon - line);
        *name = bytes_trim(bytes_of(line, name_n));
        *value = bytes_trim(bytes_of(colon + 1, n - name_n - 1));
        return true;
    }
    return false;
}

bool mime_list_next(struct bytes *rest, struct bytes *element) {
    if (rest->n == 0)
        return false;
    const uint8_t *comma = memchr(rest->p, ',', rest->n);
    size_t n = comma ? (size_t)(comma - rest->p) : rest->n, taken = n + (comma != NULL);
    *element = bytes_trim(bytes_of(rest->p, n));
    *rest = bytes_of(rest->p + taken, rest->n - taken);
    return true;
}
