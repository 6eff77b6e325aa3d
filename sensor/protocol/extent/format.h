/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_EXTENT_FORMAT_H
#define GANTRY_PROTOCOL_EXTENT_FORMAT_H

#include "protocol/extent/extent.h"

#include <stdalign.h>

/* What a format tells the engine: a file with a const struct extent_format for each kind of thing, and its
 * line in the list of extent/formats.c. The engine gathers a header (however it is cut), gives it to the
 * format's reader, and does what that asks for as its last act: gather the next header, skip a known length,
 * walk over octets whose end only the format can see, or end. Lengths come from the wire, and a skip of 2^63
 * octets costs nothing. What must not be so ends the walk with extent_break(): rather no thing than a wrong
 * one.
 */
typedef void extent_reader(struct extent *e);
/* Takes octets from the start of `in`, at least one, and returns how many. */
typedef size_t extent_walker(struct extent *e, struct bytes in);

struct extent_format {
    const char *magic; /* `n` octets at offset `at` of the thing; two at least */
    uint8_t n, at;
    uint8_t need;                   /* octets that `fits` looks at, at most EXTENT_FIRST */
    bool (*fits)(const uint8_t *p); /* together with the magic it is no chance of 2^36 */
    uint16_t first;                 /* octets of the first header, */
    extent_reader *read;            /* and its reader */
    /* Optional. `n` octets are missing that the engine cannot step over; false: the place is lost. */
    bool (*gap)(struct extent *e, uint64_t n);
    void (*finish)(struct extent *e); /* optional: gives back what the state holds */
};

extern const struct extent_format *const extent_formats[]; /* NULL behind the last */

struct extent {
    const struct extent_format *format;
    struct allowance *payer;
    extent_reader *read; /* NULL: ends behind the skip */
    extent_walker *walk; /* NULL: a header is gathered */
    uint64_t skip;       /* octets before that header */
    uint64_t at;         /* octets of the thing so far, those gathered ahead left out */
    bool ahead;          /* the header is no part of it until its reader goes on */
    enum extent_result result;
    uint16_t have, need;
    alignas(uint64_t) uint8_t state[EXTENT_STATE_MAX]; /* the format's own; zero at the start */
    uint8_t header[EXTENT_HEADER_MAX];
};

/* A header of `need` octets follows, of which the first `kept` are those of the one before. */
void extent_gather(struct extent *e, unsigned kept, unsigned need, extent_reader *read);
/* The same, but the thing may have ended before them: if their reader ends it, they are none of it. `kept` is
 * all that there is, or 0. */
void extent_ahead(struct extent *e, unsigned kept, unsigned need, extent_reader *read);
/* `n` octets, then such a header. */
void extent_skip(struct extent *e, uint64_t n, unsigned need, extent_reader *read);
void extent_skip_ahead(struct extent *e, uint64_t n, unsigned need, extent_reader *read);
/* `n` octets, and the end. */
void extent_skip_to_end(struct extent *e, uint64_t n);
/* `walk` is given the octets until it asks for something else. */
void extent_walk(struct extent *e, extent_walker *walk);
/* The same behind `n` octets. */
void extent_skip_walk(struct extent *e, uint64_t n, extent_walker *walk);
void extent_end(struct extent *e);
void extent_break(struct extent *e);
void extent_endless(struct extent *e);

static inline unsigned extent_u16(const uint8_t *p) {
    return (unsigned)p[0] << 8 | p[1];
}

static inline unsigned extent_u16le(const uint8_t *p) {
    return (unsigned)p[1] << 8 | p[0];
}

static inline uint32_t extent_u32(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint32_t extent_u32le(const uint8_t *p) {
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static inline uint64_t extent_u64le(const uint8_t *p) {
    return (uint64_t)extent_u32le(p + 4) << 32 | extent_u32le(p);
}

/* Is the four-letter code at `code` one of those in `list`, which stand there without anything between? */
static inline bool extent_code_in(const uint8_t *code, const char *list) {
    for (; *list; list += 4)
        if (memcmp(code, list, 4) == 0)
            return true;
    return false;
}

#define EXTENT_MAGIC(octets) .magic = (octets), .n = sizeof(octets) - 1
#define EXTENT_STATE(type) _Static_assert(sizeof(type) <= EXTENT_STATE_MAX, "a format's state has a bound")

#endif
