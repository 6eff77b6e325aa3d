/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROCESS_REQUESTS_REQUESTS_H
#define GANTRY_PROCESS_REQUESTS_REQUESTS_H

#include "control/control.h"
#include "process/sensor.h"

/* What a running sensor answers over its control socket: one handler a file, one line of the table. All of it
 * runs in the reporter, between two batches of records. */

/* What answers are made from. */
struct control_sensor {
    const struct sensor *sensor;
    struct reporter *reporter;
    const struct health_setup *health; /* the figures of the stats record */
};

extern const struct control_request control_requests[];

/* The handlers of the table, as control.h wants them. */
#define REQUEST(name)                                                                                        \
    bool request_##name(struct control_sensor *s, const struct control_words *arguments,                     \
                        struct json_writer *out, struct error *e)
REQUEST(contracts);
REQUEST(status);
REQUEST(top);
REQUEST(reload);
REQUEST(reload_status);
REQUEST(alert_test);
REQUEST(alert_test_result);
REQUEST(incidents_list);
REQUEST(incidents_show);
REQUEST(incidents_close);
REQUEST(incidents_mute);
REQUEST(incidents_unmute);
REQUEST(incidents_mutes);
REQUEST(ledger);
REQUEST(digest);
REQUEST(hosts);

/* "key": the time as in records; null for 0. */
void request_time(struct json_writer *out, const char *key, time_ns t);
/* "processes": the children of each role, whether they run, and how often they were started. */
void request_processes(struct json_writer *out, const struct sensor *s);
/* Members of the object in which the sensor says to the fleet how it is. */
void request_describe(struct json_writer *out, const struct control_sensor *asked);
/* "stats": all figures, as in the stats record. */
void request_figures(struct json_writer *out, const uint64_t *figures);
/* "2026-05-31" or "2026-05-31T04:12Z" (seconds may follow), UTC, at most what time_ns can hold; false with a
 * reason. */
bool request_moment(const char *word, time_ns *out, struct error *e);
/* A number that a client was given; false with a reason: it is none. */
bool request_number(const char *word, uint64_t *out, struct error *e);

#endif
