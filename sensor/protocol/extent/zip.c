/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/extent/format.h"

/* ZIP (APPNOTE.TXT, section 4.3): members with their local headers, the central directory, its end record. A
 * member of which the size is not told before it ends where a data descriptor says just that size. */

enum {
    SIGNATURE = 4,
    LOCAL = 30,
    CENTRAL = 46,
    DESCRIPTOR = 16, /* with its signature; 24 where sizes have 64 bits */
    LONG_DESCRIPTOR = 24,
    LOOK = DESCRIPTOR + SIGNATURE,
    END = 22,
    END_64_START = 12,
    LOCATOR_64 = 20,
    EXTRA_MAX = EXTENT_HEADER_MAX,
};

struct zip_state {
    uint64_t size;  /* of the member, compressed */
    uint64_t begin; /* offset of its first octet */
    uint32_t name, extra;
    bool streamed; /* a descriptor follows */
};
EXTENT_STATE(struct zip_state);

static void read_signature(struct extent *e);
static void read_descriptor(struct extent *e);

static bool is_signature(const uint8_t *p, uint8_t a, uint8_t b) {
    return p[0] == 'P' && p[1] == 'K' && p[2] == a && p[3] == b;
}

/* --- members --- */

static size_t walk_member(struct extent *e, struct bytes in) {
    const uint8_t *p = memchr(in.p, 'P', in.n);
    if (!p)
        return in.n;
    e->header[0] = 'P';
    extent_gather(e, 1, LOOK, read_descriptor);
    return (size_t)(p - in.p) + 1;
}

/* Goes on with the next octet in the header that may begin one. */
static void look_again(struct extent *e) {
    const uint8_t *p = memchr(e->header + 1, 'P', LOOK - 1);
    if (!p) {
        extent_walk(e, walk_member);
        return;
    }
    unsigned kept = (unsigned)(e->header + LOOK - p);
    memmove(e->header, p, kept);
    extent_gather(e, kept, LOOK, read_descriptor);
}

static void end_descriptor(struct extent *e) {
    extent_gather(e, 0, SIGNATURE, read_signature);
}

/* With the signature behind a short one. */
static void read_descriptor(struct extent *e) {
    const struct zip_state *s = (const void *)e->state;
    uint64_t passed = e->at - LOOK - s->begin;
    uint8_t *h = e->header;
    bool is = is_signature(h, 7, 8);
    if (is && extent_u32le(h + 8) == (uint32_t)passed && h[DESCRIPTOR] == 'P' && h[DESCRIPTOR + 1] == 'K') {
        memmove(h, h + DESCRIPTOR, SIGNATURE);
        extent_gather(e, SIGNATURE, SIGNATURE, read_signature);
        read_signature(e);
    } else if (is && extent_u64le(h + 8) == passed) {
        extent_gather(e, LOOK, LONG_DESCRIPTOR, end_descriptor);
    } else {
        look_again(e);
    }
}

static void enter_member(struct extent *e) {
    struct zip_state *s = (void *)e->state;
    s->begin = e->at;
    if (s->streamed && s->size == 0)
        extent_walk(e, walk_member);
    else
        extent_skip(e, s->size, SIGNATURE, read_signature);
}

/* The 64-bit sizes (section 4.5.3): of the member as it is, if that is not in the header, and compressed. */
static void read_extra(struct extent *e) {
    struct zip_state *s = (void *)e->state;
    struct reader r = reader_of(e->header, s->extra);
    const uint8_t *p;
    while (reader_take(&r, 4, &p)) {
        unsigned id = extent_u16le(p), n = extent_u16le(p + 2);
        if (!reader_take(&r, n, &p))
            break;
        if (id == 1 && n >= 16)
            s->size = extent_u64le(p + 8);
    }
    enter_member(e);
}

static void skip_name(struct extent *e) {
    extent_gather(e, 0, ((struct zip_state *)(void *)e->state)->extra, read_extra);
}

static void read_local(struct extent *e) {
    struct zip_state *s = (void *)e->state;
    const uint8_t *h = e->header;
    unsigned flags = extent_u16le(h + 6);
    uint32_t name = extent_u16le(h + 26), extra = extent_u16le(h + 28);
    *s =
        (struct zip_state){.size = extent_u32le(h + 18), .name = name, .extra = extra, .streamed = flags & 8};
    bool long_sizes = s->size == UINT32_MAX && extra > 0 && extra <= EXTRA_MAX;
    if (long_sizes && name > 0)
        extent_skip(e, name - 1, 1, skip_name);
    else
        extent_skip(e, (uint64_t)name + extra, 0, enter_member);
}

/* --- the directory --- */

static void read_central(struct extent *e) {
    const uint8_t *h = e->header;
    extent_skip(e, (uint64_t)extent_u16le(h + 28) + extent_u16le(h + 30) + extent_u16le(h + 32), SIGNATURE,
                read_signature);
}

static void read_end_64(struct extent *e) {
    extent_skip(e, extent_u64le(e->header + 4), SIGNATURE, read_signature);
}

static void read_locator(struct extent *e) {
    extent_gather(e, 0, SIGNATURE, read_signature);
}

static void read_end(struct extent *e) {
    extent_skip_to_end(e, extent_u16le(e->header + 20));
}

static void read_signature(struct extent *e) {
    struct zip_state *s = (void *)e->state;
    const uint8_t *h = e->header;
    if (is_signature(h, 3, 4))
        extent_gather(e, SIGNATURE, LOCAL, read_local);
    else if (is_signature(h, 7, 8) && s->streamed) /* of a size that was told before, too */
        extent_gather(e, SIGNATURE, DESCRIPTOR, read_locator);
    else if (is_signature(h, 1, 2))
        extent_gather(e, SIGNATURE, CENTRAL, read_central);
    else if (is_signature(h, 6, 6))
        extent_gather(e, SIGNATURE, END_64_START, read_end_64);
    else if (is_signature(h, 6, 7))
        extent_gather(e, SIGNATURE, LOCATOR_64, read_locator);
    else if (is_signature(h, 5, 6))
        extent_gather(e, SIGNATURE, END, read_end);
    else
        extent_break(e);
}

/* The version, the method. */
static bool fits(const uint8_t *p) {
    return p[4] < 64 && p[9] == 0 && p[8] < 100;
}

const struct extent_format extent_zip = {EXTENT_MAGIC("PK\x03\x04"), .need = 10, .fits = fits,
                                         .first = SIGNATURE, .read = read_signature};
