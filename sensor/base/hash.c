/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct state {
    uint64_t a, b, c, d;
};

static inline uint64_t rotate_left(uint64_t x, int n) {
    return x << n | x >> (64 - n);
}

static inline void sip_round(struct state *s) {
    s->a += s->b;
    s->c += s->d;
    s->b = rotate_left(s->b, 13) ^ s->a;
    s->d = rotate_left(s->d, 16) ^ s->c;
    s->a = rotate_left(s->a, 32);
    s->c += s->b;
    s->a += s->d;
    s->b = rotate_left(s->b, 17) ^ s->c;
    s->d = rotate_left(s->d, 21) ^ s->a;
    s->c = rotate_left(s->c, 32);
}

static inline void absorb_word(struct state *s, uint64_t word) {
    s->d ^= word;
    sip_round(s);
    sip_round(s);
    s->a ^= word;
}

struct hash_key hash_key_random(void) {
    struct hash_key key;
    if (getrandom(&key, sizeof key, 0) != (ssize_t)sizeof key)
        abort();
    return key;
}

static inline struct state begin_state(const struct hash_key *key) {
    return (struct state){key->k0 ^ 0x736f6d6570736575ull, key->k1 ^ 0x646f72616e646f6dull,
                          key->k0 ^ 0x6c7967656e657261ull, key->k1 ^ 0x7465646279746573ull};
}

static inline void absorb_bytes(struct state *s, const uint8_t *at, size_t n) {
    uint64_t word, last = (uint64_t)n << 56;
    size_t left = n;
    for (; left >= 8; left -= 8, at += 8) {
        memcpy(&word, at, 8); /* little-endian machines only; checked by the unit test's vectors */
        absorb_word(s, word);
    }
    for (size_t i = 0; i < left; i++)
        last |= (uint64_t)at[i] << (8 * i);
    absorb_word(s, last);
}

static inline uint64_t finish_state(struct state *s) {
    for (int i = 0; i < 4; i++)
        sip_round(s);
    return s->a ^ s->b ^ s->c ^ s->d;
}

uint64_t hash_bytes(const struct hash_key *key, const void *data, size_t n) {
    struct state s = begin_state(key);
    absorb_bytes(&s, data, n);
    s.c ^= 0xff;
    return finish_state(&s);
}

struct hash_wide hash_bytes_wide(const struct hash_key *key, const void *data, size_t n) {
    struct state s = begin_state(key);
    struct hash_wide h;
    s.b ^= 0xee;
    absorb_bytes(&s, data, n);
    s.c ^= 0xee;
    h.low = finish_state(&s);
    s.b ^= 0xdd;
    h.high = finish_state(&s);
    return h;
}
