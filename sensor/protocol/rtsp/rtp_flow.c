/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "base/hash.h"
#include "protocol/memory.h"
#include "protocol/rtsp/rtp.h"
#include "protocol/shared.h"

/* Octets of a flow that are no pictures before it is known to have none: where some are to come, receivers
 * open the way for them with octets of their own. */
enum { UNREAD_MAX = 512, UNREAD_BEFORE_PICTURES = 16384 };

struct rtp_flow {
    struct rtp_stream *stream; /* NULL: nobody announced it */
    bool pictures;
    uint32_t unread;
    struct rtp_source source[2]; /* by enum side */
};

/* --- streams --- */

bool rtp_stream_has_pictures(const struct rtp_stream *s) {
    static const uint8_t none[RTP_TYPES / 8];
    return memcmp(s->pictures, none, sizeof none) != 0;
}

struct rtp_stream *rtp_stream_join(uint64_t number) {
    static uint64_t newest;
    bool made;
    if (newest == 0)
        newest = hash_key_random().k0; /* each worker counts from a place of its own */
    if (number == 0)
        number = ++newest;
    struct rtp_stream *s =
        shared_state_join(&protocol_rtp, bytes_of(&number, sizeof number), sizeof *s, NULL, &made);
    if (s)
        s->number = number;
    return s;
}

/* A flow that it announced may come yet. */
void rtp_stream_leave(struct rtp_stream *s) {
    shared_state_leave(s, true);
}

/* What an announcement carries: another worker knows no more of the stream. */
struct announcement {
    uint64_t number;
    uint8_t sealed;
    uint8_t medium_n, medium[RTP_MEDIUM_MAX];
};
_Static_assert(sizeof(struct announcement) <= EXPECT_FACTS_MAX, "it fits");

void rtp_stream_announce(struct conversation *c, const struct rtp_stream *s, const struct endpoint end[2]) {
    struct announcement a = {.number = s->number, .sealed = s->sealed, .medium_n = (uint8_t)s->medium_n};
    memcpy(a.medium, s->medium, s->medium_n);
    c->services->expect(c, &protocol_rtp, PROTOCOL_UDP, end, bytes_of(&a, sizeof a));
}

void rtp_stream_tell(struct conversation *c, const struct rtp_stream *s) {
    struct bytes fact[FACT_COUNT] = {{NULL, 0}};
    fact[FACT_MEDIUM] = bytes_of(s->medium, s->medium_n);
    fact[FACT_HOST] = bytes_of(s->host, s->host_n);
    c->services->tell(c, fact);
}

static struct rtp_stream *find_stream(struct bytes facts) {
    struct announcement a;
    if (facts.n != sizeof a)
        return NULL;
    memcpy(&a, facts.p, sizeof a);
    struct rtp_stream *s = a.number ? rtp_stream_join(a.number) : NULL;
    if (s && s->medium_n == 0 && a.medium_n <= RTP_MEDIUM_MAX) {
        s->medium_n = a.medium_n;
        memcpy(s->medium, a.medium, a.medium_n);
        s->sealed |= a.sealed;
    }
    return s;
}

/* --- the protocol --- */

static void *open_rtp(struct conversation *c, struct bytes facts) {
    struct rtp_flow *f = protocol_alloc(PROTOCOL_STATE, sizeof *f);
    if (!f)
        return NULL;
    f->stream = find_stream(facts);
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        f->source[side].origin = (struct rtp_origin){c, side, "rtp", f->stream};
        f->source[side].waits = true;
    }
    return f;
}

static enum protocol_result take_datagram(struct conversation *c, enum side from, const uint8_t *bytes,
                                          size_t n) {
    struct rtp_flow *f = c->state;
    if (f->stream && f->stream->sealed) {
        c->services->encrypted(c);
        return PROTOCOL_DONE;
    }
    enum rtp_kind kind = rtp_take(&f->source[from], bytes_of(bytes, n));
    f->pictures |= kind == RTP_PICTURE;
    if (kind == RTP_PICTURE || kind == RTP_CONTROL)
        return PROTOCOL_OK;
    counter_one(COUNTER_RTP_OTHERS);
    f->unread += (uint32_t)n;
    bool awaited = f->stream && rtp_stream_has_pictures(f->stream);
    if (f->pictures || f->unread < (awaited ? UNREAD_BEFORE_PICTURES : UNREAD_MAX))
        return PROTOCOL_OK;
    if (f->stream)
        rtp_stream_tell(c, f->stream);
    return PROTOCOL_LOST;
}

static void close_rtp(struct conversation *c) {
    struct rtp_flow *f = c->state;
    rtp_end(&f->source[SIDE_CLIENT]);
    rtp_end(&f->source[SIDE_SERVER]);
    rtp_stream_leave(f->stream);
    protocol_free(f);
}

static enum probe probe_datagram(enum side from, struct bytes datagram) {
    (void)from;
    return rtp_begins(datagram) ? PROBE_YES : PROBE_NO;
}

const struct protocol protocol_rtp = {
    .name = "rtp",
    .probe_datagram = probe_datagram,
    .begins_late = true,
    .open = open_rtp,
    .datagram = take_datagram,
    .close = close_rtp,
};
