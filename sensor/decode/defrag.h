/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_DECODE_DEFRAG_H
#define GANTRY_DECODE_DEFRAG_H

#include "base/address.h"
#include "base/bytes.h"
#include "base/clock.h"

/* IP packets put together from fragments, in memory that is fixed at the start. Where fragments contradict
 * each other in bytes, the reading whose transport checksum is right is taken: the first bytes, or the last;
 * where both are, one after the other; where neither is, the first. Where they contradict each other in
 * length, each is tried. A packet whose checksum is wrong stays open for so many readings, so that what was
 * forged into it can be put right. Shed: the packet that was begun first, when memory is full. Given up:
 * after 30 s of packet time (RFC 791 and 8200 allow 15 to 120 s). Internal to this folder. */
struct fragment {
    bool v6;
    struct bytes header; /* from the IP header to where the payload, or the fragment header, begins */
    size_t names;        /* IPv6: offset of the byte in it that says that a fragment header follows */
    uint8_t protocol;    /* of the payload */
    uint16_t vlan;
    struct address source, destination;
    uint32_t id;
    uint32_t offset; /* of `data` in the payload, bytes */
    bool more;       /* fragments behind this one */
    struct bytes data;
};

struct defrag;

struct defrag *defrag_create(uint64_t bytes); /* at least DEFRAG_BYTES_MIN are taken; NULL: no memory */
void defrag_destroy(struct defrag *d);        /* accepts NULL */
enum { DEFRAG_BYTES_MIN = 256 << 10 };

/* True when this fragment made its packet whole: *whole is the packet with its header corrected (length, no
 * fragment), valid until the next call. False: it waits, or was dropped (counted). */
bool defrag_add(struct defrag *d, const struct fragment *f, time_ns now, struct bytes *whole);

/* The packet that was made whole last as other fragments have it, if its checksum is right then as well; then
 * those that were made whole before, around it. False: there is none, or all were asked for. */
bool defrag_other(struct defrag *d, struct bytes *whole);
/* The packet that was made whole last: is its reading one of several that a receiver may have, or drop (RFC
 * 5722)? */
bool defrag_is_contested(const struct defrag *d);
/* Does this stand in the packet that was made whole last? The next one takes its place. */
bool defrag_owns(const struct defrag *d, const uint8_t *at);

void defrag_expire(struct defrag *d, time_ns now);

#endif
