/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_TRAFFIC_H
#define GANTRY_REPORT_TRAFFIC_H

#include "channel/channel.h"
#include "report/store/store.h"
#include "settings/setting.h"
#include "tunnel/tunnel.h"

/* What left in flows whose content nobody reads: it is summed up by image network, destination (as the ledger
 * names it), class and UTC day of packet time, and told by who may receive it.
 *
 * - To a partner that may not receive it, each sum is told; to one that may, none: that is summed up apart.
 * - To a stranger a sum is told once the day's is large, and leaves more than comes back; or is very large
 *   whatever comes back; or one host has sent much to all strangers together, more than came back. A
 * destination, or a host, is told once, again when ten times as much has left since, or after `repeat`.
 * - To who may not read inside, where readers are configured, a sum is told once the day's is as large as
 *   `inside_per_day`, again as one to a stranger.
 * - A quiet name (the software's own servers) has a bound of its own.
 * - While the sensor is new (`learning`) strangers are not told: the digest shows them.
 * - Connections with a partner that may not receive, and that nobody answered, wait for what is told next of
 * it; or they are told by themselves (`attempts`).
 * - A tunnel is told whoever it goes to, from the start, unless a contract names the class.
 * - What is not told at once is not lost: the next record of the destination that is told brings it along.
 *
 * All on packet time. A clock that jumped ahead and came back leaves nothing in the future behind: the day's
 * sum, what was told and the learning time begin anew.
 * Memory is bounded: lines go in the order of standing.h, and are counted. */
struct traffic_options {
    uint64_t memory;           /* bytes of all lines */
    uint64_t per_day, ratio;   /* octets a day, and times as many out as in */
    uint64_t any_share;        /* octets a day, whatever comes back */
    uint64_t per_host;         /* octets a day of one host to all strangers */
    uint64_t quiet_per_day;    /* octets a day to a quiet name */
    uint64_t learning, repeat; /* ns */
    uint64_t inside_per_day;   /* octets a day to a destination inside that may not read; 0: never told */
    unsigned attempts;         /* enum traffic_attempts */
};
/* What becomes of connections that came to nothing: they only count in an incident that is open, or opens, or
 * they open one. */
enum traffic_attempts { ATTEMPTS_COUNT, ATTEMPTS_ALERT };
extern const struct setting traffic_settings[]; /* flows of gantry.yaml */

struct traffic; /* opaque */

/* `kept`: in a store; without one there is no learning time. NULL: no memory. */
struct traffic *traffic_create(const struct traffic_options *options, const struct tunnel_options *tunnels,
                               bool kept);
void traffic_destroy(struct traffic *t); /* accepts NULL */

/* What becomes of a volume record; both live until the next call. */
struct traffic_told {
    const struct record *incident; /* to be gathered and told; NULL: not, or not yet */
    const struct record *ledger;   /* from 64 KB a day on, with all of the day; NULL: too little so far */
};
void traffic_record(struct traffic *t, const struct record *r, struct traffic_told *out);

/* A transfer record: how large this network's pictures are that are sent in clear. */
void traffic_learn(struct traffic *t, const struct record *r);

size_t traffic_lines(const struct traffic *t);

/* As of incident.h. */
bool traffic_save(struct traffic *t, struct store *store);
void traffic_saved(struct traffic *t);
void traffic_spoil(struct traffic *t);
bool traffic_load(struct traffic *t, struct store *store);

#endif
