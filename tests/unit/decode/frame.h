/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_DECODE_FRAME_H
#define TESTS_DECODE_FRAME_H

#include "base/counter.h"
#include "decode/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A frame written by hand, header after header. */
struct frame {
    uint8_t bytes[70000];
    size_t length;
};

static inline void add(struct frame *f, const void *p, size_t n) {
    assert_true(f->length + n <= sizeof f->bytes);
    memcpy(f->bytes + f->length, p, n);
    f->length += n;
}

static inline void add_u8(struct frame *f, unsigned v) {
    add(f, &(uint8_t){(uint8_t)v}, 1);
}

static inline void add_u16(struct frame *f, unsigned v) {
    add_u8(f, v >> 8);
    add_u8(f, v);
}

static inline void add_u32(struct frame *f, uint32_t v) {
    add_u16(f, v >> 16);
    add_u16(f, v);
}

static inline void add_ethernet(struct frame *f, unsigned type) {
    add(f, "\0\x0c\x29\x11\x22\x33\0\x0c\x29\x44\x55\x66", 12);
    add_u16(f, type);
}

/* 10.40.3.7 to 198.51.100.20; `place` is flags and fragment offset in units of 8 bytes. */
static inline void add_ipv4(struct frame *f, unsigned protocol, unsigned carried, unsigned id,
                            unsigned place) {
    add_u8(f, 0x45);
    add_u8(f, 0);
    add_u16(f, 20 + carried);
    add_u16(f, id);
    add_u16(f, place);
    add_u8(f, 64);
    add_u8(f, protocol);
    add_u16(f, 0);
    add(f, "\x0a\x28\x03\x07\xc6\x33\x64\x14", 8);
}

static inline void add_ipv6(struct frame *f, unsigned next, unsigned carried) {
    add_u32(f, 0x60000000);
    add_u16(f, carried);
    add_u8(f, next);
    add_u8(f, 64);
    add(f, "\x20\x01\x0d\xb8\0\x40\0\0\0\0\0\0\0\0\0\7", 16);
    add(f, "\x20\x01\x0d\xb8\xff\xff\0\0\0\0\0\0\0\0\0\x20", 16);
}

static inline void add_tcp(struct frame *f, const void *payload, size_t n) {
    add(f, "\xca\x6c\0\x15\1\2\3\4\x0a\x0b\x0c\x0d\x50\x18\x10\0\0\0\0\0", 20);
    add(f, payload, n);
}

static inline bool decode_at(struct decoder *d, const struct frame *f, time_ns time, struct packet *out) {
    /* a copy of exactly its size, so that the sanitizer sees what is read behind the end */
    static uint8_t *copy;
    free(copy);
    copy = malloc(f->length ? f->length : 1);
    assert_non_null(copy);
    memcpy(copy, f->bytes, f->length);
    struct capture_packet p = {.time = time,
                               .data = copy,
                               .captured = (uint32_t)f->length,
                               .wire = (uint32_t)f->length,
                               .link_type = 1};
    return decode_packet(d, &p, out);
}

static inline uint64_t count(enum counter which) {
    return counter_values[which];
}

#endif
