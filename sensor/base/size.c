/* SPDX-License-Identifier: Apache-2.0 */
#include "base/size.h"

#include <stdio.h>

const char *size_format(uint64_t bytes, char out[SIZE_TEXT_MAX]) {
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"}; /* 2^64 is 18.4 EB */
    double n = (double)bytes;
    unsigned unit = 0;
    for (; n >= 999.95; unit++) /* which one decimal would show as 1000.0 */
        n /= 1000;
    snprintf(out, SIZE_TEXT_MAX, unit ? "%.1f %s" : "%.0f %s", n, units[unit]);
    return out;
}
