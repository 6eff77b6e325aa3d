/* SPDX-License-Identifier: Apache-2.0 */
#include "events.h"
#include "protocol/smb/smb.h"

/* Files of shares over one connection. */

const struct protocol *const protocol_table[] = {&protocol_smb, NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    play_alone(&protocol_smb, NULL, data, size);
    return 0;
}
