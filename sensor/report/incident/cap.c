/* SPDX-License-Identifier: Apache-2.0 */
#include "report/incident/cap.h"

#include "base/counter.h"
#include "base/hash.h"
#include "report/ledger/distinct.h"

#include <stdlib.h>

enum { ID_SIZE = 36, SHARES_LEAST = 4 };

/* Destinations of this window by keyed digest; those that found no room have only the bound of all. */
struct cap_destination {
    uint64_t digest; /* 0: free */
    uint64_t alerts;
};

enum share {
    SHARE_COMMON,
    SHARE_LARGE,
    SHARE_PARTNER,
    SHARE_DENIED,
    SHARE_FLOWS, /* to strangers */
    SHARE_PARTNERS_FLOWS,
    SHARE_COUNT
};

/* What each standing has of its own, and the hundredths of all that this is; at least one alert, as far as
 * there are so many. The rest is common, but for flows that nobody reads: these have their shares alone. */
static const uint8_t share_of[STANDING_COUNT] = {[STANDING_SMALL] = SHARE_COMMON,
                                                 [STANDING_LARGE] = SHARE_LARGE,
                                                 [STANDING_PARTNER] = SHARE_PARTNER,
                                                 [STANDING_DENIED] = SHARE_DENIED};
static const uint8_t flow_share_of[STANDING_COUNT] = {[STANDING_SMALL] = SHARE_FLOWS,
                                                      [STANDING_LARGE] = SHARE_FLOWS,
                                                      [STANDING_PARTNER] = SHARE_PARTNERS_FLOWS,
                                                      [STANDING_DENIED] = SHARE_PARTNERS_FLOWS};
static const uint8_t hundredths[SHARE_COUNT] = {[SHARE_LARGE] = 15,
                                                [SHARE_PARTNER] = 10,
                                                [SHARE_DENIED] = 25,
                                                [SHARE_FLOWS] = 5,
                                                [SHARE_PARTNERS_FLOWS] = 10};

struct held_id {
    char id[ID_SIZE];
    uint8_t standing;
};

struct cap {
    struct alert_limits limits;
    struct hash_key secret;
    time_ns begin;                                     /* 0: no window */
    uint64_t shares[SHARE_COUNT], alerts[SHARE_COUNT]; /* of alerts.global, and used in this window */
    uint64_t growths[SHARE_COUNT];                     /* of these, those that are no openings */
    uint64_t held;
    struct distinct incidents; /* of those held */
    size_t id_count, destination_count;
    struct held_id held_ids[CAP_IDS_MAX];
    char ids[CAP_IDS_MAX * (ID_SIZE + 1)]; /* as a summary has them */
    struct cap_destination destinations[CAP_DESTINATIONS_MAX * 2];
};

/* As long as one is left for what is common. */
static void cut_shares(struct cap *c) {
    uint64_t all = c->limits.global, rest = all;
    for (int s = SHARE_COMMON + 1; s < SHARE_COUNT && all >= SHARES_LEAST && rest > 1; s++) {
        uint64_t part = all / 100 * hundredths[s] + all % 100 * hundredths[s] / 100;
        c->shares[s] = part ? part : 1;
        rest -= c->shares[s];
    }
    c->shares[SHARE_COMMON] = rest;
}

struct cap *cap_create(const struct alert_limits *limits) {
    struct cap *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->limits = *limits;
    cut_shares(c);
    c->secret = hash_key_random();
    return c;
}

void cap_destroy(struct cap *c) {
    if (!c)
        return;
    distinct_finish(&c->incidents);
    free(c);
}

static void begin_window(struct cap *c, time_ns now) {
    c->begin = now;
    memset(c->alerts, 0, sizeof c->alerts);
    memset(c->growths, 0, sizeof c->growths);
    c->held = 0;
    c->id_count = 0;
    distinct_finish(&c->incidents);
    if (c->destination_count)
        memset(c->destinations, 0, sizeof c->destinations);
    c->destination_count = 0;
}

