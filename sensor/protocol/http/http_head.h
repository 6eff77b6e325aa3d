/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_HTTP_HEAD_H
#define GANTRY_PROTOCOL_HTTP_HEAD_H

#include "base/allowance.h"
#include "protocol/http/http_body.h"

/* A message's start line and those of its fields that are ever asked for (RFC 9112 sections 2 to 5).
 *
 * A head that is written as the standard says is read in place (http_plain.c); every other one by libhtp
 * (http_libhtp.c, the only file that knows it), which reads it as servers do. Where libhtp gives what the
 * first way gives, and where not, is held by a test that compares them. A head that nobody pays for, or for
 * which there is no memory, is read in place as well as that goes, and counted. */
enum http_field {
    HTTP_HOST,
    HTTP_AUTHORIZATION,
    HTTP_CONTENT_LENGTH,
    HTTP_TRANSFER_ENCODING,
    HTTP_CONTENT_TYPE,
    HTTP_CONTENT_ENCODING,
    HTTP_CONTENT_RANGE,
    HTTP_CONTENT_DISPOSITION,
    HTTP_ETAG,
    HTTP_LAST_MODIFIED,
    HTTP_EXPECT,
    HTTP_UPGRADE,
    HTTP_LOCATION,
    HTTP_UPLOAD_OFFSET,
    HTTP_UPLOAD_LENGTH,
    HTTP_UPLOAD_METADATA,
    HTTP_UPLOAD_COMPLETE,
    HTTP_UPLOAD_CONTENT_LENGTH,
    HTTP_AMZ_SHA256,
    HTTP_AMZ_COPY_SOURCE,
    HTTP_FIELDS,
    HTTP_FIELD_NONE = HTTP_FIELDS
};

/* Texts are empty where there is nothing. */
struct http_head {
    bool request;
    bool old;                        /* HTTP/0.9 */
    bool status_read;                /* of a response: */
    int status;                      /* 200 where it cannot be read */
    enum http_framing framing;       /* as announced, whatever method and status say */
    uint64_t length;                 /* Content-Length, UINT64_MAX if there is none */
    struct bytes method;             /* of a request, */
    struct bytes target;             /* as sent, */
    struct bytes host;               /* of the target or the Host field, without the port, */
    struct bytes user;               /* of Authorization, Basic or Digest */
    struct bytes reason;             /* of a response */
    struct bytes field[HTTP_FIELDS]; /* `p` is NULL where it is not there */
    void *own;                       /* what the texts lie in, where it is not the block */
};

/* `block`: from the start line to the empty line, from which the texts may be borrowed. `payer` may be NULL.
 * False (nothing to finish): it is no head. */
bool http_head_parse(struct http_head *h, bool request, struct bytes block, struct allowance *payer);
void http_head_finish(struct http_head *h); /* may be called again */
/* Of a head that begins `in`: its bytes if it is whole and written as the standard says; 0 (nothing to
 * finish) else. */
size_t http_head_take(struct http_head *h, bool request, struct bytes in);

/* A copy that outlives the block, the caller's, to be freed by protocol_free(); NULL: no memory (counted). */
struct http_head *http_head_keep(const struct http_head *h);

/* The field of this name, or that this line holds, if it is one that is ever asked for. */
enum http_field http_head_named(struct bytes name);
enum http_field http_head_uses(struct bytes line);
extern const char *const http_field_names[HTTP_FIELDS]; /* in lower case */

static inline bool http_head_has(const struct http_head *h, enum http_field field) {
    return h->field[field].p != NULL;
}

/* Is `word` one of the comma-separated elements of the field, in any case? */
bool http_head_lists(const struct http_head *h, enum http_field field, const char *word);

/* --- the ways to read one; of http_head.c and of what compares them --- */

enum http_plainness {
    HTTP_STRICTLY,  /* false where libhtp may read it otherwise */
    HTTP_LENIENTLY, /* false only without a first line */
};
/* Start line and fields; the texts lie in the block. */
bool http_plain_parse(struct http_head *h, struct bytes block, enum http_plainness how);
/* Strictly, the one that begins `in`: its bytes, 0 where none does that is whole. */
size_t http_plain_take(struct http_head *h, struct bytes in);
/* The same by libhtp; the texts lie in `own`. */
enum http_read { HTTP_READ, HTTP_NO_HEAD, HTTP_NO_MEMORY };
enum http_read http_libhtp_parse(struct http_head *h, struct bytes block);
/* Octets of all texts, and their move to where there is so much room. */
size_t http_head_text_size(const struct http_head *h);
void http_head_move_text(struct http_head *h, void *to);
/* `length` from the field where a reader found none. */
uint64_t http_head_number(struct bytes field);
/* From the fields and the length. */
void http_head_framing(struct http_head *h, struct bytes block);

#endif
