/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_TRAFFIC_LINE_H
#define GANTRY_REPORT_TRAFFIC_LINE_H

#include "base/hash.h"
#include "base/table.h"
#include "report/event/standing.h"
#include "report/store/change.h"
#include "report/traffic/traffic.h"

/* One line and their table; for traffic*.c. */

/* What a run of records brought. */
struct traffic_sum {
    uint64_t out, back; /* octets */
    uint64_t flows;
    uint64_t uploads; /* not in the store */
};

/* A destination's of one class, or a host's. */
struct traffic_line {
    struct change change;
    struct table_node node; /* its age is that of its last record */
    struct ranked ranked;   /* its weight are octets */
    uint64_t id;            /* in the store */
    bool stranger, saved;
    time_ns last;
    int64_t day; /* UTC days since 1970 of `today` */
    struct traffic_sum today;
    struct traffic_sum untold;     /* of all days, since it was told */
    struct traffic_sum unledgered; /* of today */
    uint64_t shaken;               /* octets of today that were handshakes alone; not in the store */
    time_ns told;                  /* 0: never */
    uint64_t told_out;             /* octets of the day when it was told */
    size_t key_size;
    uint8_t key[];
};

/* --- traffic_tunnel.c --- */
struct tunnel_parts {
    struct tunnel_options options;
    struct table table;
};
bool tunnel_parts_init(struct tunnel_parts *t);
void tunnel_parts_finish(struct tunnel_parts *t); /* accepts one of zeros */
/* A record of the class tunnel; true: all workers' parts of it together are one, and *out is what of it was
 * not told yet. */
bool traffic_join_tunnel(struct traffic *t, const struct record *r, struct traffic_sum *out);

/* --- traffic_images.c --- */
enum { TRAFFIC_IMAGES_MAX = 64 };
struct image_sizes {
    char network[128];
    struct upload_sizes sizes;
    bool changed; /* since it was saved */
};
/* Percent that the sizes of this volume record have in common with them, and 1; 0: nobody knows. */
uint8_t traffic_like_images(struct traffic *t, const struct record *r);
bool traffic_save_images(struct traffic *t, struct store *store);
void traffic_mark_images(struct traffic *t, bool changed);
/* A row of `meta`; one of another's changes nothing. */
void traffic_load_images(struct traffic *t, struct bytes name, uint64_t shares);

struct traffic {
    struct traffic_options options;
    struct tunnel_parts tunnels;
    struct hash_key secret;
    struct table lines;
    struct ranking ranking;
    size_t memory;
    time_ns since; /* the first record ever; 0: none yet */
    bool since_changed, kept;
    struct image_sizes images[TRAFFIC_IMAGES_MAX];
    size_t image_networks;
    struct changes changes;
    struct gone gone; /* ids */
    uint64_t serial;
    struct record_builder told, ledger;
    uint8_t *told_room, *ledger_room; /* ring_record_max() octets each */
};

/* Before a new line: forgets some in the order of standing.h, until those that are left have room; but not
 * `spared`, which may be NULL. */
void traffic_make_room(struct traffic *t, const struct traffic_line *spared);
/* After what was counted: the most recent of its standing. */
void traffic_rank(struct traffic *t, struct traffic_line *l);
/* A new line of this key; NULL: no memory. */
struct traffic_line *traffic_begin(struct traffic *t, struct bytes key);

#endif
