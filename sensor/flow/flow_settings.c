/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/flow.h"

#include "settings/setting_table.h"

#define FIELD(field) .offset = offsetof(struct flow_options, field)

/* clang-format off */
const struct setting flow_settings[] = {
    {.key = "memory", .restart = true, .type = SETTING_SIZE, FIELD(memory), .low = MIB(1), .high = GIB(1024),
     .help = "memory of a worker's flow table; a share of sensor.memory if not given"},
    {.key = "timeout-new", .restart = true, .type = SETTING_DURATION, FIELD(timeout_new), .low = SECONDS(1), .high = DAYS(7),
     .preset = "30 s", .help = "silence after which a TCP flow that was never established is over"},
    /* long, because FTP's control connection is silent while a large file moves */
    {.key = "timeout-established", .restart = true, .type = SETTING_DURATION, FIELD(timeout_established), .low = SECONDS(1),
     .high = DAYS(7), .preset = "1 h", .help = "the same for an established TCP flow"},
    {.key = "timeout-closing", .restart = true, .type = SETTING_DURATION, FIELD(timeout_closing), .low = SECONDS(1), .high = DAYS(7),
     .preset = "10 s", .help = "the same for a TCP flow that is being closed"},
    {.key = "timeout-udp", .restart = true, .type = SETTING_DURATION, FIELD(timeout_udp), .low = SECONDS(1), .high = DAYS(7),
     .preset = "60 s", .help = "the same for anything that is not TCP"},
    {0},
};
/* clang-format on */
