/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/unknown/carver.h"

#include <stdlib.h>

/* What one side sends, turn by turn: two octets for a gap (top bit) and a length, then so many octets. The
 * first octet chooses between a stream and datagrams. What is told is no more than what came, the last header
 * of one that breaks twice, and the line ends between datagrams of text; no object is told anything before it
 * begins or when it is over, and none stays open. */

enum { OBJECTS = 1 << 12 };

static struct told {
    bool open[OBJECTS + 1];
    size_t objects;
    uint64_t octets, cut;
    uint64_t sum; /* so that every octet of what is told is read */
} told;

static size_t number_of(const struct transfer *t) {
    size_t n = (size_t)(uintptr_t)t;
    if (n == 0 || n > told.objects || !told.open[n])
        abort();
    return n;
}

/* Past as many as there is room for nobody wants one. */
static struct transfer *begin_object(struct conversation *c, const struct transfer_seed *seed) {
    if (told.objects == OBJECTS)
        return NULL;
    told.open[++told.objects] = true;
    return (struct transfer *)(uintptr_t)told.objects;
}

static void take_bytes(struct conversation *c, struct transfer *t, const uint8_t *bytes, size_t n) {
    if (t)
        number_of(t);
    if (n == 0)
        abort();
    for (size_t i = 0; i < n; i++)
        told.sum += bytes[i];
    told.octets += n;
}

static void take_gap(struct conversation *c, struct transfer *t, uint64_t n) {
    if (t)
        number_of(t);
    if (n == 0)
        abort();
}

static void end_object(struct conversation *c, struct transfer *t, enum transfer_end how) {
    told.cut += how == TRANSFER_CUT;
    if (t)
        told.open[number_of(t)] = false;
}

static uint64_t play_turns(struct carver *k, struct conversation *c, struct reader r) {
    uint16_t head;
    const uint8_t *bytes;
    uint64_t given = 0;
    while (reader_u16(&r, &head)) {
        size_t n = head & 0x7fff;
        c->now += NS_PER_S;
        if (head & 0x8000) {
            carver_gap(k, c, SIDE_CLIENT, n + 1);
            continue;
        }
        n = n < reader_left(&r) ? n : reader_left(&r);
        if (n == 0)
            continue;
        reader_take(&r, n, &bytes);
        uint8_t *exact = malloc(n);
        memcpy(exact, bytes, n);
        if (c->transport == PROTOCOL_UDP)
            carver_take_datagram(k, c, SIDE_CLIENT, bytes_of(exact, n));
        else
            carver_take(k, c, SIDE_CLIENT, bytes_of(exact, n));
        free(exact);
        given += n + (c->transport == PROTOCOL_UDP);
    }
    return given;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct protocol_services services = {
        .begin = begin_object, .data = take_bytes, .gap = take_gap, .end = end_object};
    struct conversation c = {.services = &services};
    struct carver k = {0};
    if (size == 0)
        return 0;
    told = (struct told){0};
    c.transport = data[0] & 1 ? PROTOCOL_UDP : PROTOCOL_TCP;
    uint64_t given = play_turns(&k, &c, reader_of(data + 1, size - 1));
    carver_end(&k, &c, SIDE_CLIENT, data[0] & 2);
    for (size_t i = 1; i <= told.objects; i++)
        if (told.open[i])
            abort();
    if (told.octets > given + told.cut * EXTENT_HEADER_MAX || k.extent)
        abort();
    return told.sum == UINT64_MAX;
}
