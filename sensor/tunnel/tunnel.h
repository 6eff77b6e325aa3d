/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TUNNEL_H
#define GANTRY_TUNNEL_H

#include "base/address.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/pool.h"
#include "base/table.h"
#include "settings/setting.h"

/* Data in what is meant for something else: names that are asked for, the payload of echoes, request lines
 * and header fields. What moves so is counted within a sliding window by image network and, of names, the
 * domain that somebody registered, else the host that it goes to. It is a tunnel once it is more than
 * ordinary traffic of that kind, and new each time: what repeats itself carries nothing. */
enum tunnel_way { TUNNEL_NAMES, TUNNEL_ECHOES, TUNNEL_HEADS, TUNNEL_WAYS };
const char *tunnel_way_name(enum tunnel_way way); /* "dns", "icmp", "http" */

struct tunnel_options {
    uint64_t window;              /* ns */
    uint64_t octets[TUNNEL_WAYS]; /* within a window; more is a tunnel */
    uint64_t different;           /* percent of the names that must be new */
};
extern const struct setting tunnel_settings[]; /* tunnels of gantry.yaml */

/* The window slides by tenths: the newest and the ten before it hold all that came within it. Of the oldest
 * so much counts as it would if it had come evenly. */
enum { TUNNEL_SLICES = 11 };
/* Number of the slice that holds `t`. */
static inline int64_t tunnel_slice_index(const struct tunnel_options *o, time_ns t) {
    return t < 0 ? 0 : t / (time_ns)(o->window / (TUNNEL_SLICES - 1) | 1);
}
/* Is this slice in the window whose newest one is `newest`? */
static inline bool tunnel_slice_counts(int64_t slice, int64_t newest) {
    return slice <= newest && newest - slice < TUNNEL_SLICES;
}

/* --- what of it is data --- */

enum { TUNNEL_NAME_MAX = 255 };

/* A name of the DNS, labels joined by dots. */
struct tunnel_name {
    char text[TUNNEL_NAME_MAX]; /* in lower case: some resolvers mix it at random */
    size_t n;
    size_t domain;   /* where the registered domain begins in it; n: it has none */
    unsigned octets; /* of labels below the domain; of an address that is spelled there, the address's own */
    bool reverse;    /* asks whose an address is: nothing but the address stands in it */
};
void tunnel_name_read(struct tunnel_name *name, struct bytes text);

/* Where the payload of an echo begins to be the sender's own: behind a time stamp of the usual layouts
 * (64-bit seconds and microseconds of Linux, 32-bit ones in either order). */
size_t tunnel_stamp(struct bytes payload);

/* --- who moves how much --- */

/* Filters of what was seen before. Two generations: what is seen is put into the newer one; where that is
 * half full the older is emptied and takes over. A thing that is not in them counts for all those of which
 * one is taken for known by chance. */
enum { TUNNEL_BITS = 4096 };
struct tunnel_seen {
    uint64_t bits[2][TUNNEL_BITS / 64];
    uint16_t set[2];
    uint8_t newer;
};

struct tunnel_slice {
    int64_t index;       /* tunnel_slice_index() */
    time_ns first, last; /* messages of it */
    uint64_t octets[2];  /* that left, and that came back */
    uint64_t things;     /* names */
    uint64_t fresh;      /* of them, never seen before; in 256ths */
};

struct tunnel_line {
    struct table_node node; /* by key and last use */
    struct age_node untold; /* tunnels' own: in their list, */
    bool is_untold;         /* if it is */
    uint8_t way;            /* enum tunnel_way */
    uint8_t name_n, domain; /* of names: the last one, and where the domain begins in it; 0: by host */
    char name[TUNNEL_NAME_MAX];
    uint32_t network;
    struct address host;
    struct tunnel_slice slice[TUNNEL_SLICES];
    struct tunnel_seen seen;
    bool over;           /* it is a tunnel now */
    bool told;           /* the caller's: it was told of before */
    uint64_t left, back; /* octets that were not told yet; while it is none, ever since */
    void *owner;         /* the caller's: the flow that shows it */
    uint8_t from;        /* the caller's: enum side */
    time_ns time;        /* of the last message */
};

struct tunnels {
    struct tunnel_options options;
    unsigned share; /* workers that see a part each: so many parts of the bound are suspect here */
    struct table table;
    struct pool lines;
    struct age_list untold;
    struct hash_key key;
};

bool tunnels_init(struct tunnels *t, size_t lines, unsigned workers); /* false: no memory */
void tunnels_finish(struct tunnels *t);

/* Whose it is. `name`: empty, or a name whose domain begins at `domain`. */
struct tunnel_key {
    enum tunnel_way way;
    uint32_t network; /* of the image side */
    struct address host;
    struct bytes name;
    size_t domain;
};
/* The line, made if new. Where there is no room the one of those that were used longest ago gives way that
 * has moved least, so that a flood of new ones drives out its own; NULL where each of them has something to
 * tell. Counted. */
struct tunnel_line *tunnels_line(struct tunnels *t, const struct tunnel_key *key, time_ns now);

/* A thing by its hash: was it there before? How many new ones it stands for, in 256ths; 0: seen. */
unsigned tunnel_look(struct tunnel_seen *s, uint64_t hash);

/* One message. */
struct tunnel_message {
    uint64_t left, back;    /* octets of data */
    uint64_t things, fresh; /* as of tunnel_slice: of names */
};
/* Adds it; true: the line is a tunnel, or this worker's part of one, and has something to tell. What stood in
 * the window before is told with the first. */
bool tunnels_add(struct tunnels *t, struct tunnel_line *l, const struct tunnel_message *m, time_ns now);

/* The next line that has something to tell, taken out of their list; NULL: none. */
struct tunnel_line *tunnels_take(struct tunnels *t);

/* What the window holds now. */
struct tunnel_sum {
    uint64_t left, back, things, fresh; /* the last two in things */
};
void tunnel_sum(const struct tunnels *t, const struct tunnel_line *l, struct tunnel_sum *out);

#endif
