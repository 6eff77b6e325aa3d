/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/overload/heavy.h"

#include <string.h>

enum {
    PACKET_WORK = 256, /* bytes whose work a packet costs before its bytes are looked at */
    SAMPLES_LEAST = 64,
};

static struct heavy_pair *entry_of(struct heavy *h, const struct address *low, const struct address *high) {
    struct heavy_pair *least = &h->pair[0];
    for (int i = 0; i < HEAVY_PAIRS; i++) {
        struct heavy_pair *e = &h->pair[i];
        if (e->work && address_equal(&e->low, low) && address_equal(&e->high, high))
            return e;
        if (e->work < least->work)
            least = e;
    }
    *least = (struct heavy_pair){.low = *low, .high = *high, .work = least->work, .error = least->work};
    return least;
}

/* The next packet to look at is 1 to 2 * HEAVY_SAMPLE - 1 away: traffic cannot keep step with it. (Numerical
 * Recipes' linear congruential generator; its high bits are the good ones.) */
static uint32_t next_skip(struct heavy *h) {
    h->random = h->random * 1664525u + 1013904223u;
    return (h->random >> 16) % (2 * HEAVY_SAMPLE - 1);
}

void heavy_packet(struct heavy *h, const struct packet *p) {
    const struct address *low = &p->source, *high = &p->destination;
    if (h->skip > 0) {
        h->skip--;
        return;
    }
    h->skip = next_skip(h);
    if (memcmp(low, high, sizeof *low) > 0) {
        low = &p->destination;
        high = &p->source;
    }
    uint64_t work = PACKET_WORK + p->network_length;
    entry_of(h, low, high)->work += work;
    h->work += work;
    h->samples++;
}

unsigned heavy_top(const struct heavy *h, const struct heavy_pair **out) {
    const struct heavy_pair *top = &h->pair[0];
    for (int i = 1; i < HEAVY_PAIRS; i++)
        if (h->pair[i].work - h->pair[i].error > top->work - top->error)
            top = &h->pair[i];
    *out = top;
    return h->samples < SAMPLES_LEAST ? 0 : (unsigned)((top->work - top->error) * 1000 / h->work);
}
