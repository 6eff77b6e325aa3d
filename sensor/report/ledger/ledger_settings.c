/* SPDX-License-Identifier: Apache-2.0 */
#include "report/ledger/ledger.h"

#include "settings/setting_table.h"

#define FIELD(field) .offset = offsetof(struct ledger_options, field)

/* clang-format off */
const struct setting ledger_settings[] = {
    {.key = "memory", .type = SETTING_SIZE, FIELD(memory), .low = MIB(1), .high = GIB(64), .preset = "64 MiB",
     .help = "memory of the ledger; small lines of unknown destinations are forgotten first"},
    {.key = "slow-objects", .type = SETTING_COUNT, FIELD(slow_objects), .low = 0, .high = 1000000000, .preset = "50",
     .help = "objects in 45 days that are not allowed and make an alert; 0 for none"},
    {.key = "slow-days", .type = SETTING_COUNT, FIELD(slow_days), .low = 1, .high = LEDGER_PERIOD_DAYS, .preset = "14",
     .help = "days of the 45 on which they must have left"},
    {.key = "growth-factor", .type = SETTING_COUNT, FIELD(growth_factor), .low = 0, .high = 1000000, .preset = "10",
     .help = "times the usual day's objects or bytes, within 24 hours, that make an alert; 0 for none"},
    {.key = "growth-history", .type = SETTING_COUNT, FIELD(growth_history), .low = 1, .high = LEDGER_PERIOD_DAYS - 2,
     .preset = "7", .help = "days with traffic before that; with fewer nothing is usual yet"},
    {.key = "growth-objects", .type = SETTING_COUNT, FIELD(growth_objects), .low = 1, .high = 1000000000,
     .preset = "50", .help = "fewer objects in 24 hours are never unusual"},
    {.key = "growth-bytes", .type = SETTING_SIZE, FIELD(growth_bytes), .low = 1, .high = GIB(1048576),
     .preset = "10 MB", .help = "fewer bytes in 24 hours are never unusual"},
    {.key = "repeat", .type = SETTING_DURATION, FIELD(repeat), .low = SECONDS(1), .high = DAYS(45), .preset = "1 d",
     .help = "time between two alerts of one incident of the ledger"},
    {0},
};
/* clang-format on */
