/* SPDX-License-Identifier: Apache-2.0 */
#include "mime/mime.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Decoding makes no text longer; what fits into less room is the beginning of what fits into more; what holds
 * no encoded word is kept. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    uint8_t *out = malloc(n + 1), *less = malloc(n / 2 + 1);
    size_t made = mime_words_decode(bytes_of(data, n), out, n + 1);
    size_t first = mime_words_decode(bytes_of(data, n), less, n / 2);
    if (made > n || first != (made < n / 2 ? made : n / 2) || memcmp(out, less, first) != 0)
        abort();
    if (!(n && memmem(data, n, "=?", 2)) && (made != n || memcmp(out, data, n) != 0))
        abort();
    free(out);
    free(less);
    return 0;
}
