/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_RTSP_SESSION_H
#define GANTRY_PROTOCOL_RTSP_SESSION_H

#include "protocol/rtsp/rtsp.h"

/* Internal to rtsp/: one connection. rtsp.c knows what stands on it, rtsp_message.c requests and answers,
 * rtsp_tracks.c what they say of streams. */

enum {
    RTSP_LINE_MAX = 1024, /* octets of a line that are looked at */
    RTSP_TEXT_MAX = 512,
    RTSP_TRACKS_MAX = 8,
    RTSP_SOURCES_MAX = 8,
    RTSP_ASKED_MAX = 8,
    RTSP_WINDOW = 16, /* octets of a frame that show it where the way is lost: its head and RTP's */
};

struct rtsp_text {
    uint16_t n;
    uint8_t p[RTSP_TEXT_MAX];
};

static inline struct bytes rtsp_text_of(const struct rtsp_text *t) {
    return bytes_of(t->p, t->n);
}

static inline void rtsp_text_set(struct rtsp_text *t, struct bytes from) {
    t->n = (uint16_t)(from.n < RTSP_TEXT_MAX ? from.n : RTSP_TEXT_MAX);
    if (t->n)
        memcpy(t->p, from.p, t->n);
}

/* A request or an answer. */
struct rtsp_message {
    bool request, begun; /* its first line was read */
    enum rtsp_method {
        RTSP_OTHER,
        RTSP_SETUP,
        RTSP_DESCRIBE, /* what tells the stream's own URL */
    } method;
    bool sdp;
    uint64_t length, number; /* Content-Length, CSeq */
    struct rtsp_text url, transport, type, user;
};

struct rtsp_side {
    enum {
        RTSP_AT_START,
        RTSP_IN_HEAD,
        RTSP_IN_BODY,
        RTSP_IN_FRAME,
        RTSP_SEEKING, /* behind a gap */
    } at;
    struct rtsp_message message;
    bool line_cut;
    uint16_t line_n;
    uint8_t line[RTSP_LINE_MAX];
    uint64_t body;  /* octets to come */
    bool described; /* it is of lines of SDP */
    struct transfer *transfer;
    bool begun;           /* a transfer is, `transfer` may be NULL */
    uint8_t *packet;      /* of a frame that came in pieces, PROTOCOL_HELD */
    uint32_t frame, have; /* octets of it, and those that came */
    bool torn;            /* some of it is missing */
    uint8_t head_n, head[RTSP_WINDOW];
    uint32_t sought; /* octets without a message */
};

struct rtsp_track {
    struct rtp_stream *stream;
    bool set_up, has_channel;
    uint8_t channel;
    struct endpoint told[2]; /* last announced */
};

struct rtsp {
    struct conversation *c;
    struct rtsp_side side[2]; /* by enum side */
    struct rtsp_text url;     /* of what is described */
    struct rtsp_text user;
    bool named; /* the host was told */
    unsigned tracks;
    struct rtsp_track track[RTSP_TRACKS_MAX];
    struct rtsp_track *described; /* the one that lines of SDP are about; NULL: none so far */
    struct rtsp_asked {
        uint64_t number; /* CSeq of a SETUP */
        uint8_t track;
        bool waits;
    } asked[RTSP_ASKED_MAX];
    unsigned asked_next;
    struct rtp_source *source[RTSP_SOURCES_MAX]; /* of channels, by what came first */
    uint8_t source_channel[RTSP_SOURCES_MAX];
    bool pictures;
    unsigned others; /* packets of other media */
};

/* --- rtsp_message.c --- */

/* A whole line; `cut`: as much of it as is looked at. False: no message begins with it. */
bool rtsp_message_begin(struct rtsp_message *m, struct bytes line, bool cut);
void rtsp_message_field(struct rtsp_message *m, struct bytes line);
/* May the line begin a message, as far as it goes? */
bool rtsp_may_begin(struct bytes line);
/* "rtsp://user@host:port/path?query" */
struct rtsp_url {
    struct bytes host, user, path;
};
struct rtsp_url rtsp_url_read(struct bytes url);

/* --- rtsp_tracks.c --- */

/* The head is whole. */
void rtsp_take_message(struct rtsp *r, enum side from, const struct rtsp_message *m);
void rtsp_begin_description(struct rtsp *r);
void rtsp_take_description(struct rtsp *r, struct bytes line);
/* NULL: not known. */
const struct rtsp_track *rtsp_channel_track(const struct rtsp *r, uint8_t channel);
void rtsp_close_tracks(struct rtsp *r);

#endif
