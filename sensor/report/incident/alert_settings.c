/* SPDX-License-Identifier: Apache-2.0 */
#include "report/incident/alert_settings.h"

#include "settings/setting_table.h"

#define FIELD(field) .offset = offsetof(struct alert_options, field)

/* clang-format off */
const struct setting alert_settings[] = {
    {.key = "quiet", .type = SETTING_DURATION, FIELD(quiet), .low = SECONDS(1), .high = DAYS(30), .preset = "15 min",
     .help = "time without a finding after which an incident closes"},
    {.key = "growth-interval", .type = SETTING_DURATION, FIELD(growth_interval), .low = SECONDS(1),
     .high = DAYS(30), .preset = "15 min", .help = "time after which growth is told even if it is less than tenfold"},
    {.key = "incidents-max", .type = SETTING_COUNT, FIELD(incidents_max), .low = 16, .high = 1000000,
     .preset = "65536", .help = "incidents open at once; small ones to unknown destinations are closed first"},
    {.key = "per-destination", .type = SETTING_COUNT, FIELD(limits.per_destination), .high = 1000000,
     .preset = "60", .help = "alerts to one destination in the window; 0 for no bound"},
    {.key = "global", .type = SETTING_COUNT, FIELD(limits.global), .high = 1000000, .preset = "600",
     .help = "alerts in all in the window, a third of them for strangers; 0 for no bound"},
    {.key = "window", .type = SETTING_DURATION, FIELD(limits.window), .low = SECONDS(1), .high = DAYS(7),
     .preset = "1 h", .help = "time that the two bounds count alerts in"},
    {0},
};
/* clang-format on */

/* Were one destination's part as large as the whole, it could use all of it up. */
bool alert_check(struct setting_reader *r, const struct doc_node *map, void *options) {
    const struct alert_limits *l = &((const struct alert_options *)options)->limits;
    if (l->global == 0 || (l->per_destination && l->per_destination <= l->global / 4))
        return true;
    const struct doc_node *at = doc_get(map, "per-destination");
    return setting_error(
        r, at ? at : doc_get(map, "global"),
        "one destination may have a quarter of alerts.global (%llu) at most, or it could hide "
        "the others; write per-destination: %llu or less, and not 0",
        (unsigned long long)l->global, (unsigned long long)(l->global / 4));
}
