/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_HEALTH_CONDITIONS_H
#define GANTRY_HEALTH_CONDITIONS_H

#include "capture/interface.h"
#include "health/health.h"

/* What is judged at the end of an interval. Internal to this folder and its tests. */
struct outlook {
    const struct health_setup *setup;
    uint64_t counted[COUNTER_COUNT];    /* in the interval */
    struct capture_interface interface; /* live */
    bool first;                         /* the sensor was just started: there is no interval yet */
    time_ns length, age, newest;        /* of the interval; since the start; packet time */
    time_ns clock_step;                 /* by how much the system's clock was set */
    uint64_t loss_ppm, dropped, unseen_bytes;
};

struct opinion {
    uint64_t what; /* 0: does not hold; else what it is about: told again when that changes */
    bool unsure;   /* too little was seen to judge: what was said before stands */
    char text[HEALTH_TEXT_MAX];
};

struct condition {
    const char *key;  /* of the notice; "-over" is added when it is over */
    const char *over; /* the sentence then */
    bool files;       /* judged for files too */
    void (*judge)(const struct outlook *o, struct opinion *out);
};

extern const struct condition conditions[]; /* ends with a NULL key */

#endif
