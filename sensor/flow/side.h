/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_FLOW_SIDE_H
#define GANTRY_FLOW_SIDE_H

#include "base/address.h"

/* The two ends of a flow. The client opened it, or most likely did where the opening was not seen. */
enum side { SIDE_CLIENT, SIDE_SERVER };

static inline enum side side_other(enum side s) {
    return s == SIDE_CLIENT ? SIDE_SERVER : SIDE_CLIENT;
}

struct endpoint {
    struct address address;
    uint16_t port; /* host byte order */
};

#endif
