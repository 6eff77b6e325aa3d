/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"
#include "base/counter.h"
#include "stream/stream.h"

#include <stdlib.h>

/* Each input is a list of packets of three connections, nine bytes and a payload of pseudo-random bytes a
 * packet: connection and side, flags (and whether options), sequence (2, in steps), ack (2, in steps),
 * length, missing tail, time step. Checked: positions never go beyond what can have been sent, nothing comes
 * after the end, the end comes once a side, a skipped side stays silent, and all memory is back when all are
 * closed. Where memory is ample and nobody skips, what each connection and each reading of it is told is the
 * same whatever a step may do. */

enum { CONNECTIONS = 3, STEP = 97, OPTIONS = 16 };

struct connection {
    struct stream_pair *s;
    uint64_t at[2];
    bool ended[2], skipped[2], over;
    uint64_t told; /* a sum over the bytes, gaps and ends in their order, however they come in pieces */
};

static bool skips;
static uint64_t told_again; /* of all readings that are over, in any order */

static void note_call(struct connection *c, uint64_t what) {
    c->told = (c->told ^ what) * UINT64_C(0x100000001b3) + (what >> 7);
}

#define CHECK(holds)                                                                                         \
    do {                                                                                                     \
        if (!(holds))                                                                                        \
            abort();                                                                                         \
    } while (0)

static void on_data(void *user, enum side from, const uint8_t *bytes, size_t n, time_ns time) {
    struct connection *c = user;
    volatile uint8_t sum = 0;
    CHECK(n > 0 && !c->ended[from] && !c->skipped[from]);
    for (size_t i = 0; i < n; i++)
        sum = (uint8_t)(sum + bytes[i]); /* every byte must be readable */
    c->at[from] += n;
    for (size_t i = 0; i < n; i++)
        note_call(c, (uint64_t)time ^ (uint64_t)from << 60 ^ bytes[i]);
    if (skips && bytes[0] == 0xa5) {
        stream_skip(c->s, from);
        c->skipped[from] = true;
    }
}

static void on_gap(void *user, enum side from, uint64_t n, time_ns time) {
    struct connection *c = user;
    CHECK(n > 0 && n < (UINT64_C(1) << 31) && !c->ended[from] && !c->skipped[from]);
    c->at[from] += n;
    note_call(c, 1000 + n * 4 + from);
}

static void on_end(void *user, enum side from, bool clean, time_ns time) {
    struct connection *c = user;
    CHECK(!c->ended[from]);
    c->ended[from] = true;
    note_call(c, 500 + clean * 4u + from);
}

static void on_told(void *user) {
    struct connection *c = user;
    c->over = true;
}

/* Another reading of a connection is held to the same. */
static void *on_again(void *user, struct stream_pair *s) {
    struct connection *c = calloc(1, sizeof *c);
    CHECK(c);
    c->s = s;
    return c;
}

static void on_over(void *user) {
    struct connection *c = user;
    CHECK(c->ended[0] && c->ended[1]);
    told_again += c->told;
    free(c);
}

static const uint32_t bases[CONNECTIONS][2] = {
    {1000, 70000}, {UINT32_MAX - 300, UINT32_MAX}, {0x7fffff00, 0}};

/* A time stamp, a scale, and perhaps a signature. */
static void put_options(uint8_t out[OPTIONS], unsigned stamp, uint8_t scale, uint8_t how) {
    const uint8_t options[OPTIONS] = {
        8, 10, 0, (uint8_t)stamp, [10] = 3, 3, scale % 20, how & 8 ? 19 : 1, how & 8 ? 2 : 1};
    memcpy(out, options, OPTIONS);
}

