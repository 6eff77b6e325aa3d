/* SPDX-License-Identifier: Apache-2.0 */
#include "events.h"
#include "protocol/pop3/pop3.h"

/* Mail that is fetched over one connection. */

const struct protocol *const protocol_table[] = {&protocol_pop3, NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    play_alone(&protocol_pop3, NULL, data, size);
    return 0;
}
