/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TESTS_CHANNEL_SLEEP_H
#define GANTRY_TESTS_CHANNEL_SLEEP_H

#include "channel/channel.h"

#include <poll.h>

/* What a reader does that polls nothing but the doorbell. */
static inline void sleep_until_rung(struct doorbell *d, const struct ring *r, int timeout_ms) {
    struct pollfd fd = {.fd = doorbell_fd(d), .events = POLLIN};
    doorbell_arm(d);
    if (!ring_has_news(r))
        poll(&fd, 1, timeout_ms);
    doorbell_disarm(d);
}

#endif
