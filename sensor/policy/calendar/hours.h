/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_POLICY_HOURS_H
#define GANTRY_POLICY_HOURS_H

#include "base/clock.h"
#include "policy/calendar/zone.h"

/* Times of the week at which something may happen, as people write them:
 *     Mon-Fri 07:00-19:00 America/Chicago
 *     Mon, Wed, Fri 22:00-06:00, Sat 24h UTC-6
 * Ranges stand between commas: days (one, or a first and a last; every day if none is given) and a first and
 * last time of day, or 24h. Days before a comma without times of their own have those that follow. The end
 * does not belong to a range; one that ends before it begins goes on into the next day. Behind all of it the
 * zone, UTC if none is given. All is local time: an hour that the clocks repeat is in or out both times. */
struct hours_range {
    uint16_t from, to; /* minutes behind Monday's midnight; `to` may lie in the week behind */
};

enum { HOURS_RANGES_MAX = 64, HOURS_WHY_MAX = 256, HOURS_WEEK = 7 * 24 * 60 };

struct hours {
    const char *text; /* as written, without the zone */
    const struct hours_range *ranges;
    size_t count;
    const struct zone *zone; /* NULL: UTC */
};

/* NULL after saying what is wrong, and the mend, in `why`. Zones come from `folder`. */
const struct hours *hours_parse(const char *folder, const char *text, struct arena *arena,
                                char why[HOURS_WHY_MAX]);

bool hours_hold(const struct hours *h, time_ns t);

/* Local calendar of a zone (NULL: UTC): days since 1970-01-01, months since January 1970. */
int32_t hours_day(const struct zone *z, time_ns t);
int32_t hours_month(const struct zone *z, time_ns t);

enum { HOURS_MOMENT_MAX = 32 };
/* "Sat 2026-05-30 03:12" */
const char *hours_moment(const struct zone *z, time_ns t, char out[HOURS_MOMENT_MAX]);

#endif
