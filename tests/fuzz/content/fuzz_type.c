/* SPDX-License-Identifier: Apache-2.0 */
#include "content/chain.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Any first bytes have a type, which does not depend on where they lie, and nothing behind them is read
 * (content/type/type.c). What stands behind them is taken for a name and for a declared type, behind which
 * nothing is read either (denial.c). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    size_t seen = n < TYPE_BYTES ? n : TYPE_BYTES;
    uint8_t *copy = malloc(seen + 1);
    if (seen)
        memcpy(copy, data, seen);
    uint8_t *exact = seen ? malloc(seen) : NULL;
    if (exact)
        memcpy(exact, data, seen);
    const struct file_type *a = type_of_bytes(bytes_of(copy, seen)),
                           *b = type_of_bytes(bytes_of(exact, seen));
    if (a != b || !a->mime || !a->name)
        abort();
    uint8_t *name = n > seen ? malloc(n - seen) : NULL;
    if (name)
        memcpy(name, data + seen, n - seen);
    type_denied_by_name(a, bytes_of(name, n - seen));
    type_denied_by_declared(a, bytes_of(name, n - seen));
    type_denied_by_name(a, bytes_of(exact, seen));
    type_denied_by_declared(a, bytes_of(exact, seen));
    free(name);
    free(copy);
    free(exact);
    return 0;
}
