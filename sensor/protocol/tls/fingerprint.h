/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_TLS_FINGERPRINT_H
#define GANTRY_PROTOCOL_TLS_FINGERPRINT_H

#include "protocol/tls/hello.h"

/* What a ClientHello says of the software that wrote it. */

/* What carries the hello, by JA4's letter. */
enum tls_carrier { CARRIER_TCP = 't', CARRIER_QUIC = 'q', CARRIER_DTLS = 'd' };

enum { JA3_SIZE = 33, JA4_SIZE = 37 }; /* with their NUL */

/* The MD5 of "version,ciphers,extensions,groups,formats", decimal numbers joined by '-', GREASE left out
 * (github.com/salesforce/ja3). False: a library's failure. */
bool tls_ja3(const struct tls_hello *hello, char out[JA3_SIZE]);
/* "t13d1516h2_8daaf6152771_02713d6af862", as FoxIO's technical specification of JA4 says. */
bool tls_ja4(const struct tls_hello *hello, enum tls_carrier carrier, char out[JA4_SIZE]);

struct tls_fingerprints {
    char ja3[JA3_SIZE], ja4[JA4_SIZE];
};

/* Both of them; of a hello like one that came before they are not worked out again. */
bool tls_fingerprint(const struct tls_hello *hello, enum tls_carrier carrier, struct tls_fingerprints *out);

/* Before the sandbox closes: what OpenSSL loads at a first use. False: it has no such digests. */
bool tls_fingerprint_prepare(void);

#endif
