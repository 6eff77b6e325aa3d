/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_HTTP_HEAD_H
#define GANTRY_PROTOCOL_HTTP_HEAD_H

#include "protocol/http/http_body.h"

/* A message's start line and header fields, read by libhtp; http_head.c is the only file that knows it.
 * libhtp gets each head whole and alone: in one stream cut at any byte it reads a folded line or bytes behind
 * a body differently from one cut to the next, cannot go on behind a gap in a chunk, and pairs messages by
 * arrival. */
struct http_head {
    struct htp_connp_t *parser;
    struct htp_tx_t *tx;
    size_t charged; /* of the account of protocols */
    bool partly;    /* libhtp gave up the rest of it */
    bool request;
    int status; /* of a response; 200 where it cannot be read */
    bool status_read;
    enum http_framing framing; /* as announced, whatever method and status say */
    uint64_t length;           /* Content-Length, UINT64_MAX if there is none */
};

/* What a request says of itself. Borrowed until http_head_finish; empty if not there. */
struct http_request {
    struct bytes method;
    struct bytes target; /* as sent */
    struct bytes host;   /* of the target or the Host field, without the port */
    struct bytes user;   /* of Authorization, Basic or Digest */
    bool old;            /* HTTP/0.9 */
};

/* `block`: from the start line to the empty line. False (nothing to finish) if it is no head, or without
 * memory. */
bool http_head_parse(struct http_head *h, bool request, struct bytes block);
void http_head_finish(struct http_head *h); /* may be called again */

/* Does this line hold a field that is ever asked for? */
bool http_head_uses(struct bytes line);

/* Borrowed until http_head_finish; empty if not there. */
struct bytes http_head_field(const struct http_head *h, const char *name);
bool http_head_has(const struct http_head *h, const char *name);
struct http_request http_head_request(const struct http_head *h);
struct bytes http_head_reason(const struct http_head *h);

/* Is `word` one of the comma-separated elements of the field, in any case? */
bool http_head_lists(const struct http_head *h, const char *field, const char *word);

#endif
