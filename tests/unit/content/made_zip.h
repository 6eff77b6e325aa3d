/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TESTS_MADE_ZIP_H
#define GANTRY_TESTS_MADE_ZIP_H

/* For tests of unpackers: ZIP archives by hand. */

#include "collect.h"

#include <zlib.h>

static uint8_t archive[8 << 20];
static size_t archive_n;

static inline void put(const void *p, size_t n) {
    assert_true(archive_n + n <= sizeof archive);
    memcpy(archive + archive_n, p, n);
    archive_n += n;
}

static inline void number(uint8_t *p, uint64_t v, size_t n) {
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

/* The header of a member; returns its octets. */
static inline size_t make_header(uint8_t *h, const char *name, unsigned method, uint32_t crc, uint64_t in,
                                 uint64_t out) {
    memset(h, 0, 30);
    memcpy(h, "PK\3\4\24", 5);
    number(h + 8, method, 2);
    number(h + 12, 0x5cbf, 2);
    number(h + 14, crc, 4);
    number(h + 18, in, 4);
    number(h + 22, out, 4);
    number(h + 26, strlen(name), 2);
    memcpy(h + 30, name, strlen(name));
    return 30 + strlen(name);
}

static inline void put_member(const char *name, const void *p, size_t n) {
    uint8_t h[64];
    put(h, make_header(h, name, 0, (uint32_t)crc32(0, p, (unsigned)n), n, n));
    put(p, n);
}

#endif
