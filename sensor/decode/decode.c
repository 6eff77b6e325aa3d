/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/decode.h"
#include "decode/defrag.h"
#include "decode/repeat.h"
#include "decode/walk.h"

#include <stdlib.h>

enum {
    DEPTH = 8,
    /* Headers walked for each encapsulation that is allowed: a tunnel is at most IP, GRE, ERSPAN, Ethernet,
     * and a fragment put together is walked again. */
    LAYERS_PER_DEPTH = 6,
};

struct decoder {
    struct defrag *defrag;
    unsigned depth;
    struct repeats repeats;
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
    {.type = ETHER_MPLS, .decode = link_mpls},
    {.type = ETHER_MPLS_MULTICAST, .decode = link_mpls},
    {.type = ETHER_PPPOE, .decode = link_pppoe},
    {.type = LINK_PPP, .decode = link_ppp},
    {.type = LINK_LLC, .decode = link_llc},
    {.type = ETHER_BRIDGED, .decode = link_ethernet},
    {.type = ETHER_ERSPAN2, .decode = tunnel_erspan2},
    {.type = ETHER_ERSPAN3, .decode = tunnel_erspan3},
};

static enum step decode_layer(struct walk *w) {
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
        if (layers[i].type == w->type)
            return layers[i].decode(w);
    return walk_stop(COUNTER_DECODE_NOT_IP);
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
    defrag_destroy(d->defrag);
    free(d);
}

bool decode_packet(struct decoder *d, const struct capture_packet *in, struct packet *out) {
    *out = (struct packet){.time = in->time};
    struct walk w = {.defrag = d->defrag, .out = out, .encapsulations = d->depth};
    uint32_t offset;
    if (!capture_link(in, &w.type, &offset)) {
        counter_one(COUNTER_DECODE_LINK);
        return false;
    }
    w.left = reader_of(in->data + offset, in->captured - offset);
    w.cut = in->wire > in->captured ? in->wire - in->captured : 0;
    for (unsigned left = (d->depth + 1) * LAYERS_PER_DEPTH; left > 0; left--) {
        enum step step = decode_layer(&w);
        if (step == STEP_PACKET)
            repeat_note(&d->repeats, out);
        if (step != STEP_NEXT)
            return step == STEP_PACKET;
    }
    counter_one(COUNTER_DECODE_DEPTH);
    return false;
}

void decoder_tick(struct decoder *d, time_ns now) {
    defrag_expire(d->defrag, now);
}
