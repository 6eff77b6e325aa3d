/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"

static uint64_t private_values[COUNTER_COUNT];
uint64_t *counter_values = private_values;

static const struct {
    const char *key, *help;
} table[COUNTER_COUNT] = {
#define COUNTER(id, key, help) [COUNTER_##id] = {key, help},
    COUNTER_TABLE
#undef COUNTER
};

void counter_move(uint64_t *values) {
    for (int i = 0; i < COUNTER_COUNT; i++)
        values[i] += counter_values[i];
    counter_values = values;
}

const char *counter_key(enum counter which) {
    return table[which].key;
}

const char *counter_help(enum counter which) {
    return table[which].help;
}
