/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_HTTP2_FIELDS_H
#define GANTRY_PROTOCOL_HTTP2_FIELDS_H

#include "base/allowance.h"
#include "base/bytes.h"

/* Heads of fields as HPACK (RFC 7541) writes them. nghttp2 reads each field alone, so that one that cannot be
 * read, or refers to a table that was not seen, costs no other: http2_fields.c is the only file that knows
 * it. */

enum {
    HTTP2_HEAD_MAX = 65536,    /* octets of a head's text; beyond, only fields that are asked for */
    HTTP2_LITERAL_MAX = 65536, /* of one field on the wire */
    HTTP2_TABLE_MAX = 65536,   /* of a table of fields, whatever settings allow */
    HTTP2_UNPAID_MAX = 4096,   /* that a head unfolds to and nobody pays for */
};

enum http2_pseudo { /* RFC 9113 section 8.3, RFC 8441 section 4 */
                    HTTP2_METHOD,
                    HTTP2_PATH,
                    HTTP2_AUTHORITY,
                    HTTP2_STATUS,
                    HTTP2_PROTOCOL,
                    HTTP2_PSEUDO
};

/* A head as text. */
struct http2_text {
    uint8_t *lines; /* its fields, as HTTP/1 writes them */
    size_t n, size;
    uint8_t *pseudo; /* values of its pseudo-fields, one behind the other */
    size_t pseudo_n, pseudo_size;
    struct {
        uint32_t at, n;
    } value[HTTP2_PSEUDO];
    uint32_t has;  /* bits of enum http2_pseudo */
    size_t unpaid; /* octets, up to HTTP2_UNPAID_MAX */
    bool unknown;  /* fields were left out that refer to what was not seen */
    bool partly;   /* fields were left out, or cut, for want of room or of who pays for them */
};

struct bytes http2_text_pseudo(const struct http2_text *t, enum http2_pseudo which);
static inline bool http2_text_has(const struct http2_text *t, enum http2_pseudo which) {
    return t->has >> which & 1;
}
void http2_text_forget(struct http2_text *t);

struct nghttp2_hd_inflater;

/* One side's. */
struct http2_fields {
    struct nghttp2_hd_inflater *inflater; /* made at the first field */
    bool skipping;                        /* the rest of the present head cannot be read */
    uint8_t *held;                        /* a field that is cut */
    size_t held_n, held_size;
};

/* The next octets of a head, in any pieces. What it unfolds to beyond its own size is paid by `payer`. */
void http2_fields_take(struct http2_fields *f, struct bytes in, struct http2_text *out,
                       struct allowance *payer);
/* The head is over. */
void http2_fields_end(struct http2_fields *f, struct http2_text *out);
/* What was missed may have changed the table: nothing in it is certain any more. */
void http2_fields_lose(struct http2_fields *f);
void http2_fields_finish(struct http2_fields *f);

#endif
