/* SPDX-License-Identifier: Apache-2.0 */
#include "events.h"
#include "protocol/lpd/lpd.h"

/* Jobs on one connection. */

const struct protocol *const protocol_table[] = {&protocol_lpd, NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    play_alone(&protocol_lpd, NULL, data, size);
    return 0;
}
