/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PIPELINE_OVERLOAD_H
#define GANTRY_PIPELINE_OVERLOAD_H

#include "pipeline/emit.h"
#include "pipeline/overload/heavy.h"
#include "pipeline/overload/shed.h"

/* One worker's overload: what is left out now, who makes the work, and the notices that say so. */
struct overload {
    struct shed shed;
    struct heavy heavy;        /* counts only while something is left out */
    time_ns heavy_since, told; /* counting since; a pair was last named, 0: never */
    struct heavy_pair named;
    struct emitter *emitter;
    unsigned workers;
    bool split_by_ports;
};

/* `emitter` outlives it. */
void overload_init(struct overload *o, struct emitter *emitter, unsigned workers, bool split_by_ports);
/* At least every 200 ms. */
void overload_look(struct overload *o, const struct shed_pressure *pressure);

static inline bool overload_sheds(const struct overload *o, enum shed_level level) {
    return o->shed.level >= level;
}

static inline void overload_packet(struct overload *o, const struct packet *p) {
    if (o->shed.level > SHED_NOTHING)
        heavy_packet(&o->heavy, p);
}

#endif
