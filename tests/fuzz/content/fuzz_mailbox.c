/* SPDX-License-Identifier: Apache-2.0 */
#include "same_result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* A mailbox file: the input stands behind a first mail's head. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static const char head[] = "From a@lanes.example Sun May 31 04:12:09 2026\nFrom: a@lanes.example\n"
                               "Subject: reads\nMIME-Version: 1.0\n\n";
    static const struct content_options options = {.objects = 300};
    struct transfer_seed facts = collect_facts("POST", "/upload");
    uint8_t *body = malloc(sizeof head + n);
    memcpy(body, head, sizeof head - 1);
    memcpy(body + sizeof head - 1, data, n);
    same_result_check(&options, &facts, bytes_of(body, sizeof head - 1 + n), false);
    free(body);
    return 0;
}
