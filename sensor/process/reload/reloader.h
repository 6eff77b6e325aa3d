/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROCESS_RELOAD_RELOADER_H
#define GANTRY_PROCESS_RELOAD_RELOADER_H

#include "process/children/children.h"

/* The supervisor's part of a reload, in steps that never block for long:
 *
 *     a child loads the files into a new snapshot      mistakes: told, nothing has changed
 *     its memory is planned, new outputs are opened    the same
 *     the reporter hands over to a successor           its outputs fail: the old configuration's comes back;
 *                                                      until it is ready the old one holds for all others
 *     workers take the snapshot                        one that does not within a while is told of
 *
 * Only now it is done. Requests that come meanwhile are answered by one more load. */
struct reloader {
    struct sensor *sensor;
    struct children *children;
    const char *path;        /* of the configuration; NULL: the defaults */
    struct outputs *outputs; /* the sensor's */
    enum reload_stage {
        RELOAD_IDLE,
        RELOAD_MAKES_ROOM,
        RELOAD_LOADS,
        RELOAD_HANDS_OVER,
        RELOAD_SUCCEEDS,
        RELOAD_GOES_BACK,
        RELOAD_SETTLES
    } stage;
    time_ns since;                     /* monotonic: of the stage */
    time_ns again;                     /* monotonic: workers are asked for room */
    uint64_t versions[SNAPSHOT_SLOTS]; /* of the newest snapshot in each slot */
    struct snapshot *fresh;            /* under way */
    struct outputs fresh_outputs;
    struct error reason; /* for which it goes back */
    struct reload_result result;
};

void reloader_init(struct reloader *r, struct sensor *sensor, struct children *children,
                   struct outputs *outputs, const char *path);
/* Several times a second. */
void reloader_step(struct reloader *r);

#endif
