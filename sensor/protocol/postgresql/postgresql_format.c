/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/postgresql/postgresql_session.h"

#include <inttypes.h>
#include <stdio.h>

/* Of most types the octets tell which format a value has: as text it is printed, in binary it is as long as
 * its type and holds what is never printed. */

enum {
    BOOL = 16,
    INT8 = 20,
    INT2 = 21,
    INT4 = 23,
    FLOAT4 = 700,
    FLOAT8 = 701,
    DATE = 1082,
    TIME = 1083,
    TIMESTAMP = 1114,
    TIMESTAMPTZ = 1184,
    NUMERIC = 1700,
};

static bool is_printed(struct bytes value) {
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] < ' ' || value.p[i] >= 0x7f)
            return false;
    return true;
}

static uint64_t read_number(struct bytes value) {
    uint64_t n = 0;
    for (size_t i = 0; i < value.n; i++)
        n = n << 8 | value.p[i];
    return n;
}

static int64_t read_signed(struct bytes value) {
    unsigned unused = (unsigned)(64 - 8 * value.n);
    return (int64_t)(read_number(value) << unused) >> unused;
}

/* Days since 1970-01-01 to a date of the Gregorian calendar (H. Hinnant, days_from_civil, the other way). */
static int format_date(int64_t days, char *out, size_t room) {
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097, day = days - era * 146097;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t of_year = day - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;
    int64_t date = of_year - (153 * month + 2) / 5 + 1;
    month += month < 10 ? 3 : -9;
    return snprintf(out, room, "%04" PRId64 "-%02" PRId64 "-%02" PRId64, year + era * 400 + (month <= 2),
                    month, date);
}

enum { DAYS_TO_2000 = 10957 };
static const int64_t day_us = INT64_C(86400000000);

static int format_time(int64_t us, char *out, size_t room) {
    int64_t s = us / 1000000;
    return snprintf(out, room, "%02" PRId64 ":%02" PRId64 ":%02" PRId64 ".%06" PRId64, s / 3600, s / 60 % 60,
                    s % 60, us % 1000000);
}

static int format_timestamp(int64_t us, char *out, size_t room) {
    int64_t days = us / day_us - (us % day_us < 0);
    int n = format_date(days + DAYS_TO_2000, out, room - 1);
    if (n < 0 || (size_t)n + 1 >= room)
        return 0;
    out[n] = ' ';
    return n + 1 + format_time(us - days * day_us, out + n + 1, room - (size_t)n - 1);
}

/* Groups of four digits (src/backend/utils/adt/numeric.c); what does not fit is left out. */
static int format_numeric(struct bytes value, char *out, size_t room) {
    struct reader r = reader_of(value.p, value.n);
    uint16_t digits, weight, sign, scale, group;
    size_t n = 0;
    if (!reader_u16(&r, &digits) || !reader_u16(&r, &weight) || !reader_u16(&r, &sign) ||
        !reader_u16(&r, &scale))
        return 0;
    int at = (int16_t)weight;
    if (sign == 0x4000)
        out[n++] = '-';
    if (at < 0)
        out[n++] = '0';
    for (unsigned i = 0; (i < digits || at >= 0) && n + 8 < room; i++, at--) {
        group = 0;
        reader_u16(&r, &group);
        if (at == -1)
            out[n++] = '.';
        int w = snprintf(out + n, room - n, i == 0 && at >= 0 ? "%u" : "%04u", group % 10000);
        n += w > 0 ? (size_t)w : 0;
    }
    return (int)n;
}

static int format_float(struct bytes value, char *out, size_t room) {
    uint64_t bits = read_number(value);
    uint32_t low = (uint32_t)bits;
    float single;
    double number;
    memcpy(&single, &low, sizeof single);
    memcpy(&number, &bits, sizeof number);
    return snprintf(out, room, "%.9g", value.n == sizeof single ? (double)single : number);
}

static bool has_size(uint32_t type, size_t n) {
    switch (type) {
    case BOOL:
        return n == 1;
    case INT2:
        return n == 2;
    case INT4:
    case DATE:
    case FLOAT4:
        return n == 4;
    case NUMERIC:
        return n >= 8 && n % 2 == 0;
    case INT8:
    case FLOAT8:
    case TIME:
    case TIMESTAMP:
    case TIMESTAMPTZ:
        return n == 8;
    default: /* a type that nobody told: numbers alone have these sizes and octets */
        return type == 0 && (n == 1 || n == 2 || n == 4 || n == 8);
    }
}

static int format_binary(uint32_t type, struct bytes value, char *out, size_t room) {
    switch (type) {
    case BOOL:
        return snprintf(out, room, "%s", value.p[0] ? "t" : "f");
    case DATE:
        return format_date(read_signed(value) + DAYS_TO_2000, out, room);
    case TIME:
        return format_time((int64_t)(read_number(value) % (uint64_t)day_us), out, room);
    case TIMESTAMP:
    case TIMESTAMPTZ:
        return format_timestamp(read_signed(value), out, room);
    case FLOAT4:
    case FLOAT8:
        return format_float(value, out, room);
    case NUMERIC:
        return format_numeric(value, out, room);
    default:
        return snprintf(out, room, "%" PRId64, read_signed(value));
    }
}

struct bytes pg_format_value(uint32_t type, struct bytes value, char room[PG_TEXT_ROOM]) {
    if (!has_size(type, value.n) || is_printed(value))
        return value;
    int n = format_binary(type, value, room, PG_TEXT_ROOM);
    return bytes_of(room, n > 0 && n < PG_TEXT_ROOM ? (size_t)n : 0);
}
