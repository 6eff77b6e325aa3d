/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_HTTP_FLOW_H
#define GANTRY_PROTOCOL_HTTP_FLOW_H

#include "protocol/http/http_exchange.h"
#include "protocol/http/http_head.h"
#include "protocol/http/http_hosts.h"
#include "protocol/http/http_lines.h"
#include "protocol/http/http_shrink.h"
#include "protocol/http/http_upload.h"
#include "protocol/protocol.h"

/* One HTTP connection: what http.c (bytes to messages) and http_message.c (messages to transfers) share. */
enum { HTTP_HEAD_MAX = 65536, HTTP_HOLD_MAX = 16384 };

enum http_phase {
    HTTP_AT_START, /* a message begins here, after optional empty lines */
    HTTP_SEEKING,  /* the way is lost: looking for the next message */
    HTTP_IN_HEAD,  /* gathering a head until its empty line */
    HTTP_IN_BODY,
    HTTP_IN_EITHER, /* a body that should not or need not come, or the next message */
    HTTP_BEHIND,    /* an announced body is there; it may be longer than its length says */
    HTTP_ON_HOLD,   /* behind CONNECT, until its answer comes */
    HTTP_OVER,
};

/* Seeking: what is made of the bytes before the next message. */
enum http_headless {
    HTTP_HAS_HEAD,   /* nothing: the body that they may belong to has been handed on and cut */
    HTTP_TAIL,       /* a gap took a head: first comes what it may have left of it, */
    HTTP_BODY_ALONE, /* then a body, or what is left of that: the transfer that is open, or one of its own */
};

enum { HTTP_TRAILER_MAX = 2048 };

struct http_trailer {
    size_t n;
    uint8_t text[HTTP_TRAILER_MAX];
};

struct http_side {
    enum http_phase phase;
    enum http_headless headless;
    bool request;            /* the present message is one */
    bool leftover;           /* HTTP_BODY_ALONE because no length fits, not because a head was lost */
    enum transfer_end loose; /* how such a body ends where the next message begins */
    bool inside_line;        /* seeking: the next byte is not a line's first */
    bool expects;            /* the body waits for 100 (Continue) */
    bool begun;              /* services->begin was asked */
    bool creates;            /* for the beginning of an upload, whose URL the answer brings */
    bool reading;            /* `head` is not a copy: what it says is looked at now */
    bool last;               /* no more bytes come */
    struct http_lines lines; /* of the present head */
    struct http_shrunk shrunk;
    uint8_t *held; /* bytes that wait for more, from held_at to held_end */
    size_t held_at, held_end, held_size;
    size_t tried;                   /* of them, by steps that wanted more */
    struct http_head *head;         /* kept until the transfer begins; NULL: none */
    struct http_exchange *exchange; /* the request of a response, kept as long */
    struct http_body body;
    struct http_trailer *trailer;  /* its lines that were not shown, NULL: none came */
    struct http_parts_list *parts; /* the body lists those of an upload */
    struct transfer *transfer;
};

struct http {
    struct conversation *c;
    struct http_side side[2]; /* by enum side */
    enum side client;         /* who asks; the flow's client unless the first message shows otherwise */
    bool client_known;
    struct http_side *wake;             /* its held bytes can go on */
    bool answered;                      /* a final answer was seen */
    bool lost;                          /* the way was lost once: it may have been before the capture began */
    struct http_exchanges waiting[2];   /* by the side that asked */
    uint64_t sought;                    /* bytes stepped over since the last message */
    struct http_hosts hosts;            /* already named */
    bool becomes_socket, becomes_http2; /* a WebSocket, or HTTP/2, */
    struct http_exchange *upgrade;      /* that this request asked for; NULL: not known */
    enum protocol_result result;
};

/* How many bytes without a message begin a transfer of their own, or end as one. */
enum { HTTP_LEFTOVER_MIN = 256, HTTP_LEFTOVER_LAST = 32 };

static inline enum side http_side_of(const struct http *h, const struct http_side *s) {
    return (enum side)(s - h->side);
}

/* A whole head, from its start line to the empty line, of the kind s->request says. Sets the next phase.
 * False if it is no head, or without memory. */
bool http_message_head(struct http *h, struct http_side *s, struct bytes block);
/* The same of one that has been read; the caller finishes it. */
void http_message_begin(struct http *h, struct http_side *s, struct http_head *head);

/* An HTTP/0.9 response begins: all bytes until close are its body. */
void http_message_old(struct http *h, struct http_side *s);

void http_message_data(struct http *h, struct http_side *s, struct bytes payload);
/* Of a message whose head was lost: its name is that of the only request that waits, if there is just one. */
void http_message_headless(struct http *h, struct http_side *s, struct bytes payload);
void http_message_gap(struct http *h, struct http_side *s, uint64_t n);

/* Its body is there as announced: the end waits for what follows, or for nothing to follow. */
void http_message_behind(struct http *h, struct http_side *s);
/* Gives back what a side keeps of its last message. */
void http_message_forget(struct http_side *s);

/* The message is over: ends its transfer if one was begun, forgets the rest. */
void http_message_end(struct http *h, struct http_side *s, enum transfer_end how);

#endif
