/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_HTTP_UPLOAD_H
#define GANTRY_PROTOCOL_HTTP_UPLOAD_H

#include "protocol/http/http_exchange.h"
#include "protocol/http/http_head.h"
#include "protocol/protocol.h"

/* Uploads that take several requests, and what of them stands in each: the parts of S3's multipart uploads
 * (partNumber and uploadId in the query), tus 1.0 and the resumable uploads of the IETF (Upload-Offset),
 * ranges that are put to the URL of a session (Content-Range, as Google and Microsoft have it).
 *
 * What the request that made an upload said of it, its length and its name, is kept by the URL that it was
 * answered with, for the requests that go there, on whatever connection. */

/* Of a request: does it ask for an upload, the URL of which its answer brings? Then `o` gets what it says. */
void http_upload_asked(const struct http_head *request, struct http_origin *o);
/* The answer to it has come; `client`: the side that asked. */
void http_upload_made(struct conversation *c, enum side client, const struct http_origin *o,
                      const struct http_head *response);

enum { HTTP_UPLOAD_SCRATCH = 1024, HTTP_PARTS_MAX = 10000 }; /* parts that S3 has */

/* Completes the seed of a request's body, which then borrows from `scratch`. True: it is the beginning of an
 * upload whose URL the answer brings; http_upload_key() then gives its key. */
bool http_upload_fill(struct conversation *c, const struct http_head *request, const struct http_origin *o,
                      struct transfer_seed *f, char scratch[HTTP_UPLOAD_SCRATCH]);
/* The key of the upload that goes on at the answer's Location. False: it says none. */
bool http_upload_key(const struct http_head *response, struct transfer_seed *f);

/* Content-Range that has no range: "bytes *" and the total behind a slash, or another star (UINT64_MAX). It
 * asks how much has come, or says, beside no body, how long the whole is. */
bool http_upload_asks(const struct http_head *request, uint64_t *total);

/* --- the request that ends one of S3: it lists the parts --- */

struct http_parts_list;
/* NULL: the request is none, or there is no memory (counted). */
struct http_parts_list *http_parts_list_begin(const struct http_head *request, const struct http_origin *o);
size_t http_parts_list_size(const struct http_parts_list *l); /* octets of memory */
void http_parts_list_data(struct http_parts_list *l, struct bytes body);
/* All of it was seen: the upload has these parts and no others. */
void http_parts_list_end(struct http_parts_list *l, struct conversation *c, enum side client);
void http_parts_list_forget(struct http_parts_list *l); /* accepts NULL */

#endif
