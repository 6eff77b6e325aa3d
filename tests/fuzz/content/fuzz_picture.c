/* SPDX-License-Identifier: Apache-2.0 */
#include "content/type/picture.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct picture find_in_pieces(const uint8_t *data, size_t n, size_t piece, bool any) {
    struct picture_finder f = {0};
    struct picture found = {0};
    for (size_t at = 0; at < n && !found.type; at += piece) {
        size_t k = n - at < piece ? n - at : piece;
        uint8_t *copy = malloc(k); /* nothing is read behind it */
        memcpy(copy, data + at, k);
        found = picture_find(&f, bytes_of(copy, k), any);
        if (found.type && found.before.n > 0) {
            if (found.offset + found.before.n != at ||
                memcmp(found.before.p, data + found.offset, found.before.n) != 0)
                abort();
        } else if (found.type && (found.offset < at || found.offset >= at + k))
            abort();
        free(copy);
    }
    return found;
}

/* Where a picture is found does not depend on how the bytes come: the first octet says in which pieces, and
 * whether any format counts. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    uint8_t mask;
    if (n < 2)
        return 0;
    bool any = data[0] & 1;
    struct picture whole = find_in_pieces(data + 1, n - 1, n, any);
    struct picture cut = find_in_pieces(data + 1, n - 1, (data[0] >> 1) + 1u, any);
    if (whole.type != cut.type || (whole.type && whole.offset != cut.offset))
        abort();
    picture_masked(bytes_of(data + 1, n - 1), &mask);
    return 0;
}
