/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/capture.h"

#include "settings/setting_table.h"

#define FIELD(field) .offset = offsetof(struct capture_options, field)

static const char *const splits[] = {
    [CAPTURE_BY_ADDRESSES] = "addresses", [CAPTURE_BY_PORTS] = "ports", NULL};

/* clang-format off */
const struct setting capture_settings[] = {
    {.key = "interface", .restart = true, .type = SETTING_TEXT, FIELD(interface),
     .help = "interface to watch when the command line names neither an interface nor a file"},
    {.key = "ring", .restart = true, .type = SETTING_SIZE, FIELD(ring_bytes), .low = MIB(1), .high = GIB(64),
     .help = "kernel's packet rings of all workers together; a quarter of sensor.memory if not given"},
    /* libpcap goes no higher: enough for any frame (65,535) and for what offloads join */
    {.key = "snap-length", .restart = true, .type = SETTING_SIZE, FIELD(snap_length), .low = 256, .high = 262144,
     .preset = "262144 B", .help = "bytes taken of a packet"},
    {.key = "promiscuous", .restart = true, .type = SETTING_BOOL, FIELD(promiscuous), .preset = "yes",
     .help = "take packets for other machines too"},
    {.key = "filter", .restart = true, .type = SETTING_TEXT, FIELD(filter),
     .help = "pcap-filter(7) expression; -f of the command line comes first"},
    {.key = "split", .restart = true, .type = SETTING_CHOICE, FIELD(split), .choices = splits, .preset = "addresses",
     .help = "what decides which worker a packet goes to"},
    {0},
};
/* clang-format on */
