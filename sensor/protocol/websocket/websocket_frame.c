/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/websocket/websocket.h"

enum {
    FINAL = 0x80,
    RSV1 = 0x40,
    RSV23 = 0x30,
    MASKED = 0x80,
    LENGTH_16 = 126,
    LENGTH_64 = 127,
    CONTROL_MAX = 125
};

/* Continuation, text, binary; close, ping, pong. */
static bool is_opcode(uint8_t opcode) {
    return opcode <= 2 || (opcode >= 8 && opcode <= 10);
}

static bool is_head(const uint8_t *p, bool within) {
    bool control = (p[0] & 8) != 0, continues = (p[0] & 15) == 0;
    if ((p[0] & RSV23) || !is_opcode(p[0] & 15) || ((p[0] & RSV1) && (control || continues)))
        return false;
    if (control)
        return (p[0] & FINAL) && (p[1] & ~MASKED) <= CONTROL_MAX;
    return continues == within;
}

enum websocket_head websocket_read_head(struct bytes in, bool within, struct websocket_frame *out,
                                        size_t *n) {
    if (in.n < 2)
        return WEBSOCKET_MORE;
    if (!is_head(in.p, within))
        return WEBSOCKET_NONE;
    unsigned shortest = in.p[1] & ~MASKED & 0xff;
    size_t extra = shortest == LENGTH_64 ? 8 : shortest == LENGTH_16 ? 2 : 0;
    *out = (struct websocket_frame){.opcode = in.p[0] & 15,
                                    .final = in.p[0] & FINAL,
                                    .deflated = in.p[0] & RSV1,
                                    .masked = in.p[1] & MASKED,
                                    .length = extra ? 0 : shortest};
    *n = 2 + extra + (out->masked ? sizeof out->mask : 0);
    if (in.n < *n)
        return WEBSOCKET_MORE;
    for (size_t i = 0; i < extra; i++)
        out->length = out->length << 8 | in.p[2 + i];
    if (out->length >> 63)
        return WEBSOCKET_NONE;
    if (out->masked)
        memcpy(out->mask, in.p + 2 + extra, sizeof out->mask);
    return WEBSOCKET_HEAD;
}
