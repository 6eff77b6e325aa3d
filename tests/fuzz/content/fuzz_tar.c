/* SPDX-License-Identifier: Apache-2.0 */
#include "same_result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* A tar archive (content/unpack/tar/: headers, properties, sparse files; archived.c), whose headers are given
 * the sums that they must have. */
static void set_sum(uint8_t *header) {
    unsigned sum = 0;
    memset(header + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++)
        sum += header[i];
    snprintf((char *)header + 148, 8, "%06o", sum);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static const struct content_options options = {
        .objects = 300, .assembly_bytes = 1 << 20, .codings.limits.output_max = 1 << 18};
    struct transfer_seed facts = collect_facts("POST", "/upload");
    uint8_t *body = malloc(n + 1);
    memcpy(body, data, n);
    for (size_t at = 0; at + 512 <= n; at += 512)
        if (memcmp(body + at + 257, "ustar", 5) == 0)
            set_sum(body + at);
    same_result_check(&options, &facts, bytes_of(body, n), false);
    free(body);
    return 0;
}
