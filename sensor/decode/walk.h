/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_DECODE_WALK_H
#define GANTRY_DECODE_WALK_H

#include "decode/decode.h"

#include "base/bytes.h"
#include "base/counter.h"
#include "capture/ether_type.h"

/* The walk from the link layer inwards: each layer takes its header off and names the next one, until a
 * transport ends it. Internal to this folder. */
struct defrag;

struct walk {
    struct defrag *defrag;
    struct packet *out;
    struct reader left;      /* captured bytes of the current layer and what it carries */
    uint32_t cut;            /* bytes that were on the wire behind them, but not captured */
    uint16_t type;           /* ethertype of the current layer, or LINK_LLC, LINK_PPP */
    unsigned encapsulations; /* that may still be stepped into */
};

enum step {
    STEP_NEXT,   /* `type` names the next layer */
    STEP_PACKET, /* *out is complete */
    STEP_STOP,   /* nothing to go on with; counted */
};

typedef enum step layer_fn(struct walk *w);

layer_fn link_vlan, link_mpls, link_pppoe, link_ppp, link_llc, link_ethernet; /* link.c */
layer_fn ip_v4, ip_v6;                                                        /* ip.c */
layer_fn tunnel_gre, tunnel_erspan2, tunnel_erspan3, tunnel_v4, tunnel_v6;    /* tunnel.c */
layer_fn payload_tcp, payload_udp, payload_sctp, payload_other;               /* transport.c */

/* At a UDP header with its whole payload behind it: is this VXLAN? */
bool tunnel_is_vxlan(const struct walk *w, uint16_t destination_port);
layer_fn tunnel_vxlan;

static inline enum step walk_stop(enum counter why) {
    counter_one(why);
    return STEP_STOP;
}

/* Bytes of this layer as they were on the wire. */
static inline uint32_t walk_length(const struct walk *w) {
    return (uint32_t)reader_left(&w->left) + w->cut;
}

/* A header says that `length` bytes are left from here on: what is behind them is padding, what is missing of
 * them was cut. */
static inline void walk_limit(struct walk *w, uint32_t length) {
    uint32_t here = (uint32_t)reader_left(&w->left);
    if (length <= here)
        w->left.end = w->left.at + length;
    w->cut = length <= here ? 0 : length - here;
}

static inline enum step walk_next(struct walk *w, uint16_t type) {
    w->type = type;
    return STEP_NEXT;
}

/* One encapsulation deeper; false (counted) at the limit. */
static inline bool walk_into(struct walk *w) {
    if (w->encapsulations == 0) {
        counter_one(COUNTER_DECODE_DEPTH);
        return false;
    }
    w->encapsulations--;
    return true;
}

static inline uint16_t walk_u16(const uint8_t *p) {
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t walk_u32(const uint8_t *p) {
    return (uint32_t)walk_u16(p) << 16 | walk_u16(p + 2);
}

#endif
