/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_STANDING_H
#define GANTRY_REPORT_STANDING_H

#include "base/age.h"

#include <stdbool.h>
#include <stdint.h>

/* Who gives way where there is no room for all: one order for alerts within their caps, open and closed
 * incidents, lines of the ledger, rows of the digest, destinations of the last minutes, and messages that
 * wait for a receiver. A sender can make as many strangers as there are addresses, and every one of them with
 * little: those go first, the least recent of them before the others. It cannot make partners. */
enum standing {
    STANDING_SMALL,   /* to nobody that is known, and little */
    STANDING_LARGE,   /* likewise, and much, on several days, or of a high severity */
    STANDING_PARTNER, /* to a configured partner, as its contract has it */
    STANDING_DENIED,  /* to a configured partner, which may not receive it: a breach, or no contract */
    STANDING_COUNT
};

struct standing_facts {
    bool partner; /* somebody of the configuration receives it */
    bool denied;  /* something of it the policy did not allow */
    unsigned severity, days;
    uint64_t objects, bytes;
};
enum { STANDING_SEVERE = 9, STANDING_OBJECTS = 100, STANDING_BYTES = 1 << 20, STANDING_DAYS = 2 };
enum standing standing_of(const struct standing_facts *f);

/* What is taken from: the first standing that has more than its part of all, so that what is new is not
 * forgotten at once where those before it have come in great numbers. */
enum standing standing_gives_way(const uint64_t used[STANDING_COUNT]);

/* --- entries by standing and age --- */

struct ranked {
    struct age_node age;
    uint8_t standing;
    bool listed;
    uint64_t weight; /* of whatever is bounded */
};

/* Zeroed at first. */
struct ranking {
    struct age_list lists[STANDING_COUNT];
    uint64_t used[STANDING_COUNT];
};

/* As the most recent of its standing, whether it was there or not. */
void ranking_put(struct ranking *r, struct ranked *e, enum standing standing, uint64_t weight);
void ranking_remove(struct ranking *r, struct ranked *e); /* also what is not there */
/* It weighs so much now, and stays in its place; not for what is not there. */
void ranking_weigh(struct ranking *r, struct ranked *e, uint64_t weight);
/* What is to go: the least recent of the standing that gives way; `spared`, which may be NULL, only where
 * there is no other, and then NULL. */
struct ranked *ranking_first_out(const struct ranking *r, const struct ranked *spared);
#define RANKED_ENTRY(ranked, type, member)                                                                   \
    ((type *)((ranked) ? (char *)(ranked)-offsetof(type, member) : NULL))

#endif
