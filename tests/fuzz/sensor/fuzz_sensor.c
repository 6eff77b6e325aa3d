/* SPDX-License-Identifier: Apache-2.0 */
#include "pcap_input.h"

/* The packets of a small capture through the whole path, from frame to record. Its seeds are captures. See
 * sensor_path.h for what must hold. */

/* How often the path ends with what is open instead of with a silence. */
enum { RESTART_EVERY = 64 };

static struct path path;

/* Compiling the rules is no part of any input's time. */
int LLVMFuzzerInitialize(int *count, char ***words) {
    return path_init(&path) ? 0 : 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static unsigned runs;
    if (size < PCAP_HEAD || size > PCAP_INPUT_MAX)
        return 0;
    pcap_input(data, size, pipeline_time(path.pipeline) + 3600 * NS_PER_S, path_packet, &path);
    if (++runs % RESTART_EVERY == 0)
        path_restart(&path);
    path_silence(&path);
    return 0;
}
