/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/promise.h"

#include <stdlib.h>

/* An octet that says how many of the others the client begins with; the rest is the server's. What promises
 * TLS does so whatever comes behind it. */

static bool promise_exactly(struct bytes client, struct bytes server) {
    uint8_t *c = malloc(client.n), *s = malloc(server.n);
    memcpy(c, client.p, client.n);
    memcpy(s, server.p, server.n);
    bool promised = promises_tls(bytes_of(c, client.n), bytes_of(s, server.n));
    free(c);
    free(s);
    return promised;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    size_t n = data[0] < size - 1 ? data[0] : size - 1;
    struct bytes client = bytes_of(data + 1, n), server = bytes_of(data + 1 + n, size - 1 - n);
    bool was = promises_tls(bytes_of(NULL, 0), bytes_of(NULL, 0));
    if (was)
        abort();
    for (size_t i = 0; i <= client.n || i <= server.n; i++) {
        bool is = promise_exactly(bytes_of(client.p, i < client.n ? i : client.n),
                                  bytes_of(server.p, i < server.n ? i : server.n));
        if (was && !is)
            abort();
        was = is;
    }
    return 0;
}
