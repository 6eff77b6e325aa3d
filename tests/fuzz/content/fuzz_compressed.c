/* SPDX-License-Identifier: Apache-2.0 */
#include "same_result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* A compressed file, or one behind a program or a script (content/unpack/compressed.c, inside.c), taken apart
 * whole and in pieces. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    /* ratios are looked at once for each piece of output, so they are left to the unit tests */
    static const struct content_options options = {
        .objects = 300, .codings.limits.output_max = 1 << 18, .codings.limits.ratio_max = 1 << 20};
    struct transfer_seed facts = collect_facts("POST", "/upload");
    facts.fact[FACT_NAME] = bytes_text("day.tgz");
    /* How far liblzma comes in damaged data depends on how it came. */
    same_result_check(&options, &facts, bytes_of(data, n), true);
    return 0;
}
