/* SPDX-License-Identifier: Apache-2.0 */
#include "report/hosts/hosts.h"

#include "settings/setting_table.h"

#define FIELD(field) .offset = offsetof(struct host_options, field)

/* clang-format off */
const struct setting host_settings[] = {
    {.key = "learning", .type = SETTING_DURATION, FIELD(learning), .high = DAYS(365), .preset = "0",
     .help = "time from an image network's first day in which its hosts are learnt, not told; 0: as flows.learning"},
    {.key = "per-day", .type = SETTING_COUNT, FIELD(per_day), .high = 100000, .preset = "20",
     .help = "new hosts that are told by themselves in a day, the others in a sum; 0 for sums alone"},
    {.key = "forget", .type = SETTING_DURATION, FIELD(forget), .low = DAYS(1), .high = DAYS(3650), .preset = "90 d",
     .help = "time after which a host that says nothing is forgotten"},
    {.key = "memory", .type = SETTING_SIZE, FIELD(memory), .low = MIB(1), .high = GIB(4), .preset = "16 MiB",
     .help = "memory for hosts that are known"},
    {0},
};
/* clang-format on */
