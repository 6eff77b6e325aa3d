/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config_sections.h"

#include "settings/setting_table.h"

#define FIELD(field) .offset = offsetof(struct config_sensor, field)

/* clang-format off */
const struct setting sensor_settings[] = {
    {.key = "name", .type = SETTING_TEXT, FIELD(name),
     .help = "what records call this sensor; the host's name if not given"},
    {.key = "workers", .restart = true, .type = SETTING_COUNT, FIELD(workers), .low = 1, .high = WORKERS_MAX,
     .help = "processes that share the traffic of an interface; as many as there are processors if not given"},
    {.key = "memory", .restart = true, .type = SETTING_SIZE, FIELD(memory), .low = MIB(64), .high = GIB(4096), .preset = "1 GiB",
     .help = "memory of the packet rings and workers together, and of all that they share"},
    {.key = "state", .restart = true, .type = SETTING_TEXT, FIELD(state),
     .help = "folder for what outlives a restart; /var/lib/gantry for an interface, nothing for files if not given"},
    {.key = "stuck-after", .type = SETTING_DURATION, FIELD(stuck_after), .low = SECONDS(1), .high = SECONDS(3600),
     .preset = "5 s", .help = "time without a step after which a worker is stopped and started again"},
    {.key = "control", .restart = true, .type = SETTING_TEXT, FIELD(control),
     .help = "socket that gantryctl asks, or off; /run/gantry/control for an interface if not given"},
    {.key = "digest-key", .restart = true, .type = SETTING_TEXT, FIELD(digest_key_file),
     .help = "file with the key of digests, 32 hexadecimal digits; random for each run if not given"},
    {0},
};
/* clang-format on */

/* It becomes the HOSTNAME of RFC 5424 messages (section 6.2.4): printable ASCII without a space. */
bool sensor_check(struct setting_reader *r, const struct doc_node *map, void *options) {
    const char *name = ((const struct config_sensor *)options)->name;
    size_t n = name ? strlen(name) : 1;
    bool good = n >= 1 && n <= 255;
    for (size_t i = 0; good && name && i < n; i++)
        good = name[i] > ' ' && name[i] < 0x7f;
    return good || setting_error(
                       r, doc_get(map, "name"),
                       "must have 1 to 255 printable ASCII characters without spaces; shorten or respell it");
}
