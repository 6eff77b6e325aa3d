/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/walk.h"

/* What switches put between the Ethernet header and what it carries. */

/* `skip` bytes, then an ethertype. */
static enum step skip_to_type(struct walk *w, uint32_t skip) {
    uint16_t type;
    if (!walk_into(w))
        return walk_beyond(w, COUNTER_DECODE_DEPTH);
    if (!reader_skip(&w->left, skip) || !reader_u16(&w->left, &type))
        return walk_stop(COUNTER_DECODE_FABRIC_SHORT);
    return walk_next(w, type < ETHER_LOWEST ? LINK_LLC : type);
}

/* `skip` bytes, then a whole Ethernet frame. */
static enum step skip_to_frame(struct walk *w, uint32_t skip) {
    if (!walk_into(w))
        return walk_beyond(w, COUNTER_DECODE_DEPTH);
    if (!reader_skip(&w->left, skip))
        return walk_stop(COUNTER_DECODE_FABRIC_SHORT);
    return walk_next(w, ETHER_BRIDGED);
}

/* Cisco's VN-tag: direction, pointer, destination and source interface in 4 bytes. */
enum step fabric_vntag(struct walk *w) {
    return skip_to_type(w, 4);
}

/* IEEE 802.1BR, section 7.5. */
enum step fabric_etag(struct walk *w) {
    return skip_to_type(w, 6);
}

/* Cisco's FabricPath: a tree and a time to live in 2 bytes. */
enum step fabric_path(struct walk *w) {
    return skip_to_frame(w, 2);
}

/* Cisco's metadata: version 1, a length in units of 4 bytes, option, security group tag. */
enum step fabric_metadata(struct walk *w) {
    if (reader_left(&w->left) < 8)
        return walk_stop(COUNTER_DECODE_FABRIC_SHORT);
    uint32_t length = w->left.at[1];
    return skip_to_type(w, 2 + 4 * (length ? length : 1));
}

/* IEEE 802.1AE, section 9.3: flags and association, short length, packet number, and with the SC flag the
 * channel. Without the E flag what follows is as it was; the check value at the end is behind what IP says.
 */
enum step fabric_macsec(struct walk *w) {
    if (reader_left(&w->left) < 6)
        return walk_stop(COUNTER_DECODE_FABRIC_SHORT);
    uint8_t flags = w->left.at[0];
    if (flags & 0x88) /* another version, or encrypted */
        return walk_beyond(w, COUNTER_DECODE_MACSEC);
    return skip_to_type(w, flags & 0x20 ? 14 : 6);
}

/* IEEE 802.1ah, section 9.7: the service's number and flags. */
enum step fabric_backbone(struct walk *w) {
    return skip_to_frame(w, 4);
}

/* RFC 6325, section 3: version, flags, length of options in units of 4 bytes, hops; two nicknames. */
enum step fabric_trill(struct walk *w) {
    if (reader_left(&w->left) < 6)
        return walk_stop(COUNTER_DECODE_FABRIC_SHORT);
    return skip_to_frame(w, 6 + (walk_u16(w->left.at) >> 6 & 31) * 4u);
}

/* IEC 62439-3: path and size, sequence. */
enum step fabric_hsr(struct walk *w) {
    return skip_to_type(w, 4);
}

/* IEEE 802.1CB, section 7.8: reserved, sequence. */
enum step fabric_redundancy(struct walk *w) {
    return skip_to_type(w, 4);
}
