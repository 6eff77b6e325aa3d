/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_MUTE_H
#define GANTRY_REPORT_MUTE_H

#include "base/address.h"
#include "base/log.h"
#include "report/store/store.h"

#include <stdbool.h>

/* Alerts of one class to one destination that nobody wants to be told until a date. Incidents and the ledger
 * go on counting; what a mute hid is counted, and the first alert behind its end carries the totals. */
enum { MUTES_MAX = 256, MUTE_TEXT_MAX = 256 };

struct mute {
    char destination[MUTE_TEXT_MAX]; /* a partner's name; an address or prefix of a host that is no partner's
                                      */
    char class[MUTE_TEXT_MAX];
    char reason[MUTE_TEXT_MAX];
    uint32_t uid;        /* who asked for it */
    time_ns made, until; /* wall clock; packet time */
    uint64_t hidden;     /* alerts */
};

struct mutes; /* opaque */

struct mutes *mutes_create(void); /* NULL: no memory */
void mutes_destroy(struct mutes *m);
/* False with a reason: the texts are empty or too long, the prefix is shorter than /16 (IPv6: /32), `until`
 * is not after `now` or more than a year behind it, or there are too many. One of the same destination and
 * class is replaced. */
bool mutes_add(struct mutes *m, const struct mute *mute, time_ns now, struct error *e);
/* The mute that was there in *out; false: there is none. */
bool mutes_remove(struct mutes *m, const char *destination, const char *class, struct mute *out);
/* Counts the alert if a mute hides it. `partner`: whose the address is; empty for a host that is nobody's. */
bool mutes_hide(struct mutes *m, struct bytes partner, const struct address *address, struct bytes class,
                time_ns now);
/* Takes out one whose time is over; false: none is. */
bool mutes_expire(struct mutes *m, time_ns now, struct mute *out);
size_t mutes_count(const struct mutes *m);
const struct mute *mutes_get(const struct mutes *m, size_t index);

/* Its members, into an open object. */
struct json_writer;
void mute_write_json(struct json_writer *j, const struct mute *mute);

/* As of incident.h. */
bool mutes_save(struct mutes *m, struct store *store);
void mutes_saved(struct mutes *m);
void mutes_spoil(struct mutes *m);
bool mutes_load(struct mutes *m, struct store *store);

#endif
