/* SPDX-License-Identifier: Apache-2.0 */
#include "process/supervisor.h"

int main(int argc, char **argv) {
    static struct options options;
    int status;
    if (!options_parse(&options, argc, argv, &status))
        return status;
    log_verbosity(options.verbose ? LOG_LEVEL_DEBUG : options.quiet ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO);
    return supervisor_run(&options);
}
