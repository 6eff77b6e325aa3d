/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/walk.h"

/* L2TP version 2 (RFC 2661) and 3 (RFC 3931). Only what carries frames of users: control messages stay what
 * they are. */
enum {
    L2TP_CONTROL = 0x8000,
    L2TP_LENGTH = 0x4000,
    L2TP_SEQUENCE = 0x0800,
    L2TP_OFFSET = 0x0200,
    L2TP_VERSION = 0x000f,
    COOKIE_MOST = 8,
    SUBLAYER = 4, /* RFC 3931, section 4.6, and RFC 4719 */
};

/* RFC 2661, section 3.1. */
static bool skip_version2(const uint8_t *h, size_t here, uint16_t flags, uint32_t *at) {
    *at = 6 + (flags & L2TP_LENGTH ? 2u : 0) + (flags & L2TP_SEQUENCE ? 4u : 0);
    if (flags & L2TP_OFFSET) {
        if (*at + 2 > here)
            return false;
        *at += 2u + walk_u16(h + *at);
    }
    return *at < here;
}

/* RFC 3931, section 4.1: a session, then a cookie of 0, 4 or 8 bytes and perhaps a sublayer, both of which
 * only the two ends know of. What follows tells. */
static bool find_frame(const struct walk *w, uint32_t at, struct udp_inner *out) {
    for (uint32_t more = 0; more <= COOKIE_MOST + SUBLAYER; more += 4) {
        *out = (struct udp_inner){at + more, ETHER_BRIDGED};
        if (look_ethernet_sound(w, at + more))
            return true;
        out->type = look_ip_type(w, at + more);
        if (look_ip_sound(w, at + more))
            return true;
        out->type = LINK_PPP;
        if (look_ip_sound(w, at + more + 2) || look_ip_sound(w, at + more + 4))
            return true;
    }
    return false;
}

bool l2tp_session(const struct walk *w, struct udp_inner *out) {
    const uint8_t *h = w->left.at;
    size_t here = reader_left(&w->left);
    uint16_t flags = here < 8 ? L2TP_CONTROL : walk_u16(h);
    if (flags & L2TP_CONTROL)
        return false;
    if ((flags & L2TP_VERSION) == 3)
        return (flags & 0x7ff0) == 0 && find_frame(w, 8, out);
    if ((flags & L2TP_VERSION) != 2 || flags & 0x34f0)
        return false;
    out->type = LINK_PPP;
    return skip_version2(h, here, flags, &out->skip);
}

/* RFC 3931, section 4.1.1: session 0 is the control connection's. */
enum step l2tp_over_ip(struct walk *w) {
    struct udp_inner inner;
    if (reader_left(&w->left) < 4 || walk_u32(w->left.at) == 0 || !find_frame(w, 4, &inner))
        return payload_other(w);
    return udp_enter(w, &inner);
}
