/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TEST_REPORT_DEFAULTS_H
#define GANTRY_TEST_REPORT_DEFAULTS_H

#include "report/report.h"

/* An output of which gantry.yaml says no more. */
static inline struct output_config output_default(const char *format, const char *to, unsigned records) {
    struct output_config o = {0};
    setting_defaults(output_settings, &o);
    o.format = format;
    o.to = to;
    o.records = records;
    return o;
}

#endif
