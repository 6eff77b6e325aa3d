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

/* What this feed is like: some mirrors cut packets and do not say so. */
struct feed {
    unsigned beyond, within; /* IP packets longer than their frame, and others, of late */
    uint32_t longest;        /* frame with its whole packet, bytes from the IP header on */
};

struct walk {
    struct defrag *defrag;
    struct feed *feed;
    struct packet *out;
    struct reader left;      /* captured bytes of the current layer and what it carries */
    uint32_t cut;            /* bytes that were on the wire behind them, but not captured */
    uint16_t type;           /* ethertype of the current layer, or LINK_LLC, LINK_PPP */
    unsigned encapsulations; /* that may still be stepped into */
    struct reader rest;      /* more frames behind this one, in the form of wireless_subframe() */
};

/* What is no ethertype, below their lowest. */
enum {
    INNER_GRE = 0x002f,
    INNER_ESP = 0x0032,
};

enum step {
    STEP_NEXT,   /* `type` names the next layer */
    STEP_PACKET, /* *out is complete */
    STEP_STOP,   /* nothing to go on with; counted */
};

typedef enum step layer_fn(struct walk *w);

layer_fn link_vlan, link_mpls, link_pppoe, link_ppp, link_llc, link_ethernet; /* link.c */
layer_fn fabric_vntag, fabric_etag, fabric_path, fabric_metadata, fabric_macsec, fabric_backbone,
    fabric_trill, fabric_hsr, fabric_redundancy;                   /* fabric.c */
layer_fn wireless_frame, wireless_frame_padded, wireless_subframe; /* wireless.c */
layer_fn ip_v4, ip_v6;                                             /* ip.c */
layer_fn tunnel_gre, tunnel_erspan2, tunnel_erspan3, tunnel_v4, tunnel_v6, tunnel_etherip, tunnel_ethernet,
    tunnel_mpls, tunnel_redirected;                             /* tunnel.c */
layer_fn overlay_nsh;                                           /* overlay.c */
layer_fn l2tp_over_ip;                                          /* l2tp.c */
layer_fn esp_open;                                              /* esp.c */
layer_fn payload_tcp, payload_udp, payload_sctp, payload_other; /* transport.c */

/* --- udp.c: tunnels in datagrams --- */

/* What a datagram holds, `w` standing behind the UDP header: how far its header reaches, and what follows it
 * as walk_next() has it. Their ports say what to try; behind other ports a header counts only where an IP
 * packet follows that is right in itself, so that a conversation that merely begins alike stays one. */
struct udp_inner {
    uint32_t skip;
    uint16_t type;
};
bool udp_tunnel(const struct walk *w, uint16_t source_port, uint16_t destination_port, struct udp_inner *out);
enum step udp_enter(struct walk *w, const struct udp_inner *inner);

/* Each of one kind of tunnel: does its header stand at `w`? */
typedef bool udp_probe_fn(const struct walk *w, struct udp_inner *out);
udp_probe_fn overlay_vxlan, overlay_vxlan_gpe, overlay_geneve, overlay_lisp, overlay_gue, overlay_direct,
    overlay_gre, overlay_mpls, overlay_teredo; /* overlay.c */
udp_probe_fn gtp_user;                         /* gtp.c */
udp_probe_fn l2tp_session;                     /* l2tp.c */
udp_probe_fn wireless_tzsp, wireless_capwap;   /* wireless.c */
udp_probe_fn esp_in_udp;                       /* esp.c */

/* --- look.c: what stands `at` bytes further on? Changes nothing. --- */

/* The version and the lengths agree. */
bool look_ip_like(const struct walk *w, uint32_t at);
/* An IP packet that a receiver would take, as long as what is there: of IPv4 the header's checksum is right,
 * of IPv6 addresses and what follows are such as there are. */
bool look_ip_sound(const struct walk *w, uint32_t at);
/* The type for walk_next(), by the version. */
uint16_t look_ip_type(const struct walk *w, uint32_t at);
/* An Ethernet frame with such a packet behind its tags, and perhaps padding behind that. */
bool look_ethernet_sound(const struct walk *w, uint32_t at);
/* An Ethernet frame whose type, behind its tags, is one that is stepped into or known. */
bool look_ethernet_like(const struct walk *w, uint32_t at);
/* Of TCP or UDP, of `length` bytes, all there: is its checksum right between these hosts? */
bool look_segment_sound(const struct walk *w, uint32_t at, uint32_t length, uint8_t protocol);

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

/* The walk ends here: what is left is the payload of `out->transport`. */
enum step walk_finish(struct walk *w, enum counter which); /* transport.c */

/* What this does not look into, or no deeper, is still a packet of the last pair of hosts that is known, of
 * the transport that carries it; without any there is nothing to go on with. */
static inline enum step walk_beyond(struct walk *w, enum counter why) {
    return w->out->network_length ? walk_finish(w, why) : walk_stop(why);
}

static inline enum step walk_next(struct walk *w, uint16_t type) {
    w->type = type;
    return STEP_NEXT;
}

/* One encapsulation deeper; false at the limit: walk_beyond(). */
static inline bool walk_into(struct walk *w) {
    if (w->encapsulations == 0)
        return false;
    w->encapsulations--;
    return true;
}

/* What follows goes by addresses of its own: the frame says nothing of its hosts. */
static inline void walk_leave_link(struct walk *w) {
    w->out->tunnelled = true;
    w->out->ethernet = NULL;
}

static inline uint16_t walk_u16(const uint8_t *p) {
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t walk_u32(const uint8_t *p) {
    return (uint32_t)walk_u16(p) << 16 | walk_u16(p + 2);
}

#endif
