/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_HTTP_EXCHANGE_H
#define GANTRY_PROTOCOL_HTTP_EXCHANGE_H

#include "base/bytes.h"

/* Requests that wait for their responses, in order (pipelining, RFC 9112 section 9.3.2), and the way back to
 * the right pair after messages were lost. */
enum { HTTP_EXCHANGES_MAX = 256, HTTP_EXCHANGES_BYTES = 64 << 10 };

/* What a response's facts need of its request. */
struct http_origin {
    struct bytes method, path, host, user;
    bool proxied;          /* the target was a URL: `host` is whom a proxy is asked for */
    bool creates;          /* an upload, whose URL the answer brings (http_upload.h): */
    uint64_t total;        /* octets of it, LENGTH_UNKNOWN */
    struct bytes metadata; /* the field Upload-Metadata */
};

struct http_exchange {
    struct http_exchange *next;
    struct http_origin origin; /* points behind the structure */
    size_t size;               /* of all of it, bytes */
    bool old;                  /* HTTP/0.9 */
    bool unknown;              /* stands for requests that a gap has swallowed */
    bool used;                 /* an unknown one that a response was paired with */
    bool answered;             /* its response may have been in a gap */
};

struct http_exchanges {
    struct http_exchange *first, **last, *newest;
    unsigned count;
    size_t bytes; /* of all of them */
};

/* A bounded copy of an origin, in no list; the caller's, to be freed by protocol_free(). NULL: no memory
 * (counted). */
struct http_exchange *http_exchange_keep(const struct http_origin *origin);

void http_exchanges_init(struct http_exchanges *q);
void http_exchanges_finish(struct http_exchanges *q); /* forgets all; may be used again */

/* Takes a bounded copy of the origin. When too many wait, or too many bytes of them, the oldest is forgotten
 * (counted). */
void http_exchanges_asked(struct http_exchanges *q, const struct http_origin *origin, bool old);

/* The request that the response which begins now answers; NULL if none is known. The caller's, to be freed.
 */
struct http_exchange *http_exchanges_answered(struct http_exchanges *q);

/* The same without taking it. */
const struct http_exchange *http_exchanges_next(const struct http_exchanges *q);
/* The last one that was asked, if it still waits; NULL else. */
const struct http_exchange *http_exchanges_newest(const struct http_exchanges *q);

/* The request of an answer whose head was lost, if it is the only one that waited then; taken likewise. */
struct http_exchange *http_exchanges_answer_lost(struct http_exchanges *q);

/* Requests, or responses, may have been lost here. */
void http_exchanges_requests_lost(struct http_exchanges *q);
void http_exchanges_responses_lost(struct http_exchanges *q);

#endif
