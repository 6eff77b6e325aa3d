/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_TLS_H
#define GANTRY_REPORT_TLS_H

#include "report/transport/output_config.h"

#include <openssl/ssl.h>

/* The client's side of TLS for outputs: version 1.2 or later, the receiver's certificate and name are always
 * checked (RFC 5425 section 5.2, RFC 6125), a certificate of our own when configured. */

/* Authorities, own certificate and key of an output, read from its files. NULL with a reason that names the
 * file; *key is then the configuration's key that is at fault ("ca", "certificate" or "key"). */
SSL_CTX *tls_context(const struct output_config *config, const char **key, struct error *e);
/* A session over a connected socket that expects `name`, a host name or an address; NULL: no memory. */
SSL *tls_session(SSL_CTX *context, int fd, const char *name);
/* Why the last call on `ssl` failed, in words of OpenSSL's and ours, never of the peer's. */
void tls_reason(const SSL *ssl, char *out, size_t size);

#endif
