/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_RECENT_H
#define GANTRY_REPORT_RECENT_H

#include "channel/channel.h"

/* What has left an image network in the last minutes, by destination as the ledger names it: for somebody who
 * looks, so it is in memory alone, and begins anew with the reporter. Whole transfers count when they end,
 * things unpacked from them do not. Of destinations beyond RECENT_DESTINATIONS the least recent stranger is
 * forgotten.
 */
enum {
    RECENT_DESTINATIONS = 512,
    RECENT_SLOT_S = 10,
    RECENT_SLOTS = 30, /* the window: five minutes */
    RECENT_NAME_MAX = 128,
};

struct recent; /* opaque */

struct recent_sums {
    uint64_t transfers, bytes, alerts;
};

struct recent_line {
    char name[RECENT_NAME_MAX]; /* cut where it is longer */
    uint8_t verdict;            /* of the newest transfer */
    struct recent_sums minute, window;
};

struct recent *recent_create(void); /* NULL: no memory */
void recent_destroy(struct recent *r);
/* A transfer record; what does not leave an image network is passed over. */
void recent_record(struct recent *r, const struct record *record);
/* An alert about this record went out. */
void recent_alert(struct recent *r, const struct record *record);
/* The busiest in the window before `now`, most bytes first, then most alerts; how many. */
size_t recent_top(const struct recent *r, time_ns now, struct recent_line *out, size_t most);

#endif
