/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_HOSTS_H
#define GANTRY_REPORT_HOSTS_H

#include "channel/channel.h"
#include "policy/policy.h"
#include "report/store/store.h"
#include "settings/setting.h"

/* Which hosts speak in the image networks, and which of them never did before.
 *
 * A host is an address, of IPv6 a /64, and where the link has it a network card (its MAC address). It is new
 * when its address is, or its card at an address that spoke from another one: that may be another machine in
 * the place of one, or a router that was exchanged. So a card that is new at a known address waits a minute:
 * one that has spoken for several addresses by then is a router's, and says nothing for as long as it is
 * known.
 *
 * - A network is learnt from when it is first configured, for `learning` of packet time: nothing is told.
 * - Behind that each new host is told, at most `per_day` in a UTC day; the others of the day are one sum at
 * its end.
 * - What has said nothing for `forget`, while the sensor watched, is forgotten.
 * - Memory is bounded: the network with most lines gives way, first with what it has not known for a day,
 * each the least recently seen; counted.
 *
 * A clock that jumped ahead and came back: learning and the day begin anew, and nothing was forgotten for it.
 * Without a store nothing is known of hosts, and nothing is told. */
struct host_options {
    uint64_t learning; /* ns; 0 in the configuration: as long as strangers are (traffic.h) */
    uint64_t per_day;
    uint64_t forget; /* ns */
    uint64_t memory; /* bytes of all lines */
};
extern const struct setting host_settings[]; /* hosts of gantry.yaml */

struct hosts_sink {
    void *context;
    /* `host`: a record of it, or NULL where it is a sum. */
    void (*tell)(void *context, const char *id, const char *text, const struct record *host);
};

struct hosts; /* opaque */

/* `policy`: whose image networks are learnt, kept by reference; NULL: those that are named in records.
 * `offline`: records come in no order, and count in that of their times once a tick says that all of a time
 * have come. NULL: no memory. */
struct hosts *hosts_create(const struct host_options *options, const struct policy *policy,
                           const struct hosts_sink *sink, bool kept, bool offline);
void hosts_destroy(struct hosts *h); /* accepts NULL */

void hosts_record(struct hosts *h, const struct record *r);
/* Cards that wait, days that end, what is too old. */
void hosts_tick(struct hosts *h, time_ns now);
/* All has been read: what waits is told now, and the day's sum. */
void hosts_end(struct hosts *h);

/* Addresses of this network (NULL: of all), the latest first; `visit` sees at most `most`. Returns how many
 * there are. */
struct host_shown {
    struct bytes network;
    struct address address;
    bool prefix;   /* its /64 */
    uint64_t card; /* as in records; 0: not known, or that of a router */
    time_ns first, last;
    bool learnt; /* while the network was learnt, and not told for it */
};
size_t hosts_each(const struct hosts *h, const char *network, size_t most,
                  void (*visit)(void *context, const struct host_shown *host), void *context);
size_t hosts_count(const struct hosts *h); /* addresses */

/* As of incident.h. */
bool hosts_save(struct hosts *h, struct store *store);
void hosts_saved(struct hosts *h);
void hosts_spoil(struct hosts *h);
bool hosts_load(struct hosts *h, struct store *store);

enum { HOST_CARD_TEXT = 18 };
/* "3c:52:82:0a:1b:2c" */
const char *host_card_text(uint64_t card, char out[HOST_CARD_TEXT]);

#endif
