/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/structure.h"

#include <stdlib.h>

/* Any bytes. More of them change no answer but "more", a place that is found lies in them, and what is found
 * at little cost is found at all. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct bytes all = bytes_of(data, size);
    enum structure before = STRUCTURE_MORE, signature = STRUCTURE_MORE;
    for (size_t n = 0; n <= size && n <= 2 * STRUCTURE_FIRST; n++) {
        uint8_t *exact = malloc(n + 1);
        memcpy(exact, data, n);
        enum structure now = structure_begins(bytes_of(exact, n));
        enum structure now_signature = structure_signature(bytes_of(exact, n));
        if ((before != STRUCTURE_MORE && now != before) ||
            (signature != STRUCTURE_MORE && now_signature != signature))
            abort();
        before = now;
        signature = now_signature;
        free(exact);
    }
    size_t with_text = structure_find(all, true), without = structure_find(all, false);
    if (with_text > size || without > size || with_text > without || structure_find_quickly(all) > size)
        abort();
    if (with_text == size && structure_find_quickly(all) != size)
        abort();
    if (size >= 1000)
        structure_is_jpeg(all);
    return 0;
}
