/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_HTTP2_FLOW_H
#define GANTRY_PROTOCOL_HTTP2_FLOW_H

#include "protocol/http/http_exchange.h"
#include "protocol/http/http_head.h"
#include "protocol/http/http_hosts.h"
#include "protocol/http/http_upload.h"
#include "protocol/http2/http2_fields.h"
#include "protocol/http2/http2_frame.h"
#include "protocol/protocol.h"

/* Internal to http2/: one connection. http2.c goes from frame to frame, http2_payload.c into them,
 * http2_seek.c finds the way back, http2_fields.c and http2_head.c read heads, http2_streams.c keeps streams,
 * http2_message.c makes transfers of them, grpc.c of messages within them. */

enum {
    HTTP2_STREAMS_MAX = 1024,        /* of one connection, at once */
    HTTP2_STREAMS_BYTES = 512 << 10, /* what they may take, of one connection */
    HTTP2_TUNNELS_MAX = 16,          /* behind CONNECT, of one connection, at once */
    HTTP2_BUCKETS = 64,              /* lists in which they are found */
    HTTP2_LEAD_MAX = 10,             /* octets before what a frame carries: padding, priority, promise */
    HTTP2_SEEK_MAX = 16 << 20,       /* octets in which no frame is found, of one connection */
    HTTP2_LOST_MAX = 256 << 10,      /* streams that are told that the way is lost, of one connection */
    HTTP2_STRAY_LEAST = 256,         /* octets of a frame of no known type that are looked at */
};

/* The messages of gRPC within a body. */
struct grpc {
    uint8_t head_n, head[5];
    uint32_t left; /* octets of the present message */
    bool inside, silent /* of it nothing is handed on */;
    struct transfer *transfer;
    char coding[16]; /* grpc-encoding */
};

/* What one side sends on a stream. */
struct http2_message {
    bool headed;            /* its head was read */
    bool begun;             /* services->begin was asked */
    bool over;              /* no more comes */
    bool creates;           /* it is the beginning of an upload, whose URL the answer brings, */
    bool waits;             /* and waits for that */
    bool holed;             /* some of it may be missing, nobody knows how much */
    uint64_t length, seen;  /* octets of its body: announced (LENGTH_UNKNOWN: not), and so far */
    struct http_head *head; /* kept until the transfer begins; NULL: none */
    struct transfer *transfer;
    struct http_parts_list *parts; /* its body lists those of an upload */
    struct grpc *grpc;             /* NULL: its body is one transfer */
};

struct http2_stream {
    struct http2_stream *next;          /* of its bucket */
    struct http2_stream *older, *newer; /* by the last frame that mattered */
    uint32_t id;
    size_t takes;                    /* octets: itself, its request, what is kept of its messages */
    bool reset;                      /* by one side: what the other one sends was on its way */
    struct http2_message message[2]; /* by enum side */
    struct http_exchange *exchange;  /* its request; NULL: not known */
    struct conversation *tunnel;     /* what it carries in place of bodies; NULL: nothing */
};

struct http2_side {
    enum {
        HTTP2_AT_START,
        HTTP2_AT_FRAME, /* the head of a frame stands here, of which there are head_n octets */
        HTTP2_IN_FRAME,
        HTTP2_SEEKING, /* the way is lost: `held` has what may be a frame */
    } phase;
    uint8_t head_n, head[HTTP2_PREFACE];
    struct http2_frame frame;
    uint32_t left;    /* octets of its payload that have not come, padding included */
    uint32_t padding; /* of them, at the end */
    uint8_t lead_n, lead_want, lead[HTTP2_LEAD_MAX];
    uint32_t longest; /* payload that it may send, as the other side's settings say */

    bool within_head; /* a head goes on in the next frame */
    bool head_lost;   /* some of it is missing */
    bool ends_stream; /* the message is over with it */
    bool promised;    /* it is the request of a stream that this side will answer */
    uint32_t head_stream;
    struct http2_fields fields;
    struct http2_text text; /* of the present head */
    uint32_t newest;        /* number of the last stream that it opened */
    bool doubtful;          /* what was missed since may have held heads */

    struct transfer *stray; /* what frames of no known type carry, and what is no frame */
    bool straying;
    bool loose; /* the way was lost though nothing is missing */
    uint8_t *held;
    size_t held_n, held_size;
};

struct http2 {
    struct conversation *c;
    struct http2_side side[2]; /* by enum side */
    bool whole;                /* seen from its beginning */
    enum side client;
    unsigned streams, tunnels;
    size_t bytes; /* that they take */
    struct http2_stream *bucket[HTTP2_BUCKETS], *oldest, *newest;
    struct http_hosts hosts;
    uint64_t sought; /* octets, since the last frame */
    uint64_t losing; /* streams, as often as the way was lost though nothing was missing */
    enum protocol_result result;
};

