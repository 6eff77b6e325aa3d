/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_SETTINGS_UNIT_H
#define GANTRY_SETTINGS_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers as people write them: "2 GiB", "200 MB", "15 min". Whole numbers only. */
struct unit {
    const char *name;
    uint64_t factor;
};

extern const struct unit unit_sizes[];     /* to bytes; ends with a NULL name */
extern const struct unit unit_durations[]; /* to nanoseconds; ends with a NULL name */

enum { UNIT_REASON_MAX = 160, UNIT_TEXT_MAX = 40 };

/* Decimal digits without a leading zero and, unless `units` is NULL, one of the units behind them (white
 * space between is optional; a bare 0 needs none). False with what is wrong and how to write it in `reason`.
 */
bool unit_parse(const char *text, const struct unit *units, uint64_t *out, char reason[UNIT_REASON_MAX]);

/* The way that unit_parse() reads it, with the largest unit that divides the value. */
const char *unit_format(uint64_t value, const struct unit *units, char out[UNIT_TEXT_MAX]);

/* "true", "yes", "on" and their opposites in any case. */
bool unit_bool(const char *text, bool *out);

#endif
