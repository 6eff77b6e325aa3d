/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/channel.h"

#include <stdlib.h>

/* What a taken-over worker may put into its ring: the bytes lie where a record is expected. Invariants: all
 * that is read from an accepted record lies inside it, and a record packed again from its parts says the
 * same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct record_builder b;

/* Nonzero bytes in the texts; every byte and every digest is read. */
static uint64_t touch(const struct record *r) {
    uint64_t bytes = 0, digests = 0;
    for (unsigned i = 0; i < TEXT_COUNT; i++) {
        struct bytes t = record_text_of(r, (enum record_text)i);
        if (t.n && (t.p < (const uint8_t *)(r + 1) || t.p + t.n > (const uint8_t *)r + r->size))
            abort();
        for (size_t k = 0; k < t.n; k++)
            bytes += t.p[k] != 0;
    }
    for (uint32_t i = 0; i < r->digests; i++)
        digests |= record_digests_of(r)[i];
    if (digests == 1 && r->digests == 0)
        abort();
    return bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct ring *ring;
    size_t n = size < ring_record_max() ? size : ring_record_max();
    struct record *exact = malloc(n ? n : 1);
    uint64_t *copy = malloc(ring_record_max()), damaged = 0;
    memcpy(exact, data, n);
    if (n >= sizeof *exact && record_valid(exact, n)) {
        uint64_t bytes = touch(exact);
        record_begin(&b, (enum record_kind)exact->kind);
        for (unsigned i = 0; i < TEXT_COUNT; i++)
            record_text(&b, (enum record_text)i, record_text_of(exact, (enum record_text)i));
        if (!ring)
            ring = ring_create(1);
        if (!ring_write(ring, &b))
            abort();
        const struct record *back = ring_read(ring, copy, &damaged);
        if (!back || damaged || back->id != b.head.id || touch(back) > bytes)
            abort();
        ring_commit(ring);
    }
    free(exact);
    free(copy);
    return 0;
}