static inline enum side http2_side_of(const struct http2 *h, const struct http2_side *s) {
    return (enum side)(s - h->side);
}

/* --- http2.c --- */

/* Takes octets of a side as frames, as far as they go; those that are not taken belong to another
 * conversation. */
struct bytes http2_take(struct http2 *h, struct http2_side *s, struct bytes in);

/* --- http2_payload.c --- */

/* The head of a frame is in s->frame. */
void http2_payload_begin(struct http2 *h, struct http2_side *s);
/* How many octets were taken; s->phase says whether the frame is over. */
size_t http2_payload_take(struct http2 *h, struct http2_side *s, struct bytes in);
/* `n` octets of it are missing, s->left at most. */
void http2_payload_gap(struct http2 *h, struct http2_side *s, uint32_t n);
/* Octets that belong to no frame that is known. */
void http2_payload_stray(struct http2 *h, struct http2_side *s, struct bytes in);

/* --- http2_seek.c --- */

/* Frames were missed: whatever is open may lack something, and where the next one begins is not known. */
void http2_seek_begin(struct http2 *h, struct http2_side *s);
/* Octets in which a frame may begin; true if it does: then it stands in s->held, which is the caller's. */
bool http2_seek_take(struct http2 *h, struct http2_side *s, struct bytes in);
/* No more comes: what is held is no frame. */
void http2_seek_end(struct http2 *h, struct http2_side *s);

/* --- http2_streams.c --- */

struct http2_stream *http2_stream_find(struct http2 *h, uint32_t id); /* NULL: none */
/* Made if there is none; NULL: no memory (counted). At the bound the one that was quiet for longest ends. */
struct http2_stream *http2_stream_get(struct http2 *h, uint32_t id);
/* It has this request, which is copied. */
void http2_stream_ask(struct http2 *h, struct http2_stream *x, const struct http_origin *request);
/* It takes so many octets more, for which those that were quiet for longest make room; or so many less. */
void http2_stream_take(struct http2 *h, struct http2_stream *x, size_t octets);
void http2_stream_give(struct http2 *h, struct http2_stream *x, size_t octets);
void http2_stream_drop(struct http2 *h, struct http2_stream *x); /* what is open in it is cut */
void http2_streams_finish(struct http2 *h);

/* --- http2_head.c --- */

/* The text of a head is complete: a request, an answer, or trailers. */
void http2_head_take(struct http2 *h, struct http2_side *s);

/* --- http2_message.c --- */

/* A head of `x`; `head` is borrowed. */
void http2_message_head(struct http2 *h, struct http2_stream *x, enum side from, const struct http_head *head,
                        struct bytes grpc_coding);
/* Its body may list the parts of an upload. */
void http2_message_list(struct http2 *h, struct http2_stream *x, enum side from,
                        const struct http_head *request, const struct http_origin *origin);
/* The answer to what `from` sends on `x` begins. */
void http2_message_answered(struct http2 *h, struct http2_stream *x, enum side from,
                            const struct http_head *response);
void http2_message_data(struct http2 *h, struct http2_stream *x, enum side from, struct bytes payload);
void http2_message_gap(struct http2 *h, struct http2_stream *x, enum side from, uint64_t n);
void http2_message_end(struct http2 *h, struct http2_stream *x, enum side from, enum transfer_end how);

/* --- http2_tunnel.c --- */

/* CONNECT, to `protocol` (RFC 8441) or anywhere. Without a place for one x->tunnel stays NULL, and what it
 * carries is a body. */
void http2_tunnel_begin(struct http2 *h, struct http2_stream *x, struct bytes protocol, struct bytes path);
/* These where there is one. */
void http2_tunnel_data(struct http2 *h, struct http2_stream *x, enum side from, struct bytes in);
void http2_tunnel_gap(struct http2 *h, struct http2_stream *x, enum side from, uint64_t n);
void http2_tunnel_end(struct http2 *h, struct http2_stream *x, enum side from, bool clean);
void http2_tunnel_close(struct http2 *h, struct http2_stream *x); /* accepts that there is none */

/* --- grpc.c --- */

bool grpc_is_type(struct bytes content_type);
/* Octets of a body of messages (gRPC over HTTP/2, "Length-Prefixed-Message"). Returns those that are none: it
 * is a body as any other from there on. */
struct bytes grpc_take(struct http2 *h, struct http2_stream *x, enum side from, struct bytes in);
void grpc_gap(struct http2 *h, struct http2_stream *x, enum side from, uint64_t n);
/* Where the next message begins is not known: what follows is a body as any other, and not all of it. */
void grpc_lose(struct http2 *h, struct http2_stream *x, enum side from);
void grpc_end(struct http2 *h, struct http2_stream *x, enum side from);

#endif
