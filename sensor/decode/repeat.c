/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/repeat.h"

#include "base/counter.h"
#include "base/hash.h"

/* Copies of one packet lie closer together than this; a sender that repeats itself waits longer or changes
 * it. */
static const time_ns apart_most = NS_PER_S;

enum {
    HEAD_MAX = 128,
    EDGE = 64,       /* of a datagram's payload, at either end */
    COPIES_MOST = 3, /* of one packet: a link that is mirrored once more than twice is rare, a sender that
                      * says the same again and again is not */
    SAMPLE_SHIFT = 28,
};

/* From fields that are in the cache already. UDP's checksum stands in front of its payload. */
static bool is_sampled(const struct packet *p) {
    uint32_t mix = p->tcp_seq ^ p->tcp_ack ^ (uint32_t)p->source_port << 16 ^ p->destination_port;
    if (p->transport == PROTOCOL_UDP)
        mix ^= (uint32_t)p->payload[-2] << 8 | p->payload[-1];
    return mix * 0x9e3779b1u >> SAMPLE_SHIFT == 0;
}

/* Without what changes at each hop: time to live and checksum of IPv4, hop limit of IPv6, class of service.
 * Nothing in the headers of two datagrams need differ, so their payloads count too. */
static uint64_t digest_of(const struct packet *p, size_t n) {
    static const struct hash_key key = {0x7265706561747321, 2};
    static const uint8_t v4[] = {1, 8, 10, 11}, v6[] = {0, 1, 7};
    uint8_t head[HEAD_MAX + 2 * EDGE];
    memcpy(head, p->network, n);
    for (size_t i = 0; head[0] >> 4 == 4 && i < sizeof v4; i++)
        head[v4[i]] = 0;
    for (size_t i = 0; head[0] >> 4 == 6 && i < sizeof v6; i++)
        head[v6[i]] = 0;
    if (p->transport == PROTOCOL_UDP) {
        size_t edge = p->payload_captured < EDGE ? p->payload_captured : EDGE;
        memcpy(head + n, p->payload, edge);
        memcpy(head + n + edge, p->payload + p->payload_captured - edge, edge);
        n += 2 * edge;
    }
    return hash_bytes(&key, head, n);
}

static void judge_cell(struct repeat_cell *cell) {
    if (cell->seen <= COPIES_MOST)
        counter_add(COUNTER_DUPLICATES_SAMPLED, cell->seen);
    if (cell->seen > 1 && cell->seen <= COPIES_MOST)
        counter_one(COUNTER_DUPLICATES);
    cell->seen = 0;
}

void repeat_note(struct repeats *r, const struct packet *p) {
    bool known = p->transport == PROTOCOL_TCP || p->transport == PROTOCOL_UDP;
    if (!known || p->payload_captured == 0 || p->defragmented || !is_sampled(p))
        return;
    size_t n = (size_t)(p->payload - p->network);
    if (n > HEAD_MAX)
        return;
    uint64_t digest = digest_of(p, n);
    struct repeat_cell *cell = &r->cell[digest % REPEAT_CELLS];
    time_ns apart = p->time - cell->time;
    if (cell->digest != digest || apart >= apart_most || apart <= -apart_most)
        judge_cell(cell);
    cell->seen++;
    cell->digest = digest;
    cell->time = p->time;
}

void repeat_settle(struct repeats *r, time_ns now) {
    for (size_t i = 0; i < REPEAT_CELLS; i++)
        if (r->cell[i].seen && now - r->cell[i].time >= apart_most)
            judge_cell(&r->cell[i]);
}
