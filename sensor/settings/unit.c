/* SPDX-License-Identifier: Apache-2.0 */
#include "settings/unit.h"

#include "base/bytes.h"

#include <inttypes.h>
#include <stdio.h>

const struct unit unit_sizes[] = {
    {"B", 1},
    {"KB", 1000},
    {"kB", 1000},
    {"KiB", UINT64_C(1) << 10},
    {"MB", UINT64_C(1000000)},
    {"MiB", UINT64_C(1) << 20},
    {"GB", UINT64_C(1000000000)},
    {"GiB", UINT64_C(1) << 30},
    {"TB", UINT64_C(1000000000000)},
    {"TiB", UINT64_C(1) << 40},
    {NULL, 0},
};

const struct unit unit_durations[] = {
    {"ns", 1},
    {"us", UINT64_C(1000)},
    {"ms", UINT64_C(1000000)},
    {"s", UINT64_C(1000000000)},
    {"min", UINT64_C(60000000000)},
    {"h", UINT64_C(3600000000000)},
    {"d", UINT64_C(86400000000000)},
    {NULL, 0},
};

static const char *show_form(const struct unit *units) {
    if (units == unit_sizes)
        return "write it like 64 KiB, 200 MB or 2 GiB";
    return units ? "write it like 500 ms, 30 s, 15 min, 2 h or 7 d" : "write it like 8";
}

static bool refuse_text(char *reason, const char *text, const char *what, const char *how) {
    snprintf(reason, UNIT_REASON_MAX, "\"%.40s\" %s; %s", text, what, how);
    return false;
}

static bool scale_number(struct bytes name, const struct unit *units, uint64_t number, uint64_t *out,
                         bool *known) {
    *known = false;
    for (; units->name; units++)
        if (bytes_equal(name, bytes_text(units->name))) {
            *known = true;
            return !__builtin_mul_overflow(number, units->factor, out);
        }
    return false;
}

bool unit_parse(const char *text, const struct unit *units, uint64_t *out, char reason[UNIT_REASON_MAX]) {
    size_t digits = strspn(text, "0123456789");
    struct bytes name = bytes_trim(bytes_text(text + digits));
    uint64_t number;
    bool known;
    if (digits == 0)
        return refuse_text(reason, text, "is not a whole number", show_form(units));
    if (text[0] == '0' && digits > 1)
        return refuse_text(reason, text, "has a leading zero, which some read as octal",
                           "write it without the zero");
    if (!bytes_number(bytes_of(text, digits), &number))
        return refuse_text(reason, text, "is too large a number", show_form(units));
    if (!units && name.n)
        return refuse_text(reason, text, "is not a plain whole number", show_form(units));
    *out = number;
    if (name.n == 0 && (!units || number == 0))
        return true;
    if (name.n == 0)
        return refuse_text(reason, text, "has no unit", show_form(units));
    if (scale_number(name, units, number, out, &known))
        return true;
    return refuse_text(reason, text, known ? "is too large a number" : "has no unit that is known",
                       show_form(units));
}

const char *unit_format(uint64_t value, const struct unit *units, char out[UNIT_TEXT_MAX]) {
    const struct unit *best = NULL;
    for (; units && units->name && value; units++)
        if (value % units->factor == 0 && (!best || units->factor > best->factor))
            best = units;
    snprintf(out, UNIT_TEXT_MAX, "%" PRIu64 "%s%s", best ? value / best->factor : value, best ? " " : "",
             best ? best->name : "");
    return out;
}

bool unit_bool(const char *text, bool *out) {
    static const char *const yes[] = {"true", "yes", "on"}, *const no[] = {"false", "no", "off"};
    for (size_t i = 0; i < 3; i++) {
        bool is = bytes_equal_nocase(bytes_text(text), yes[i]);
        if (is || bytes_equal_nocase(bytes_text(text), no[i])) {
            *out = is;
            return true;
        }
    }
    return false;
}
