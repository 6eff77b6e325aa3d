/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/inspect.h"

#include <unistd.h>

const char *ruleset_default_path(void) {
    static const char *const places[] = {"/etc/gantry/rules", GANTRY_RULES_DIR, GANTRY_SOURCE_RULES};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (access(places[i], R_OK) == 0)
            return places[i];
    return places[0];
}