static bool next_packet(struct reader *in, struct packet *p, unsigned *connection, enum side *from) {
    static uint8_t segment[20 + OPTIONS + 255 * 16], *payload = segment + 20 + OPTIONS;
    uint8_t who, flags, length, cut, wait;
    uint16_t sequence, ack;
    if (!reader_u8(in, &who) || !reader_u8(in, &flags) || !reader_u16(in, &sequence) ||
        !reader_u16(in, &ack) || !reader_u8(in, &length) || !reader_u8(in, &cut) || !reader_u8(in, &wait))
        return false;
    *connection = (who >> 1) % CONNECTIONS;
    *from = who & 1 ? SIDE_SERVER : SIDE_CLIENT;
    payload[0] = flags & 0x40 ? 0xa5 : 0;
    p->time += wait == 255 ? -10 * NS_PER_S : wait * (NS_PER_S / 64);
    p->tcp_flags = flags & 0x3f;
    /* wide values reach anywhere, others stay close, where the interesting cases are */
    p->tcp_seq = bases[*connection][*from] + (who & 0x40 ? sequence * 65521u : sequence % 256 * STEP);
    p->tcp_ack = bases[*connection][!*from] + (who & 0x80 ? ack * 65521u : ack % 256 * STEP);
    p->tcp_window = (uint16_t)(who & 0x80 ? 65535 : 8000);
    p->tcp_urgent = cut;
    payload[1] = wait; /* so that repetitions contradict */
    put_options(segment + 20, ack >> 8, cut, wait);
    p->header_length = flags & 0x80 ? 20 + OPTIONS : 20;
    p->payload = payload;
    p->payload_length = length > 200 ? length * 16u : length;
    p->payload_captured = cut > p->payload_length ? p->payload_length : p->payload_length - cut;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { AMPLE = 63 };

/* All packets of the input through one reassembler; `work` a step, 0: no bound. Returns a sum over what was
 * told. */
static uint64_t run_packets(const uint8_t *data, size_t size, uint64_t work) {
    static const struct stream_again again = {
        .begin = on_again, .sink = {.data = on_data, .gap = on_gap, .end = on_end}, .over = on_over};
    static const struct stream_sink sink = {
        .data = on_data, .gap = on_gap, .end = on_end, .over = on_told, .again = &again};
    struct reader in = reader_of(data, size);
    uint8_t setup = 0;
    reader_u8(&in, &setup);
    bool ample = (setup & AMPLE) == AMPLE;
    struct stream_options options = {.memory = ample ? 64 << 20 : (setup & AMPLE) * 2048u,
                                     .pairs = ample ? 64 : 2 * CONNECTIONS,
                                     .late_bytes = setup & 64 ? 2000 : 1 << 20,
                                     .late_time = setup & 128 ? NS_PER_S : 2 * NS_PER_S};
    struct reassembler *r = reassembler_create(&options, &sink);
    struct connection c[CONNECTIONS] = {0};
    struct packet p = {.time = 1700000000 * NS_PER_S, .transport = PROTOCOL_TCP};
    unsigned which;
    enum side from;
    skips = !ample;
    told_again = 0;
    for (unsigned i = 0; i < CONNECTIONS; i++)
        CHECK(c[i].s = stream_open(r, &c[i]));
    for (unsigned n = 0; n < 2000 && next_packet(&in, &p, &which, &from); n++) {
        if (work)
            reassembler_step(r, work);
        stream_packet(r, c[which].s, from, &p, p.tcp_ack % 7 == 0);
        reassembler_tick(r, p.time);
        if (work && n % 2)
            reassembler_resume(r, work);
    }
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        c[i].over = stream_finish(r, c[i].s, p.time);
        while (!c[i].over)
            CHECK(reassembler_resume(r, work) || c[i].over);
        CHECK(c[i].ended[0] && c[i].ended[1]);
    }
    CHECK(reassembler_memory(r) == 0 && reassembler_pairs(r) == 0);
    reassembler_tick(r, p.time + 100 * NS_PER_S); /* nobody may be left in the queue */
    reassembler_destroy(r);
    return ample ? c[0].told ^ c[1].told * 3 ^ c[2].told * 5 ^ told_again * 7 : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint64_t plain = run_packets(data, size, 0);
    CHECK(run_packets(data, size, 1 + size * 37 % 6000) == plain);
    CHECK(run_packets(data, size, 1) == plain);
    return 0;
}
