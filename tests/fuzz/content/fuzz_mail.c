/* SPDX-License-Identifier: Apache-2.0 */
#include "same_result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* A mail, or a thing that one has attached: TNEF, a text with files in it (content/unpack/message.c,
 * multipart.c, entity.c, encoded.c, tnef.c). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static const struct content_options options = {
        .objects = 300, .assembly_bytes = 1 << 20, .codings.limits.output_max = 1 << 18};
    struct transfer_seed facts = collect_facts("POST", "/upload");
    facts.fact[FACT_DECLARED_TYPE] = bytes_text("message/rfc822");
    same_result_check(&options, &facts, bytes_of(data, n), false);
    return 0;
}
