/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_BYTES_H
#define GANTRY_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A borrowed run of bytes: text from the wire is this, never a C string. `p` may be NULL when n is 0. */
struct bytes {
    const uint8_t *p;
    size_t n;
};

static inline struct bytes bytes_of(const void *p, size_t n) {
    return (struct bytes){(const uint8_t *)p, n};
}

static inline struct bytes bytes_text(const char *text) {
    return bytes_of(text, text ? strlen(text) : 0);
}

static inline bool bytes_equal(struct bytes a, struct bytes b) {
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline char letter_lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* ASCII case is ignored, other bytes must be equal. */
bool bytes_equal_nocase(struct bytes a, const char *text);
bool bytes_starts_nocase(struct bytes a, const char *text);

/* Does `text` stand anywhere in it, in any case? */
bool bytes_hold_nocase(struct bytes a, const char *text);

/* Without ASCII white space at both ends. */
struct bytes bytes_trim(struct bytes a);

/* What stands before the first `stop`; all of it if there is none. */
struct bytes bytes_until(struct bytes a, char stop);

/* What stands behind the last `sign`; all of it if there is none. */
struct bytes bytes_after_last(struct bytes a, char sign);

/* The first line without its line feed, at most so much of it; *whole: all of that line is there. */
struct bytes bytes_first_line(struct bytes a, size_t most, bool *whole);

/* Decimal digits only, all of them, no overflow; false otherwise. */
bool bytes_number(struct bytes a, uint64_t *out);

/* Sums of sizes that come from the wire never wrap, and never say UINT64_MAX, which means unknown. */
static inline uint64_t add_sizes(uint64_t a, uint64_t b) {
    return a > UINT64_MAX - 1 - b ? UINT64_MAX - 1 : a + b;
}

/* The one bounds-checked reader. Every read either takes all it asks for and returns true, or takes
 * nothing and returns false. Numbers are big-endian unless the name says otherwise. */
struct reader {
    const uint8_t *at;
    const uint8_t *end;
};

static inline struct reader reader_of(const void *p, size_t n) {
    if (n == 0) /* p may be NULL, to which nothing is added */
        p = "";
    return (struct reader){(const uint8_t *)p, (const uint8_t *)p + n};
}

static inline size_t reader_left(const struct reader *r) {
    return (size_t)(r->end - r->at);
}

static inline bool reader_skip(struct reader *r, size_t n) {
    if (reader_left(r) < n)
        return false;
    r->at += n;
    return true;
}

static inline bool reader_take(struct reader *r, size_t n, const uint8_t **out) {
    *out = r->at;
    return reader_skip(r, n);
}

static inline bool reader_u8(struct reader *r, uint8_t *out) {
    if (reader_left(r) < 1)
        return false;
    *out = *r->at++;
    return true;
}

static inline bool reader_u16(struct reader *r, uint16_t *out) {
    if (reader_left(r) < 2)
        return false;
    *out = (uint16_t)(r->at[0] << 8 | r->at[1]);
    r->at += 2;
    return true;
}

static inline bool reader_u32(struct reader *r, uint32_t *out) {
    if (reader_left(r) < 4)
        return false;
    *out = (uint32_t)r->at[0] << 24 | (uint32_t)r->at[1] << 16 | (uint32_t)r->at[2] << 8 | r->at[3];
    r->at += 4;
    return true;
}

static inline bool reader_u16le(struct reader *r, uint16_t *out) {
    if (reader_left(r) < 2)
        return false;
    *out = (uint16_t)(r->at[1] << 8 | r->at[0]);
    r->at += 2;
    return true;
}

static inline bool reader_u32le(struct reader *r, uint32_t *out) {
    if (reader_left(r) < 4)
        return false;
    *out = (uint32_t)r->at[3] << 24 | (uint32_t)r->at[2] << 16 | (uint32_t)r->at[1] << 8 | r->at[0];
    r->at += 4;
    return true;
}

#endif
