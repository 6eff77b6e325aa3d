/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/stream.h"

#include "settings/setting_table.h"

#define FIELD(field) .offset = offsetof(struct stream_options, field)

/* clang-format off */
const struct setting stream_settings[] = {
    {.key = "memory", .restart = true, .type = SETTING_SIZE, FIELD(memory), .low = MIB(1), .high = GIB(1024),
     .help = "memory of a worker for bytes that came early; a share of sensor.memory if not given"},
    {.key = "connections", .restart = true, .type = SETTING_COUNT, FIELD(pairs), .low = 16, .high = 100000000,
     .help = "connections that a worker rebuilds at once; a share of sensor.memory if not given"},
    {.key = "late-bytes", .restart = true, .type = SETTING_SIZE, FIELD(late_bytes), .low = 4096, .high = GIB(1), .preset = "1 MiB",
     .help = "bytes that may wait behind missing ones before these are given up"},
    {.key = "late-time", .restart = true, .type = SETTING_DURATION, FIELD(late_time), .low = NS_PER_MS, .high = SECONDS(600),
     .preset = "4 s", .help = "time that missing bytes are waited for"},
    {0},
};
/* clang-format on */
