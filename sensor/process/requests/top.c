/* SPDX-License-Identifier: Apache-2.0 */
#include "process/requests/requests.h"

#include "policy/policy.h"
#include "report/recent.h"

enum { LINES_MAX = 100 };

static void write_sums(struct json_writer *j, const char *key, const struct recent_sums *s) {
    json_write_object(j, key);
    json_write_number(j, "bytes", s->bytes);
    json_write_number(j, "transfers", s->transfers);
    json_write_number(j, "alerts", s->alerts);
    json_write_object_end(j);
}

static void write_line(struct json_writer *j, const struct recent_line *l) {
    json_write_object(j, NULL);
    json_write_text(j, "destination", l->name);
    json_write_text(j, "verdict", l->verdict < VERDICT_COUNT ? verdict_name((enum verdict)l->verdict) : NULL);
    write_sums(j, "minute", &l->minute);
    write_sums(j, "window", &l->window);
    json_write_object_end(j);
}

/* `clock` lets the client make rates of two answers. */
REQUEST(top) {
    static struct recent_line lines[LINES_MAX];
    uint64_t figures[FIGURE_COUNT];
    size_t n = recent_top(reporter_recent(s->reporter), clock_wall(), lines, LINES_MAX);
    health_figures(s->health, figures);
    json_write_text(out, "name", s->sensor->config->sensor.name);
    json_write_text(out, "interface", s->sensor->interface);
    request_time(out, "time", clock_wall());
    json_write_number(out, "clock_ms", (uint64_t)(clock_monotonic() / NS_PER_MS));
    json_write_number(out, "window_s", RECENT_SLOT_S * RECENT_SLOTS);
    json_write_array(out, "destinations");
    for (size_t i = 0; i < n; i++)
        write_line(out, &lines[i]);
    json_write_array_end(out);
    request_figures(out, figures);
    return true;
}
