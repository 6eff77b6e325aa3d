/* SPDX-License-Identifier: Apache-2.0 */
#include "content/content.h"
#include "content/seal/seal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* A file that may be encrypted (content/seal/, each format), whole and in pieces: what is said of it must be
 * the same. The first octet chooses where some of it is missing in a third run. */

static void look(struct seal *s, struct bytes in, uint32_t pieces, size_t gap) {
    struct bytes first = bytes_of(in.p, in.n < TYPE_BYTES ? in.n : TYPE_BYTES);
    *s = (struct seal){.format = NULL};
    if (!seal_begin(s, first))
        *s = (struct seal){.format = NULL};
    for (size_t at = 0, take; at < in.n; at += take) {
        take = in.n - at;
        if (pieces) {
            pieces = pieces * 1664525 + 1013904223;
            size_t most = 1 + (pieces >> 24) % ((pieces & 0x8000) ? 3 : 200);
            take = take < most ? take : most;
        }
        if (at <= gap && gap < at + take) {
            seal_gap(s, take);
            continue;
        }
        uint8_t *copy = malloc(take); /* of its own, so that a sanitizer sees every step too far */
        memcpy(copy, in.p + at, take);
        seal_data(s, bytes_of(copy, take));
        free(copy);
    }
    seal_end(s, true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static struct seal whole, parts;
    if (n < 2)
        return 0;
    struct bytes in = bytes_of(data + 1, n - 1);
    look(&whole, in, 0, SIZE_MAX);
    look(&parts, in, 1 + (uint32_t)n * 2654435761u, SIZE_MAX);
    if (whole.word != parts.word || whole.members != parts.members || whole.names_n != parts.names_n ||
        memcmp(whole.names, parts.names, whole.names_n) != 0)
        abort();
    look(&parts, in, 7, data[0] * 16u);
    return 0;
}
