/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TESTS_FUZZ_OCTETS_H
#define GANTRY_TESTS_FUZZ_OCTETS_H

#include "protocol/dispatch.h"
#include "protocol/memory.h"

#include <stdlib.h>

/* One flow of a stream, turn by turn: an octet for side (top bit), gap (next bit) and length, then the bytes,
 * or all that is left where the length is 63; a length of 0 ends the side. What comes to a protocol of the
 * target's own must be the end of what each side sent: nothing of it is left out, comes twice or out of
 * order. Objects are pieces of it: those of what nobody parses leave some of it out, and what broke may be in
 * two of them. */

enum { OCTETS_MAX = 1 << 17 };

struct octets {
    size_t n;
    bool gap; /* ends with one */
    uint8_t p[OCTETS_MAX];
};

struct passage {
    struct dispatcher *dispatcher;
    struct conversation *conversation;
    struct octets sent[2], out[2]; /* by side */
    bool ended[2];
    uint64_t held_most; /* octets of PROTOCOL_HELD that may be in use */
    size_t apart;       /* pieces of objects up to so long: headers of packets may have stood among them */
    unsigned encrypted, cleared;
    uint64_t told[FACT_COUNT]; /* of every octet of the last of each */
};

static struct passage passage;

static void octets_add(struct octets *o, const uint8_t *bytes, size_t n) {
    if (n > OCTETS_MAX - o->n)
        abort();
    if (n)
        memcpy(o->p + o->n, bytes, n);
    o->n += n;
    o->gap &= n == 0;
}

/* Gaps that follow each other are one, and stand as one octet. */
static void octets_miss(struct octets *o) {
    if (!o->gap)
        octets_add(o, &(uint8_t){0}, 1);
    o->gap = true;
}

static void octets_out(enum side from, const uint8_t *bytes, size_t n) {
    octets_add(&passage.out[from], bytes, n);
}

static void octets_lost(enum side from) {
    octets_miss(&passage.out[from]);
}

struct transfer {
    enum side from;
};

static struct transfer *begin_transfer(struct conversation *c, const struct transfer_seed *seed) {
    static struct transfer transfers[2] = {{SIDE_CLIENT}, {SIDE_SERVER}};
    return &transfers[seed->from];
}

/* Datagrams are not kept, and line ends are made up between those of text. */
static void add_transfer(struct conversation *c, struct transfer *t, const uint8_t *bytes, size_t n) {
    const struct octets *sent = &passage.sent[t->from];
    if (c->transport == PROTOCOL_TCP && n > passage.apart && !memmem(sent->p, sent->n, bytes, n))
        abort();
}

static void miss_transfer(struct conversation *c, struct transfer *t, uint64_t n) {
}

static void end_transfer(struct conversation *c, struct transfer *t, enum transfer_end how) {
}

static void note_encrypted(struct conversation *c) {
    passage.encrypted++;
}

static void note_clear(struct conversation *c) {
    passage.cleared++;
}

static void take_facts(struct conversation *c, const struct bytes *facts) {
    for (unsigned i = 0; i < FACT_COUNT; i++) {
        uint64_t sum = facts[i].n;
        for (size_t k = 0; k < facts[i].n; k++)
            sum = sum * 31 + facts[i].p[k];
        if (facts[i].n)
            passage.told[i] = sum;
    }
}

static const struct protocol_services octets_services = {.begin = begin_transfer,
                                                         .data = add_transfer,
                                                         .gap = miss_transfer,
                                                         .end = end_transfer,
                                                         .encrypted = note_encrypted,
                                                         .clear = note_clear,
                                                         .tell = take_facts};

static void octets_begin(uint8_t transport, uint64_t held_most, size_t apart) {
    static const struct endpoint nobody[2];
    for (int side = 0; side < 2; side++) {
        passage.sent[side].n = passage.out[side].n = 0;
        passage.sent[side].gap = passage.out[side].gap = false;
        passage.ended[side] = false;
    }
    passage.held_most = held_most;
    passage.apart = apart;
    passage.encrypted = passage.cleared = 0;
    memset(passage.told, 0, sizeof passage.told);
    passage.dispatcher = dispatcher_create(&(struct dispatch_options){.conversations = 1}, &octets_services);
    passage.conversation = conversation_open(passage.dispatcher, NULL, transport, nobody);
    conversation_named(passage.dispatcher, passage.conversation, NULL);
}

/* Returns what became of it: false where it was given up, of which nothing is certain. */
static bool octets_finish(void) {
    conversation_decide(passage.dispatcher, passage.conversation);
    bool lost = conversation_lost(passage.conversation);
    conversation_close(passage.dispatcher, passage.conversation);
    dispatcher_destroy(passage.dispatcher);
    if (protocol_memory_used(PROTOCOL_HELD) || protocol_memory_used(PROTOCOL_STATE) ||
        passage.cleared > passage.encrypted)
        abort();
    for (int side = 0; side < 2 && !lost; side++) {
        const struct octets *sent = &passage.sent[side], *out = &passage.out[side];
        if (out->n > sent->n || memcmp(out->p, sent->p + sent->n - out->n, out->n) != 0)
            abort();
    }
    return !lost;
}

/* In pieces of at most `split` octets, 0 for all at once, each in memory of its own. */
static bool octets_deliver(enum side from, const uint8_t *bytes, size_t n, size_t split) {
    bool wanted = true;
    while (n > 0 && wanted) {
        size_t take = split && split < n ? split : n;
        uint8_t *exact = malloc(take);
        memcpy(exact, bytes, take);
        octets_add(&passage.sent[from], bytes, take);
        wanted = conversation_data(passage.dispatcher, passage.conversation, from, exact, take, 1);
        free(exact);
        if (protocol_memory_used(PROTOCOL_HELD) > passage.held_most)
            abort();
        bytes += take;
        n -= take;
    }
    return wanted;
}

static bool octets_turn(struct reader *r, size_t split) {
    uint8_t head;
    const uint8_t *bytes;
    if (!reader_u8(r, &head))
        return false;
    enum side from = head & 0x80 ? SIDE_SERVER : SIDE_CLIENT;
    size_t n = head & 0x3fu;
    if (passage.ended[from])
        return true;
    if (head & 0x40) {
        octets_miss(&passage.sent[from]);
        return conversation_gap(passage.dispatcher, passage.conversation, from, (uint64_t)n << n | 1, 1);
    }
    if (n == 0) {
        passage.ended[from] = true;
        conversation_end(passage.dispatcher, passage.conversation, from, true, 1);
        return true;
    }
    n = n == 0x3f || n > reader_left(r) ? reader_left(r) : n;
    return reader_take(r, n, &bytes) && octets_deliver(from, bytes, n, split);
}

/* One flow of TCP; false as octets_finish(). */
static bool octets_run(const uint8_t *data, size_t size, size_t split, uint64_t held_most, size_t apart) {
    struct reader r = reader_of(data, size < OCTETS_MAX ? size : OCTETS_MAX);
    octets_begin(PROTOCOL_TCP, held_most, apart);
    while (octets_turn(&r, split)) {
    }
    return octets_finish();
}

#endif
