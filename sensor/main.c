/* SPDX-License-Identifier: Apache-2.0 */
#include "base/heap.h"
#include "process/supervisor.h"

#include <fcntl.h>
#include <unistd.h>

/* Else a capture would get the number of one that was closed, and a line of the log would go out as a frame.
 */
static void fill_standard_descriptors(void) {
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

int main(int argc, char **argv) {
    static struct options options;
    int status;
    fill_standard_descriptors();
    heap_begin();
    if (!options_parse(&options, argc, argv, &status))
        return status;
    log_verbosity(options.verbose ? LOG_LEVEL_DEBUG : options.quiet ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO);
    heap_leave(supervisor_run(&options));
}
