/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/upload_sizes.h"

enum { PARTS = 4 /* of a power of two */ };

/* Where the parts of a power of two begin, in 256ths of it. */
static const uint16_t part_at[PARTS + 1] = {256, 304, 362, 431, 512};

static unsigned class_of(uint64_t octets) {
    unsigned power = octets ? 63 - (unsigned)__builtin_clzll(octets) : 0, part = 0;
    if (power < UPLOAD_SIZE_FIRST)
        return 0;
    while (part + 1 < PARTS && octets >> (power - 8) >= part_at[part + 1])
        part++;
    unsigned which = (power - UPLOAD_SIZE_FIRST) * PARTS + part;
    return which < UPLOAD_SIZE_CLASSES ? which : UPLOAD_SIZE_CLASSES - 1;
}

static void make_room(struct upload_sizes *s) {
    for (unsigned i = 0; i < UPLOAD_SIZE_CLASSES; i++)
        s->n[i] = (uint8_t)((s->n[i] + 1) / 2);
}

void upload_sizes_add(struct upload_sizes *s, uint64_t octets) {
    unsigned which = class_of(octets);
    if (s->n[which] == UINT8_MAX)
        make_room(s);
    s->n[which]++;
}

void upload_sizes_join(struct upload_sizes *to, const struct upload_sizes *from) {
    unsigned most = 0, shift = 0;
    for (unsigned i = 0; i < UPLOAD_SIZE_CLASSES; i++)
        if (to->n[i] + from->n[i] > (int)most)
            most = to->n[i] + from->n[i];
    if (most > UINT8_MAX)
        shift = 1;
    for (unsigned i = 0; i < UPLOAD_SIZE_CLASSES; i++)
        to->n[i] = (uint8_t)((to->n[i] + from->n[i] + shift) >> shift);
}

unsigned upload_sizes_count(const struct upload_sizes *s) {
    unsigned all = 0;
    for (unsigned i = 0; i < UPLOAD_SIZE_CLASSES; i++)
        all += s->n[i];
    return all;
}

uint64_t upload_sizes_percentile(const struct upload_sizes *s, unsigned percent) {
    unsigned all = upload_sizes_count(s), seen = 0;
    for (unsigned i = 0; all && i < UPLOAD_SIZE_CLASSES; i++) {
        seen += s->n[i];
        if (seen * 100 < all * percent || s->n[i] == 0)
            continue;
        uint64_t middle = (uint64_t)(part_at[i % PARTS] + part_at[i % PARTS + 1]) / 2;
        return (middle << (i / PARTS + UPLOAD_SIZE_FIRST)) >> 8;
    }
    return 0;
}

unsigned upload_sizes_alike(const struct upload_sizes *a, const struct upload_sizes *b) {
    uint64_t all_a = upload_sizes_count(a), all_b = upload_sizes_count(b), common = 0;
    if (!all_a || !all_b)
        return 0;
    for (unsigned i = 0; i < UPLOAD_SIZE_CLASSES; i++) {
        uint64_t of_a = a->n[i] * all_b, of_b = b->n[i] * all_a;
        common += of_a < of_b ? of_a : of_b;
    }
    return (unsigned)(common * 100 / (all_a * all_b));
}
