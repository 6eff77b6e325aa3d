/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "base/work.h"
#include "stream/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* The same random conversations with every kind of disorder, through a reassembler that takes plain segments
 * the short way and through one that takes all the long way: each call of the sink, each count, and what is
 * known of the connection behind each packet must be the same. */

enum { ROUNDS = 400, PACKETS = 400, SEGMENT_MOST = 1448, HEADER = 32, CALLS_MOST = 4096 };

static uint64_t seed;

static uint32_t random_below(uint32_t n) {
    seed = seed * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX */
    return (uint32_t)(seed >> 33) % n;
}

static bool one_in(uint32_t n) {
    return random_below(n) == 0;
}

struct call {
    enum { DATA, GAP, END, AGAIN, AGAIN_DATA, AGAIN_GAP, AGAIN_END, AGAIN_OVER } kind;
    enum side from;
    uint64_t n, digest;
    time_ns time;
};

/* One of the two. */
struct way {
    struct reassembler *r;
    struct stream_pair *s;
    struct call calls[CALLS_MOST];
    size_t count;
    uint64_t counters[COUNTER_COUNT], work;
    size_t skip_at[2]; /* the owner wants no more of a side at this call; 0: it does */
};

static struct way ways[2], *now;

static void note(int kind, enum side from, uint64_t n, const uint8_t *bytes, time_ns time) {
    uint64_t digest = 14695981039346656037u; /* FNV-1a */
    for (uint64_t i = 0; bytes && i < n; i++)
        digest = (digest ^ bytes[i]) * 1099511628211u;
    assert_true(now->count < CALLS_MOST);
    memset(&now->calls[now->count], 0, sizeof now->calls[0]);
    now->calls[now->count].kind = (unsigned)kind;
    now->calls[now->count].from = from;
    now->calls[now->count].n = n;
    now->calls[now->count].digest = digest;
    now->calls[now->count++].time = time;
    for (enum side i = SIDE_CLIENT; i <= SIDE_SERVER; i++)
        if (now->skip_at[i] && now->count == now->skip_at[i])
            stream_skip(now->s, i);
}

static void on_data(void *user, enum side from, const uint8_t *bytes, size_t n, time_ns time) {
    note(DATA, from, n, bytes, time);
}

static void on_gap(void *user, enum side from, uint64_t n, time_ns time) {
    note(GAP, from, n, NULL, time);
}

static void on_end(void *user, enum side from, bool clean, time_ns time) {
    note(END, from, clean, NULL, time);
}

static void *begin_again(void *user, struct stream_pair *s) {
    note(AGAIN, SIDE_CLIENT, 0, NULL, 0);
    return user;
}

static void data_again(void *user, enum side from, const uint8_t *bytes, size_t n, time_ns time) {
    note(AGAIN_DATA, from, n, bytes, time);
}

static void gap_again(void *user, enum side from, uint64_t n, time_ns time) {
    note(AGAIN_GAP, from, n, NULL, time);
}

static void end_again(void *user, enum side from, bool clean, time_ns time) {
    note(AGAIN_END, from, clean, NULL, time);
}

static void over_again(void *user) {
    note(AGAIN_OVER, SIDE_CLIENT, 0, NULL, 0);
}

static const struct stream_again again = {.begin = begin_again,
                                          .sink = {.data = data_again, .gap = gap_again, .end = end_again},
                                          .over = over_again};
static const struct stream_sink sink = {.data = on_data, .gap = on_gap, .end = on_end, .again = &again};

static uint64_t taken_plain;

