/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CONTENT_SEAL_FORMAT_H
#define GANTRY_CONTENT_SEAL_FORMAT_H

#include "content/seal/seal.h"

/* Internal to content/seal/: one kind of file that may be encrypted. */
struct seal_format {
    size_t state; /* octets of its state, zeros at first */
    bool (*begins)(struct bytes first);
    /* Asked once, with the same octets, which come again as data; NULL: nothing. */
    void (*begin)(struct seal *s, struct bytes first);
    /* False: nothing more can be told. NULL: its beginning says all. */
    bool (*data)(struct seal *s, struct bytes in);
    /* NULL: behind a gap nothing can be told. */
    bool (*gap)(struct seal *s, uint64_t n);
    void (*end)(struct seal *s, bool whole); /* NULL: nothing is told by the end */
};

/* NULL-terminated, in the order in which they are asked. */
extern const struct seal_format *const seal_formats[];

/* openpgp.c: is the packet that begins so one of an encrypted message? */
bool seal_is_openpgp(struct bytes first);

/* A member whose name stands in clear; empty: only that there is one. */
void seal_note_member(struct seal *s, struct bytes name);

/* Of a file that is heads with what is to be stepped over between them. */
enum { SEAL_HEAD = 1024 };
struct seal_walk {
    uint64_t skip; /* octets in front of the next head */
    uint16_t have; /* octets of that head */
    uint8_t head[SEAL_HEAD];
};
/* Takes from `in`. True: `want` octets (at most SEAL_HEAD) of the head are there; a larger `want` may follow.
 */
bool seal_walk_gather(struct seal_walk *w, struct bytes *in, size_t want);
/* The head is read: the next one stands `skip` octets behind it. */
void seal_walk_next(struct seal_walk *w, uint64_t skip);
/* False: what is missing is not all to be stepped over. */
bool seal_walk_gap(struct seal_walk *w, uint64_t n);

static inline uint16_t seal_u16(const uint8_t *p) {
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t seal_u32(const uint8_t *p) {
    return seal_u16(p) | (uint32_t)seal_u16(p + 2) << 16;
}

static inline uint64_t seal_u64(const uint8_t *p) {
    return seal_u32(p) | (uint64_t)seal_u32(p + 4) << 32;
}

#endif
