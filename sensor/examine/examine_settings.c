/* SPDX-License-Identifier: Apache-2.0 */
#include "examine/examine.h"

#include "examine/slots.h"
#include "settings/setting_table.h"

#define FIELD(field) .offset = offsetof(struct examine_options, field)

/* clang-format off */
const struct setting examine_settings[] = {
    {.key = "count", .restart = true, .type = SETTING_COUNT, FIELD(count), .low = 0, .high = 16, .preset = "1",
     .help = "processes that examine files; 0: none are examined"},
    {.key = "slots", .restart = true, .type = SETTING_COUNT, FIELD(slots), .low = 1, .high = EXAMINE_SLOTS_MAX, .preset = "32",
     .help = "files that a worker gathers, or has under examination, at once"},
    {.key = "memory", .restart = true, .type = SETTING_SIZE, FIELD(memory), .low = MIB(1), .high = GIB(64),
     .help = "memory of a worker for these files together; a share of sensor.memory if not given"},
    {.key = "size-max", .restart = true, .type = SETTING_SIZE, FIELD(size_max), .low = 64 << 10, .high = GIB(1), .preset = "64 MiB",
     .help = "bytes of a file that are gathered; of a longer one those alone are examined"},
    {.key = "output-max", .restart = true, .type = SETTING_SIZE, FIELD(output_max), .low = MIB(1), .high = GIB(64), .preset = "1 GiB",
     .help = "bytes that are taken out of one file"},
    {.key = "time", .restart = true, .type = SETTING_DURATION, FIELD(time), .low = SECONDS(1), .high = SECONDS(600), .preset = "20 s",
     .help = "processor time that one file may take an examiner"},
    {0},
};
/* clang-format on */