/* Of which side what is compared: all but the memory that it stands in. */
static void assert_same_side(const struct direction *a, const struct direction *b) {
#define SAME(field) assert_int_equal(a->field, b->field)
    SAME(early.blocks), SAME(early.bytes), SAME(doubtful.blocks), SAME(doubtful.bytes), SAME(kept.blocks);
    SAME(kept.bytes), SAME(hole_since), SAME(fin_at), SAME(next), SAME(acked), SAME(end), SAME(hole_at);
    SAME(behind), SAME(edge), SAME(window), SAME(stamp), SAME(urgent), SAME(waived), SAME(syn_other);
    SAME(strays), SAME(started), SAME(has_floor), SAME(from_syn), SAME(delivered), SAME(seen), SAME(skip);
    SAME(fin), SAME(ended), SAME(has_acked), SAME(has_edge), SAME(has_stamp), SAME(has_urgent);
    SAME(has_waived), SAME(has_syn_other), SAME(other_seen), SAME(other_answered), SAME(keeps), SAME(hole);
    SAME(hole_counts), SAME(own_quiet), SAME(peer_quiet), SAME(absent), SAME(phantom);
}

static void assert_same_pair(const struct stream_pair *a, const struct stream_pair *b) {
    assert_same_side(&a->side[SIDE_CLIENT], &b->side[SIDE_CLIENT]);
    assert_same_side(&a->side[SIDE_SERVER], &b->side[SIDE_SERVER]);
    SAME(park.blocks), SAME(park.at), SAME(queued_at), SAME(reset_at), SAME(queued), SAME(in_keeping);
    SAME(is_due), SAME(closing), SAME(reset), SAME(is_reading), SAME(readings), SAME(turn);
    SAME(start_packets);
#undef SAME
    assert_int_equal(a->reading != NULL, b->reading != NULL);
    if (a->reading)
        assert_same_pair(a->reading, b->reading);
}

static void assert_same_ways(void) {
    const struct way *a = &ways[0], *b = &ways[1];
    assert_int_equal(a->count, b->count);
    assert_memory_equal(a->calls, b->calls, a->count * sizeof a->calls[0]);
    assert_memory_equal(a->counters, b->counters, sizeof a->counters);
    assert_int_equal(a->work, b->work);
    assert_int_equal(reassembler_memory(a->r), reassembler_memory(b->r));
    if (a->s)
        assert_same_pair(a->s, b->s);
}

/* What is done to the one is done to the other. */
typedef void step_fn(struct way *w, const void *what);

static void do_both(step_fn *step, const void *what) {
    for (int i = 0; i < 2; i++) {
        now = &ways[i];
        counter_values = now->counters;
        work_done = now->work;
        step(now, what);
        now->work = work_done;
    }
    assert_same_ways();
}

struct segment_sent {
    struct packet p;
    enum side from;
    bool doubtful;
    uint64_t step; /* work */
    uint8_t bytes[HEADER + SEGMENT_MOST];
};

static void take_segment(struct way *w, const void *what) {
    const struct segment_sent *g = what;
    if (g->step)
        reassembler_step(w->r, g->step);
    if (w == &ways[0] && !g->doubtful && !w->r->no_plain) {
        struct stream_pair *s = w->s;
        bool plain = pair_take_plain(w->r, s, g->from, &g->p);
        taken_plain += plain;
        if (plain)
            return;
    }
    stream_packet(w->r, w->s, g->from, &g->p, g->doubtful);
}

static void resume(struct way *w, const void *what) {
    reassembler_resume(w->r, *(const uint64_t *)what);
}

static void tick(struct way *w, const void *what) {
    reassembler_tick(w->r, *(const time_ns *)what);
}

static void skip_side(struct way *w, const void *what) {
    stream_skip(w->s, *(const enum side *)what);
}

static void close_pair(struct way *w, const void *what) {
    stream_close(w->r, w->s, *(const time_ns *)what);
    w->s = NULL;
}

/* --- the conversations --- */

static struct talk {
    uint32_t first[2], sent[2]; /* of each side: its SYN's number; bytes so far */
    uint32_t stamp[2], stray;   /* `stray`: one of so many packets goes wrong in some way */
    bool stamped, holds;
    time_ns time;
    struct segment_sent held;
} talk;

static uint8_t byte_at(enum side from, uint32_t at) {
    return (uint8_t)((at * 2654435761u) >> 13 ^ (uint32_t)from);
}

