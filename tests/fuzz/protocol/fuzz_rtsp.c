/* SPDX-License-Identifier: Apache-2.0 */
#include "events.h"
#include "protocol/rtsp/rtsp.h"

/* A camera over one connection. */

const struct protocol *const protocol_table[] = {&protocol_rtsp, &protocol_rtp, NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    play_alone(&protocol_rtsp, NULL, data, size);
    return 0;
}
