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

const char *counter_key(enum counter which) {
    return table[which].key;
}

const char *counter_help(enum counter which) {
    return table[which].help;
}
