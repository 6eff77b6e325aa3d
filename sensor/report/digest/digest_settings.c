/* SPDX-License-Identifier: Apache-2.0 */
#include "report/digest/digest.h"

#include <stdio.h>
#include <string.h>

#define FIELD(field) .offset = offsetof(struct digest_options, field)

/* clang-format off */
const struct setting digest_settings[] = {
    {.key = "at", .type = SETTING_TEXT, FIELD(at), .preset = "06:00",
     .help = "time of day at which the digest is told; never for none"},
    {.key = "zone", .type = SETTING_TEXT, FIELD(zone_name), .preset = "UTC",
     .help = "time zone of that time, such as America/Chicago or UTC-6"},
    {0},
};
/* clang-format on */

/* "06:00"; false if it is no time of day. */
static bool parse_time_of_day(const char *text, uint32_t *minute) {
    unsigned h, m;
    int end = 0;
    bool shaped = strlen(text) == 5 && sscanf(text, "%2u:%2u%n", &h, &m, &end) == 2 && end == 5;
    if (!shaped || h > 23 || m > 59)
        return false;
    *minute = h * 60 + m;
    return true;
}

bool digest_check(struct setting_reader *r, const struct doc_node *map, void *options) {
    struct digest_options *o = options;
    char why[ZONE_WHY_MAX];
    o->never = strcmp(o->at, "never") == 0;
    if (!o->never && !parse_time_of_day(o->at, &o->minute))
        return setting_error(r, doc_get(map, "at"), "must be a time of day; write \"06:00\", or never");
    o->zone = zone_load(ZONE_FOLDER, o->zone_name, r->arena, why);
    return o->zone || setting_error(r, doc_get(map, "zone"), "%s", why);
}