static void put_u32(uint8_t *to, uint32_t n) {
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(n >> (24 - 8 * i));
}

/* `at` bytes behind the side's first. */
static struct segment_sent make_segment(enum side from, uint32_t at, uint32_t n, uint32_t ack,
                                        uint8_t flags) {
    enum side to = side_other(from);
    struct segment_sent g = {.from = from};
    uint32_t header = talk.stamped ? HEADER : 20;
    g.p = (struct packet){.time = talk.time,
                          .transport = PROTOCOL_TCP,
                          .tcp_flags = flags,
                          .tcp_window = (uint16_t)(20000 + random_below(40000)),
                          .tcp_seq = talk.first[from] + 1 + at,
                          .tcp_ack = talk.first[to] + 1 + ack,
                          .header_length = (uint8_t)header,
                          .payload_captured = n,
                          .payload_length = n};
    if (talk.stamped) {
        memcpy(g.bytes + 20, (const uint8_t[]){1, 1, 8, 10}, 4);
        put_u32(g.bytes + 24, talk.stamp[from] += random_below(3));
    }
    for (uint32_t i = 0; i < n; i++)
        g.bytes[header + i] = byte_at(from, at + i);
    return g;
}

/* The payload stands in the segment itself, which may have been copied since it was made. */
static void deliver(struct segment_sent *g) {
    g->p.payload = g->bytes + g->p.header_length;
    do_both(take_segment, g);
}

static void open_talk(void) {
    struct segment_sent g;
    for (enum side i = SIDE_CLIENT; i <= SIDE_SERVER; i++) {
        talk.first[i] = one_in(3) ? UINT32_MAX - random_below(50000) : random_below(UINT32_MAX);
        talk.sent[i] = 0;
        talk.stamp[i] = one_in(3) ? UINT32_MAX - random_below(50) : random_below(UINT32_MAX);
    }
    if (one_in(5))
        return; /* begins in the middle */
    g = make_segment(SIDE_CLIENT, UINT32_MAX, 0, UINT32_MAX, TCP_SYN);
    deliver(&g);
    g = make_segment(SIDE_SERVER, UINT32_MAX, 0, 0, TCP_SYN | TCP_ACK);
    deliver(&g);
    g = make_segment(SIDE_CLIENT, 0, 0, 0, TCP_ACK);
    deliver(&g);
}

/* One kind of disorder. */
static void disturb(struct segment_sent *g) {
    static const uint8_t flags[] = {
        0, TCP_RST, TCP_RST | TCP_ACK, TCP_FIN | TCP_ACK, TCP_SYN | TCP_ACK, TCP_SYN, TCP_ACK | TCP_PSH};
    struct packet *p = &g->p;
    switch (random_below(14)) {
    case 0:
        p->tcp_flags = flags[random_below(sizeof flags)];
        break;
    case 1:
        p->tcp_flags |= TCP_URG;
        p->tcp_urgent = (uint16_t)random_below(p->payload_length + 3);
        break;
    case 2: /* a keep-alive */
        p->tcp_seq--;
        p->payload_length = p->payload_captured = random_below(2) < p->payload_length ? 1 : 0;
        break;
    case 3: /* overlaps what was sent */
        p->tcp_seq -= random_below(3000);
        break;
    case 4: /* the same, with other bytes */
        p->tcp_seq -= random_below(1500);
        memset(g->bytes + p->header_length, '!', p->payload_captured);
        break;
    case 5:
        p->tcp_seq += random_below(one_in(4) ? 40 << 20 : 3000);
        break;
    case 6:
        p->tcp_ack += random_below(one_in(4) ? 40 << 20 : 3000);
        break;
    case 7:
        p->tcp_ack -= random_below(one_in(4) ? 200000 : 3000);
        break;
    case 8: /* cut by the capture */
        p->payload_captured = random_below(p->payload_length + 1);
        break;
    case 9:
        g->doubtful = true;
        break;
    case 10: /* an old time stamp, or other options */
        if (talk.stamped && one_in(2))
            put_u32(g->bytes + 24, talk.stamp[g->from] - random_below(1000));
        else if (talk.stamped)
            g->bytes[20 + random_below(4)] = (uint8_t)random_below(30);
        break;
    case 11:
        p->tcp_window = (uint16_t)random_below(200);
        break;
    case 12: /* nothing in it */
        p->payload_length = p->payload_captured = 0;
        break;
    case 13:
        talk.time += (time_ns)random_below(3) * NS_PER_S;
        do_both(tick, &talk.time);
    }
}

