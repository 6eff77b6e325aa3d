/* SPDX-License-Identifier: Apache-2.0 */
#include "failing_allocator.h"
#include "outcome.h"
#include "pcap_input.h"

/* The packets of a small capture through the whole path, while allocations fail: the input's first two bytes
 * say which is the first, the third how often others do (0: no other). The rest is the capture, as in
 * fuzz_sensor.c. It comes again, and nothing fails: what the first run did not find it has counted. */

enum { HEAD = 3, RESTART_EVERY = 64 };

static struct path path;

int LLVMFuzzerInitialize(int *count, char ***words) {
    if (!path_init(&path))
        return 1;
    path.record = outcome_record;
    return 0;
}

/* What the fuzzer itself needs for a packet does not fail. */
static void give_failing(void *context, const struct capture_packet *packet) {
    failing.armed = true;
    path_packet(context, packet);
    failing.armed = false;
}

static struct outcome run_capture(const uint8_t *data, size_t size,
                                  void (*give)(void *context, const struct capture_packet *packet)) {
    outcome_begin();
    pcap_input(data, size, pipeline_time(path.pipeline) + 3600 * NS_PER_S, give, &path);
    path_silence(&path);
    return outcome_end();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static unsigned runs;
    if (size < HEAD + PCAP_HEAD || size > PCAP_INPUT_MAX)
        return 0;
    failing_begin(1 + (data[0] | (uint64_t)data[1] << 8), data[2]);
    failing.armed = false;
    data += HEAD;
    size -= HEAD;
    struct outcome failed = run_capture(data, size, give_failing);
    uint64_t refused = failing_end();
    if (refused == 0)
        return 0;
    struct outcome whole = run_capture(data, size, path_packet);
    /* A capture that sheds without any failure, or whose second run is not like its first, tells nothing. */
    if (failed.records != whole.records && failed.shed == 0 && whole.shed == 0)
        path_check("what a failed allocation costs is counted",
                   run_capture(data, size, path_packet).records != whole.records);
    if (++runs % RESTART_EVERY == 0)
        path_restart(&path);
    return 0;
}
