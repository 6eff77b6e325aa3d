/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/extent/format.h"
#include "protocol/memory.h"

#include <zlib.h>

/* gzip (RFC 1952): a member ends where its deflate stream does, which must be decoded to be known; whoever
 * does not pay for that gets an object without an end. Another member may follow. */

enum { MAGIC = 3, ROOM = 16384 };

struct gzip_state {
    z_stream *z;
};
EXTENT_STATE(struct gzip_state);

static void *take_memory(void *opaque, unsigned items, unsigned size) {
    return protocol_alloc(PROTOCOL_HELD, (size_t)items * size);
}

static void give_memory(void *opaque, void *p) {
    protocol_free(p);
}

static bool begin_inflate(struct gzip_state *s) {
    if (s->z)
        return inflateReset(s->z) == Z_OK;
    s->z = protocol_alloc(PROTOCOL_HELD, sizeof *s->z);
    if (!s->z)
        return false;
    *s->z = (z_stream){.zalloc = take_memory, .zfree = give_memory};
    if (inflateInit2(s->z, 16 + MAX_WBITS) == Z_OK)
        return true;
    protocol_free(s->z);
    s->z = NULL;
    return false;
}

static void end_inflate(struct extent *e) {
    struct gzip_state *s = (void *)e->state;
    if (s->z)
        inflateEnd(s->z);
    protocol_free(s->z);
    s->z = NULL;
}

static void read_member(struct extent *e);

/* Of the output only its size counts. */
static int inflate_some(struct gzip_state *s, struct allowance *payer, bool *paid) {
    static uint8_t room[ROOM];
    s->z->next_out = room;
    s->z->avail_out = ROOM;
    int result = inflate(s->z, Z_NO_FLUSH);
    *paid = allowance_spend(payer, ACCOUNT_DECODED, ROOM - s->z->avail_out);
    return result;
}

static size_t walk_member(struct extent *e, struct bytes in) {
    struct gzip_state *s = (void *)e->state;
    int result;
    bool paid;
    s->z->next_in = (Bytef *)(uintptr_t)in.p;
    s->z->avail_in = (unsigned)in.n;
    do
        result = inflate_some(s, e->payer, &paid);
    while (result == Z_OK && paid && s->z->avail_out == 0);
    size_t left = s->z->avail_in;
    if (result == Z_STREAM_END)
        extent_ahead(e, 0, MAGIC, read_member);
    else if (!paid || result == Z_MEM_ERROR)
        extent_endless(e);
    else if (result != Z_OK && result != Z_BUF_ERROR)
        extent_break(e);
    return in.n - left > 0 ? in.n - left : 1;
}

static void enter_member(struct extent *e) {
    struct gzip_state *s = (void *)e->state;
    uint8_t magic[MAGIC];
    memcpy(magic, e->header, MAGIC);
    if (!begin_inflate(s)) {
        extent_endless(e);
        return;
    }
    extent_walk(e, walk_member);
    walk_member(e, bytes_of(magic, MAGIC));
}

static void read_member(struct extent *e) {
    if (memcmp(e->header, "\x1f\x8b\x08", MAGIC) == 0)
        enter_member(e);
    else
        extent_end(e);
}

/* Section 2.3: no reserved flag, what compressors write of themselves. */
static bool fits(const uint8_t *p) {
    return p[3] < 0x20 && (p[8] == 0 || p[8] == 2 || p[8] == 4) && (p[9] <= 13 || p[9] == 255);
}

const struct extent_format extent_gzip = {
    EXTENT_MAGIC("\x1f\x8b\x08"), .need = 10,           .fits = fits, .first = MAGIC,
    .read = enter_member,         .finish = end_inflate};
