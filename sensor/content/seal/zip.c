/* SPDX-License-Identifier: Apache-2.0 */
#include "content/seal/format.h"

/* ZIP (APPNOTE.TXT 4.3.7): bit 0 of a member's flags says that it is encrypted, bit 6 that it is so by the
 * scheme of section 7; the method of WinZip's AES is 99 (its AE-2 specification). Members whose sizes stand
 * behind them are as far as the heads lead. */

enum { HEAD = 30, ENCRYPTED = 1, SIZES_BEHIND = 1 << 3, STRONG = 1 << 6, METHOD_AES = 99 };
static const uint32_t zip64_mark = UINT32_MAX;

static bool begins_zip(struct bytes first) {
    return first.n >= HEAD && memcmp(first.p, "PK\x03\x04", 4) == 0;
}

static const char *name_scheme(uint16_t flags, uint16_t method) {
    if (!(flags & ENCRYPTED))
        return NULL;
    return method == METHOD_AES ? "zip-aes" : flags & STRONG ? "zip-strong" : "zip-traditional";
}

/* The compressed size of ZIP64 (4.5.3), which stands behind the other one. */
static uint64_t find_size(struct bytes extra, uint32_t size, uint32_t unpacked) {
    enum { ZIP64 = 1, FIELD = 4 };
    if (size != zip64_mark)
        return size;
    while (extra.n >= FIELD) {
        size_t n = seal_u16(extra.p + 2), at = unpacked == zip64_mark ? FIELD + 8 : FIELD;
        if (n > extra.n - FIELD)
            break;
        if (seal_u16(extra.p) == ZIP64 && n + FIELD >= at + 8)
            return seal_u64(extra.p + at);
        extra = bytes_of(extra.p + FIELD + n, extra.n - FIELD - n);
    }
    return UINT64_MAX;
}

/* False: where the next one stands nobody knows. */
static bool read_member(struct seal *s, struct seal_walk *w, size_t name, size_t extra) {
    uint16_t flags = seal_u16(w->head + 6);
    const char *word = name_scheme(flags, seal_u16(w->head + 8));
    uint32_t size = seal_u32(w->head + 18);
    uint64_t skip = find_size(bytes_of(w->head + HEAD + name, extra), size, seal_u32(w->head + 22));
    if (!s->word)
        s->word = word;
    seal_note_member(s, bytes_of(w->head + HEAD, name));
    if (skip == UINT64_MAX || (flags & SIZES_BEHIND && size == 0))
        return false;
    seal_walk_next(w, skip);
    return true;
}

/* What stands behind a member of known size, where its head says so: a mark, that of ZIP64 no longer than it.
 */
static bool is_behind(const struct seal_walk *w) {
    return memcmp(w->head, "PK\x07\x08", 4) == 0;
}

static bool zip_data(struct seal *s, struct bytes in) {
    enum { BEHIND = 16 };
    struct seal_walk *w = (struct seal_walk *)(void *)s->state;
    while (in.n > 0) {
        if (!seal_walk_gather(w, &in, 4))
            return true;
        if (is_behind(w)) {
            seal_walk_next(w, BEHIND - 4);
            continue;
        }
        if (memcmp(w->head, "PK\x03\x04", 4) != 0)
            return false;
        if (!seal_walk_gather(w, &in, HEAD))
            return true;
        size_t name = seal_u16(w->head + 26), extra = seal_u16(w->head + 28);
        if (name + extra > SEAL_HEAD - HEAD) {
            s->word = s->word ? s->word : name_scheme(seal_u16(w->head + 6), seal_u16(w->head + 8));
            return false;
        }
        if (!seal_walk_gather(w, &in, HEAD + name + extra))
            return true;
        if (!read_member(s, w, name, extra))
            return false;
    }
    return true;
}

static bool zip_gap(struct seal *s, uint64_t n) {
    return seal_walk_gap((struct seal_walk *)(void *)s->state, n);
}

const struct seal_format seal_zip = {
    .state = sizeof(struct seal_walk), .begins = begins_zip, .data = zip_data, .gap = zip_gap};
