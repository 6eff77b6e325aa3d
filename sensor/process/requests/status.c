/* SPDX-License-Identifier: Apache-2.0 */
#include "process/requests/requests.h"

#include "base/counter.h"
#include "report/format/event.h"

#include <stdio.h>

static void write_time(struct json *j, const char *key, time_ns t) {
    char text[CLOCK_TEXT_MAX];
    json_text(j, key, t ? clock_format(t, text) : NULL);
}

static void write_sensor(struct json *j, const struct sensor *s) {
    char boot[17];
    time_ns now = clock_wall();
    snprintf(boot, sizeof boot, "%016llx", (unsigned long long)s->run);
    json_text(j, "version", GANTRY_VERSION);
    json_text(j, "name", s->config->sensor.name);
    json_text(j, "boot", boot);
    write_time(j, "time", now);
    write_time(j, "started", s->started);
    json_number(j, "uptime", (uint64_t)((now - s->started) / NS_PER_S));
    json_text(j, "interface", s->interface);
}

static void write_workers(struct json *j, const struct sensor *s) {
    json_array(j, "workers");
    for (unsigned i = 0; i < s->workers; i++) {
        const struct worker_status *w = &s->status->worker[i];
        const uint64_t *counters = ring_counters(s->ring[i]);
        json_object(j, NULL);
        json_number(j, "worker", i + 1);
        json_integer(j, "pid", w->pid);
        json_number(j, "flows", w->flows);
        json_number(j, "packets", counters[COUNTER_PACKETS]);
        json_number(j, "drops", counters[COUNTER_KERNEL_DROPS]);
        json_number(j, "restarts", counters[COUNTER_WORKER_RESTARTS]);
        write_time(j, "last_packet", w->packet_time);
        json_object_end(j);
    }
    json_array_end(j);
}

static void write_sandbox(struct json *j, const struct sensor *s) {
    char text[SANDBOX_TEXT_MAX];
    json_array(j, "sandbox");
    for (enum sandbox_role role = SANDBOX_SUPERVISOR; role < SANDBOX_ROLES; role++)
        json_text(j, NULL, sandbox_text(s->sandbox, role, text));
    json_array_end(j);
}

/* "capture.packets" becomes {"capture":{"packets":...}}, as in the stats record. */
static void write_figures(struct json *j, const uint64_t *values) {
    uint16_t which[FIGURE_COUNT];
    size_t count = event_figures(&(struct event){.figures = values}, 0, which), n = 0;
    char stage[32] = "";
    json_object(j, "stats");
    for (size_t i = 0; i < count; i++) {
        const char *key = figure_key(which[i]);
        if (i == 0 || strncmp(key, stage, n) != 0 || key[n] != '.') {
            if (i)
                json_object_end(j);
            n = strcspn(key, ".");
            snprintf(stage, sizeof stage, "%.*s", (int)n, key);
            json_object(j, stage);
        }
        json_number(j, key + n + 1, values[which[i]]);
    }
    json_object_end(j);
    json_object_end(j);
}

bool request_status(struct control_sensor *s, const struct control_words *arguments, struct json *out,
                    struct error *e) {
    uint64_t values[FIGURE_COUNT];
    health_figures(s->health, values);
    write_sensor(out, s->sensor);
    write_workers(out, s->sensor);
    write_sandbox(out, s->sensor);
    write_figures(out, values);
    return true;
}
