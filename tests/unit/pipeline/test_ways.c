/* SPDX-License-Identifier: Apache-2.0 */
#include "worker.h"

#include "flow/table.h"
#include "pipeline/path.h"
#include "protocol/said.h"
#include "stream/pair.h"

/* The same random conversations in a worker as it is, and in one that goes the long way with each packet: no
 * plain segments, nothing of a sealed record left uncounted, each flow found by its hash. All records and all
 * counts are the same. */

enum { ROUNDS = 60, TALKS = 6, FRAMES_MAX = 20000, FRAME_MOST = 1500, HEADERS = 52, SEGMENT_MOST = 1448 };

static uint64_t seed;

static uint32_t random_below(uint32_t n) {
    seed = seed * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX */
    return (uint32_t)(seed >> 33) % n;
}

static bool one_in(uint32_t n) {
    return random_below(n) == 0;
}

/* --- a capture --- */

static struct frame {
    time_ns time;
    uint32_t n;
    uint8_t bytes[FRAME_MOST];
} frames[FRAMES_MAX];
static size_t frame_count;

static struct talker {
    struct stream says[2];
    size_t said[2];
    uint32_t first[2], stamp, stray; /* one of so many segments goes wrong in some way */
    uint8_t server[4];
    uint16_t client_port, server_port;
} talkers[TALKS];

static void put_u16(uint8_t *at, uint32_t n) {
    at[0] = (uint8_t)(n >> 8);
    at[1] = (uint8_t)n;
}

static void put_u32(uint8_t *at, uint32_t n) {
    put_u16(at, n >> 16);
    put_u16(at + 2, n);
}

static uint32_t sum_words(uint32_t sum, const uint8_t *p, size_t n) {
    for (size_t i = 0; i < n; i++)
        sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
    return sum;
}

