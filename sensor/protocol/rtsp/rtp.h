/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_RTSP_RTP_H
#define GANTRY_PROTOCOL_RTSP_RTP_H

#include "protocol/protocol.h"
#include "protocol/rtsp/jpeg_header.h"

/* RTP (RFC 3550): packets of one source in their order; pictures of JPEG (RFC 2435) are put together. */

enum {
    RTP_PATH_MAX = 256,
    RTP_HOST_MAX = 128,
    RTP_USER_MAX = 64,
    RTP_CONTROL_MAX = 128,
    RTP_MEDIUM_MAX = 32,
    RTP_TYPES = 128,
    RTP_AHEAD_MAX = 8, /* datagrams that came before their turn */
};

/* What RTSP and SDP say of one stream: of the control connection, and of the flows that it announces. */
struct rtp_stream {
    uint64_t number;                 /* in announcements */
    uint16_t path_n, host_n, user_n; /* of the URL */
    uint8_t path[RTP_PATH_MAX], host[RTP_HOST_MAX], user[RTP_USER_MAX];
    uint16_t control_n, medium_n;
    uint8_t control[RTP_CONTROL_MAX];                      /* the end of the URL that sets it up */
    uint8_t medium[RTP_MEDIUM_MAX];                        /* the name of what it carries, "H264" */
    uint8_t named[RTP_TYPES / 8], pictures[RTP_TYPES / 8]; /* by payload type: what SDP says */
    uint16_t width, height; /* of pictures too large for their own header; 0: not said */
    bool sealed;            /* SRTP */
};

static inline bool rtp_bit(const uint8_t bits[RTP_TYPES / 8], unsigned type) {
    return bits[type / 8] >> type % 8 & 1;
}

/* Are pictures to come, as far as SDP says? */
bool rtp_stream_has_pictures(const struct rtp_stream *s);

/* --- pictures: rtp_jpeg.c --- */

struct rtp_origin {
    struct conversation *c;
    enum side from;
    const char *protocol;            /* ECS network.protocol */
    const struct rtp_stream *stream; /* NULL: not known */
};

struct rtp_jpeg {
    struct transfer *transfer; /* NULL also when nobody wants it */
    bool open;
    uint32_t time; /* its time stamp */
    uint32_t at;   /* octets of the scan so far, missing ones included */
    uint8_t last[2];
    uint8_t q, precision; /* of the tables of an earlier picture (section 3.1.8) */
    uint16_t tables_n;
    uint8_t tables[JPEG_TABLES_MAX];
};

/* Is it the first part of a picture, and can it be nothing else? */
bool rtp_jpeg_begins(struct bytes payload);
/* The next part of one; `lost`: packets before it were; `last` of its picture. False: it is none. */
bool rtp_jpeg_take(struct rtp_jpeg *j, const struct rtp_origin *o, uint32_t time, bool lost, bool last,
                   struct bytes payload);
/* Nothing more comes of the picture that is open. */
void rtp_jpeg_cut(struct rtp_jpeg *j, struct conversation *c);

/* --- packets: rtp.c --- */

struct rtp_source {
    struct rtp_origin origin;
    bool waits;  /* packets may come out of order */
    bool synced; /* `next` is known */
    uint16_t next;
    uint32_t source; /* SSRC */
    uint8_t dynamic; /* a payload type that pictures came with, which nobody named; 0: none */
    uint8_t ahead;   /* of `held`, by sequence number */
    struct rtp_held {
        uint16_t sequence, n;
        uint8_t *p;
    } held[RTP_AHEAD_MAX];
    struct rtp_jpeg jpeg;
};

enum rtp_kind {
    RTP_PICTURE,
    RTP_CONTROL, /* RTCP, or nothing */
    RTP_OTHER,   /* of something else */
    RTP_NONE,    /* no packet of either */
};
enum rtp_kind rtp_take(struct rtp_source *s, struct bytes packet);
/* Nothing more comes of it. */
void rtp_end(struct rtp_source *s);

/* A datagram that is RTP with the first part of a picture, for certain. */
bool rtp_begins(struct bytes datagram);

/* --- flows that are announced: rtp_flow.c --- */

extern const struct protocol protocol_rtp;

/* The state of a stream, used by one more; `number` 0: a new one. NULL: no memory. */
struct rtp_stream *rtp_stream_join(uint64_t number);
void rtp_stream_leave(struct rtp_stream *s); /* accepts NULL */
/* Flows with these ends will come. */
void rtp_stream_announce(struct conversation *c, const struct rtp_stream *s, const struct endpoint end[2]);
/* What it carries is a fact of the flow. */
void rtp_stream_tell(struct conversation *c, const struct rtp_stream *s);

#endif
