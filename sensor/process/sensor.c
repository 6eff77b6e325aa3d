/* SPDX-License-Identifier: Apache-2.0 */
#include "process/sensor.h"

#include <string.h>

/* Reading files keeps nothing, unless the configuration names a folder. */
const char *sensor_state(const struct sensor *s) {
    const char *given = s->config->sensor.state;
    return given ? given : s->offline ? NULL : "/var/lib/gantry";
}

const char *sensor_control(const struct sensor *s) {
    const char *given = s->config->sensor.control;
    if (s->offline || (given && strcmp(given, "off") == 0))
        return NULL;
    return given ? given : "/run/gantry/control";
}

const char *sensor_metrics(const struct sensor *s) {
    return s->offline ? NULL : s->config->metrics;
}
