/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/tar/tar.h"

void tar_sparse_clear(struct tar *t) {
    memset(&t->sparse, 0, offsetof(struct tar_sparse, piece));
    t->sparse.real = LENGTH_UNKNOWN;
}

/* Pieces stand in order; the file cannot be put together from one on that does not. */
void tar_sparse_add(struct tar_sparse *s, uint64_t offset, uint64_t n) {
    uint64_t end = s->n > 0 ? s->piece[s->n - 1].offset + s->piece[s->n - 1].n : 0;
    s->over |= s->n == TAR_PIECES || offset < end || offset > INT64_MAX || n > INT64_MAX - offset;
    if (!s->over)
        s->piece[s->n++] = (struct tar_piece){offset, n};
}

void tar_sparse_read(struct tar *t, const uint8_t *entries, size_t n) {
    enum { NUMBER = 12, ENTRY = 2 * NUMBER };
    uint64_t offset, length;
    for (size_t i = 0; i < n && entries[i * ENTRY] != 0; i++)
        if (tar_number(entries + i * ENTRY, NUMBER, &offset) &&
            tar_number(entries + i * ENTRY + NUMBER, NUMBER, &length))
            tar_sparse_add(&t->sparse, offset, length);
}

/* How many pieces, then of each its place and its size, a line each; filled up to a whole block. */
static bool take_map(struct tar_sparse *s, uint8_t c) {
    if (c >= '0' && c <= '9' && s->number < INT64_MAX / 16) {
        s->number = s->number * 10 + (uint64_t)(c - '0');
        s->digits = true;
        return true;
    }
    if (c != '\n' || !s->digits)
        return false;
    if (s->line == 0)
        s->lines = 1 + 2 * (s->number < UINT32_MAX ? s->number : UINT32_MAX);
    else if (s->line % 2 == 1)
        s->place = s->number;
    else
        tar_sparse_add(s, s->place, s->number);
    s->line++;
    s->number = 0;
    s->digits = false;
    return true;
}

/* Returns how many octets of the content belong to the map, or fill its last block. */
static uint64_t skip_map(struct tar *t, const uint8_t *bytes, uint64_t n) {
    struct tar_sparse *s = &t->sparse;
    uint64_t i = 0;
    while (i < n && (s->lines == 0 || s->line < s->lines) && !s->over && bytes)
        s->over = !take_map(s, bytes[i++]) || s->over;
    if (!bytes)
        s->over = true;
    bool whole = s->lines > 0 && s->line == s->lines;
    if (s->over || !whole)
        return s->over ? n : i;
    /* Content begins where a block does. */
    uint64_t fill = (TAR_BLOCK - (t->seen + i) % TAR_BLOCK) % TAR_BLOCK, left = n - i;
    s->leads = left < fill;
    s->place = 0;
    return i + (left < fill ? left : fill);
}

static void fill_to(struct tar *t, uint64_t place) {
    if (place > t->sparse.place)
        archived_zeros(&t->archived, place - t->sparse.place, t->seen);
    t->sparse.place = place;
}

static void take_piece(struct tar *t, const uint8_t *bytes, uint64_t n) {
    if (bytes)
        archived_data(&t->archived, bytes, (size_t)n);
    else
        archived_gap(&t->archived, n);
    t->sparse.place += n;
}

void tar_sparse_take(struct tar *t, const uint8_t *bytes, uint64_t n) {
    struct tar_sparse *s = &t->sparse;
    if (s->leads) {
        uint64_t skip = skip_map(t, bytes, n);
        bytes = bytes ? bytes + skip : NULL;
        n -= skip;
    }
    while (n > 0 && s->at < s->n) {
        const struct tar_piece *p = &s->piece[s->at];
        uint64_t left = p->offset + p->n - (s->place > p->offset ? s->place : p->offset);
        uint64_t take = n < left ? n : left;
        fill_to(t, p->offset > s->place ? p->offset : s->place);
        if (take > 0)
            take_piece(t, bytes, take);
        bytes = bytes ? bytes + take : NULL;
        n -= take;
        s->at = (uint16_t)(s->at + (s->place == p->offset + p->n));
    }
}

void tar_sparse_end(struct tar *t) {
    struct tar_sparse *s = &t->sparse;
    for (unsigned i = s->at; i < s->n; i++)
        s->over |= s->piece[i].n > 0; /* of which nothing came */
    if (s->over || s->leads) {
        unpack_bounded(t->archived.unpack);
        archived_end(&t->archived, TRANSFER_CUT);
        return;
    }
    for (; s->at < s->n; s->at++)
        fill_to(t, s->piece[s->at].offset > s->place ? s->piece[s->at].offset : s->place);
    if (s->real != LENGTH_UNKNOWN && s->real > s->place)
        fill_to(t, s->real);
}