bool cap_turn(struct cap *c, time_ns now, bool all, struct cap_summary *out) {
    time_ns end = c->begin + (time_ns)c->limits.window;
    if (c->begin == 0 || (!all && now < end))
        return false;
    for (size_t i = 0; i < c->id_count; i++) {
        memcpy(c->ids + i * (ID_SIZE + 1), c->held_ids[i].id, ID_SIZE);
        c->ids[i * (ID_SIZE + 1) + ID_SIZE] = '\n';
    }
    *out = (struct cap_summary){.begin = c->begin,
                                .end = all && now < end ? now : end,
                                .alerts = c->held,
                                .incidents = distinct_count(&c->incidents),
                                .ids = bytes_of(c->ids, c->id_count ? c->id_count * (ID_SIZE + 1) - 1 : 0)};
    begin_window(c, 0);
    return out->alerts > 0;
}

/* NULL: there is no room for another. */
static struct cap_destination *find_destination(struct cap *c, uint64_t digest) {
    size_t room = sizeof c->destinations / sizeof c->destinations[0], at = digest % room;
    while (c->destinations[at].digest && c->destinations[at].digest != digest)
        at = (at + 1) % room;
    if (!c->destinations[at].digest) {
        if (c->destination_count == CAP_DESTINATIONS_MAX)
            return NULL;
        c->destination_count++;
        c->destinations[at].digest = digest;
    }
    return &c->destinations[at];
}

/* The first ones, and of a higher standing later ones too. */
static void note_id(struct cap *c, const struct cap_alert *alert) {
    struct held_id *least = &c->held_ids[0];
    if (strlen(alert->id) != ID_SIZE)
        return;
    for (size_t i = 0; i < c->id_count; i++) {
        if (memcmp(c->held_ids[i].id, alert->id, ID_SIZE) == 0)
            return;
        if (c->held_ids[i].standing < least->standing)
            least = &c->held_ids[i];
    }
    if (c->id_count < CAP_IDS_MAX)
        least = &c->held_ids[c->id_count++];
    else if (least->standing >= alert->standing)
        return;
    memcpy(least->id, alert->id, ID_SIZE);
    least->standing = (uint8_t)alert->standing;
}

static bool hold_back(struct cap *c, const struct cap_alert *alert) {
    counter_one(COUNTER_ALERTS_HELD);
    c->held++;
    distinct_add(&c->incidents, hash_bytes(&c->secret, alert->id, strlen(alert->id)));
    note_id(c, alert);
    return false;
}

static bool has_room(const struct cap *c, enum share share, bool opening) {
    return c->alerts[share] < c->shares[share] && (opening || c->growths[share] < c->shares[share] / 2);
}

/* What it may take of: its own share, or what is common. */
static enum share find_share(const struct cap *c, const struct cap_alert *alert) {
    enum share own = (enum share)(alert->flow ? flow_share_of : share_of)[alert->standing];
    bool alone = alert->flow && c->shares[own] > 0;
    return alone || has_room(c, own, alert->opening) ? own : SHARE_COMMON;
}

bool cap_admit(struct cap *c, time_ns now, const struct cap_alert *alert) {
    const struct alert_limits *o = &c->limits;
    if (o->per_destination == 0 && o->global == 0)
        return true;
    if (c->begin == 0)
        begin_window(c, now);
    uint64_t most = o->per_destination - (alert->opening ? 0 : o->per_destination / 4);
    uint64_t digest = hash_bytes(&c->secret, alert->destination.p, alert->destination.n);
    struct cap_destination *d = find_destination(c, digest ? digest : 1);
    enum share share = find_share(c, alert);
    if ((o->global && !has_room(c, share, alert->opening)) || (o->per_destination && d && d->alerts >= most))
        return hold_back(c, alert);
    c->alerts[share]++;
    c->growths[share] += !alert->opening;
    if (d)
        d->alerts++;
    return true;
}
