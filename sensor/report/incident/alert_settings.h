/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_ALERT_SETTINGS_H
#define GANTRY_REPORT_ALERT_SETTINGS_H

#include "report/incident/cap.h"
#include "settings/setting.h"

/* How incidents are told: alerts of gantry.yaml. */
struct alert_options {
    uint64_t quiet;           /* ns without a finding after which an incident closes */
    uint64_t growth_interval; /* ns after which growth is told even if below tenfold */
    uint64_t incidents_max;   /* open at once; beyond it they close in the order of standing.h */
    struct alert_limits limits;
};
extern const struct setting alert_settings[];

/* One destination must leave room for the others. */
bool alert_check(struct setting_reader *r, const struct doc_node *map, void *options);

#endif
