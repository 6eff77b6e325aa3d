/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TESTS_PROTOCOL_SAID_H
#define GANTRY_TESTS_PROTOCOL_SAID_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What one side says, put together piece by piece. */
struct stream {
    size_t n;
    uint8_t p[1 << 18];
};

static inline void stream_add(struct stream *s, const void *bytes, size_t n) {
    if (n > sizeof s->p - s->n)
        abort();
    memcpy(s->p + s->n, bytes, n);
    s->n += n;
}

static inline void stream_text(struct stream *s, const char *text) {
    stream_add(s, text, strlen(text));
}

/* Octets as good as random, other ones for each seed (xorshift). */
static inline void stream_noise(struct stream *s, size_t n, uint64_t seed) {
    uint64_t x = seed * 0x9e3779b97f4a7c15u + 1;
    while (n--) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        stream_add(s, &(uint8_t){(uint8_t)(x >> 32)}, 1);
    }
}

static inline void stream_header(struct stream *s, uint8_t type, size_t n) {
    const uint8_t h[] = {type, 3, 3, (uint8_t)(n >> 8), (uint8_t)n};
    stream_add(s, h, sizeof h);
}

static inline void stream_record(struct stream *s, uint8_t type, const void *body, size_t n) {
    stream_header(s, type, n);
    stream_add(s, body, n);
}

/* A ClientHello (type 1) or ServerHello (2) of 64 octets, its rest noise. */
static inline void stream_hello(struct stream *s, uint8_t type) {
    const uint8_t begin[] = {type, 0, 0, 60, 3, 3};
    stream_header(s, 22, 64);
    stream_add(s, begin, sizeof begin);
    stream_noise(s, 58, type);
}

/* A ClientHello of TLS 1.2 with one cipher that names `name`, and the ServerHello that takes it. */
static inline void stream_named_hello(struct stream *s, const char *name) {
    uint8_t n = (uint8_t)strlen(name);
    const uint8_t begin[] = {1, 0, 0, (uint8_t)(52 + n), 3, 3};
    const uint8_t rest[] = {
        0, 0, 2, 0xc0, 0x2f, 1, 0, 0, (uint8_t)(n + 9), 0, 0, 0, (uint8_t)(n + 5), 0, (uint8_t)(n + 3),
        0, 0, n};
    stream_header(s, 22, 56 + n);
    stream_add(s, begin, sizeof begin);
    stream_noise(s, 32, 3);
    stream_add(s, rest, sizeof rest);
    stream_text(s, name);
}
static inline void stream_plain_answer(struct stream *s) {
    const uint8_t begin[] = {2, 0, 0, 38, 3, 3}, rest[] = {0, 0xc0, 0x2f, 0};
    stream_header(s, 22, 42);
    stream_add(s, begin, sizeof begin);
    stream_noise(s, 32, 4);
    stream_add(s, rest, sizeof rest);
}

static inline void stream_sealed(struct stream *s, size_t n, uint64_t seed) {
    stream_header(s, 23, n);
    stream_noise(s, n, seed);
}

/* A JPEG of `n` octets, 100 or more: a header, a frame, a scan of noise, the end; behind the header a remark
 * if there is one. */
static inline void stream_jpeg_with(struct stream *s, const struct stream *remark, size_t n) {
    static const uint8_t jfif[] = {0xff, 0xd8, 0xff, 0xe0, 0, 16, 'J', 'F', 'I', 'F',
                                   0,    1,    1,    0,    0, 1,  0,   1,   0,   0};
    static const uint8_t frame[] = {0xff, 0xc0, 0, 11, 8, 0, 64, 0, 64, 1, 1, 0x11, 0};
    static const uint8_t scan[] = {0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0};
    size_t all = s->n + n;
    stream_add(s, jfif, sizeof jfif);
    if (remark) {
        const uint8_t head[] = {0xff, 0xfe, (uint8_t)((remark->n + 2) >> 8), (uint8_t)(remark->n + 2)};
        stream_add(s, head, sizeof head);
        stream_add(s, remark->p, remark->n);
    }
    stream_add(s, frame, sizeof frame);
    stream_add(s, scan, sizeof scan);
    size_t from = s->n;
    stream_noise(s, all - 2 - s->n, 77);
    for (size_t i = from; i < s->n; i++)
        if (s->p[i] == 0xff)
            s->p[i + 1 < s->n ? i + 1 : i] = 0;
    stream_add(s, "\xff\xd9", 2);
}

static inline void stream_jpeg(struct stream *s, size_t n) {
    stream_jpeg_with(s, NULL, n);
}

#endif
