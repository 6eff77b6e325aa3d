/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mysql/mysql_session.h"

#include <inttypes.h>
#include <stdio.h>

unsigned my_size_of(uint32_t type) {
    switch (type & 0xff) {
    case MY_NULL:
        return 0;
    case MY_TINY:
        return 1;
    case MY_SHORT:
    case MY_YEAR:
        return 2;
    case MY_LONG:
    case MY_INT24:
    case MY_FLOAT:
        return 4;
    case MY_DOUBLE:
    case MY_LONGLONG:
        return 8;
    case MY_DATE:
    case MY_DATETIME:
    case MY_TIMESTAMP:
    case MY_TIME:
        return MY_BY_OCTET;
    default:
        return MY_BY_LENGTH;
    }
}

static uint64_t read_number(const uint8_t *p, size_t n) {
    uint64_t number = 0;
    for (size_t i = 0; i < n; i++)
        number |= (uint64_t)p[i] << 8 * i;
    return number;
}

static int format_integer(uint32_t type, struct bytes value, char *out, size_t room) {
    uint64_t number = read_number(value.p, value.n);
    if (type & MY_UNSIGNED)
        return snprintf(out, room, "%" PRIu64, number);
    unsigned unused = (unsigned)(64 - 8 * value.n);
    return snprintf(out, room, "%" PRId64, (int64_t)(number << unused) >> unused);
}

static int format_float(struct bytes value, char *out, size_t room) {
    uint64_t bits = read_number(value.p, value.n);
    uint32_t low = (uint32_t)bits;
    float single;
    double number;
    memcpy(&single, &low, sizeof single);
    memcpy(&number, &bits, sizeof number);
    return snprintf(out, room, "%.9g", value.n == sizeof single ? (double)single : number);
}

/* Year, month, day; hour, minute, second; microseconds: what is zero is left out at the end. */
static int format_date(struct bytes v, char *out, size_t room) {
    if (v.n < 4)
        return snprintf(out, room, "0000-00-00");
    int n = snprintf(out, room, "%04u-%02u-%02u", (unsigned)read_number(v.p, 2), v.p[2], v.p[3]);
    if (v.n >= 7)
        n += snprintf(out + n, room - (size_t)n, " %02u:%02u:%02u", v.p[4], v.p[5], v.p[6]);
    return n;
}

/* A sign, days, hour, minute, second. */
static int format_time(struct bytes v, char *out, size_t room) {
    if (v.n < 8)
        return snprintf(out, room, "00:00:00");
    uint64_t hours = read_number(v.p + 1, 4) * 24 + v.p[5];
    return snprintf(out, room, "%s%02" PRIu64 ":%02u:%02u", v.p[0] ? "-" : "", hours, v.p[6], v.p[7]);
}

struct bytes my_format_value(uint32_t type, struct bytes value, char room[MY_TEXT_ROOM]) {
    int n = 0;
    switch (type & 0xff) {
    case MY_TINY:
    case MY_SHORT:
    case MY_YEAR:
    case MY_LONG:
    case MY_INT24:
    case MY_LONGLONG:
        if (value.n)
            n = format_integer(type, value, room, MY_TEXT_ROOM);
        break;
    case MY_FLOAT:
    case MY_DOUBLE:
        n = format_float(value, room, MY_TEXT_ROOM);
        break;
    case MY_DATE:
    case MY_DATETIME:
    case MY_TIMESTAMP:
        n = format_date(value, room, MY_TEXT_ROOM);
        break;
    case MY_TIME:
        n = format_time(value, room, MY_TEXT_ROOM);
        break;
    default:
        return value;
    }
    return bytes_of(room, n > 0 && n < MY_TEXT_ROOM ? (size_t)n : 0);
}
