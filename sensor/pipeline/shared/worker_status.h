/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PIPELINE_SHARED_WORKER_STATUS_H
#define GANTRY_PIPELINE_SHARED_WORKER_STATUS_H

#include "health/sight.h"
#include "pipeline/shared/blame.h"

#include <stdbool.h>

/* What a worker says of itself, in memory that it shares with the supervisor; the reporter reads it, its
 * siblings do not see it. Nothing here is trusted by either: the worker may have been taken over. */
struct worker_status {
    _Atomic time_ns packet_time; /* pipeline_time() */
    _Atomic int progress;        /* of the capture file, 0..1000; -1 unknown */
    _Atomic bool broken;         /* the capture ended in damage; the worker has said why */
    _Atomic uint64_t beat;       /* changes with each packet and each wait: else the worker is stuck */
    _Atomic uint32_t flows;      /* open at once, lost if the worker dies */
    _Atomic int pid;             /* by the supervisor; 0: not running */
    _Atomic uint64_t version;    /* of the newest snapshot that it has taken */
    _Atomic uint32_t slots;      /* of those that its transfers hold: bits 1 << slot */
    _Atomic uint32_t call;       /* by the supervisor: changed when the worker is to look at what follows */
    _Atomic uint64_t before;     /* by the supervisor: transfers of snapshots before this version are to end;
                                  * 0: none, only what nobody holds is given back */
    _Atomic uint8_t stage;       /* enum stage: what it is at with it */
    _Atomic bool at_packet;      /* it works on a packet of this flow: */
    struct flow_name at;
    struct worker_view view;
    /* By the supervisor, of the worker that died here last, for its successor to tell. */
    struct worker_death {
        int signal, status;         /* that it died of; 0: it ended by itself with this exit status */
        bool stuck, at_packet;      /* stopped by the watchdog; it died while it worked on a packet */
        uint8_t stage;              /* with it, */
        enum blame_verdict verdict; /* what is skipped now that was not before */
        struct flow_name at;
        uint32_t flows;
    } death;
};

#endif
