/* SPDX-License-Identifier: Apache-2.0 */
#include "events.h"
#include "protocol/smtp/smtp.h"

/* Mail on its way over one connection. */

const struct protocol *const protocol_table[] = {&protocol_smtp, NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    play_alone(&protocol_smtp, NULL, data, size);
    return 0;
}
