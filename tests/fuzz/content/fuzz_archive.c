/* SPDX-License-Identifier: Apache-2.0 */
#include "same_result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* An archive (content/unpack/ar.c, cpio.c, rpm.c, tar/, archived.c), taken apart whole and in pieces. Headers
 * of tar are given the sums that they must have. */
static void set_sum(uint8_t *header) {
    unsigned sum = 0;
    memset(header + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++)
        sum += header[i];
    snprintf((char *)header + 148, 8, "%06o", sum);
}

static bool has_sum(const uint8_t *header) {
    for (size_t i = 100; i < 108; i++)
        if (header[i] != 0 && header[i] != ' ' && (header[i] < '0' || header[i] > '7'))
            return false;
    return memcmp(header + 257, "ustar", 5) == 0 || header[148] == '0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static const struct content_options options = {
        .objects = 300, .codings.limits.output_max = 1 << 18, .codings.limits.ratio_max = 1 << 20};
    struct transfer_seed facts = collect_facts("POST", "/upload");
    facts.fact[FACT_NAME] = bytes_text("day.rpm");
    uint8_t *body = malloc(n + 1);
    memcpy(body, data, n);
    for (size_t at = 0; at + 512 <= n; at += 512)
        if (has_sum(body + at))
            set_sum(body + at);
    same_result_check(&options, &facts, bytes_of(body, n), false);
    free(body);
    return 0;
}
