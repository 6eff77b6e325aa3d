/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_FUZZ_EXAMINE_H
#define GANTRY_FUZZ_EXAMINE_H

#include "../../unit/examine/examine_here.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* A file of any bytes: nothing of it is left, and nothing that comes out of it is larger than it may be. */
static inline void fuzz_examine(const char *name, const uint8_t *data, size_t n) {
    static struct collector got;
    uint64_t out = 0;
    here_begin(1 << 20);
    here_options.output_max = 1 << 18;
    here_send(&got, name, bytes_of(data, n), 1 << 16, 0, 0);
    for (size_t i = 1; i < got.n; i++)
        out += got.list[i].depth == 1 ? got.list[i].size : 0;
    if (out > here_options.output_max || !here_is_clear())
        abort();
    collect_finish(&got);
    here_finish();
}

#endif
