/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Names begin with the program's, then the stage's, and end in the unit; counters in _total
 * (https://prometheus.io/docs/practices/naming/). What is a ratio there is parts per million here. */
enum { NAME_MAX_BYTES = 96 };

static const double million = 1e6;

static bool is_ppm(size_t which) {
    return figure_is_gauge(which) && gauge_facts((enum gauge)(which - COUNTER_COUNT))->unit == UNIT_PPM;
}

static void name_of(size_t which, char out[NAME_MAX_BYTES]) {
    static const char ppm[] = "_ppm";
    const char *key = figure_key(which), *end = figure_is_gauge(which) ? "" : "_total";
    size_t n = strlen(key);
    if (is_ppm(which)) {
        n -= sizeof ppm - 1;
        end = "_ratio";
    }
    snprintf(out, NAME_MAX_BYTES, "gantry_%.*s%s", (int)n, key, end);
    for (char *p = out; *p; p++)
        if (*p == '.')
            *p = '_';
}

/* What the kernel and the card do to one worker is not another's: it has a line for each. So have workers'
 * gauges. */
static bool is_per_worker(size_t which) {
    if (!figure_is_gauge(which))
        return strncmp(figure_key(which), "capture.", strlen("capture.")) == 0;
    enum gauge_how how = gauge_facts((enum gauge)(which - COUNTER_COUNT))->how;
    return how == HOW_SUM || how == HOW_MAX;
}

static bool is_exposed(size_t which) {
    return !figure_is_gauge(which) || gauge_facts((enum gauge)(which - COUNTER_COUNT))->how != HOW_INTERVAL;
}

static void write_head(FILE *f, const char *name, const char *help, bool gauge) {
    fprintf(f, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, gauge ? "gauge" : "counter");
}

static uint64_t of_worker(const struct health_setup *h, size_t worker, size_t which) {
    const uint64_t *values = figure_is_gauge(which) ? h->views[worker]->gauges + (which - COUNTER_COUNT)
                                                    : ring_counters(h->rings[worker]) + which;
    return __atomic_load_n(values, __ATOMIC_RELAXED);
}

static void write_figure(FILE *f, const struct health_setup *h, size_t which, uint64_t value) {
    char name[NAME_MAX_BYTES];
    name_of(which, name);
    write_head(f, name, figure_help(which), figure_is_gauge(which));
    for (size_t i = 0; is_per_worker(which) && i < h->captures; i++)
        fprintf(f, "%s{worker=\"%zu\"} %" PRIu64 "\n", name, i + 1, of_worker(h, i, which));
    if (is_ppm(which))
        fprintf(f, "%s %.6f\n", name, (double)value / million);
    else if (!is_per_worker(which))
        fprintf(f, "%s %" PRIu64 "\n", name, value);
}

static void write_conditions(FILE *f, const struct health_setup *h) {
    const char *key;
    bool holds;
    write_head(f, "gantry_health_warning", "whether a warning holds now: see gantry(8), HEALTH", true);
    for (size_t i = 0; health_condition(h, i, &key, &holds); i++)
        fprintf(f, "gantry_health_warning{warning=\"%s\"} %d\n", key, holds);
}

char *exposition_text(const struct health_setup *h, size_t *n) {
    uint64_t figures[FIGURE_COUNT];
    char *text = NULL;
    FILE *f = open_memstream(&text, n);
    if (!f)
        return NULL;
    health_figures(h, figures);
    write_head(f, "gantry_build_info", "version of the sensor, as a label", true);
    fprintf(f, "gantry_build_info{version=\"%s\"} 1\n", GANTRY_VERSION);
    for (size_t i = 0; i < FIGURE_COUNT; i++)
        if (is_exposed(i))
            write_figure(f, h, i, figures[i]);
    write_conditions(f, h);
    if (fclose(f) == 0)
        return text;
    free(text);
    return NULL;
}
