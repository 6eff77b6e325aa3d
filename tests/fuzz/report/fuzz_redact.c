/* SPDX-License-Identifier: Apache-2.0 */
#include "report/event/redact.h"

#include <stdlib.h>
#include <string.h>

/* Any octets, of any length. Invariants: what is left is no longer than what came, no word of four letters
 * and three digits that stands by itself is left whole wherever the text has one, and octets that are no part
 * of a name stay in their order. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t copy_ends(const uint8_t *from, size_t n, uint8_t *to) {
    size_t out = 0;
    for (size_t i = 0; i < n; i++)
        if (from[i] == '/' || from[i] == '&')
            to[out++] = from[i];
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char plate[] = "/QZXW917/";
    size_t all = size + sizeof plate - 1;
    uint8_t *text = malloc(all), *before = malloc(all), *after = malloc(all);
    if (size)
        memcpy(text, data, size);
    memcpy(text + size, plate, sizeof plate - 1);
    size_t ends = copy_ends(text, all, before);
    size_t n = redact(text, all);
    if (n > all || copy_ends(text, n, after) != ends || memcmp(before, after, ends) != 0)
        abort();
    if (n < 9 || memcmp(text + n - 9, plate, 9) == 0)
        abort();
    free(text);
    free(before);
    free(after);
    return 0;
}
