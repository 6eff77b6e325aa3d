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

/* A reporter of which gantry.yaml says no more; to be changed before it is started. The outputs are kept by
 * reference. */
static inline struct report_options report_defaults(const struct output_config *outputs, size_t count) {
    struct report_options o = {.observer = "edge-1", .outputs = outputs, .output_count = count};
    setting_defaults(alert_settings, &o.alerts);
    setting_defaults(ledger_settings, &o.ledger);
    setting_defaults(traffic_settings, &o.traffic);
    setting_defaults(tunnel_settings, &o.tunnels);
    setting_defaults(store_settings, &o.store.limits);
    return o;
}

#endif
