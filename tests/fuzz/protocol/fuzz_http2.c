/* SPDX-License-Identifier: Apache-2.0 */
#include "coding/coding.h"
#include "events.h"
#include "protocol/http2/http2.h"

/* Frames of both sides, with gaps; what is none of them is looked at by nobody else here. */

const struct protocol *const protocol_table[] = {&protocol_http2, NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    play_alone(&protocol_http2, NULL, data, size);
    return 0;
}
