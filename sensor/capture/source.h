/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CAPTURE_SOURCE_H
#define GANTRY_CAPTURE_SOURCE_H

#include "capture/capture.h"

#include <pcap/pcap.h>
#include <stdatomic.h>

/* Where packets come from: an interface or files. The table's functions are called with a capture of their
 * own kind. Internal to this folder. */
struct source {
    /* As capture_read: lends through source_lend, which adds to c->lent (zero at the call). */
    int (*read)(struct capture *c, int most);
    void (*resume)(struct capture *c);        /* NULL: nothing to do */
    int (*waiting)(const struct capture *c);  /* NULL: unknown */
    void (*count_drops)(struct capture *c);   /* NULL: there are none */
    int (*progress)(const struct capture *c); /* NULL: unknown */
    void (*close)(struct capture *c);         /* frees c */
};

/* First member of each kind of capture. */
struct capture {
    const struct source *source;
    capture_fn *fn;
    void *context;
    int link_type; /* of the packets that are lent at present */
    int lent;      /* in this call of capture_read */
    time_ns latest;
    time_ns begin;       /* packets before it are discarded; 0: none */
    time_ns begin_until; /* monotonic: when discarding ends, whatever the packets' clock says */
    unsigned share_index, share_count;
    bool share_by_ports;
    bool hurry;              /* capture_read() does not wait */
    _Atomic uint64_t *place; /* packets read, for others to see; NULL: nobody looks */
    struct error reason;
};

/* A pcap_handler; `user` is the struct capture. */
void source_lend(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes);

/* NULL filter: nothing to do. `what` names the source in the error. */
bool source_set_filter(pcap_t *pcap, const char *filter, const char *what, struct error *e);

/* False, with the reason in *e, when packets of this link type cannot be decoded. */
bool link_check(int link_type, const char *what, struct error *e);

#endif
