/* SPDX-License-Identifier: Apache-2.0 */
#include "base/figure/figure.h"

#include <stdlib.h>
#include <string.h>

static uint64_t private_values[GAUGE_COUNT];
uint64_t *gauge_values = private_values;

static const struct gauge_facts table[GAUGE_COUNT] = {
#define GAUGE(id, key, unit, how, help) [GAUGE_##id] = {key, help, UNIT_##unit, HOW_##how},
    GAUGE_TABLE
#undef GAUGE
};

/* What a person looks for first, and what is left when a message has room for little. */
static const uint16_t headline[] = {
    COUNTER_COUNT + GAUGE_INTERVAL,
    COUNTER_COUNT + GAUGE_INTERVAL_PACKETS,
    COUNTER_COUNT + GAUGE_INTERVAL_BYTES,
    COUNTER_COUNT + GAUGE_INTERVAL_DROPS,
    COUNTER_COUNT + GAUGE_INTERVAL_GAPS,
    COUNTER_COUNT + GAUGE_LOSS,
    COUNTER_COUNT + GAUGE_INTERVAL_ONE_SIDED,
    COUNTER_COUNT + GAUGE_INTERVAL_COMPLETE,
    COUNTER_COUNT + GAUGE_INTERVAL_CUT,
    COUNTER_COUNT + GAUGE_INTERVAL_BLIND,
    COUNTER_COUNT + GAUGE_INTERVAL_ENCRYPTED,
    COUNTER_COUNT + GAUGE_INTERVAL_CAPS,
    COUNTER_COUNT + GAUGE_RECORDS_WAITING,
    COUNTER_WORKER_RESTARTS,
    COUNTER_REPORTER_RESTARTS,
    COUNTER_RECORDS_GIVEN_UP,
    COUNTER_COUNT + GAUGE_RELOAD_TIME,
    COUNTER_COUNT + GAUGE_RELOAD_FAILED,
};
enum { HEADLINES = sizeof headline / sizeof *headline };

const struct gauge_facts *gauge_facts(enum gauge which) {
    return &table[which];
}

const char *figure_key(size_t which) {
    return figure_is_gauge(which) ? table[which - COUNTER_COUNT].key : counter_key((enum counter)which);
}

const char *figure_help(size_t which) {
    return figure_is_gauge(which) ? table[which - COUNTER_COUNT].help : counter_help((enum counter)which);
}

static int compare_keys(const void *a, const void *b) {
    return strcmp(figure_key(*(const uint16_t *)a), figure_key(*(const uint16_t *)b));
}

void figures_sort(uint16_t *which, size_t n) {
    qsort(which, n, sizeof *which, compare_keys);
}

static bool is_headline(uint16_t which) {
    for (size_t i = 0; i < HEADLINES; i++)
        if (headline[i] == which)
            return true;
    return false;
}

const uint16_t *figures_ranked(size_t *headlines) {
    static uint16_t ranked[FIGURE_COUNT];
    size_t n = HEADLINES;
    *headlines = HEADLINES;
    if (ranked[0] != ranked[1])
        return ranked;
    memcpy(ranked, headline, sizeof headline);
    for (uint16_t i = 0; i < FIGURE_COUNT; i++)
        if (!is_headline(i))
            ranked[n++] = i;
    figures_sort(ranked + HEADLINES, n - HEADLINES);
    return ranked;
}
