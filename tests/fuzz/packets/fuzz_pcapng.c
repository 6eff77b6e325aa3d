/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/pcapng.h"

#include "base/bytes.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The file as it is read by pieces of any size: as long as it was, and equal but for snapshot lengths. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t out[4096];
    size_t at = 0, n, step = size ? data[size - 1] % sizeof out + 1 : 1;
    FILE *raw = size ? fmemopen((void *)(uintptr_t)data, size, "rb") : NULL,
         *f = raw ? pcapng_open(raw) : NULL;
    if (f)
        setvbuf(f, NULL, _IONBF, 0);
    while (f && (n = fread(out, 1, step, f)) > 0) {
        for (size_t i = 0; i < n; i++)
            if (at + i >= size || (out[i] != data[at + i] && out[i] != 0))
                abort();
        at += n;
    }
    if (f && at != size)
        abort();
    if (f)
        fclose(f);
    if (raw)
        fclose(raw);
    return 0;
}
