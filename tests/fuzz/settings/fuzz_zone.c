/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/calendar/hours.h"

#include <stdlib.h>

/* Whatever a zone's file or a rule says, clocks are never more than two days and 167 hours ahead, at any
 * moment. The first byte chooses: a file, a rule, or hours as people write them. */
static const int64_t moments[] = {INT64_MIN,  -4102444800, -1,          0,
                                  1780200729, 4102444800,  99999999999, INT64_MAX};

static void check(int32_t offset) {
    if (offset < -86400 * 2 || offset > 86400 * 2)
        abort();
}

static void ask(const struct zone *z) {
    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++)
        check(zone_offset(z, moments[i]));
}

static void read_hours(struct arena *arena, const uint8_t *p, size_t n) {
    char text[256], why[HOURS_WHY_MAX];
    size_t length = n < sizeof text - 1 ? n : sizeof text - 1;
    memcpy(text, p, length);
    text[length] = '\0';
    const struct hours *h = hours_parse("/nowhere", text, arena, why);
    for (int i = 0; h && i < 7 * 24; i++)
        hours_hold(h, (1780200729 + i * INT64_C(3600)) * NS_PER_S);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    static uint8_t region[128 << 10];
    struct arena arena;
    struct zone z = {0};
    const char *why;
    arena_init(&arena, region, sizeof region);
    if (n == 0)
        return 0;
    if (p[0] == 'T' && zone_parse(bytes_of(p, n), &arena, &z, &why))
        ask(&z);
    else if (p[0] == 'R' && zone_rule_parse(bytes_of(p + 1, n - 1), &z.rule)) {
        z.has_rule = true;
        ask(&z);
    } else if (p[0] == 'H')
        read_hours(&arena, p + 1, n - 1);
    return 0;
}
