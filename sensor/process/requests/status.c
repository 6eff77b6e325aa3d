/* SPDX-License-Identifier: Apache-2.0 */
#include "process/requests/requests.h"

#include "base/counter.h"

#include <inttypes.h>
#include <stdio.h>

static void write_sensor(struct json_writer *j, const struct control_sensor *asked) {
    const struct sensor *s = asked->sensor;
    time_ns now = clock_wall();
    json_write_text(j, "version", GANTRY_VERSION);
    json_write_text(j, "name", s->config->sensor.name);
    json_write_text(j, "boot", reporter_boot(asked->reporter));
    request_time(j, "time", now);
    request_time(j, "started", s->started);
    json_write_number(j, "uptime",
                      (uint64_t)((clock_monotonic() - asked->health->memory->started) / NS_PER_S));
    json_write_text(j, "interface", s->interface);
}

static void write_workers(struct json_writer *j, const struct sensor *s) {
    json_write_array(j, "workers");
    for (unsigned i = 0; i < s->workers; i++) {
        const struct worker_status *w = s->status[i];
        const uint64_t *counters = ring_counters(s->ring[i]);
        json_write_object(j, NULL);
        json_write_number(j, "worker", i + 1);
        json_write_integer(j, "pid", w->pid);
        json_write_number(j, "flows", w->flows);
        json_write_number(j, "packets", counters[COUNTER_PACKETS]);
        json_write_number(j, "drops", counters[COUNTER_KERNEL_DROPS]);
        json_write_number(j, "restarts", counters[COUNTER_WORKER_RESTARTS]);
        request_time(j, "last_packet", w->packet_time);
        json_write_object_end(j);
    }
    json_write_array_end(j);
}

/* The children of each role, in the order of their entries in upper_status. */
void request_processes(struct json_writer *j, const struct sensor *s) {
    const struct child_status *status = s->upper->child;
    json_write_array(j, "processes");
    for (size_t i = 0; i < s->role_count; i++) {
        const struct role *role = &s->roles[i];
        for (unsigned n = 0; n < role_count(role, s); n++, status++) {
            json_write_object(j, NULL);
            json_write_text(j, "role", role->name);
            json_write_number(j, "number", n + 1);
            json_write_integer(j, "pid", status->pid);
            json_write_number(j, "starts", status->starts);
            json_write_object_end(j);
        }
    }
    json_write_array_end(j);
}

static void write_sandbox(struct json_writer *j, const struct sensor *s) {
    char text[SANDBOX_TEXT_MAX];
    json_write_array(j, "sandbox");
    for (size_t i = 0; i < s->role_count; i++)
        json_write_text(j, NULL, sandbox_text(s->sandbox, &s->roles[i].sandbox, s->roles[i].name, text));
    json_write_array_end(j);
}

static void write_digest(struct json_writer *j, const char *key, struct hash_wide digest) {
    char text[2 * 16 + 1];
    snprintf(text, sizeof text, "%016" PRIx64 "%016" PRIx64, digest.high, digest.low);
    json_write_text(j, key, text);
}

/* The result of the last reload is in force, or told why it is not. */
static void write_configuration(struct json_writer *j, const struct sensor *s) {
    struct reload_result last;
    reload_read(&s->upper->reload, &last);
    json_write_object(j, "configuration");
    json_write_number(j, "version", last.version ? last.version : 1);
    request_time(j, "reloaded", last.time);
    json_write_text(j, "reload", !last.request ? NULL : last.failed ? "refused" : "done");
    write_digest(j, "digest", s->config->file_digest);
    write_digest(j, "rules", ruleset_digest(s->config->rules));
    json_write_text(j, "told", last.text[0] ? last.text : NULL);
    json_write_object_end(j);
}

static void write_outputs(struct json_writer *j, const struct reporter *r) {
    struct output_facts f;
    json_write_array(j, "outputs");
    for (size_t i = 0; reporter_output(r, i, &f); i++) {
        json_write_object(j, NULL);
        json_write_text(j, "output", f.name);
        json_write_text(j, "state", f.trouble ? f.trouble : "ready");
        json_write_bool(j, "ready", !f.trouble);
        json_write_number(j, "queued", f.queued);
        json_write_number(j, "in_doubt", f.in_doubt);
        json_write_number(j, "delivered", f.delivered);
        json_write_number(j, "lost", f.lost);
        json_write_number(j, "sequence", f.sequence);
        json_write_object_end(j);
    }
    json_write_array_end(j);
}

/* Conditions of the sensor's health that hold now. */
static void write_warnings(struct json_writer *j, const struct health_setup *h) {
    const char *key;
    bool holds;
    json_write_array(j, "warnings");
    for (size_t i = 0; health_condition(h, i, &key, &holds); i++)
        if (holds)
            json_write_text(j, NULL, key);
    json_write_array_end(j);
}

static void write_fleet(struct json_writer *j, const struct control_sensor *asked) {
    const struct config *c = asked->sensor->config;
    if (!fleet_wanted(&c->fleet))
        return;
    const char *trouble = reporter_fleet_trouble(asked->reporter);
    json_write_object(j, "fleet");
    json_write_text(j, "state", trouble ? trouble : "ready");
    json_write_bool(j, "ready", !trouble);
    json_write_object_end(j);
}

/* What of it all the fleet is to know. */
void request_describe(struct json_writer *j, const struct control_sensor *asked) {
    static const struct {
        const char *key;
        enum counter counter;
    } sums[] = {{"packets", COUNTER_PACKETS},
                {"bytes", COUNTER_BYTES},
                {"dropped", COUNTER_KERNEL_DROPS},
                {"messages_lost", COUNTER_MESSAGES_LOST},
                {"fleet_lines_left", COUNTER_FLEET_LINES_LEFT},
                {"fleet_digests_left", COUNTER_FLEET_DIGESTS_LEFT},
                {"fleet_refused", COUNTER_FLEET_REFUSED}};
    uint64_t figures[FIGURE_COUNT];
    health_figures(asked->health, figures);
    write_sensor(j, asked);
    json_write_number(j, "said", (uint64_t)(clock_wall() / NS_PER_S));
    write_configuration(j, asked->sensor);
    write_warnings(j, asked->health);
    json_write_number(j, "ledger_lines", figures[figure_of_gauge(GAUGE_LEDGER_LINES)]);
    json_write_object(j, "counters");
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
        json_write_number(j, sums[i].key, figures[sums[i].counter]);
    json_write_object_end(j);
}

REQUEST(status) {
    uint64_t figures[FIGURE_COUNT];
    health_figures(s->health, figures);
    write_sensor(out, s);
    write_configuration(out, s->sensor);
    write_workers(out, s->sensor);
    request_processes(out, s->sensor);
    write_sandbox(out, s->sensor);
    write_outputs(out, s->reporter);
    write_fleet(out, s);
    write_warnings(out, s->health);
    request_figures(out, figures);
    return true;
}
