/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROCESS_REQUESTS_REQUESTS_H
#define GANTRY_PROCESS_REQUESTS_REQUESTS_H

#include "control/control.h"
#include "process/children.h"

/* What a running sensor answers over its control socket: one handler a file, one line of the table. All of it
 * runs in the reporter, between two batches of records. */

/* What answers are made from. */
struct control_sensor {
    const struct sensor *sensor;
    struct reporter *reporter;
    const struct health_setup *health; /* the figures of the stats record */
};

extern const struct control_request control_requests[];

bool request_status(struct control_sensor *s, const struct control_words *arguments, struct json *out,
                    struct error *e);

#endif
