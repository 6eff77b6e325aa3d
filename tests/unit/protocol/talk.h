/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TESTS_PROTOCOL_TALK_H
#define GANTRY_TESTS_PROTOCOL_TALK_H

#include "base/counter.h"
#include "world.h"

/* Conversations as lists of pieces, played at every split. Digests are those of texts that the test writes.
 */

struct piece {
    enum side from; /* a gap: `bytes` is NULL */
    const char *bytes;
    size_t n;
};

/* clang-format off */
#define C(text) {SIDE_CLIENT, text, sizeof text - 1}
#define S(text) {SIDE_SERVER, text, sizeof text - 1}
#define GAP(side, size) {side, NULL, size}
/* clang-format on */

static inline struct world *talk(const struct piece *p, size_t count, size_t split) {
    struct world *w = world_create(&(struct dispatch_options){.conversations = 4});
    const uint8_t a[4] = {192, 0, 2, 1}, b[4] = {203, 0, 113, 8};
    size_t flow = world_open(w, (struct endpoint){address_from_v4(a), 40000},
                             (struct endpoint){address_from_v4(b), 2525});
    memset(counter_values, 0, COUNTER_COUNT * sizeof *counter_values);
    for (size_t i = 0; i < count; i++)
        if (p[i].bytes)
            world_deliver(w, flow, p[i].from, (const uint8_t *)p[i].bytes, p[i].n, split);
        else
            world_lose(w, flow, p[i].from, p[i].n);
    world_finish(w, flow, SIDE_CLIENT, true);
    world_finish(w, flow, SIDE_SERVER, true);
    return w;
}

static inline void assert_bytes(const struct transfer *t, const char *text) {
    uint8_t sha256[32];
    EVP_Digest(text, strlen(text), sha256, NULL, EVP_sha256(), NULL);
    assert_int_equal(t->size - t->missing, strlen(text));
    assert_memory_equal(t->sha256, sha256, sizeof sha256);
}

static inline void assert_text(const struct world_text *t, const char *text) {
    assert_int_equal(t->n, strlen(text));
    assert_memory_equal(t->p, text, t->n);
}

static const size_t talk_splits[] = {1, 2, 3, 5, 64, 0};

#define FOR_EACH_SPLIT(pieces, ...)                                                                          \
    for (size_t i_ = 0; i_ < sizeof talk_splits / sizeof *talk_splits; i_++) {                               \
        struct world *w = talk(pieces, sizeof pieces / sizeof *pieces, talk_splits[i_]);                     \
        __VA_ARGS__;                                                                                         \
        world_destroy(w);                                                                                    \
    }

#endif
