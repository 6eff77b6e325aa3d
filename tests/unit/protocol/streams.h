/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TESTS_PROTOCOL_STREAMS_H
#define GANTRY_TESTS_PROTOCOL_STREAMS_H

#include "said.h"
#include "world.h"

#include <stdarg.h>

static inline struct world *streams_world(void) {
    static const uint8_t a[4] = {10, 40, 0, 1}, b[4] = {203, 0, 113, 77};
    struct world *w = world_create(&(struct dispatch_options){.conversations = 4});
    world_open(w, (struct endpoint){address_from_v4(a), 40000}, (struct endpoint){address_from_v4(b), 443});
    conversation_named(w->dispatcher, w->flow[0], NULL);
    return w;
}

static inline void streams_say(struct world *w, enum side from, const struct stream *s, size_t split) {
    world_deliver(w, 0, from, s->p, s->n, split);
}

static inline void streams_close(struct world *w) {
    world_finish(w, 0, SIDE_CLIENT, true);
    world_finish(w, 0, SIDE_SERVER, true);
    world_close_all(w);
}

#endif
