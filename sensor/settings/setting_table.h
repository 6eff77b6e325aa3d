/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_SETTINGS_SETTING_TABLE_H
#define GANTRY_SETTINGS_SETTING_TABLE_H

#include "settings/setting.h"

/* For files with a table of settings: bounds in bytes and nanoseconds. */
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)
#define SECONDS(n) ((uint64_t)(n)*NS_PER_S)
#define DAYS(n) SECONDS((n)*UINT64_C(86400))

#endif
