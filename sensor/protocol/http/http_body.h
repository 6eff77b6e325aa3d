/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_HTTP_BODY_H
#define GANTRY_PROTOCOL_HTTP_BODY_H

#include "base/bytes.h"

/* Where a message's body ends (RFC 9112 section 6), found byte by byte at any split. */
enum http_framing {
    HTTP_NO_BODY,
    HTTP_LENGTH,
    HTTP_CHUNKED,
    HTTP_CHUNKS_LIKELY, /* a Transfer-Encoding that cannot be read: chunks if the body begins with one */
    HTTP_UNTIL_CLOSE
};

enum http_body_step { HTTP_BODY_MORE, HTTP_BODY_END, HTTP_BODY_BROKEN };

struct http_body {
    enum http_framing framing;
    uint64_t left;      /* bytes to come: of the body, or of the chunk */
    uint64_t plain;     /* Content-Length beside chunked, UINT64_MAX without one */
    bool plain_allowed; /* a body that was announced as chunked and is not is taken as it is */
    bool doubtful; /* chunks were not announced in so many words: the first size line must be a clean one */
    uint8_t phase; /* of the chunk framing */
    bool first;    /* no chunk has been seen yet */
    bool digits, spaces; /* the size has one; something stood behind it */
    bool odd;            /* a byte stood in the size line that has no business there */
    bool cr, cr_only;    /* the last byte was CR; lines end with CR alone */
    bool bare_lf;        /* the size line ended with LF alone, and no data has come behind it */
    uint32_t line;       /* bytes of the framing line, of the whole trailer section */
    uint8_t seen[24];    /* the present size line, given back as body if it is none */
    uint8_t seen_n;
    bool seen_lost;       /* it was longer than that */
    struct bytes trailer; /* of the last call's bytes, those of the trailer section */
};

/* `length` is Content-Length or UINT64_MAX. `response`: may last until the connection closes.
 * HTTP_CHUNKS_LIKELY becomes HTTP_CHUNKED. */
void http_body_init(struct http_body *b, enum http_framing framing, uint64_t length, bool response);

/* Takes framing and at most one run of payload from `in`; returns how many bytes it took. *payload (may be
 * empty) lies in `in` or in `b`. After END or BROKEN nothing more may be asked; the payload of BROKEN is what
 * was taken for a chunk size and is none. */
size_t http_body_take(struct http_body *b, struct bytes in, struct bytes *payload, enum http_body_step *step);

/* `n` bytes are missing here: *inside of them belonged to the body. END: the body ended within the gap.
 * BROKEN: the gap took framing with it. */
enum http_body_step http_body_gap(struct http_body *b, uint64_t n, uint64_t *inside);

/* The stream has ended: what was taken for the beginning of a chunk size and never became one. */
struct bytes http_body_rest(struct http_body *b);

/* The stream has ended here: was everything announced seen? */
bool http_body_complete(const struct http_body *b);

#endif
