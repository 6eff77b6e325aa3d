/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_TLS_CERTIFICATE_H
#define GANTRY_PROTOCOL_TLS_CERTIFICATE_H

#include "base/bytes.h"

/* What an X.509 certificate (RFC 5280) says of its holder. Only names and times are read: no key, no
 * signature, nothing is verified. */

enum { CERTIFICATE_NAME_MAX = 256, CERTIFICATE_NAMES_MAX = 512, CERTIFICATE_TIME_SIZE = 21 };

/* Texts are UTF-8 without a NUL, cut at a character's end where they are too long; n == 0: not there. */
struct certificate_text {
    size_t n;
    char at[CERTIFICATE_NAMES_MAX];
};

struct certificate {
    struct certificate_text common_name; /* the subject's most specific */
    struct certificate_text subject;     /* RFC 4514: "CN=www.example,O=Example,C=US" */
    struct certificate_text issuer;
    struct certificate_text names; /* names of hosts, mail and URIs, addresses of subjectAltName, by ", " */
    char since[CERTIFICATE_TIME_SIZE]; /* "2026-05-31T04:12:09Z", empty: unreadable */
    char until[CERTIFICATE_TIME_SIZE];
};

/* `der`: one certificate. What stands behind a damage is not there. False: it is none. */
bool certificate_read(struct bytes der, struct certificate *out);

#endif
