/* SPDX-License-Identifier: Apache-2.0 */
#include "same_result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* A text in which files may stand in base64 (content/unpack/inline.c, sign_escape.c): whole and in pieces it
 * must give the same objects. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static const struct content_options options = {
        .objects = 16, .codings.limits.output_max = 1 << 18, .codings.limits.ratio_max = 1 << 20};
    struct transfer_seed facts = collect_facts("POST", "/form");
    same_result_check(&options, &facts, bytes_of(data, n), false);
    return 0;
}