static uint16_t fold(uint32_t sum) {
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void put_sums(uint8_t *p, size_t all) {
    uint8_t pseudo[4] = {0, PROTOCOL_TCP, (uint8_t)((all - 20) >> 8), (uint8_t)(all - 20)};
    put_u16(p + 10, 0);
    put_u16(p + 10, fold(sum_words(0, p, 20)));
    put_u16(p + 36, 0);
    put_u16(p + 36, fold(sum_words(sum_words(sum_words(0, p + 12, 8), pseudo, 4), p + 20, all - 20)));
}

/* `at` octets behind the sender's first; the other side has said `ack`. */
static void add_segment(struct talker *k, enum side from, uint32_t at, uint32_t ack, uint8_t flags,
                        const uint8_t *bytes, uint32_t n) {
    static const uint8_t lane[4] = {10, 40, 3, 7};
    struct frame *f = &frames[frame_count];
    uint8_t *p = f->bytes;
    assert_true(frame_count < FRAMES_MAX && n <= SEGMENT_MOST);
    t.now += (time_ns)random_below(one_in(200) ? 900 : 2) * NS_PER_MS + 1000;
    *f = (struct frame){.time = t.now, .n = HEADERS + n};
    p[0] = 0x45, p[8] = 64, p[9] = PROTOCOL_TCP;
    put_u16(p + 2, f->n);
    memcpy(p + (from == SIDE_CLIENT ? 12 : 16), lane, 4);
    memcpy(p + (from == SIDE_CLIENT ? 16 : 12), k->server, 4);
    put_u16(p + 20, from == SIDE_CLIENT ? k->client_port : k->server_port);
    put_u16(p + 22, from == SIDE_CLIENT ? k->server_port : k->client_port);
    put_u32(p + 24, k->first[from] + at);
    put_u32(p + 28, k->first[side_other(from)] + ack);
    p[32] = 0x80, p[33] = flags;
    put_u16(p + 34, 60000);
    memcpy(p + 40, (const uint8_t[]){1, 1, 8, 10}, 4);
    put_u32(p + 44, k->stamp += random_below(2));
    if (n)
        memcpy(p + HEADERS, bytes, n);
    put_sums(p, f->n);
    frame_count++;
}

static void disturb(struct talker *k, enum side from, uint32_t at, uint32_t n) {
    struct frame *f = &frames[frame_count - 1];
    uint8_t noise[SEGMENT_MOST];
    struct frame moved;
    size_t by;
    switch (random_below(9)) {
    case 0: /* lost */
        frame_count--;
        break;
    case 1: /* again */
        frames[frame_count] = *f;
        frames[frame_count++].time = t.now;
        break;
    case 2: /* places change */
        by = 1 + random_below(6);
        if (frame_count < by + 3)
            break;
        moved = *f;
        for (size_t i = frame_count - 1; i > frame_count - 1 - by; i--)
            frames[i] = frames[i - 1];
        frames[frame_count - 1 - by] = moved;
        break;
    case 3: /* the same place, with other bytes */
        for (uint32_t i = 0; i < n; i++)
            noise[i] = one_in(2) ? '<' : 'a';
        add_segment(k, from, at, (uint32_t)k->said[side_other(from)], TCP_ACK, noise, n);
        break;
    case 4: /* a keep-alive */
        add_segment(k, from, at + n - 1, (uint32_t)k->said[side_other(from)], TCP_ACK, NULL, 0);
        break;
    case 5:
        f->bytes[33] |= TCP_URG;
        put_u16(f->bytes + 38, random_below(n + 3));
        put_sums(f->bytes, f->n);
        break;
    case 6: /* a reset that may fit, or a forged end */
        add_segment(k, from, at + (one_in(2) ? n : random_below(90000)), 0,
                    one_in(2) ? TCP_RST : TCP_FIN | TCP_ACK, NULL, 0);
        break;
    case 7: /* damaged on the way */
        f->bytes[HEADERS - 8 + random_below(8 + n)] ^= 0x55;
        break;
    case 8: /* few hops are left, or the window is small */
        f->bytes[8] = (uint8_t)(1 + random_below(80));
        put_u16(f->bytes + 34, random_below(9));
        put_sums(f->bytes, f->n);
        break;
    }
}

static void say_some(struct talker *k, enum side from) {
    uint32_t at = (uint32_t)k->said[from], left = (uint32_t)(k->says[from].n - k->said[from]);
    uint32_t n = one_in(4) ? 1 + random_below(SEGMENT_MOST) : SEGMENT_MOST;
    if (n > left)
        n = left;
    add_segment(k, from, at, (uint32_t)k->said[side_other(from)], one_in(3) ? TCP_ACK | TCP_PSH : TCP_ACK,
                k->says[from].p + at, n);
    k->said[from] += n;
    if (n && one_in(k->stray))
        disturb(k, from, at, n);
    if (one_in(2))
        add_segment(k, side_other(from), (uint32_t)k->said[side_other(from)], (uint32_t)k->said[from],
                    TCP_ACK, NULL, 0);
}

/* --- what is said --- */

/* Text that only a sample shows, which must be taken at the same place. */
static void write_text_within(uint8_t *body, uint32_t n) {
    uint32_t at = 64 + random_below(n - 64);
    for (uint32_t end = at + 100 + random_below(1500); at < end && at < n; at++)
        body[at] = (uint8_t)('a' + at % 26);
}

static void write_sealed(struct stream *s, unsigned records) {
    for (unsigned i = 0; i < records; i++) {
        uint32_t n = one_in(3) ? 1 + random_below(900) : 1000 + random_below(15400);
        stream_sealed(s, n, random_below(1 << 30));
        if (n > 2000 && one_in(6))
            write_text_within(s->p + s->n - n, n);
    }
}

/* What must not hide behind records, or in them. */
static void write_clear(struct stream *s) {
    static struct stream inner;
    inner.n = 0;
    stream_jpeg(&inner, 9000);
    if (one_in(2))
        stream_header(s, 23, inner.n);
    stream_add(s, inner.p, inner.n);
    stream_text(s, "PUT /a.txt HTTP/1.1\r\nContent-Length: 8\r\n\r\nMARKMARK");
}

static void write_tls(struct talker *k) {
    for (enum side i = SIDE_CLIENT; i <= SIDE_SERVER; i++) {
        stream_hello(&k->says[i], i == SIDE_CLIENT ? 1 : 2);
        stream_record(&k->says[i], 20, "\1", 1);
        write_sealed(&k->says[i], 1 + random_below(i == SIDE_CLIENT ? 14 : 3));
        if (one_in(4))
            write_clear(&k->says[i]);
        if (one_in(3))
            write_sealed(&k->says[i], 1);
    }
}

static void write_upload(struct talker *k) {
    char head[200];
    uint32_t n = 3000 + random_below(60000);
    snprintf(head, sizeof head,
             "PUT /in/a.bin HTTP/1.1\r\nHost: x.example\r\nContent-Length: %u\r\n\r\nMARKMARK", n + 8);
    stream_text(&k->says[SIDE_CLIENT], head);
    stream_noise(&k->says[SIDE_CLIENT], n, random_below(1 << 30));
    stream_text(&k->says[SIDE_SERVER], "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
}

static void begin_talker(struct talker *k, unsigned i) {
    static const uint8_t servers[][4] = {
        {198, 51, 100, 20}, {192, 0, 2, 20}, {203, 0, 114, 9}, {100, 66, 0, 3}};
    static const uint32_t strays[] = {100000, 300, 60, 12};
    memset(k->said, 0, sizeof k->said);
    k->says[0].n = k->says[1].n = 0;
    memcpy(k->server, servers[random_below(4)], 4);
    k->client_port = (uint16_t)(20000 + i);
    k->stray = strays[random_below(4)];
    k->stamp = random_below(UINT32_MAX);
    bool tls = !one_in(4);
    k->server_port = tls ? 443 : 80;
    for (int s = 0; s < 2; s++)
        k->first[s] = one_in(3) ? UINT32_MAX - random_below(50000) : random_below(UINT32_MAX);
    if (tls)
        write_tls(k);
    else
        write_upload(k);
    if (one_in(6))
        return; /* begins in the middle */
    add_segment(k, SIDE_CLIENT, UINT32_MAX, UINT32_MAX, TCP_SYN, NULL, 0);
    add_segment(k, SIDE_SERVER, UINT32_MAX, 0, TCP_SYN | TCP_ACK, NULL, 0);
    add_segment(k, SIDE_CLIENT, 0, 0, TCP_ACK, NULL, 0);
}

static void make_capture(void) {
    size_t left;
    frame_count = 0;
    t.now = 1700000000 * NS_PER_S;
    for (unsigned i = 0; i < TALKS; i++)
        begin_talker(&talkers[i], i);
    do {
        left = 0;
        for (unsigned i = 0; i < TALKS; i++) {
            struct talker *k = &talkers[i];
            enum side from = one_in(6) ? SIDE_SERVER : SIDE_CLIENT;
            if (k->said[from] == k->says[from].n)
                from = side_other(from);
            for (uint32_t run = random_below(5); k->said[from] < k->says[from].n && run > 0; run--)
                say_some(k, from);
            left += k->says[0].n + k->says[1].n - k->said[0] - k->said[1];
        }
    } while (left > 0);
    for (unsigned i = 0; i < TALKS; i++)
        for (enum side s = SIDE_CLIENT; s <= SIDE_SERVER; s++)
            add_segment(&talkers[i], s, (uint32_t)talkers[i].said[s],
                        (uint32_t)talkers[i].said[side_other(s)], TCP_FIN | TCP_ACK, NULL, 0);
}

/* --- both ways --- */

static struct way {
    uint64_t counters[COUNTER_COUNT];
    size_t used;
    uint8_t records[4 << 20];
} ways[2];

static uint64_t quiet_octets;

/* What is left of what was granted is taken back. */
static bool revoke_grants(void *context, struct flow *flow) {
    struct conversation *c = flow->conversation;
    for (enum side s = SIDE_CLIENT; c && s <= SIDE_SERVER; s++) {
        c->granted[s] -= c->quiet[s];
        c->quiet[s] = 0;
    }
    return false;
}

static bool add_quiet(void *context, struct flow *flow) {
    const struct conversation *c = flow->conversation;
    if (c)
        quiet_octets += c->granted[0] - c->quiet[0] + c->granted[1] - c->quiet[1];
    return false;
}

static void go_the_long_way(struct pipeline *p) {
    p->reassembler->no_plain = true;
    memset(p->flows->recent, 0, sizeof p->flows->recent);
    flow_table_close_if(p->flows, revoke_grants, NULL);
}

static void take_records(struct way *w) {
    static uint64_t copy[8192];
    uint64_t damaged = 0;
    const struct record *r;
    while ((r = ring_read(t.ring, copy, &damaged))) {
        assert_true(w->used + r->size <= sizeof w->records);
        memcpy(w->records + w->used, r, r->size);
        memset(w->records + w->used + offsetof(struct record, id), 0, sizeof r->id);
        w->used += r->size;
    }
    ring_commit(t.ring);
}

static void run_way(struct way *w, bool long_way, uint64_t step) {
    worker_open((struct pipeline_options){.step_work = step});
    t.pipeline->emitter.wants = UINT32_MAX;
    w->used = 0;
    for (size_t i = 0; i < frame_count; i++) {
        const struct capture_packet packet = {.time = frames[i].time,
                                              .data = frames[i].bytes,
                                              .captured = frames[i].n,
                                              .wire = frames[i].n,
                                              .link_type = DLT_RAW_V4};
        if (long_way)
            go_the_long_way(t.pipeline);
        pipeline_packet(t.pipeline, &packet);
        if (!long_way && i % 16 == 0)
            flow_table_close_if(t.pipeline->flows, add_quiet, NULL);
        if (i % 64 == 0)
            take_records(w);
    }
    pipeline_destroy(t.pipeline);
    take_records(w);
    memcpy(w->counters, t.counters, sizeof t.counters);
}

static void both_ways_tell_and_count_the_same(void **state) {
    uint64_t encrypted = 0, cleared = 0, readings = 0, told = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        seed = 5000 + i;
        make_capture();
        for (int w = 0; w < 2; w++)
            run_way(&ways[w], w == 1, i % 3 ? 0 : 4000);
        for (int c = 0; c < COUNTER_COUNT; c++)
            if (ways[0].counters[c] != ways[1].counters[c])
                fail_msg("round %u: %s", i, counter_key((enum counter)c));
        assert_int_equal(ways[0].used, ways[1].used);
        assert_memory_equal(ways[0].records, ways[1].records, ways[0].used);
        encrypted += ways[0].counters[COUNTER_BYTES_ENCRYPTED];
        cleared += ways[0].counters[COUNTER_ENCRYPTED_CLEAR];
        told += ways[0].used;
        readings += ways[0].counters[COUNTER_STREAM_READINGS];
    }
    /* else they prove little */
    assert_in_range(encrypted, 10 << 20, UINT32_MAX);
    assert_in_range(quiet_octets, 1 << 20, UINT32_MAX);
    assert_in_range(told, ROUNDS * TALKS * sizeof(struct record), UINT32_MAX);
    assert_true(cleared > 10 && readings > 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(both_ways_tell_and_count_the_same)};
    return cmocka_run_group_tests(tests, worker_begin, NULL);
}
