/* SPDX-License-Identifier: Apache-2.0 */
#include "events.h"
#include "protocol/irc/irc.h"

/* IRC, and the connections that it announces. */

const struct protocol *const protocol_table[] = {&protocol_irc, &protocol_dcc, NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    play_alone(&protocol_irc, NULL, data, size);
    return 0;
}
