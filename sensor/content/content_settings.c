/* SPDX-License-Identifier: Apache-2.0 */
#include "content/content.h"

#include "settings/setting_table.h"

#define FIELD(field) .offset = offsetof(struct content_options, field)

/* clang-format off */
const struct setting content_settings[] = {
    {.key = "objects", .restart = true, .type = SETTING_COUNT, FIELD(objects), .low = 16, .high = 10000000,
     .help = "objects that a worker has open at once; a share of sensor.memory if not given"},
    {.key = "assembly-memory", .restart = true, .type = SETTING_SIZE, FIELD(assembly_bytes), .low = MIB(1), .high = GIB(1024),
     .help = "memory of a worker for parts of an object that came before their turn; a share if not given"},
    {.key = "assembly-time", .restart = true, .type = SETTING_DURATION, FIELD(assembly_time), .low = SECONDS(1), .high = DAYS(7),
     .preset = "120 s", .help = "time that an unfinished object waits for its other parts"},
    {.key = "output-max", .restart = true, .type = SETTING_SIZE, FIELD(codings.limits.output_max), .low = MIB(1), .high = GIB(1024),
     .preset = "4 GiB", .help = "decoded bytes of one object that are looked at"},
    {.key = "ratio-max", .restart = true, .type = SETTING_COUNT, FIELD(codings.limits.ratio_max), .low = 2, .high = 100000, .preset = "200",
     .help = "how many times its encoded size an object may decode to, once it is over 1 MiB"},
    {.key = "container-hash", .restart = true, .type = SETTING_SIZE, FIELD(container_hash), .low = 1, .high = GIB(1),
     .preset = "64 KiB", .help = "multipart bodies up to this size get a hash of their own"},
    {.key = "depth-max", .restart = true, .type = SETTING_COUNT, FIELD(codings.limits.depth_max), .low = 1,
     .high = CODINGS_MAX, .preset = "8", .help = "objects and codings within one another"},
    {.key = "members-max", .restart = true, .type = SETTING_COUNT, FIELD(codings.limits.members_max), .low = 1, .high = 1000000000,
     .preset = "1000000", .help = "members of one container that are looked at"},
    {0},
};
/* clang-format on */
