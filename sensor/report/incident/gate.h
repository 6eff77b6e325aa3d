/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_GATE_H
#define GANTRY_REPORT_GATE_H

#include "report/event/event.h"
#include "report/incident/cap.h"
#include "report/incident/mute.h"

/* Which alerts go out: those that no mute hides and that the caps leave room for. */
struct gate_sink {
    void *context;
    /* Something that the SOC must know of the sensor itself. */
    void (*notice)(void *context, const char *id, const char *text);
    void (*held)(void *context, const struct cap_summary *summary); /* a window ended */
};

struct gate; /* opaque */

struct gate *gate_create(const struct alert_limits *limits,
                         const struct gate_sink *sink); /* NULL: no memory */
void gate_destroy(struct gate *g);
bool gate_admit(struct gate *g, time_ns time, const struct incident_facts *facts,
                const struct record *record);
/* Tells of windows and mutes whose time is over; `all`: the window's is, whatever the time. */
void gate_turn(struct gate *g, time_ns now, bool all);
struct mutes *gate_mutes(struct gate *g);
/* As mutes_add() and mutes_remove(), and tells who did it and why. */
bool gate_mute(struct gate *g, const struct mute *mute, time_ns now, struct error *e);
bool gate_unmute(struct gate *g, const char *destination, const char *class, uint32_t uid);

#endif
