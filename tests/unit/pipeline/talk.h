/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TEST_TALK_H
#define GANTRY_TEST_TALK_H

#include "pipeline/pipeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* HTTP uploads from the image network, packet by packet, into the whole data path of a worker. */
enum { DLT_RAW_V4 = 228 };
#define LANE "10.40.3.7"

static struct {
    const struct config *config;
    struct ring *ring;
    struct doorbell *doorbell;
    struct pipeline *pipeline;
    time_ns now, clock;
    uint64_t counters[COUNTER_COUNT];
} t;

struct talk {
    const char *server;
    uint16_t client_port, port;
    uint32_t sequence, answered;
};

/* The header of IPv4 and the ports behind it, of a packet of `all` octets. */
static inline void put_ends(uint8_t *p, size_t all, uint8_t transport, const char *from, uint16_t from_port,
                            const char *to, uint16_t to_port) {
    struct address a, b;
    assert_true(address_parse(from, &a) && address_parse(to, &b));
    p[0] = 0x45, p[2] = (uint8_t)(all >> 8), p[3] = (uint8_t)all, p[8] = 64, p[9] = transport;
    memcpy(p + 12, a.bytes + 12, 4);
    memcpy(p + 16, b.bytes + 12, 4);
    p[20] = (uint8_t)(from_port >> 8), p[21] = (uint8_t)from_port;
    p[22] = (uint8_t)(to_port >> 8), p[23] = (uint8_t)to_port;
}

static inline void take_frame(int link_type, const uint8_t *p, size_t all) {
    const struct capture_packet packet = {.time = t.now += NS_PER_MS,
                                          .data = p,
                                          .captured = (uint32_t)all,
                                          .wire = (uint32_t)all,
                                          .link_type = link_type};
    pipeline_packet(t.pipeline, &packet);
}

static inline void send_datagram(const char *from, uint16_t from_port, const char *to, uint16_t to_port,
                                 const void *bytes, size_t n) {
    uint8_t p[1500] = {0};
    size_t all = 28 + n;
    assert_true(all <= sizeof p);
    put_ends(p, all, PROTOCOL_UDP, from, from_port, to, to_port);
    p[24] = (uint8_t)((n + 8) >> 8), p[25] = (uint8_t)(n + 8);
    memcpy(p + 28, bytes, n);
    take_frame(DLT_RAW_V4, p, all);
}

static inline void send_bytes(const char *from, uint16_t from_port, const char *to, uint16_t to_port,
                              uint32_t seq, uint8_t flags, const void *bytes, size_t n) {
    uint8_t p[1500] = {0};
    size_t all = 40 + n;
    assert_true(all <= sizeof p);
    put_ends(p, all, PROTOCOL_TCP, from, from_port, to, to_port);
    for (int i = 0; i < 4; i++)
        p[24 + i] = (uint8_t)(seq >> (24 - 8 * i));
    p[32] = 0x50, p[33] = flags;
    if ((flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK)) /* all SYNs have the number 1000 */
        p[30] = 1001 >> 8, p[31] = 1001 & 0xff;
    if (n)
        memcpy(p + 40, bytes, n);
    take_frame(DLT_RAW_V4, p, all);
}

static inline void send_packet(const char *from, uint16_t from_port, const char *to, uint16_t to_port,
                               uint32_t seq, uint8_t flags, const char *text) {
    send_bytes(from, from_port, to, to_port, seq, flags, text, strlen(text));
}

/* So long that what waits for bytes behind a body has ended. */
static inline void pause_talk(void) {
    t.now += 300 * NS_PER_MS;
    pipeline_idle(t.pipeline, t.now);
}

static inline void say_on(struct talk *k, const char *text) {
    send_packet(LANE, k->client_port, k->server, k->port, k->sequence, TCP_ACK | TCP_PSH, text);
    k->sequence += (uint32_t)strlen(text);
}

static inline void say(struct talk *k, const char *text) {
    say_on(k, text);
    pause_talk();
}

/* With it an upload is over at once. */
static inline void answer(struct talk *k) {
    static const char text[] = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n";
    send_packet(k->server, k->port, LANE, k->client_port, k->answered, TCP_ACK | TCP_PSH, text);
    k->answered += (uint32_t)strlen(text);
}

static inline struct talk begin(const char *server, uint16_t port) {
    static uint16_t client_port = 20000;
    struct talk k = {server, ++client_port, port, 1001, 5001};
    send_packet(LANE, k.client_port, server, port, 1000, TCP_SYN, "");
    return k;
}

static inline const char *put_text(const char *body, size_t announced) {
    static char text[1000];
    snprintf(text, sizeof text, "PUT /in/a.txt HTTP/1.1\r\nHost: x.example\r\nContent-Length: %zu\r\n\r\n%s",
             announced, body);
    return text;
}

static inline void put(struct talk *k, const char *body, size_t announced) {
    say(k, put_text(body, announced));
}

static inline struct record take(enum record_kind kind) {
    static uint64_t copy[4096];
    uint64_t damaged = 0;
    const struct record *r;
    while ((r = ring_read(t.ring, copy, &damaged)))
        if (r->kind == kind)
            return *r;
    return (struct record){0};
}

#define COUNT(which) ((int)t.counters[COUNTER_##which])

#endif
