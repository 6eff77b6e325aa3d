/* SPDX-License-Identifier: Apache-2.0 */
#include "settings/setting_table.h"
#include "tunnel/tunnel.h"

#define FIELD(field) .offset = offsetof(struct tunnel_options, field)

/* clang-format off */
const struct setting tunnel_settings[] = {
    {.key = "window", .type = SETTING_DURATION, FIELD(window), .low = SECONDS(10), .high = DAYS(1), .preset = "10 min",
     .help = "time within which the bounds are held"},
    {.key = "names", .type = SETTING_SIZE, FIELD(octets[TUNNEL_NAMES]), .low = 1, .high = GIB(1), .preset = "32 KiB",
     .help = "labels below one domain, and text answers, within a window"},
    {.key = "different-names", .type = SETTING_COUNT, FIELD(different), .high = 100, .preset = "80",
     .help = "percent of these names that must not have been asked for before"},
    {.key = "echoes", .type = SETTING_SIZE, FIELD(octets[TUNNEL_ECHOES]), .low = 1, .high = GIB(1), .preset = "16 KiB",
     .help = "payload of echoes that changes, to one host within a window"},
    {.key = "heads", .type = SETTING_SIZE, FIELD(octets[TUNNEL_HEADS]), .low = 1, .high = GIB(1), .preset = "32 KiB",
     .help = "words in HTTP's request lines and header fields that look like data, to one host within a window"},
    {0},
};
/* clang-format on */
