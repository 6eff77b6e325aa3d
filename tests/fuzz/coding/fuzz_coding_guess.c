/* SPDX-License-Identifier: Apache-2.0 */
#include "coding/decoder.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What some first bytes are coded in, whatever was announced: the answer is inside them, and asking leaves
 * nothing behind. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static const struct coding *const announced[] = {NULL, &coding_gzip, &coding_deflate, &coding_brotli,
                                                     &coding_base64};
    static struct codings *codings;
    if (!codings)
        codings = codings_create(&(struct codings_options){
            .memory = 256 << 20, .limits = {.output_max = UINT64_C(4) << 30, .ratio_max = 200}});
    if (n == 0 || !codings)
        return 0;
    size_t taken = n - 1 < CODING_TRIAL ? n - 1 : CODING_TRIAL;
    uint8_t *first = malloc(taken + 1); /* a copy of its own, so that a sanitizer sees every step too far */
    memcpy(first, data + 1, taken);
    struct coding_guess g =
        coding_guess(codings, announced[(data[0] >> 1) % 5], bytes_of(first, taken), data[0] & 1);
    if ((g.coding && g.skip >= taken) || codings->bytes != 0)
        abort();
    free(first);
    return 0;
}
