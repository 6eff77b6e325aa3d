/* SPDX-License-Identifier: Apache-2.0 */
#include "content/seal/format.h"

/* RAR of versions 1.5 to 4 (unrar's technote: blocks with flags) and 5 (RAR 5.0 archive format: numbers of
 * seven bits an octet): whether its heads are encrypted, or the content of its files. */

struct rar {
    struct seal_walk walk;
    bool begun;
};

static bool begins_rar4(struct bytes first) {
    return first.n >= 7 && memcmp(first.p, "Rar!\x1A\x07\0", 7) == 0;
}

static bool begins_rar5(struct bytes first) {
    return first.n >= 8 && memcmp(first.p, "Rar!\x1A\x07\x01\0", 8) == 0;
}

static void begin_walk(struct seal *s, size_t marker) {
    ((struct rar *)(void *)s->state)->walk.skip = marker;
}

static bool rar_gap(struct seal *s, uint64_t n) {
    return seal_walk_gap(&((struct rar *)(void *)s->state)->walk, n);
}

/* --- Version 4 --- */

enum { BLOCK_HEAD = 7, MAIN = 0x73, FILE_BLOCK = 0x74, END_BLOCK = 0x7B };

static void begin_rar4(struct seal *s, struct bytes first) {
    begin_walk(s, 7);
}

static void read_file4(struct seal *s, const uint8_t *head, size_t size, uint16_t flags, uint64_t *data) {
    enum { LEAST = 32, ENCRYPTED = 4, LARGE = 0x100 };
    size_t name = flags & LARGE ? LEAST + 8 : LEAST;
    if (size < name)
        return;
    if (flags & LARGE)
        *data |= (uint64_t)seal_u32(head + 32) << 32;
    if (flags & ENCRYPTED)
        s->word = "rar";
    size_t n = seal_u16(head + 26);
    struct bytes text = bytes_of(head + name, n < size - name ? n : size - name);
    seal_note_member(s, bytes_until(text, '\0')); /* a coded one in Unicode follows */
}

static bool rar4_data(struct seal *s, struct bytes in) {
    enum { HEADS_ENCRYPTED = 0x80, HAS_DATA = 0x8000 };
    struct seal_walk *w = &((struct rar *)(void *)s->state)->walk;
    while (in.n > 0) {
        if (!seal_walk_gather(w, &in, BLOCK_HEAD))
            return true;
        uint8_t type = w->head[2];
        uint16_t flags = seal_u16(w->head + 3), size = seal_u16(w->head + 5);
        if (type < 0x72 || type > 0x7B || size < BLOCK_HEAD || size > SEAL_HEAD)
            return false;
        if (!seal_walk_gather(w, &in, size))
            return true;
        if (type == MAIN && flags & HEADS_ENCRYPTED)
            s->word = "rar";
        if (type == END_BLOCK || (type == MAIN && s->word))
            return false;
        uint64_t data =
            (flags & HAS_DATA || type == FILE_BLOCK) && size >= BLOCK_HEAD + 4 ? seal_u32(w->head + 7) : 0;
        if (type == FILE_BLOCK)
            read_file4(s, w->head, size, flags, &data);
        seal_walk_next(w, data);
    }
    return true;
}

const struct seal_format seal_rar4 = {.state = sizeof(struct rar),
                                      .begins = begins_rar4,
                                      .begin = begin_rar4,
                                      .data = rar4_data,
                                      .gap = rar_gap};

/* --- Version 5 --- */

static void begin_rar5(struct seal *s, struct bytes first) {
    begin_walk(s, 8);
}

/* A number of seven bits an octet, the lowest first. */
static bool read_number(struct reader *r, uint64_t *out) {
    *out = 0;
    for (unsigned shift = 0; shift < 63; shift += 7) {
        uint8_t octet;
        if (!reader_u8(r, &octet))
            return false;
        *out |= (uint64_t)(octet & 0x7f) << shift;
        if (!(octet & 0x80))
            return true;
    }
    return false;
}

struct block5 {
    uint64_t type, flags, extra, data;
};

static bool read_block5(struct reader *r, struct block5 *b) {
    enum { HAS_EXTRA = 1, HAS_DATA = 2 };
    *b = (struct block5){0};
    return read_number(r, &b->type) && read_number(r, &b->flags) &&
           (!(b->flags & HAS_EXTRA) || read_number(r, &b->extra)) &&
           (!(b->flags & HAS_DATA) || read_number(r, &b->data));
}

/* Section "File encryption record": type 1. */
static bool is_file_encrypted(struct bytes extra) {
    enum { ENCRYPTION = 1 };
    struct reader r = reader_of(extra.p, extra.n);
    uint64_t size, type;
    while (read_number(&r, &size)) {
        struct reader record = r;
        if (!read_number(&record, &type) || !reader_skip(&r, size < extra.n ? (size_t)size : extra.n + 1))
            return false;
        if (type == ENCRYPTION)
            return true;
    }
    return false;
}

static struct bytes name_of_file5(struct reader r) {
    enum { HAS_TIME = 2, HAS_SUM = 4 };
    uint64_t flags, n;
    const uint8_t *name;
    if (!read_number(&r, &flags) || !read_number(&r, &n) || !read_number(&r, &n) ||
        !reader_skip(&r, (flags & HAS_TIME ? 4u : 0u) + (flags & HAS_SUM ? 4u : 0u)) ||
        !read_number(&r, &n) || !read_number(&r, &n) || !read_number(&r, &n) || n > SEAL_HEAD ||
        !reader_take(&r, (size_t)n, &name))
        return bytes_of(NULL, 0);
    return bytes_of(name, (size_t)n);
}

/* `r`: the head behind its size. False: no block, or the last one. */
static bool read_head5(struct seal *s, struct reader r, uint64_t *data) {
    enum { FILE_HEAD = 2, ENCRYPTION_HEAD = 4, END_HEAD = 5 };
    struct block5 b;
    if (!read_block5(&r, &b) || b.type == 0 || b.type > END_HEAD || b.extra > reader_left(&r))
        return false;
    *data = b.data;
    if (b.type == ENCRYPTION_HEAD)
        s->word = "rar";
    if (b.type == FILE_HEAD) {
        seal_note_member(s, name_of_file5(r));
        if (is_file_encrypted(bytes_of(r.end - b.extra, (size_t)b.extra)))
            s->word = "rar";
    }
    return b.type != ENCRYPTION_HEAD && b.type != END_HEAD;
}

static bool rar5_data(struct seal *s, struct bytes in) {
    enum { SUM = 4, SIZE_MOST = 3 };
    struct seal_walk *w = &((struct rar *)(void *)s->state)->walk;
    while (in.n > 0) {
        uint64_t size, data = 0;
        if (!seal_walk_gather(w, &in, SUM + 1))
            return true;
        struct reader r = reader_of(w->head + SUM, w->have - SUM);
        if (!read_number(&r, &size)) {
            if (w->have >= SUM + SIZE_MOST)
                return false;
            if (!seal_walk_gather(w, &in, w->have + 1u))
                return true;
            continue;
        }
        size_t before = (size_t)(r.at - w->head);
        if (size == 0 || size > SEAL_HEAD - before)
            return false;
        if (!seal_walk_gather(w, &in, before + (size_t)size))
            return true;
        if (!read_head5(s, reader_of(w->head + before, (size_t)size), &data))
            return false;
        seal_walk_next(w, data);
    }
    return true;
}

const struct seal_format seal_rar5 = {.state = sizeof(struct rar),
                                      .begins = begins_rar5,
                                      .begin = begin_rar5,
                                      .data = rar5_data,
                                      .gap = rar_gap};
