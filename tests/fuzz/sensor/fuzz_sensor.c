/* SPDX-License-Identifier: Apache-2.0 */
#include "outcome.h"
#include "pcap_input.h"

/* The packets of a small capture through the whole path, from frame to record. Its seeds are captures. See
 * sensor_path.h for what must hold. Now and then the same packets come twice more, once with steps so short
 * that all that is in order is parked: what is found must be the same. */

/* How often the path ends with what is open instead of with a silence, and how often steps are compared. */
enum { RESTART_EVERY = 64, COMPARE_EVERY = 32 };

static struct path path;

/* Compiling the rules is no part of any input's time. */
int LLVMFuzzerInitialize(int *count, char ***words) {
    return path_init(&path) ? 0 : 1;
}

static struct outcome run_anew(const uint8_t *data, size_t size, uint64_t step_work) {
    static const time_ns begin = 1700000000 * NS_PER_S;
    path.step_work = step_work;
    path_restart(&path);
    path.record = outcome_record;
    outcome_begin();
    pcap_input(data, size, begin, path_packet, &path);
    path_silence(&path);
    path.record = NULL;
    return outcome_end();
}

/* What was left out for want of memory, or of what its hosts may cost, may be another thing; and of two
 * connections each keeps its own order alone: what one says of the other comes before or behind its bytes. */
static void compare_steps(const uint8_t *data, size_t size) {
    struct outcome whole = run_anew(data, size, UINT64_MAX), parked = run_anew(data, size, 1 + size % 3000);
    bool same = whole.records == parked.records && whole.complete == parked.complete;
    bool may_differ = whole.shed > 0 || parked.shed > 0 || whole.announced || parked.announced;
    path_check("what is parked is found all the same", same || may_differ);
    path.step_work = 0;
    path_restart(&path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static unsigned runs;
    if (size < PCAP_HEAD || size > PCAP_INPUT_MAX)
        return 0;
    pcap_input(data, size, pipeline_time(path.pipeline) + 3600 * NS_PER_S, path_packet, &path);
    if (++runs % RESTART_EVERY == 0)
        path_restart(&path);
    path_silence(&path);
    if (runs % COMPARE_EVERY == 0)
        compare_steps(data, size);
    return 0;
}
