/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/zip/office.h"

#include <stdio.h>
#include <stdlib.h>

bool date_is_format(uint64_t id) {
    return (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) ||
           (id >= 50 && id <= 58);
}

/* "yyyy-mm-dd hh:mm"; what stands in quotes or brackets, or behind a backslash, is shown as it is. */
bool date_is_code(struct bytes code) {
    char close = '\0';
    for (size_t i = 0; i < code.n; i++) {
        char c = letter_lower((char)code.p[i]);
        if (close) {
            close = c == close ? '\0' : close;
        } else if (c == '"' || c == '[') {
            close = c == '[' ? ']' : '"';
        } else if (c == '\\') {
            i++;
        } else if (c == 'y' || c == 'm' || c == 'd' || c == 'h') {
            return true;
        }
    }
    return false;
}

/* Civil date of a day since 1970-01-01, by eras of 400 years that begin in March. */
static void split_day(int64_t day, unsigned *year, unsigned *month, unsigned *of_month) {
    int64_t shifted = day + 719468, era = shifted / 146097;
    unsigned of_era = (unsigned)(shifted - era * 146097);
    unsigned year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned from_march = (5 * of_year + 2) / 153;
    *of_month = of_year - (153 * from_march + 2) / 5 + 1;
    *month = from_march < 10 ? from_march + 3 : from_march - 9;
    *year = (unsigned)(year_of_era + era * 400) + (*month <= 2);
}

size_t date_show(struct bytes number, char out[DATE_TEXT]) {
    enum { DAY_S = 86400, EPOCH = 25569, LAST = 2958466 };
    char text[OFFICE_VALUE + 1], *end;
    unsigned year, month, day;
    if (number.n == 0 || number.n > OFFICE_VALUE)
        return 0;
    memcpy(text, number.p, number.n);
    text[number.n] = '\0';
    double days = strtod(text, &end);
    if (*end != '\0' || !(days >= 0 && days < LAST))
        return 0;
    int64_t seconds = (int64_t)(days * DAY_S + 0.5), whole = seconds / DAY_S;
    unsigned rest = (unsigned)(seconds % DAY_S);
    int n = 0;
    if (whole > 0) {
        split_day(whole - EPOCH, &year, &month, &day);
        n = snprintf(out, DATE_TEXT, "%04u-%02u-%02u", year % 10000, month, day);
    }
    if (rest > 0 || whole == 0)
        n += snprintf(out + n, (size_t)(DATE_TEXT - n), "%s%02u:%02u:%02u", n > 0 ? " " : "", rest / 3600,
                      rest / 60 % 60, rest % 60);
    return (size_t)n;
}
