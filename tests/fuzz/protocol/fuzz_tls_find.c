/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/tls/tls.h"

#include <stdlib.h>

/* Where in the middle of anything TLS is offered and answered: whatever stands before it, and no later in
 * what is cut behind it. The first two octets say where it is cut. */

typedef size_t (*finder)(struct bytes in);

static size_t find_exactly(finder find, struct bytes in) {
    uint8_t *exact = malloc(in.n + 1);
    memcpy(exact, in.p, in.n);
    size_t at = find(bytes_of(exact, in.n));
    free(exact);
    if (at > in.n)
        abort();
    return at;
}

static void check(finder find, struct bytes in, size_t cut) {
    size_t at = find_exactly(find, in);
    size_t from = at ? cut % (at + 1) : 0;
    if (find_exactly(find, bytes_of(in.p + from, in.n - from)) != at - from)
        abort();
    size_t n = cut % (in.n + 1), before = find_exactly(find, bytes_of(in.p, n));
    bool answer = find == tls_find_answer;
    /* What is answered is certain at once; what is offered, as soon as its first octet is there. */
    if (answer ? before < n && at > before : at < n && in.p[at] == 0x16 && before > at)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 3)
        return 0;
    size_t cut = (size_t)data[0] << 8 | data[1];
    check(tls_find_offer, bytes_of(data + 2, size - 2), cut);
    check(tls_find_answer, bytes_of(data + 2, size - 2), cut);
    return 0;
}
