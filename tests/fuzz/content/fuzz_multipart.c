/* SPDX-License-Identifier: Apache-2.0 */
#include "same_result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* The first line is the Content-Type, the rest the body. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static const struct content_options options = {
        .objects = 3000, .assembly_bytes = 1 << 20, .codings.limits.output_max = 1 << 18};
    const uint8_t *lf = n ? memchr(data, '\n', n) : NULL;
    if (!lf)
        return 0;
    struct transfer_seed facts = collect_facts("POST", "/upload");
    facts.fact[FACT_DECLARED_TYPE] = bytes_of(data, (size_t)(lf - data));
    same_result_check(&options, &facts, bytes_of(lf + 1, n - facts.fact[FACT_DECLARED_TYPE].n - 1), false);
    return 0;
}
