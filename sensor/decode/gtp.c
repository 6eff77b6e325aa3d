/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/walk.h"

/* 3GPP TS 29.281, section 5: version 1, a G-PDU, the length of all behind the first 8 bytes. If any of the
 * flags E, S and PN is set four more follow, the last of which names an extension header; each of those says
 * its length in units of 4 bytes and ends with the name of the next. */
enum { GTP_G_PDU = 0xff, GTP_MORE = 0x07, EXTENSIONS_MAX = 16 };

static bool skip_gtp_extensions(const uint8_t *h, size_t here, uint32_t *at) {
    uint8_t next = h[*at - 1];
    for (int i = 0; next && i < EXTENSIONS_MAX; i++) {
        uint32_t length = *at < here ? h[*at] * 4u : 0;
        if (length == 0 || length > here - *at)
            return false;
        *at += length;
        next = h[*at - 1];
    }
    return next == 0;
}

/* What follows is IP, or since release 15 also Ethernet (section 4.2.1). */
bool gtp_user(const struct walk *w, struct udp_inner *out) {
    const uint8_t *h = w->left.at;
    size_t here = reader_left(&w->left);
    uint32_t at = 8;
    if (here < 8 || (h[0] & 0xf0) != 0x30 || h[1] != GTP_G_PDU || walk_u16(h + 2) + 8u > walk_length(w))
        return false;
    if (h[0] & GTP_MORE) {
        at += 4;
        if (here < at || (h[0] & 0x04 && !skip_gtp_extensions(h, here, &at)))
            return false;
    }
    *out = (struct udp_inner){at, look_ip_like(w, at) ? look_ip_type(w, at) : ETHER_BRIDGED};
    return out->type != ETHER_BRIDGED || look_ethernet_like(w, at);
}
