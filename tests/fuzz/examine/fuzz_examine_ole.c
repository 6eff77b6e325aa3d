/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz_examine.h"

/* This reaches all of examine/formats/ole/. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    fuzz_examine("x.ole", data, n);
    return 0;
}
