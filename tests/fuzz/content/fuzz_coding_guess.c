/* SPDX-License-Identifier: Apache-2.0 */
#include "../../unit/content/collect.h"
#include "content/coding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What some first bytes are coded in, whatever was announced: the answer is inside them, and asking leaves nothing
 * behind. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static const struct coding *const announced[] = {NULL, &coding_gzip, &coding_deflate, &coding_brotli, &coding_base64};
    static struct collector got;
    static struct content *content;
    const struct object_sink sink = collect_sink(&got);
    if (!content)
        content = content_create(&(struct content_options){.objects = 1}, &sink);
    if (n == 0 || !content)
        return 0;
    size_t taken = n - 1 < CODING_TRIAL ? n - 1 : CODING_TRIAL;
    uint8_t *first = malloc(taken + 1); /* a copy of its own, so that a sanitizer sees every step too far */
    memcpy(first, data + 1, taken);
    struct coding_guess g =
        coding_guess(content, announced[(data[0] >> 1) % 5], bytes_of(first, taken), data[0] & 1);
    if ((g.coding && g.skip >= taken) || content->coding_bytes != 0)
        abort();
    free(first);
    return 0;
}
