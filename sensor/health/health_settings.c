/* SPDX-License-Identifier: Apache-2.0 */
#include "health/health.h"

#include "settings/setting_table.h"

#define FIELD(field) .offset = offsetof(struct health_options, field)

/* clang-format off */
const struct setting health_settings[] = {
    {.key = "interval", .type = SETTING_DURATION, FIELD(interval), .low = SECONDS(1), .high = SECONDS(3600),
     .preset = "1 min", .help = "time between two stats records, and what warnings are judged by"},
    {.key = "loss", .type = SETTING_COUNT, FIELD(loss), .low = 0, .high = 100, .preset = "1",
     .help = "percent of the traffic of an interval not seen that make an alert; 0 for none"},
    {.key = "one-sided", .type = SETTING_COUNT, FIELD(one_sided), .low = 0, .high = 100, .preset = "50",
     .help = "percent of an interval's TCP flows of which one direction is seen that make an alert; 0 for none"},
    {.key = "duplicates", .type = SETTING_COUNT, FIELD(duplicates), .low = 0, .high = 100, .preset = "20",
     .help = "percent of an interval's packets that come twice that make an alert; 0 for none"},
    {.key = "networks-after", .type = SETTING_DURATION, FIELD(networks_after), .low = 0, .high = DAYS(30),
     .preset = "10 min", .help = "time after the start when image networks that were never seen are told; 0 for never"},
    {.key = "vlan-silence", .type = SETTING_DURATION, FIELD(vlan_silence), .low = 0, .high = DAYS(30),
     .preset = "10 min", .help = "silence after which a VLAN that had traffic is lost; 0 for never"},
    {0},
};
/* clang-format on */
