/* SPDX-License-Identifier: Apache-2.0 */
#include "same_result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static const struct content_options options = {
        .objects = 3000, .assembly_bytes = 1 << 20, .codings.limits.output_max = 1 << 18};
    struct transfer_seed facts = collect_facts("POST", "/lanes.Store/Put");
    facts.fact[FACT_DECLARED_TYPE] = bytes_text("application/grpc");
    same_result_check(&options, &facts, bytes_of(data, n), false);
    return 0;
}
