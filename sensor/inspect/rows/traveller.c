/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/rows/table.h"

bool traveller_is_short_date(struct bytes t) {
    if (t.n != 6)
        return false;
    for (size_t i = 0; i < t.n; i++)
        if (t.p[i] < '0' || t.p[i] > '9')
            return false;
    unsigned month = (t.p[2] - '0') * 10u + (t.p[3] - '0'), day = (t.p[4] - '0') * 10u + (t.p[5] - '0');
    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}
