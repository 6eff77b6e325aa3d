/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/ssh/kexinit.h"

#include <stdlib.h>

/* One KEXINIT. Its lists lie in it one behind the other, and hold what names may hold alone. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct ssh_kexinit k;
    char hassh[HASSH_SIZE];
    size_t at = 17; /* its number and the cookie */
    if (!ssh_kexinit_read(bytes_of(data, size), &k))
        return 0;
    for (unsigned i = 0; i < SSH_KEXINIT_LISTS; i++) {
        at += 4;
        if (k.list[i].p != data + at || k.list[i].n > size - at)
            abort();
        for (size_t j = 0; j < k.list[i].n; j++)
            if (k.list[i].p[j] <= ' ' || k.list[i].p[j] >= 0x7f)
                abort();
        at += k.list[i].n;
    }
    if (!ssh_hassh(&k, size & 1, hassh) || strspn(hassh, "0123456789abcdef") != HASSH_SIZE - 1)
        abort();
    return 0;
}
