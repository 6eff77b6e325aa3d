/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROCESS_STATUS_H
#define GANTRY_PROCESS_STATUS_H

#include "base/clock.h"

#include <stdbool.h>

enum { WORKERS_MAX = 64 };

/* What each worker says of itself, in memory shared by all processes of the sensor; a worker writes its own entry,
 * others read single words. */
struct worker_status {
    _Atomic time_ns packet_time; /* of the newest packet, 0 before the first */
    _Atomic int progress;        /* of the capture file, 0..1000; -1 unknown */
    _Atomic bool broken;         /* the capture ended in damage; the worker has said why */
};

struct sensor_status {
    struct worker_status worker[WORKERS_MAX];
};

#endif
