/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/walk.h"

enum { PORTS_MAX = 3 };

static const struct kind {
    udp_probe_fn *probe;
    uint16_t ports[PORTS_MAX];
    bool either;   /* the source port counts too */
    bool anywhere; /* behind other ports too, where what follows is sound */
} kinds[] = {
    {overlay_vxlan, .ports = {4789, 8472 /* Linux, before there was a number */}, .anywhere = true},
    {overlay_vxlan_gpe, .ports = {4790}, .anywhere = true},
    {overlay_geneve, .ports = {6081}, .anywhere = true},
    {gtp_user, .ports = {2152}, .anywhere = true},
    {l2tp_session, .ports = {1701}, .either = true, .anywhere = true},
    {overlay_lisp, .ports = {4341, 4342}},
    {overlay_gue, .ports = {6080}, .anywhere = true},
    {overlay_gre, .ports = {4754}, .anywhere = true},
    {overlay_mpls, .ports = {6635}},
    {overlay_teredo, .ports = {3544}, .either = true},
    {esp_in_udp, .ports = {4500}, .either = true},
    {wireless_tzsp, .ports = {37008}, .anywhere = true},
    {wireless_capwap, .ports = {5247}, .either = true},
    {overlay_direct, .anywhere = true},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static bool is_at_home(const struct kind *k, uint16_t source_port, uint16_t destination_port) {
    for (int i = 0; i < PORTS_MAX && k->ports[i]; i++)
        if (k->ports[i] == destination_port || (k->either && k->ports[i] == source_port))
            return true;
    return false;
}

/* The protocol field of PPP, which two forms of framing may stand before (link.c); 0: none that carries IP.
 */
static uint32_t ppp_header(const struct walk *w, uint32_t at) {
    static const uint8_t fields[][4] = {{2, 0x00, 0x21}, {2, 0x00, 0x57}, {1, 0x21}, {1, 0x57}};
    size_t here = reader_left(&w->left);
    const uint8_t *h = w->left.at + at;
    uint32_t framing = at + 4 < here && h[0] == 0xff && h[1] == 0x03 ? 2 : 0;
    for (size_t i = 0; at + 4 < here && i < sizeof fields / sizeof *fields; i++)
        if (memcmp(h + framing, fields[i] + 1, fields[i][0]) == 0)
            return framing + fields[i][0];
    return 0;
}

static bool is_inner_sound(const struct walk *w, const struct udp_inner *inner) {
    struct walk behind = *w;
    struct udp_inner next;
    switch (inner->type) {
    case ETHER_IPV4:
    case ETHER_IPV6:
        return look_ip_type(w, inner->skip) == inner->type && look_ip_sound(w, inner->skip);
    case ETHER_BRIDGED:
        return look_ethernet_sound(w, inner->skip);
    case LINK_PPP: {
        uint32_t n = ppp_header(w, inner->skip);
        return n && look_ip_sound(w, inner->skip + n);
    }
    case INNER_GRE:
        return reader_skip(&behind.left, inner->skip) && overlay_gre(&behind, &next) &&
               (look_ip_sound(&behind, next.skip) || look_ethernet_sound(&behind, next.skip));
    default:
        return false;
    }
}

static bool is_inner_there(const struct walk *w, const struct udp_inner *inner) {
    size_t here = reader_left(&w->left);
    if (inner->type != ETHER_IPV4 && inner->type != ETHER_IPV6)
        return inner->skip < here;
    return inner->skip < here && w->left.at[inner->skip] >> 4 == (inner->type == ETHER_IPV4 ? 4 : 6);
}

bool udp_tunnel(const struct walk *w, uint16_t source_port, uint16_t destination_port,
                struct udp_inner *out) {
    if (reader_left(&w->left) == 0)
        return false;
    for (size_t i = 0; i < KINDS; i++) {
        bool home = is_at_home(&kinds[i], source_port, destination_port);
        if ((home || kinds[i].anywhere) && kinds[i].probe(w, out) &&
            (home ? is_inner_there(w, out) : is_inner_sound(w, out)))
            return true;
    }
    return false;
}

enum step udp_enter(struct walk *w, const struct udp_inner *inner) {
    if (!walk_into(w))
        return walk_beyond(w, COUNTER_DECODE_DEPTH);
    reader_skip(&w->left, inner->skip);
    walk_leave_link(w);
    return walk_next(w, inner->type);
}
