/* SPDX-License-Identifier: Apache-2.0 */
#include "coding/coding.h"
#include "events.h"
#include "protocol/websocket/websocket.h"

/* Frames of both sides, deflated or not; what is none of them is looked at by nobody else here. */

const struct protocol *const protocol_table[] = {&protocol_websocket, NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct codings *codings =
        codings_create(&(struct codings_options){.memory = 8 << 20, .limits = {8, 64, 1 << 20, 100}});
    play_alone(&protocol_websocket, codings, data, size);
    codings_destroy(codings);
    return 0;
}
