/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz_examine.h"

/* This reaches examine/formats/archive.c. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    fuzz_examine("x.iso", data, n);
    return 0;
}
