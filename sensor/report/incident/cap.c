/* SPDX-License-Identifier: Apache-2.0 */
#include "report/incident/cap.h"

#include "base/counter.h"
#include "base/hash.h"
#include "report/ledger/distinct.h"

#include <stdlib.h>

enum { ID_SIZE = 36 };

/* Destinations of this window by keyed digest; those that found no room have only the bound of all. */
struct cap_destination {
    uint64_t digest; /* 0: free */
    uint64_t alerts;
};

struct cap {
    struct alert_limits limits;
    struct hash_key secret;
    time_ns begin; /* 0: no window */
    uint64_t alerts, held;
    struct distinct incidents; /* of those held */
    size_t id_count, destination_count;
    char ids[CAP_IDS_MAX * (ID_SIZE + 1)];
    struct cap_destination destinations[CAP_DESTINATIONS_MAX * 2];
};

struct cap *cap_create(const struct alert_limits *limits) {
    struct cap *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->limits = *limits;
    c->secret = hash_key_random();
    distinct_init(&c->incidents);
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
    c->alerts = c->held = 0;
    c->id_count = 0;
    distinct_finish(&c->incidents);
    distinct_init(&c->incidents);
    if (c->destination_count)
        memset(c->destinations, 0, sizeof c->destinations);
    c->destination_count = 0;
}

bool cap_turn(struct cap *c, time_ns now, bool all, struct cap_summary *out) {
    time_ns end = c->begin + (time_ns)c->limits.window;
    if (c->begin == 0 || (!all && now < end))
        return false;
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

static void hold_back(struct cap *c, const char *id) {
    uint64_t before = distinct_count(&c->incidents);
    counter_one(COUNTER_ALERTS_HELD);
    c->held++;
    distinct_add(&c->incidents, hash_bytes(&c->secret, id, strlen(id)));
    if (distinct_count(&c->incidents) == before || c->id_count == CAP_IDS_MAX || strlen(id) != ID_SIZE)
        return;
    memcpy(c->ids + c->id_count * (ID_SIZE + 1), id, ID_SIZE);
    c->ids[c->id_count++ * (ID_SIZE + 1) + ID_SIZE] = '\n';
}

bool cap_admit(struct cap *c, time_ns now, struct bytes destination, bool opening, const char *id) {
    const struct alert_limits *o = &c->limits;
    if (o->per_destination == 0 && o->global == 0)
        return true;
    if (c->begin == 0)
        begin_window(c, now);
    uint64_t most = opening ? o->global : o->global / 2;
    uint64_t digest = hash_bytes(&c->secret, destination.p, destination.n);
    struct cap_destination *d = find_destination(c, digest ? digest : 1);
    if ((o->global && c->alerts >= most) || (o->per_destination && d && d->alerts >= o->per_destination)) {
        hold_back(c, id);
        return false;
    }
    c->alerts++;
    if (d)
        d->alerts++;
    return true;
}
