/* SPDX-License-Identifier: Apache-2.0 */
#include "report/traffic/traffic.h"

#include "settings/setting_table.h"

#define FIELD(field) .offset = offsetof(struct traffic_options, field)

/* policy_load() reads the names. */
static bool leave_to_policy(struct setting_reader *r, const struct doc_node *node, void *field) {
    return true;
}

static const char *const attempts_words[] = {[ATTEMPTS_COUNT] = "count", [ATTEMPTS_ALERT] = "alert", NULL};

/* clang-format off */
static const struct setting stranger_settings[] = {
    {.key = "per-day", .type = SETTING_SIZE, FIELD(per_day), .low = 1, .high = GIB(1048576), .preset = "1 MB",
     .help = "bytes a day to one unknown network that are told, if they are `ratio` times what comes back"},
    {.key = "ratio", .type = SETTING_COUNT, FIELD(ratio), .low = 1, .high = 1000, .preset = "2",
     .help = "times as much out as in"},
    {.key = "any-share", .type = SETTING_SIZE, FIELD(any_share), .low = 1, .high = GIB(1048576), .preset = "50 MB",
     .help = "bytes a day that are told whatever comes back"},
    {.key = "per-host", .type = SETTING_SIZE, FIELD(per_host), .low = 1, .high = GIB(1048576), .preset = "10 MB",
     .help = "bytes a day of one host to all unknown networks together"},
    {0},
};

const struct setting traffic_settings[] = {
    {.key = "strangers", .type = SETTING_MAP, .offset = 0, .table = stranger_settings,
     .help = "when unread flows to networks that belong to nobody are told"},
    {.key = "quiet-names", .type = SETTING_CUSTOM, .read = leave_to_policy,
     .help = "server names of the software's own: updates, backups"},
    {.key = "quiet-per-day", .type = SETTING_SIZE, FIELD(quiet_per_day), .low = 1, .high = GIB(1048576), .preset = "20 MB",
     .help = "the same for flows to one of quiet-names"},
    {.key = "inside-per-day", .type = SETTING_SIZE, FIELD(inside_per_day), .high = GIB(1048576), .preset = "0",
     .help = "bytes a day to a destination inside that is no reader, which are told; 0 for never"},
    {.key = "attempts", .type = SETTING_CHOICE, FIELD(attempts), .choices = attempts_words, .preset = "count",
     .help = "connections with a partner that nobody answered: count, or alert"},
    {.key = "learning", .type = SETTING_DURATION, FIELD(learning), .high = DAYS(365), .preset = "7 d",
     .help = "time from a sensor's first day in which strangers are gathered in the digest, not told"},
    {.key = "repeat", .type = SETTING_DURATION, FIELD(repeat), .low = SECONDS(60), .high = DAYS(365), .preset = "7 d",
     .help = "time after which a stranger that was told is told again"},
    {.key = "memory", .type = SETTING_SIZE, FIELD(memory), .low = MIB(1), .high = GIB(16), .preset = "16 MiB",
     .help = "memory for the sums; what was least recently seen goes first"},
    {0},
};
/* clang-format on */
