/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROCESS_CHILDREN_H
#define GANTRY_PROCESS_CHILDREN_H

#include "pipeline/budget.h"
#include "process/outputs.h"
#include "process/readiness.h"
#include "process/reload/handout.h"
#include "process/status.h"

#include <sys/types.h>

/* What all children of the supervisor are started with. Captures and rings belong to the supervisor and live
 * as long as the sensor runs, so that a successor goes on where a dead child stood. */
struct sensor {
    struct snapshot *snapshot;   /* in force */
    const struct config *config; /* of it */
    const struct outputs *outputs;
    unsigned workers;
    struct budget_plan budget;
    const char *interface; /* NULL: files are read */
    bool inspect_all, offline;
    uint64_t run;       /* of these rings; random */
    bool store_checked; /* the reporter that ended last handed over in order */
    struct capture *capture[WORKERS_MAX];
    struct ring *ring[WORKERS_MAX];
    struct handout handout[WORKERS_MAX];
    struct doorbell *doorbell;
    struct sensor_status *status;
    struct upper_status *upper;
    struct sandbox *sandbox;
    time_ns started;     /* wall clock */
    int control;         /* listening socket, -1: none */
    gid_t control_group; /* whose members may ask there */
    int metrics;         /* listening socket, -1: none */
};

/* The folder of the database; NULL: none is kept. */
const char *sensor_state(const struct sensor *s);
/* Where requests are taken; NULL: nowhere. */
const char *sensor_control(const struct sensor *s);
/* Where metrics are served; NULL: nowhere. */
const char *sensor_metrics(const struct sensor *s);

struct child {
    pid_t pid;             /* 0: not running */
    bool finished;         /* ended by itself, is not started again */
    time_ns started;       /* monotonic */
    time_ns again;         /* monotonic time at which it may be started again */
    uint64_t beat;         /* a worker's last, */
    time_ns beat_at;       /* and when it changed */
    bool stuck;            /* it did not, and was killed */
    unsigned quick_deaths; /* in a row: each doubles the wait */
    uint64_t offered;      /* a worker's: version of the snapshot that it was given last, */
    unsigned offered_slot; /* and its slot */
};

/* What reads a new configuration: a child, so that whatever that takes or breaks holds up nobody. */
struct loader {
    pid_t pid;
    int status; /* as of waitpid(2), once pid is 0 again */
};

/* The reporter and the workers. */
struct children {
    struct sensor *sensor;
    struct child reporter;
    struct child worker[WORKERS_MAX];
    struct loader loader;
    struct readiness readiness; /* of the reporter that was started last */
    bool begun;                 /* a reporter has been ready: workers run */
    bool handing,
        handed; /* the reporter was told to end for a successor; it has ended, and none is in its place yet */
    time_ns hand_over_by;   /* monotonic: then it is killed */
    time_ns looked;         /* monotonic time of the last children_look() */
    bool stopping, killing; /* in order; at once */
    bool failed;            /* some child ended with an error that was not made good */
};

/* Starts the reporter; the workers follow once its outputs are open (`begun`). False after saying why. */
bool children_start(struct children *c);
/* Workers end what they have; the reporter ends after them. Again: kills. */
void children_stop(struct children *c);
void children_hang_up(struct children *c);
/* Takes note of the dead and starts again (live) those that should run. */
void children_reap(struct children *c);
/* Has every worker that runs taken the snapshot in force? */
bool children_settled(const struct children *c);
/* Several times a second: hears how the reporter's start goes, stops (live) workers that make no step. */
void children_look(struct children *c);
bool children_left(const struct children *c);

/* --- for a reload --- */

/* In a child: it ends when its parent does, however that ended. */
void child_die_with(pid_t parent);
/* The reporter ends for a successor (`handed` says when), or is killed if it does not in time. */
void children_hand_over(struct children *c);
/* Then: starts the successor, with what the sensor has now; whether its outputs can be opened is in
 * `readiness` some time later. False with a reason: it cannot be started. */
bool children_succeed(struct children *c, struct error *e);
void children_succeeded(struct children *c); /* it is ready, and goes on alone */
void children_give_up(struct children *c);   /* no reporter can be had: all end */
/* Slots of snapshots that workers use, or were given. */
unsigned children_slots(const struct children *c);
/* Workers are to make room: see worker_status. */
void children_move_on(struct children *c, uint64_t before);
/* Kills workers that use any but the snapshot in force: their successors begin with that. */
void children_end_holders(struct children *c);

#endif
