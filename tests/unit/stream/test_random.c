/* SPDX-License-Identifier: Apache-2.0 */
#include "model.h"

/* Random conversations with fixed seeds, damaged in a known way: what comes out is compared with the bytes
 * that went in. The sender never repeats what is dropped, so exactly the dropped bytes must be missing. */

enum { STREAM_MAX = 1 << 20, PACKETS_MAX = 40000 };

static uint64_t seed;

static uint32_t random_below(uint32_t n) {
    seed = seed * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX */
    return (uint32_t)(seed >> 33) % n;
}

struct sent {
    enum side from;
    uint8_t flags;
    int64_t at, ack;
    const uint8_t *bytes;
    uint32_t n;
};

struct world {
    uint8_t bytes[2][STREAM_MAX];
    uint8_t lost[2][STREAM_MAX];   /* 1: was in a dropped packet */
    uint32_t needs[2][STREAM_MAX]; /* bytes of the peer that the sender had when it sent this */
    size_t n[2];
    struct sent packets[PACKETS_MAX];
    size_t count;
    bool check_order;
};

static struct world w;

static void add(enum side from, uint8_t flags, int64_t at, int64_t ack, uint32_t n) {
    assert_true(w.count < PACKETS_MAX);
    w.packets[w.count++] = (struct sent){from, flags, at, ack, n ? w.bytes[from] + at : NULL, n};
}

/* A turn: `from` sends n bytes, the other side acknowledges every second segment and the last. */
static void add_turn(enum side from, size_t n) {
    enum side to = side_other(from);
    if (n > STREAM_MAX - w.n[from])
        n = STREAM_MAX - w.n[from];
    for (int i = 0; n > 0; i++) {
        uint32_t length = 1 + random_below(random_below(4) ? 1460 : 40);
        if (length > n)
            length = (uint32_t)n;
        for (uint32_t j = 0; j < length; j++)
            w.needs[from][w.n[from] + j] = (uint32_t)w.n[to];
        add(from, TCP_ACK, (int64_t)w.n[from], (int64_t)w.n[to], length);
        w.n[from] += length;
        n -= length;
        if (i % 2 || n == 0)
            add(to, TCP_ACK, (int64_t)w.n[to], (int64_t)w.n[from], 0);
    }
}

static void make_conversation(int turns, uint32_t most) {
    memset(w.lost, 0, sizeof w.lost);
    w.n[0] = w.n[1] = w.count = 0;
    w.check_order = true;
    for (int s = 0; s < 2; s++)
        for (size_t i = 0; i < STREAM_MAX; i++)
            w.bytes[s][i] = (uint8_t)random_below(256);
    add(SIDE_CLIENT, TCP_SYN, -1, 0, 0);
    add(SIDE_SERVER, TCP_SYN | TCP_ACK, -1, 0, 0);
    add(SIDE_CLIENT, TCP_ACK, 0, 0, 0);
    for (int i = 0; i < turns; i++)
        add_turn(i % 2 ? SIDE_SERVER : SIDE_CLIENT, 1 + random_below(most));
    add(SIDE_CLIENT, TCP_ACK | TCP_FIN, (int64_t)w.n[0], (int64_t)w.n[1], 0);
    add(SIDE_SERVER, TCP_ACK | TCP_FIN, (int64_t)w.n[1], (int64_t)w.n[0] + 1, 0);
    add(SIDE_CLIENT, TCP_ACK, (int64_t)w.n[0] + 1, (int64_t)w.n[1] + 1, 0);
}

/* `share` of a million packets is moved back by up to ten places. */
static void reorder(uint32_t share) {
    for (size_t i = 0; i + 11 < w.count; i++)
        if (random_below(1000000) < share) {
            size_t by = 1 + random_below(10);
            struct sent moved = w.packets[i];
            memmove(w.packets + i, w.packets + i + 1, by * sizeof moved);
            w.packets[i + by] = moved;
        }
}

static void duplicate(uint32_t share) {
    for (size_t i = 3; i + 20 < w.count && w.count < PACKETS_MAX; i++)
        if (random_below(1000000) < share) {
            size_t to = i + 1 + random_below(15);
            memmove(w.packets + to + 1, w.packets + to, (w.count - to) * sizeof w.packets[0]);
            w.packets[to] = w.packets[i];
            w.count++;
        }
}

/* Repetitions with other boundaries and other bytes, after all of the originals. */
static void overlap(uint32_t share) {
    static uint8_t other[3000];
    memset(other, '!', sizeof other);
    for (size_t i = 3; i + 20 < w.count && w.count < PACKETS_MAX; i++)
        if (w.packets[i].n && random_below(1000000) < share) {
            struct sent again = w.packets[i];
            uint32_t before = random_below(1000);
            again.at -= before < again.at ? before : again.at;
            again.n = (uint32_t)(w.packets[i].at - again.at) + random_below(w.packets[i].n + 1);
            again.bytes = other;
            memmove(w.packets + i + 2, w.packets + i + 1, (w.count - i - 1) * sizeof again);
            w.packets[++i] = again;
            w.count++;
        }
}

static void drop(uint32_t share) {
    size_t kept = 0;
    w.check_order = false;
    for (size_t i = 0; i < w.count; i++) {
        const struct sent *p = &w.packets[i];
        if (p->n && random_below(1000000) < share)
            memset(w.lost[p->from] + p->at, 1, p->n);
        else
            w.packets[kept++] = *p;
    }
    w.count = kept;
}

