/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_HOST_LINE_H
#define GANTRY_REPORT_HOST_LINE_H

#include "base/hash.h"
#include "base/table.h"
#include "report/hosts/hosts.h"
#include "report/store/change.h"

/* Networks, their lines and what the store has of them; for host*.c. */

enum {
    HOST_NETWORKS_MAX = 1024,
    HOST_CARD_PLACES = 4, /* a card of more addresses than that within a day is a router's */
};

/* Is there more to forget first? */
enum host_tier { HOST_PASSING, HOST_SETTLED, HOST_TIERS }; /* known for less than a day, or longer */

struct host_network {
    time_ns since; /* it is configured */
    size_t lines;
    struct age_list tier[HOST_TIERS];
    char name[128];
};

/* Of an address and of a card. */
struct host_key {
    struct host_network *network;
    bool is_card;
    uint8_t octets[16]; /* of a card the first six */
};

struct host_line {
    struct change change;
    struct table_node node; /* its age is not used */
    struct age_node age;    /* in its network's tier */
    struct age_node wait;   /* in hosts.waiting, where `waits` is not 0 */
    uint64_t id;            /* in the store */
    struct host_key key;
    bool saved, settled, router, learnt;
    uint64_t other;                       /* of an address its card, as in records */
    struct address place;                 /* of a card, where it was seen last */
    time_ns first, last;                  /* packet time */
    uint64_t first_age, last_age;         /* by hosts.age */
    uint64_t saved_age;                   /* when it was written last, likewise */
    time_ns waits;                        /* of a card: since when it waits to be told; 0: it does not */
    uint64_t places[HOST_CARD_PLACES];    /* of a card: digests of where it was seen of late, */
    time_ns place_time[HOST_CARD_PLACES]; /* and when */
};

/* A host that speaks, of a record. */
struct host_sighting {
    time_ns time;
    uint64_t number; /* the queue's own: in which order they came */
    struct host_network *network;
    struct address address, peer;
    uint16_t port; /* the server's */
    bool serves;   /* it is the server */
    uint64_t card;
};

/* Those that wait for the slowest worker, by their times; zeroed at first. Reading files alone, where workers
 * may be days apart. */
enum { HOST_QUEUE_MAX = 1 << 16 };
struct host_queue {
    struct host_sighting *items;
    size_t count, room;
    uint64_t serial;
};
bool host_queue_put(struct host_queue *q, const struct host_sighting *s); /* false: it is full */
/* The earliest, if it is before this time. */
bool host_queue_take(struct host_queue *q, time_ns before, struct host_sighting *out);
void host_queue_finish(struct host_queue *q);

struct hosts {
    struct host_options options;
    const struct policy *policy;
    struct hosts_sink sink;
    bool kept, offline, begun; /* networks that are configured have a time */
    struct host_queue queue;
    struct hash_key secret;
    struct table lines;
    struct host_network *networks[HOST_NETWORKS_MAX];
    size_t network_count, addresses;
    struct age_list waiting;
    uint64_t serial;
    time_ns now;   /* of the newest record or tick */
    uint64_t age;  /* ns that the sensor has watched, jumps left out */
    time_ns swept; /* packet time */
    int64_t day;   /* UTC days since 1970 of `told` and `more` */
    uint64_t told, more;
    bool sums_changed, networks_changed;
    struct changes changes;
    struct gone gone; /* ids */
    struct record_builder builder;
    uint64_t note[(sizeof(struct record) + RECORD_TEXT_MAX) / sizeof(uint64_t)];
};

/* NULL: there are too many, or no memory. */
struct host_network *host_network_take(struct hosts *h, struct bytes name);
/* Those that are not configured any more, and of which nothing is known, go. */
void host_networks_prune(struct hosts *h);
struct host_line *host_find(const struct hosts *h, const struct host_key *key);
/* A new one, where others give way for it; NULL: no memory. */
struct host_line *host_begin(struct hosts *h, const struct host_key *key);
/* Waits to be told since `time`; 0: no more. */
void host_wait(struct hosts *h, struct host_line *l, time_ns time);
/* Seen at this time. */
void host_touch(struct hosts *h, struct host_line *l, time_ns time);
/* In the tier that it belongs to, as the youngest of it. */
void host_rank(struct host_line *l);
void host_free(struct hosts *h, struct host_line *l);

#endif
