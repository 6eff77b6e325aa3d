/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/walk.h"

/* Frames of IEEE 802.11, as monitoring cards, access points and mirrors over UDP give them. */

enum {
    HEADER = 24,
    TYPE_DATA = 0x08,       /* of the first byte, */
    TYPE_MASK = 0x0f,       /* with the version, which is 0 */
    SUBTYPE_NO_DATA = 0x40, /* null, and what polls */
    SUBTYPE_QOS = 0x80,
    TO_AND_FROM = 0x03, /* of the second: a fourth address */
    PROTECTED = 0x40,
    ORDER = 0x80, /* with QoS: a control field more */
    AGGREGATED = 0x80,
    SUBFRAME_HEADER = 14,
    VECTORS_MOST = 8,
};

static bool is_snap(const struct walk *w, uint32_t at) {
    static const uint8_t snap[] = {0xaa, 0xaa, 0x03, 0, 0, 0};
    return reader_left(&w->left) >= at + 8 && memcmp(w->left.at + at, snap, sizeof snap) == 0;
}

/* Section 9.3.2.1: which fields there are. 0: no frame that carries data. */
static uint32_t header_length(const struct walk *w, bool *aggregated) {
    const uint8_t *h = w->left.at;
    uint32_t n = HEADER;
    if (reader_left(&w->left) < HEADER || (h[0] & TYPE_MASK) != TYPE_DATA || h[0] & SUBTYPE_NO_DATA)
        return 0;
    n += (h[1] & TO_AND_FROM) == TO_AND_FROM ? 6 : 0;
    *aggregated = false;
    if (h[0] & SUBTYPE_QOS) {
        *aggregated = reader_left(&w->left) > n && h[n] & AGGREGATED;
        n += 2 + (h[1] & ORDER ? 4u : 0);
    }
    return n;
}

/* Section 9.3.2.2: destination, source, length; padded to 4 but for the last. */
enum step wireless_subframe(struct walk *w) {
    const uint8_t *h;
    struct reader all = w->left;
    if (!reader_take(&w->left, SUBFRAME_HEADER, &h))
        return walk_stop(COUNTER_DECODE_WIRELESS_SHORT);
    uint32_t length = walk_u16(h + 12);
    if (reader_skip(&all, (SUBFRAME_HEADER + length + 3) & ~3u))
        w->rest = all;
    walk_limit(w, length);
    return walk_next(w, LINK_LLC);
}

static enum step decode_frame(struct walk *w, bool padded) {
    bool aggregated, protected = reader_left(&w->left) > 1 && w->left.at[1] & PROTECTED;
    uint32_t n = header_length(w, &aggregated);
    if (n == 0 || !walk_into(w))
        return walk_beyond(w, n ? COUNTER_DECODE_DEPTH : COUNTER_DECODE_WIRELESS_OTHER);
    if (!reader_skip(&w->left, padded ? (n + 3) & ~3u : n))
        return walk_stop(COUNTER_DECODE_WIRELESS_SHORT);
    /* What was decrypted on the way may still say that it is not, with its vector or without. */
    for (uint32_t at = 0; protected && at <= VECTORS_MOST; at += 4)
        if (is_snap(w, at)) {
            reader_skip(&w->left, at);
            protected = false;
        }
    if (protected)
        return walk_beyond(w, COUNTER_DECODE_WIRELESS_OTHER);
    return aggregated ? wireless_subframe(w) : walk_next(w, LINK_LLC);
}

enum step wireless_frame(struct walk *w) {
    return decode_frame(w, false);
}

/* What follows the header begins at a multiple of 4 (radiotap's flag 0x20). */
enum step wireless_frame_padded(struct walk *w) {
    return decode_frame(w, true);
}

/* TaZmen Sniffer Protocol: version 1, a received or sent frame, what it is, tags up to that of the end (1).
 */
bool wireless_tzsp(const struct walk *w, struct udp_inner *out) {
    enum { TAGS_MAX = 32, PADDING = 0, END = 1, ETHERNET = 1, WIRELESS = 18 };
    const uint8_t *h = w->left.at;
    size_t here = reader_left(&w->left), at = 4;
    if (here < 5 || h[0] != 1 || h[1] > 1 || (walk_u16(h + 2) != ETHERNET && walk_u16(h + 2) != WIRELESS))
        return false;
    for (int i = 0; i < TAGS_MAX && at < here && h[at] != END; i++)
        at += h[at] == PADDING ? 1 : at + 1 < here ? 2u + h[at + 1] : here;
    *out = (struct udp_inner){(uint32_t)at + 1, walk_u16(h + 2) == ETHERNET ? ETHER_BRIDGED : LINK_WIRELESS};
    return at + 1 < here && h[at] == END;
}

/* RFC 5415, section 4.3: version 0 and a clear header, its length in units of 4 bytes, whole frames alone;
 * the T flag says that they are those of the air. */
bool wireless_capwap(const struct walk *w, struct udp_inner *out) {
    const uint8_t *h = w->left.at;
    size_t here = reader_left(&w->left);
    uint32_t length = here < 8 ? 0 : (h[1] >> 3) * 4u;
    if (length < 8 || length >= here || h[0] != 0 || h[3] & 0x80)
        return false;
    *out = (struct udp_inner){length, h[2] & 0x01 ? LINK_WIRELESS : ETHER_BRIDGED};
    return out->type == LINK_WIRELESS ? (h[length] & TYPE_MASK) == TYPE_DATA : look_ethernet_like(w, length);
}
