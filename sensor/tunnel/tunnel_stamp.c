/* SPDX-License-Identifier: Apache-2.0 */
#include "tunnel/tunnel.h"

static uint32_t word_at(const uint8_t *p, bool little) {
    return little ? (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24
                  : (uint32_t)p[3] | (uint32_t)p[2] << 8 | (uint32_t)p[1] << 16 | (uint32_t)p[0] << 24;
}

/* Seconds that need no more than 32 bits, then microseconds or nanoseconds, 64 bits each. */
static bool is_long_stamp(const uint8_t *p, bool little) {
    unsigned low = little ? 0 : 4, high = little ? 4 : 0;
    return word_at(p + high, little) == 0 && word_at(p + 8 + high, little) == 0 &&
           word_at(p + 8 + low, little) < 1000000000;
}

static bool is_short_stamp(const uint8_t *p, bool little) {
    return word_at(p + 4, little) < 1000000;
}

size_t tunnel_stamp(struct bytes payload) {
    enum { LONG = 16, SHORT = 8 };
    if (payload.n >= LONG && (is_long_stamp(payload.p, true) || is_long_stamp(payload.p, false)))
        return LONG;
    if (payload.n >= SHORT && (is_short_stamp(payload.p, true) || is_short_stamp(payload.p, false)))
        return SHORT;
    return 0;
}
