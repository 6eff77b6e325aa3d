/* SPDX-License-Identifier: Apache-2.0 */
#include "coding/coding.h"
#include "events.h"
#include "protocol/http/http.h"
#include "protocol/http2/http2.h"
#include "protocol/websocket/websocket.h"

/* Frames of both sides, with gaps, and tunnels in their streams (protocol/branch.c), in which any of these
 * protocols may stand. */

const struct protocol *const protocol_table[] = {&protocol_http2, &protocol_http, &protocol_websocket, NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    play_alone(&protocol_http2, NULL, data, size);
    return 0;
}