static void say_something(void) {
    enum side from = one_in(8) ? SIDE_SERVER : SIDE_CLIENT;
    uint32_t n = one_in(3) ? 0 : 1 + random_below(one_in(3) ? 30 : SEGMENT_MOST);
    struct segment_sent g = make_segment(from, talk.sent[from], n, talk.sent[side_other(from)],
                                         one_in(4) ? TCP_ACK | TCP_PSH : TCP_ACK);
    if (one_in(6))
        g.step = 1 + random_below(3000);
    bool wrong = one_in(talk.stray);
    if (wrong)
        disturb(&g);
    if (!wrong || one_in(2))
        talk.sent[from] += n;
    if (one_in(talk.stray * 8)) /* lost on the way to the sensor */
        return;
    if (!talk.holds && one_in(talk.stray)) { /* swaps places with later ones, or is sent again */
        talk.held = g;
        talk.holds = true;
        return;
    }
    deliver(&g);
    if (one_in(talk.stray))
        deliver(&g);
    if (talk.holds && one_in(3)) {
        talk.holds = false;
        deliver(&talk.held);
    }
}

static void converse(uint32_t stray, bool skips) {
    const struct stream_options options = {.memory = one_in(4) ? 64 << 10 : 4 << 20,
                                           .pairs = 8,
                                           .late_bytes = one_in(3) ? 8 << 10 : 1 << 20,
                                           .late_time = 2 * (uint64_t)NS_PER_S};
    talk = (struct talk){.stray = stray, .stamped = !one_in(3), .time = 1700000000 * NS_PER_S};
    size_t skip_at[2] = {skips && one_in(2) ? 1 + random_below(60) : 0,
                         skips && one_in(2) ? 1 + random_below(60) : 0};
    for (int i = 0; i < 2; i++) {
        memset(&ways[i], 0, sizeof ways[i]);
        ways[i].r = reassembler_create(&options, &sink);
        ways[i].r->no_plain = i == 1;
        ways[i].s = stream_open(ways[i].r, &ways[i]);
        memcpy(ways[i].skip_at, skip_at, sizeof skip_at);
    }
    open_talk();
    for (int i = 0; i < PACKETS; i++) {
        uint64_t work = 1 + random_below(20000);
        talk.time += (time_ns)random_below(one_in(50) ? 400 : 4) * NS_PER_MS;
        say_something();
        if (one_in(4))
            do_both(resume, &work);
        if (one_in(10))
            do_both(tick, &talk.time);
        if (skips && one_in(300))
            do_both(skip_side, &(enum side){random_below(2)});
    }
    do_both(close_pair, &talk.time);
    for (int i = 0; i < 2; i++)
        reassembler_destroy(ways[i].r);
}

static void both_ways_tell_and_know_the_same(void **state) {
    static const uint32_t strays[] = {1000, 200, 60, 20, 6, 2};
    uint64_t *before = counter_values;
    for (unsigned i = 0; i < ROUNDS; i++) {
        seed = 1000 + i;
        converse(strays[i % 6], i % 7 == 3);
    }
    counter_values = before;
    assert_in_range(taken_plain, (uint64_t)ROUNDS * PACKETS / 4,
                    (uint64_t)ROUNDS * PACKETS); /* else it proves little */
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(both_ways_tell_and_know_the_same)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
