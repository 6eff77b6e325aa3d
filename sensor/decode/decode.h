/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_DECODE_DECODE_H
#define GANTRY_DECODE_DECODE_H

#include "base/address.h"
#include "base/clock.h"
#include "capture/capture.h"

/* From a captured frame to the innermost IP packet's transport payload: link layer, VLAN tags, MPLS, PPPoE,
 * tunnels, fragments. Nothing is copied but fragments. What lies deeper than a bound, or in a layer that
 * nobody here knows, is given as a packet of the last pair of hosts that is known, so that it counts for
 * them. Each reason why a packet is not understood has its own counter (base/counter_table.h, section
 * decode). */
enum { TCP_FIN = 0x01, TCP_SYN = 0x02, TCP_RST = 0x04, TCP_PSH = 0x08, TCP_ACK = 0x10, TCP_URG = 0x20 };
enum { PROTOCOL_TCP = 6, PROTOCOL_UDP = 17 };

struct packet {
    time_ns time;
    struct address source, destination;
    uint16_t source_port, destination_port; /* host byte order; 0 when the transport has none */
    uint8_t transport;                      /* IP protocol number of the innermost packet */
    uint8_t tcp_flags;
    uint8_t ttl;           /* time to live, or hop limit, of the innermost packet */
    uint8_t header_length; /* of TCP, with its options, or UDP: it stands in front of `payload` */
    uint16_t tcp_window, tcp_urgent;
    uint32_t tcp_seq, tcp_ack;
    const uint8_t *payload; /* transport payload, `payload_captured` bytes of it are there */
    uint32_t payload_captured;
    uint32_t payload_length; /* as the IP header says; more than captured when the snap length cut it */
    const uint8_t *network;  /* innermost IP header, for nDPI; network_length bytes are there */
    uint32_t network_length;
    const uint8_t *ethernet; /* header of the Ethernet frame around the innermost IP packet, with nothing but
                                tags, labels and PPPoE between; NULL: there is none */
    uint16_t vlan;           /* outermost VLAN id, 0 for none */
    bool defragmented;       /* payload lies in the defragmenter's buffer, valid until its next packet */
    bool tunnelled;          /* was inside GRE, VXLAN, IP-in-IP, ... */
    bool contested; /* its fragments contradict each other: who takes it, and as what, is the receiver's
                       choice */
};

struct decoder; /* defragmentation state */

struct decoder_options {
    uint64_t fragment_bytes; /* memory for fragments, bytes; 256 KiB at least */
    unsigned depth;          /* encapsulations stepped through in one packet; 0: 16 */
};

struct decoder *decoder_create(const struct decoder_options *options); /* NULL: no memory */
void decoder_destroy(struct decoder *d);                               /* accepts NULL */

/* True: *out is a whole packet with TCP, UDP or another IP protocol. False: nothing to go on with (not IP,
 * a fragment that waits for others, malformed: counted). Checksums are not verified here: checksum.h. */
bool decode_packet(struct decoder *d, const struct capture_packet *in, struct packet *out);

/* A frame of 802.11 may hold several packets: call it until it is false, each time with another packet where
 * *decoded is true. */
bool decode_rest(struct decoder *d, struct packet *out, bool *decoded);

/* Messages of SCTP that begin, watch over or end an association, and no data (RFC 9260 section 3.2). */
bool sctp_is_of_association(const struct packet *packet);

/* Drops fragments that waited too long; packet time. */
void decoder_tick(struct decoder *d, time_ns now);

#endif
