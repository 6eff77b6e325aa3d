/* SPDX-License-Identifier: Apache-2.0 */
#include "same_result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* A ZIP archive, or one behind other octets (content/unpack/zip/: entries and their names, the directory,
 * dates, the texts of documents; zip_inside.c). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static const struct content_options options = {
        .objects = 300, .assembly_bytes = 1 << 20, .codings.limits = {.output_max = 1 << 18, .members_max = 64}};
    struct transfer_seed facts = collect_facts("POST", "/upload");
    same_result_check(&options, &facts, bytes_of(data, n), true);
    return 0;
}
