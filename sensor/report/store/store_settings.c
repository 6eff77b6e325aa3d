/* SPDX-License-Identifier: Apache-2.0 */
#include "report/store/store.h"

#include "settings/setting_table.h"

#define FIELD(field) .offset = offsetof(struct store_limits, field)

/* clang-format off */
const struct setting store_settings[] = {
    {.key = "max-age", .type = SETTING_DURATION, FIELD(max_age), .low = SECONDS(3600), .high = DAYS(3650),
     .preset = "90 d", .help = "time that closed incidents are kept"},
    {.key = "max-size", .type = SETTING_SIZE, FIELD(max_bytes), .low = MIB(1), .high = GIB(1024), .preset = "1 GiB",
     .help = "size of the database; the oldest closed incidents, then the least recent of the ledger go first"},
    {.key = "outbox", .type = SETTING_SIZE, FIELD(outbox), .low = MIB(1), .high = GIB(4), .preset = "16 MiB",
     .help = "messages held for each output; alerts about strangers are dropped first, those about partners last"},
    {0},
};
/* clang-format on */
