/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CAPTURE_CAPTURE_H
#define GANTRY_CAPTURE_CAPTURE_H

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "settings/setting.h"

/* Packets from an interface or from files, lent to a callback one by one: the bytes are the ring's or the
 * reader's own and are valid only during the call. Only this folder knows libpcap.
 *
 *     struct capture *c = capture_open_live(&options, &error);     as root, in the supervisor
 *     while (capture_read(c, 64, on_packet, context) >= 0) ...     in the worker
 *     capture_close(c);
 */
struct capture_packet {
    time_ns time;
    const uint8_t *data;
    uint32_t captured; /* bytes at data */
    uint32_t wire;     /* bytes on the wire, at least `captured` */
    int link_type;     /* DLT_ value */
};

/* What decides which worker a packet goes to: the pair of addresses, or the five-tuple. */
enum capture_split { CAPTURE_BY_ADDRESSES, CAPTURE_BY_PORTS };

struct capture_options {
    const char *interface;
    const char *filter;   /* BPF, NULL for everything */
    uint64_t ring_bytes;  /* kernel ring; in the configuration of all workers together, 0: a share of
                             sensor.memory */
    uint64_t snap_length; /* bytes */
    bool promiscuous;
    unsigned workers; /* >1: join a fanout group, one capture a worker */
    unsigned split;   /* enum capture_split */
    uint16_t fanout_group;
    unsigned index; /* of this capture in its group; the interface's drops are counted by index 0 alone */
};
extern const struct setting capture_settings[]; /* capture of gantry.yaml */

typedef void capture_fn(void *context, const struct capture_packet *packet);

struct capture; /* opaque */

/* All return NULL after filling *e with one line: what, where, how to mend (no such interface: which there
 * are; no privilege: which capability; bad filter: libpcap's reason). */
struct capture *capture_open_live(const struct capture_options *options, struct error *e);
/* Several files in a row, pcap or pcapng, any time resolution, "-" for standard input. Files after the first
 * are opened (and their privileges needed) at once, so that the worker opens nothing. An unknown link type is
 * an error at open. */
struct capture *capture_open_files(const char *const *paths, size_t count, const char *filter,
                                   struct error *e);

/* Lends at most `most` packets. Returns how many, 0 when none came within about 100 ms (live), CAPTURE_END at
 * the end of the last file, CAPTURE_BROKEN when the source is damaged or went away: capture_reason() says
 * why, everything before the damage has been lent. */
enum { CAPTURE_END = -1, CAPTURE_BROKEN = -2 };
/* From now on capture_read() does not wait where none comes: there is something else to do. */
void capture_hurry(struct capture *c, bool hurry);
int capture_read(struct capture *c, int most, capture_fn *fn, void *context);
const char *capture_reason(const struct capture *c);

/* For a fanout group, on each of its captures once all are open: what is in the ring from before that moment
 * went to a worker that will not see the rest of its flow, and is discarded (counted). Before the fork. */
void capture_begin(struct capture *c);

/* In a worker that takes over the capture of one that died, before its first read: what the ring holds is
 * given up (counted: it may hold the very packet that killed the predecessor), and reading goes on where the
 * kernel writes. Without it the successor sees nothing until the kernel has filled the ring once more. */
void capture_resume(struct capture *c);

/* Keeps only the packets of worker `index` of `count`: the C twin of the fanout program, for files. */
void capture_share(struct capture *c, unsigned index, unsigned count, bool split_by_ports);

/* Writes there how many packets of the files were read so far, those of other workers too, behind each. */
void capture_show_place(struct capture *c, _Atomic uint64_t *place);

/* Share of the kernel's ring that waits to be read, 0..1000: the sign of a worker that does not keep up. -1
 * if unknown (files). */
int capture_waiting(const struct capture *c);

/* Kernel and interface drops since the start go to the counters. */
void capture_count_drops(struct capture *c);

/* Share of the file read so far, 0..1000, or -1 if unknown (live, standard input): for a progress bar. */
int capture_progress(const struct capture *c);

void capture_close(struct capture *c); /* accepts NULL */

/* What the link header says: the ethertype of what follows and where in the frame it begins. LINK_LLC,
 * LINK_PPP and LINK_WIRELESS (a frame of 802.11; PADDED: what follows its header begins at a multiple of 4)
 * stand for what has no ethertype of its own. False: cut short, or not of the form that its link type
 * demands. VLAN tags are left to the caller. */
enum { LINK_LLC = 0x0004, LINK_PPP = 0x880b, LINK_WIRELESS = 0x0019, LINK_WIRELESS_PADDED = 0x001a };
bool capture_link(const struct capture_packet *packet, uint16_t *ethertype, uint32_t *offset);
/* The Ethernet header that the frame begins with: where it goes, 6 bytes, whence it comes, 6 bytes, a type.
 * NULL: it is of another link, or cut short. */
const uint8_t *capture_ethernet(const struct capture_packet *packet);

/* Which of `count` workers a frame goes to: equal to the BPF program that the kernel runs. */
unsigned capture_fanout(const struct capture_packet *packet, unsigned count, bool split_by_ports);

#endif
