/* SPDX-License-Identifier: Apache-2.0 */
#include "events.h"
#include "protocol/nfs/nfs.h"

/* Calls and replies on one connection, between gaps. */

const struct protocol *const protocol_table[] = {&protocol_nfs, NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    play_alone(&protocol_nfs, NULL, data, size);
    return 0;
}
