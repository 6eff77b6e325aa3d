/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_POLICY_ZONE_H
#define GANTRY_POLICY_ZONE_H

#include "base/bytes.h"
#include "settings/arena.h"

/* A time zone: how many seconds its clocks are ahead of UTC at any moment. From the system's TZif files (RFC
 * 8536), read once into the arena, so that nothing is read later. */

/* When a rule changes the clocks, RFC 8536 section 3.3.1 and POSIX's TZ: "M3.2.0/2", "J60", "59". */
enum zone_day { ZONE_MONTH_WEEK_DAY, ZONE_JULIAN, ZONE_DAY };
struct zone_change {
    enum zone_day kind;
    uint8_t month, week, weekday; /* week 5: the last; weekday 0: Sunday */
    uint16_t day;                 /* JULIAN 1 to 365, 29 February never counts; DAY 0 to 365 */
    int32_t time;                 /* s of local time behind the day's midnight, -167 h to 167 h */
};

/* What holds behind the last transition of a file. */
struct zone_rule {
    int32_t standard, daylight; /* s ahead of UTC */
    bool changes;               /* there is daylight-saving time */
    struct zone_change begin, end;
};

struct zone {
    const char *name;
    const int64_t *at;     /* s since 1970 UTC of each transition, ascending */
    const int32_t *offset; /* s ahead of UTC from that moment on */
    size_t count;
    int32_t first; /* before the first transition */
    bool has_rule;
    struct zone_rule rule;
};

enum { ZONE_TRANSITIONS_MAX = 2000, ZONE_FILE_MAX = 64 << 10, ZONE_NAME_MAX = 64, ZONE_WHY_MAX = 200 };
#define ZONE_FOLDER "/usr/share/zoneinfo"

/* Seconds ahead of UTC at that moment (s since 1970). NULL is UTC. */
int32_t zone_offset(const struct zone *z, int64_t at);

/* "America/Chicago" from `folder`, or without a file "UTC", "UTC-6", "UTC+05:30". NULL, with what is wrong
 * and the mend in `why`: no such zone (and the nearest name), no zones on this system, a damaged file. */
const struct zone *zone_load(const char *folder, const char *name, struct arena *arena,
                             char why[ZONE_WHY_MAX]);

/* The content of a TZif file; false with a reason (static). The name stays as it is. */
bool zone_parse(struct bytes file, struct arena *arena, struct zone *out, const char **why);
/* A footer: "CST6CDT,M3.2.0,M11.1.0", "<+03>-3". */
bool zone_rule_parse(struct bytes text, struct zone_rule *out);
int32_t zone_rule_offset(const struct zone_rule *r, int64_t at);

#endif
