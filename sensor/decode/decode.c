/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/decode.h"
#include "decode/defrag.h"
#include "decode/repeat.h"
#include "decode/walk.h"

#include <stdlib.h>

enum {
    DEPTH = 16,
    /* Headers walked for each encapsulation that is allowed: a tunnel is at most IP, GRE, ERSPAN, Ethernet,
     * and a fragment put together is walked again. */
    LAYERS_PER_DEPTH = 6,
};

struct decoder {
    struct defrag *defrag;
    unsigned depth;
    struct repeats repeats;
    time_ns settled; /* when those were judged last */
    struct feed feed;
    struct reader rest;    /* frames behind the one that was decoded last, in the same one of 802.11 */
    time_ns time;          /* of that */
    uint8_t kept[1 << 16]; /* those frames, where a fragment of the next one may push them out */
};

static const struct layer {
    uint16_t type;
    layer_fn *decode;
} layers[] = {
    {.type = ETHER_IPV4, .decode = ip_v4},
    {.type = ETHER_IPV6, .decode = ip_v6},
    {.type = ETHER_VLAN, .decode = link_vlan},
    {.type = ETHER_VLAN_SERVICE, .decode = link_vlan},
    {.type = ETHER_VLAN_OLD, .decode = link_vlan},
    {.type = ETHER_VLAN_9200, .decode = link_vlan},
    {.type = ETHER_VLAN_9300, .decode = link_vlan},
    {.type = ETHER_MPLS, .decode = link_mpls},
    {.type = ETHER_MPLS_MULTICAST, .decode = link_mpls},
    {.type = ETHER_PPPOE, .decode = link_pppoe},
    {.type = LINK_PPP, .decode = link_ppp},
    {.type = LINK_LLC, .decode = link_llc},
    {.type = ETHER_BRIDGED, .decode = link_ethernet},
    {.type = ETHER_ERSPAN2, .decode = tunnel_erspan2},
    {.type = ETHER_ERSPAN3, .decode = tunnel_erspan3},
    {.type = ETHER_WCCP, .decode = tunnel_redirected},
    {.type = ETHER_NSH, .decode = overlay_nsh},
    {.type = INNER_GRE, .decode = tunnel_gre},
    {.type = INNER_ESP, .decode = esp_open},
    {.type = LINK_WIRELESS, .decode = wireless_frame},
    {.type = LINK_WIRELESS_PADDED, .decode = wireless_frame_padded},
    {.type = ETHER_VNTAG, .decode = fabric_vntag},
    {.type = ETHER_ETAG, .decode = fabric_etag},
    {.type = ETHER_FABRICPATH, .decode = fabric_path},
    {.type = ETHER_METADATA, .decode = fabric_metadata},
    {.type = ETHER_MACSEC, .decode = fabric_macsec},
    {.type = ETHER_BACKBONE, .decode = fabric_backbone},
    {.type = ETHER_TRILL, .decode = fabric_trill},
    {.type = ETHER_HSR, .decode = fabric_hsr},
    {.type = ETHER_REDUNDANCY, .decode = fabric_redundancy},
};

static enum step decode_layer(struct walk *w) {
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
        if (layers[i].type == w->type)
            return layers[i].decode(w);
    return walk_beyond(w, COUNTER_DECODE_NOT_IP);
}

struct decoder *decoder_create(const struct decoder_options *options) {
    struct decoder *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->depth = options->depth ? options->depth : DEPTH;
    d->defrag = defrag_create(options->fragment_bytes);
    if (!d->defrag) {
        free(d);
        return NULL;
    }
    return d;
}

void decoder_destroy(struct decoder *d) {
    if (!d)
        return;
    repeat_settle(&d->repeats, INT64_MAX / 2);
    defrag_destroy(d->defrag);
    free(d);
}

/* A packet that is put together from fragments stands where the next one will. */
static void keep_rest(struct decoder *d, const struct reader *rest) {
    size_t n = reader_left(rest);
    d->rest = *rest;
    if (n == 0 || !defrag_owns(d->defrag, rest->at))
        return;
    n = n < sizeof d->kept ? n : sizeof d->kept;
    memcpy(d->kept, rest->at, n);
    d->rest = reader_of(d->kept, n);
}

static bool walk_inwards(struct decoder *d, struct walk *w, enum step step) {
    for (unsigned left = (d->depth + 1) * LAYERS_PER_DEPTH; step == STEP_NEXT && left > 0; left--)
        step = decode_layer(w);
    if (step == STEP_NEXT)
        step = walk_beyond(w, COUNTER_DECODE_DEPTH);
    if (step == STEP_PACKET)
        repeat_note(&d->repeats, w->out);
    keep_rest(d, &w->rest);
    return step == STEP_PACKET;
}

/* Copied, which compilers do in fewer steps than what they make of so large a compound literal. */
static const struct packet no_packet;

bool decode_packet(struct decoder *d, const struct capture_packet *in, struct packet *out) {
    *out = no_packet;
    out->time = in->time;
    struct walk w = {.defrag = d->defrag, .feed = &d->feed, .out = out, .encapsulations = d->depth};
    uint32_t offset;
    d->rest = (struct reader){0};
    d->time = in->time;
    if (!capture_link(in, &w.type, &offset)) {
        counter_one(COUNTER_DECODE_LINK);
        return false;
    }
    if (w.type == INNER_GRE || w.type == INNER_ESP) { /* the wire's, not ours */
        counter_one(COUNTER_DECODE_NOT_IP);
        return false;
    }
    out->ethernet = capture_ethernet(in);
    w.left = reader_of(in->data + offset, in->captured - offset);
    w.cut = in->wire > in->captured ? in->wire - in->captured : 0;
    return walk_inwards(d, &w, STEP_NEXT);
}

/* Of the packet that the same fragments made before, `out` keeps what was around them. */
static bool decode_other(struct decoder *d, struct packet *out, bool *decoded) {
    struct bytes whole;
    if (!defrag_other(d->defrag, &whole))
        return false;
    *out = (struct packet){.time = out->time,
                           .ethernet = out->ethernet,
                           .vlan = out->vlan,
                           .defragmented = true,
                           .tunnelled = out->tunnelled,
                           .contested = out->contested};
    struct walk w = {.defrag = d->defrag,
                     .feed = &d->feed,
                     .out = out,
                     .type = whole.p[0] >> 4 == 6 ? ETHER_IPV6 : ETHER_IPV4,
                     .left = reader_of(whole.p, whole.n),
                     .encapsulations = d->depth,
                     .rest = d->rest};
    *decoded = walk_inwards(d, &w, STEP_NEXT);
    return true;
}

bool decode_rest(struct decoder *d, struct packet *out, bool *decoded) {
    if (decode_other(d, out, decoded))
        return true;
    if (reader_left(&d->rest) == 0)
        return false;
    *out = no_packet;
    out->time = d->time;
    struct walk w = {
        .defrag = d->defrag, .feed = &d->feed, .out = out, .left = d->rest, .encapsulations = d->depth};
    *decoded = walk_inwards(d, &w, wireless_subframe(&w));
    return true;
}

void decoder_tick(struct decoder *d, time_ns now) {
    defrag_expire(d->defrag, now);
    if (now - d->settled >= 0 && now - d->settled < NS_PER_S)
        return;
    d->settled = now;
    repeat_settle(&d->repeats, now);
}
