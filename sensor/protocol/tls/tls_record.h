/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_TLS_RECORD_H
#define GANTRY_PROTOCOL_TLS_RECORD_H

#include "base/bytes.h"

/* The records of one side of a TLS connection (RFC 8446 section 5.1, RFC 5246 section 6.2): their headers are
 * read, their bodies handed on in runs as they come. */

enum { TLS_HEADER_BYTES = 5 };

enum tls_type {
    TLS_CHANGE_CIPHER_SPEC = 20,
    TLS_ALERT = 21,
    TLS_HANDSHAKE = 22,
    TLS_APPLICATION_DATA = 23,
    TLS_HEARTBEAT = 24,
};

/* Zeroed: a record begins next. */
struct tls_walk {
    uint8_t header[TLS_HEADER_BYTES];
    uint8_t header_n; /* of the header that is being gathered */
    uint8_t type;     /* of the record whose body comes */
    bool fresh;       /* of whose body nothing has come */
    bool lost;        /* a gap took the place of the next header: it is looked for */
    bool stray;       /* the last run was of no record: it came while the header was looked for */
    uint8_t tried;    /* headers that must stand at their places before what was found is believed */
    uint16_t left;    /* octets of the body to come */
    uint16_t small;   /* octets of change_cipher_spec and alerts so far, which are few */
};

enum tls_step {
    TLS_STEP_MORE, /* all is taken, nothing to hand on */
    TLS_STEP_BODY, /* *body is of w->type, or w->stray; *begins: it is the first run of it */
    TLS_STEP_WRONG /* no header stands where one must: its w->header_n first octets are in w->header, the rest
                      is in *in */
};

/* As far as the next run of a body. */
enum tls_step tls_walk_next(struct tls_walk *w, struct bytes *in, struct bytes *body, bool *begins);
void tls_walk_gap(struct tls_walk *w, uint64_t n);

/* Could a record begin like this? Bounds are those of the type. `n` octets of a header, 5 at most. */
bool tls_header_fits(const uint8_t *header, size_t n);
static inline unsigned tls_header_length(const uint8_t header[TLS_HEADER_BYTES]) {
    return (unsigned)header[3] << 8 | header[4];
}

#endif
