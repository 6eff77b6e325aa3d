/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROCESS_CHILDREN_CHILDREN_H
#define GANTRY_PROCESS_CHILDREN_CHILDREN_H

#include "process/readiness.h"
#include "process/sensor.h"

/* The supervisor's children: started, watched, ended and started again, as the table of roles says. */

struct child {
    const struct role *role;
    unsigned number; /* among those of its role, from 0 */
    unsigned place;  /* of one that inspects (sensor.h) */
    char name[32];   /* "worker 1", or "reporter" where there is one alone */
    struct child_status *status;
    int ready;             /* in a child that receives: for readiness_tell() */
    pid_t pid;             /* 0: not running */
    bool finished;         /* is not started again */
    time_ns started;       /* monotonic; 0: never */
    time_ns again;         /* monotonic time at which it may be started again */
    unsigned quick_deaths; /* in a row: each doubles the wait */
    /* Of one that inspects: */
    uint64_t beat;         /* the last, */
    time_ns beat_at;       /* and when it changed */
    bool stuck;            /* it did not, and was killed */
    uint64_t offered;      /* version of the snapshot that it was given last, */
    unsigned offered_slot; /* and its slot */
};

/* What reads a new configuration: a child, so that whatever that takes or breaks holds up nobody. */
struct loader {
    pid_t pid;
    int status; /* as of waitpid(2), once pid is 0 again */
};

struct children {
    struct sensor *sensor;
    struct child child[CHILDREN_MAX];
    unsigned count;
    struct child *reporter; /* that which receives; NULL: none */
    struct loader loader;
    struct readiness readiness; /* of the reporter that was started last */
    bool begun;                 /* a reporter has been ready: the others run */
    bool handing;               /* the reporter was told to end for a successor; */
    bool handed;                /* it has ended, and none is in its place yet */
    time_ns hand_over_by;       /* monotonic: then it is killed */
    time_ns looked;             /* monotonic time of the last children_look() */
    bool stopping, killing;     /* in order; at once */
    bool served;                /* those that serve others are told to stop */
    bool failed;                /* some child ended with an error that was not made good */
};

/* Sets up the processes that the sensor's roles call for; none runs yet. False with a reason. */
bool children_init(struct children *c, struct sensor *sensor, struct error *e);
/* Starts the reporter; the others follow once its outputs are open (`begun`). False after saying why. */
bool children_start(struct children *c);
/* All but those that serve and the reporter end what they have; these end after them. Again: kills. */
void children_stop(struct children *c);
void children_hang_up(struct children *c);
/* Takes note of the dead and starts (again) those that should run. */
void children_reap(struct children *c);
/* Several times a second: hears how the reporter's start goes; live, stops those that make no step and offers
 * the snapshot in force. */
void children_look(struct children *c);
bool children_left(const struct children *c);

/* --- ends.c: what becomes of one that ended --- */

/* Of roles that say nothing else: it has ended when it was to end, or offline by itself in order. Else it is
 * started again. */
void child_ended(struct children *c, struct child *child, int status);
/* For good; `failed` shows in the sensor's exit status. */
void children_end(struct children *c, struct child *child, bool failed);
/* It is to be started again after its back-off; its successor is left word of what happened. */
void children_restart(struct children *c, struct child *child, int status);
/* A signal by which a process ends of what it does itself. */
bool child_is_own_fault(int signal_number);
/* Does any but the reporter run, or will again? */
bool children_others_left(const struct children *c);
/* Is it to end, and not to be started again? */
bool child_is_to_end(const struct children *c, const struct child *child);

/* --- start.c --- */

/* False with a reason: the system gives no process or descriptor. */
bool child_start(struct children *c, struct child *child, struct error *e);
/* In a child: it ends when its parent does, however that ended. */
void child_die_with(pid_t parent);

/* --- watch.c --- */

/* Has the reporter said anything of its start since? */
void children_hear(struct children *c);

/* --- snapshots.c --- */

/* The child that is about to start inherits the snapshot in force. */
void child_inherit(const struct children *c, struct child *child);
/* One that runs is given it. */
void child_offer(const struct children *c, struct child *child);
/* Has every child that inspects taken the snapshot in force? */
bool children_settled(const struct children *c);
/* Slots of snapshots that they use, or were given. */
unsigned children_slots(const struct children *c);
/* They are to make room: see worker_status. */
void children_move_on(struct children *c, uint64_t before);
/* Kills those that use any but the snapshot in force: their successors begin with that. */
void children_end_holders(struct children *c);

/* --- handover.c: one reporter for another --- */

/* The reporter ends for a successor (`handed` says when), or is killed if it does not in time. */
void children_hand_over(struct children *c);
/* Then: starts the successor, with what the sensor has now; whether its outputs can be opened is in
 * `readiness` some time later. False with a reason: it cannot be started. */
bool children_succeed(struct children *c, struct error *e);
void children_succeeded(struct children *c); /* it is ready, and goes on alone */
void children_give_up(struct children *c);   /* no reporter can be had: all end */
/* Kills one that does not hand over in time. */
void children_press_handover(const struct children *c, time_ns now);

#endif
