/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TESTS_STREAM_MODEL_H
#define GANTRY_TESTS_STREAM_MODEL_H

#include "stream/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* A reassembler, one connection and what came out of it: bytes in `out`, missing ones as zeros and in
 * `missing`. */
struct model {
    struct reassembler *r;
    struct stream_pair *s;
    uint8_t *out[2];
    uint8_t *missing[2]; /* 1 for each byte of a gap */
    size_t n[2], room;
    int gaps[2], ended[2], clean[2];
    char log[4096]; /* "c5 s7 cgap3 cend" */
    size_t logged;
    uint32_t first[2]; /* sequence number of the first byte */
    time_ns now;
    const uint8_t *lent, *lent_end; /* payload of the packet being processed */
    size_t copied;                  /* bytes delivered from elsewhere */
    enum side skip_at_data;         /* with `skipping`: stream_skip at the first data of that side */
    bool skipping;
};

static inline void model_log(struct model *m, enum side from, const char *what, size_t n) {
    if (m->logged + 32 < sizeof m->log)
        m->logged += (size_t)snprintf(m->log + m->logged, 32, "%s%c%s%zu", m->logged ? " " : "",
                                      from == SIDE_CLIENT ? 'c' : 's', what, n);
}

static inline void model_put(struct model *m, enum side from, const uint8_t *bytes, size_t n,
                             bool is_missing) {
    assert_false(m->ended[from]);
    assert_true(n > 0);
    assert_true(m->n[from] + n <= m->room);
    if (bytes)
        memcpy(m->out[from] + m->n[from], bytes, n);
    else
        memset(m->out[from] + m->n[from], 0, n);
    memset(m->missing[from] + m->n[from], is_missing, n);
    m->n[from] += n;
}

static inline void model_data(void *user, enum side from, const uint8_t *bytes, size_t n, time_ns time) {
    struct model *m = user;
    model_put(m, from, bytes, n, false);
    model_log(m, from, "", n);
    if (!(bytes >= m->lent && bytes + n <= m->lent_end))
        m->copied += n;
    if (m->skipping && from == m->skip_at_data)
        stream_skip(m->s, from);
}

static inline void model_gap(void *user, enum side from, uint64_t n, time_ns time) {
    struct model *m = user;
    model_put(m, from, NULL, n, true);
    model_log(m, from, "gap", n);
    m->gaps[from]++;
}

static inline void model_end(void *user, enum side from, bool clean, time_ns time) {
    struct model *m = user;
    assert_false(m->ended[from]);
    m->ended[from] = 1;
    m->clean[from] = clean;
    model_log(m, from, clean ? "end" : "cut", 0);
}

static const struct stream_sink model_sink = {.data = model_data, .gap = model_gap, .end = model_end};

/* How long and how much these tests let a stream wait for missing bytes. */
#define MODEL_LATE_TIME (2 * NS_PER_S)
enum { MODEL_LATE_BYTES = 1 << 20 };

static inline struct model *model_create_with(const struct stream_options *options, size_t room) {
    struct model *m = calloc(1, sizeof *m);
    m->r = reassembler_create(options, &model_sink);
    m->s = stream_open(m->r, m);
    m->room = room;
    for (int i = 0; i < 2; i++) {
        m->out[i] = calloc(1, room);
        m->missing[i] = calloc(1, room);
    }
    m->first[SIDE_CLIENT] = 1000;
    m->first[SIDE_SERVER] = 50000;
    m->now = 1700000000 * NS_PER_S;
    return m;
}

static inline struct model *model_create(void) {
    return model_create_with(
        &(struct stream_options){
            .memory = 64 << 20, .pairs = 4, .late_bytes = MODEL_LATE_BYTES, .late_time = MODEL_LATE_TIME},
        1 << 16);
}

static inline void model_destroy(struct model *m) {
    reassembler_destroy(m->r);
    for (int i = 0; i < 2; i++) {
        free(m->out[i]);
        free(m->missing[i]);
    }
    free(m);
}

/* The connection is over; m->s must not be used after it. */
static inline void model_close(struct model *m) {
    stream_close(m->r, m->s, m->now);
    m->s = NULL;
    assert_true(m->ended[0] && m->ended[1]);
}

/* One packet: `at` and `ack` are offsets from the first data byte of the sender and of its peer. */
static inline void model_packet(struct model *m, enum side from, uint8_t flags, int64_t at, int64_t ack,
                                const void *bytes, size_t n) {
    struct packet p = {.time = m->now,
                       .transport = PROTOCOL_TCP,
                       .tcp_flags = flags,
                       .tcp_seq = (uint32_t)(m->first[from] + at),
                       .tcp_ack = (uint32_t)(m->first[side_other(from)] + ack),
                       .tcp_window = 65535,
                       .payload = bytes,
                       .payload_captured = (uint32_t)n,
                       .payload_length = (uint32_t)n};
    m->lent = bytes;
    m->lent_end = m->lent + n;
    stream_packet(m->r, m->s, from, &p, false);
}

static inline void model_send(struct model *m, enum side from, int64_t at, int64_t ack, const char *text) {
    model_packet(m, from, TCP_ACK | TCP_PSH, at, ack, text, strlen(text));
}

static inline void model_ack(struct model *m, enum side from, int64_t at, int64_t ack) {
    model_packet(m, from, TCP_ACK, at, ack, NULL, 0);
}

static inline void model_fin(struct model *m, enum side from, int64_t at, int64_t ack) {
    model_packet(m, from, TCP_ACK | TCP_FIN, at, ack, NULL, 0);
}

static inline void model_handshake(struct model *m) {
    model_packet(m, SIDE_CLIENT, TCP_SYN, -1, 0, NULL, 0);
    model_packet(m, SIDE_SERVER, TCP_SYN | TCP_ACK, -1, 0, NULL, 0);
    model_ack(m, SIDE_CLIENT, 0, 0);
}

static inline void model_wait(struct model *m, time_ns ns) {
    m->now += ns;
    reassembler_tick(m->r, m->now);
}

static inline void assert_delivered(const struct model *m, enum side from, const char *text) {
    assert_int_equal(m->n[from], strlen(text));
    assert_memory_equal(m->out[from], text, strlen(text));
}

#endif