static void check_order(const struct model *m, const size_t before[2]) {
    for (int s = 0; s < 2; s++)
        for (size_t i = before[s]; i < m->n[s]; i++)
            assert_true(w.needs[s][i] <= m->n[side_other((enum side)s)]);
}

static void check_bytes(const struct model *m) {
    for (int s = 0; s < 2; s++) {
        assert_int_equal(m->n[s], w.n[s]);
        assert_memory_equal(m->missing[s], w.lost[s], w.n[s]);
        for (size_t i = 0; i < w.n[s]; i++)
            assert_true(w.lost[s][i] || m->out[s][i] == w.bytes[s][i]);
        assert_true(m->clean[s]);
    }
}

/* Of a step, so that what is in order is parked; 0: no bound. */
static uint64_t step_work;

static void play(bool one_sided) {
    struct model *m = model_create_with(
        &(struct stream_options){
            .memory = 64 << 20, .pairs = 1, .late_bytes = MODEL_LATE_BYTES, .late_time = MODEL_LATE_TIME},
        STREAM_MAX + 4096);
    m->first[SIDE_CLIENT] = UINT32_MAX - random_below(200000);
    m->first[SIDE_SERVER] = UINT32_MAX - random_below(200000);
    for (size_t i = 0; i < w.count; i++) {
        const struct sent *p = &w.packets[i];
        size_t before[2] = {m->n[0], m->n[1]};
        m->now += 100000;
        if (one_sided && p->from == SIDE_SERVER)
            continue;
        if (step_work)
            reassembler_step(m->r, step_work);
        model_packet(m, p->from, p->flags, p->at, p->ack, p->bytes, p->n);
        reassembler_tick(m->r, m->now);
        if (step_work && i % 3 == 0)
            reassembler_resume(m->r, step_work);
        if (w.check_order)
            check_order(m, before);
    }
    if (one_sided)
        w.n[SIDE_SERVER] = 0;
    model_close(m);
    if (one_sided)
        m->clean[SIDE_SERVER] = true;
    check_bytes(m);
    model_destroy(m);
}

static void packets_in_order_give_every_byte(void **state) {
    for (seed = 1; seed < 6; seed++) {
        uint64_t keep = seed;
        make_conversation(40, 30000);
        play(false);
        seed = keep;
    }
}

static void moved(uint32_t share) {
    for (uint64_t i = 0; i < 40; i++) {
        seed = 100 + i;
        make_conversation(i % 2 ? 200 : 20, i % 2 ? 3000 : 30000);
        reorder(share);
        play(false);
    }
}

static void one_percent_moved_back_a_few_places_gives_no_gap(void **state) {
    moved(10000);
}

static void ten_percent_moved_back_a_few_places_gives_no_gap(void **state) {
    moved(100000);
}

static void duplicates_and_overlaps_with_other_bytes_change_nothing(void **state) {
    for (uint64_t i = 0; i < 20; i++) {
        seed = 200 + i;
        make_conversation(40, 10000);
        overlap(100000);
        duplicate(50000);
        play(false);
    }
}

static void duplicates_among_moved_packets_change_nothing(void **state) {
    for (uint64_t i = 0; i < 20; i++) {
        seed = 300 + i;
        make_conversation(40, 10000);
        duplicate(50000);
        reorder(50000);
        play(false);
    }
}

static void exactly_the_dropped_bytes_are_gaps(void **state) {
    for (uint64_t i = 0; i < 40; i++) {
        seed = 400 + i;
        make_conversation(40, 30000);
        drop(i % 2 ? 1000 : 20000);
        play(false);
    }
}

static void exactly_the_dropped_bytes_are_gaps_among_moved_packets(void **state) {
    for (uint64_t i = 0; i < 40; i++) {
        seed = 500 + i;
        make_conversation(40, 30000);
        drop(i % 2 ? 1000 : 20000);
        reorder(10000);
        play(false);
    }
}

static void one_side_alone_gives_its_bytes_and_its_gaps(void **state) {
    for (uint64_t i = 0; i < 20; i++) {
        seed = 600 + i;
        make_conversation(40, 10000);
        drop(5000);
        reorder(10000);
        play(true);
    }
}

static void steps_of_any_length_lose_nothing_and_keep_the_order(void **state) {
    static const uint64_t works[] = {1, 300, 1500, 4000, 20000};
    for (uint64_t i = 0; i < 25; i++) {
        seed = 700 + i;
        step_work = works[i % 5];
        make_conversation(40, 10000);
        if (i % 2)
            drop(5000);
        duplicate(30000);
        reorder(50000);
        play(i % 4 == 3);
    }
    step_work = 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_of_any_length_lose_nothing_and_keep_the_order),
        cmocka_unit_test(packets_in_order_give_every_byte),
        cmocka_unit_test(one_percent_moved_back_a_few_places_gives_no_gap),
        cmocka_unit_test(ten_percent_moved_back_a_few_places_gives_no_gap),
        cmocka_unit_test(duplicates_and_overlaps_with_other_bytes_change_nothing),
        cmocka_unit_test(duplicates_among_moved_packets_change_nothing),
        cmocka_unit_test(exactly_the_dropped_bytes_are_gaps),
        cmocka_unit_test(exactly_the_dropped_bytes_are_gaps_among_moved_packets),
        cmocka_unit_test(one_side_alone_gives_its_bytes_and_its_gaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
