/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/tls/fingerprint.h"

#include <stdlib.h>

/* One hello behind an octet that says whose it is: 0 the client's, 1 the client's over datagrams, else the
 * server's. All that is told lies in the message, and fingerprints have their form. */

static void check_inside(struct bytes part, struct bytes whole) {
    if (part.n && (part.p < whole.p || part.n > whole.n || part.p > whole.p + whole.n - part.n))
        abort();
}

static void check_hello(const struct tls_hello *h, struct bytes body) {
    check_inside(h->name, body);
    check_inside(h->application, body);
    check_inside(h->ciphers, body);
    check_inside(h->extensions, body);
    check_inside(h->groups, body);
    check_inside(h->formats, body);
    check_inside(h->algorithms, body);
    if (h->name.n && !h->named)
        abort();
}

static void check_hex(const char *text, size_t n) {
    if (strspn(text, "0123456789abcdef") < n)
        abort();
}

static void check_fingerprints(const struct tls_hello *h, enum tls_carrier carrier) {
    char ja3[JA3_SIZE], ja4[JA4_SIZE];
    if (!tls_ja3(h, ja3) || !tls_ja4(h, carrier, ja4) || strlen(ja3) != JA3_SIZE - 1 ||
        strlen(ja4) != JA4_SIZE - 1 || ja4[0] != (char)carrier || ja4[10] != '_' || ja4[23] != '_')
        abort();
    check_hex(ja3, JA3_SIZE - 1);
    check_hex(ja4 + 11, 12);
    check_hex(ja4 + 24, 12);
    for (int again = 0; again < 2; again++) {
        struct tls_fingerprints kept;
        if (!tls_fingerprint(h, carrier, &kept) || strcmp(kept.ja3, ja3) != 0 || strcmp(kept.ja4, ja4) != 0)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct tls_hello hello;
    if (size == 0)
        return 0;
    struct bytes body = bytes_of(data + 1, size - 1);
    if (data[0] > 1) {
        if (tls_hello_read_server(body, &hello))
            check_hello(&hello, body);
    } else if (tls_hello_read_client(body, data[0] == 1, &hello)) {
        check_hello(&hello, body);
        check_fingerprints(&hello, data[0] == 1 ? CARRIER_DTLS : CARRIER_TCP);
    }
    return 0;
}
