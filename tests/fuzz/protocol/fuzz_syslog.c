/* SPDX-License-Identifier: Apache-2.0 */
#include "events.h"
#include "protocol/syslog/syslog.h"

/* Messages over one connection. */

const struct protocol *const protocol_table[] = {&protocol_syslog, NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    play_alone(&protocol_syslog, NULL, data, size);
    return 0;
}
