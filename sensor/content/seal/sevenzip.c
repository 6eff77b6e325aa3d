/* SPDX-License-Identifier: Apache-2.0 */
#include "content/seal/format.h"

#include "base/counter.h"
#include "content/seal/sevenzip_head.h"

/* 7z (7zFormat.txt): the first 32 octets say where, behind all content, the head is. That is most often
 * packed itself, in what stands right before what describes how: so many octets before it are kept. */

enum {
    START = 32,
    BEFORE = 16 << 10, /* kept octets: a packed head of some thousand members */
    DESCRIBED = SEAL_HEAD,
};

struct sevenzip {
    struct seal_walk walk;
    bool started;
    bool broken;   /* some of `before` is missing */
    uint64_t next; /* offset of what describes the head, behind START, */
    uint64_t size; /* and its octets */
    uint64_t at;   /* octets behind START so far */
    uint8_t before[BEFORE];
};
_Static_assert(sizeof(struct sevenzip) <= SEAL_STATE, "it must fit");

static bool begins_sevenzip(struct bytes first) {
    return first.n >= START && memcmp(first.p, "7z\xBC\xAF\x27\x1C", 6) == 0;
}

/* Of what stands in front of what describes the head, the last BEFORE octets. */
static void keep_before(struct sevenzip *z, struct bytes in) {
    uint64_t left = z->next - z->at, early = left > BEFORE ? left - BEFORE : 0;
    size_t skip = early < in.n ? (size_t)early : in.n;
    z->at += skip;
    in = bytes_of(in.p + skip, in.n - skip);
    while (in.n > 0) {
        size_t at = z->at % BEFORE, n = in.n < BEFORE - at ? in.n : BEFORE - at;
        memcpy(z->before + at, in.p, n);
        z->at += n;
        in = bytes_of(in.p + n, in.n - n);
    }
}

/* `n` octets that begin at `from` behind START, to `out` (BEFORE). False: they were not all kept. */
static bool copy_before(const struct sevenzip *z, uint64_t from, uint64_t n, uint8_t *out) {
    if (z->broken || from > z->next || z->next - from > BEFORE || n > z->next - from)
        return false;
    for (size_t i = 0; i < n; i++)
        out[i] = z->before[(from + i) % BEFORE];
    return true;
}

static void read_head(struct seal *s, struct bytes head) {
    struct sevenzip_head h;
    sevenzip_read_head(head, &h);
    if (h.encrypted)
        s->word = "7z";
    for (struct bytes name = h.names; h.encrypted && name.n > 0;) {
        uint8_t text[SEAL_NAMES];
        seal_note_member(s, bytes_of(text, sevenzip_take_name(&name, text, sizeof text)));
    }
    if (h.encrypted && h.files > 0)
        s->members = (uint32_t)h.files;
}

static void read_described(struct seal *s, struct sevenzip *z, struct bytes described) {
    static uint8_t packed[BEFORE], head[SEVENZIP_HEAD_MAX]; /* used within this call alone */
    struct sevenzip_packed p;
    if (!sevenzip_is_packed(described)) {
        read_head(s, described);
        return;
    }
    if (!sevenzip_read_packed(described, &p))
        return;
    if (p.encrypted)
        s->word = "7z";
    else if (copy_before(z, p.from, p.size, packed))
        read_head(s, bytes_of(head, sevenzip_unpack_head(&p, bytes_of(packed, (size_t)p.size), head)));
    else
        counter_one(COUNTER_SEALED_HEADS_CUT);
}

static bool read_start(struct sevenzip *z) {
    z->next = seal_u64(z->walk.head + 12);
    z->size = seal_u64(z->walk.head + 20);
    z->started = true;
    seal_walk_next(&z->walk, z->next);
    return z->size > 0 && z->next < UINT64_MAX / 2;
}

static bool sevenzip_data(struct seal *s, struct bytes in) {
    struct sevenzip *z = (struct sevenzip *)(void *)s->state;
    if (!z->started) {
        if (!seal_walk_gather(&z->walk, &in, START))
            return true;
        if (!read_start(z))
            return false;
    }
    keep_before(z, bytes_of(in.p, in.n < z->walk.skip ? in.n : (size_t)z->walk.skip));
    size_t want = z->size < DESCRIBED ? (size_t)z->size : DESCRIBED;
    if (in.n == 0 || !seal_walk_gather(&z->walk, &in, want))
        return true;
    read_described(s, z, bytes_of(z->walk.head, want));
    return false;
}

static bool sevenzip_gap(struct seal *s, uint64_t n) {
    struct sevenzip *z = (struct sevenzip *)(void *)s->state;
    z->broken |= z->started && z->walk.skip < n + BEFORE;
    z->at += n;
    return z->started && seal_walk_gap(&z->walk, n);
}

const struct seal_format seal_sevenzip = {.state = offsetof(struct sevenzip, before),
                                          .begins = begins_sevenzip,
                                          .data = sevenzip_data,
                                          .gap = sevenzip_gap};
