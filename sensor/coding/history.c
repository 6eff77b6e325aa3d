/* SPDX-License-Identifier: Apache-2.0 */
#include "coding/decoder.h"

#include "base/counter.h"

#include <string.h>
#include <sys/mman.h>

/* A few bytes may ask for a history of many megabytes, which nearly no body fills: memory that was asked for
 * and not touched costs nothing but the asking. So it is reserved, and counts as it fills. */

enum {
    SMALL = 256 << 10, /* counts at once */
    MOST = 129 << 20,  /* of one: what the usual decoders take, 128 MiB, and what they have beside it */
    PRICE_SHARE = 4,   /* a quarter of it is paid for, until it is given back */
    MEMORY_SHARE = 4,  /* nobody has more than a quarter of all there is */
    SPARE_SHARE = 8,   /* what was filled of those that somebody had before takes an eighth of it at most */
    HEADER = 48,       /* keeps malloc's alignment */
};

struct history_head {
    size_t n;      /* asked for, */
    size_t size;   /* and there: more, where it was asked for by somebody else before */
    size_t filled; /* of it at most, by whoever had it before */
    size_t kept;   /* as much is counted in spare_bytes */
    bool reserved;
};

static_assert(sizeof(struct history_head) <= HEADER, "it stands before what is given out");

static struct history_head *head_of(uint8_t *start) {
    return (struct history_head *)(void *)start;
}

static void *take_now(struct decoder *d, size_t n) {
    uint8_t *p = coding_alloc(d->codings, n + HEADER);
    if (!p)
        return NULL;
    *head_of(p) = (struct history_head){.n = n};
    return p + HEADER;
}

/* What was filled and given back is kept for the next body: many ask for as much each, and to map it, touch
 * it and give it back may take longer than to decode them. It counts until it is unmapped, also while the
 * next one has it, who may fill less of it. */
static bool keep_spare(struct codings *c, uint8_t *start) {
    size_t filled = head_of(start)->filled;
    c->spare_bytes -= head_of(start)->kept;
    head_of(start)->kept = 0;
    if (filled > SMALL && c->spare_bytes + filled > c->options.memory / SPARE_SHARE)
        return false;
    for (unsigned i = 0; i < CODING_SPARE; i++)
        if (!c->spare[i]) {
            c->spare[i] = start;
            c->spare_bytes += head_of(start)->kept = filled;
            return true;
        }
    return false;
}

static uint8_t *take_spare(struct codings *c, size_t size) {
    for (unsigned i = 0; i < CODING_SPARE; i++) {
        uint8_t *start = c->spare[i];
        if (start && head_of(start)->size >= size) {
            c->spare[i] = NULL;
            return start;
        }
    }
    return NULL;
}

static void unmap(uint8_t *start) {
    munmap(start, head_of(start)->size);
}

void coding_history_finish(struct codings *c) {
    for (unsigned i = 0; i < CODING_SPARE; i++)
        if (c->spare[i]) {
            c->spare_bytes -= head_of(c->spare[i])->kept;
            unmap(c->spare[i]);
            c->spare[i] = NULL;
        }
}

/* Shared with nobody: what is private counts against the process's limit before it is touched. */
static uint8_t *reserve(size_t size) {
    uint8_t *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

void *coding_history_alloc(void *decoder, size_t n) {
    struct decoder *d = decoder;
    if (n <= SMALL)
        return take_now(d, n);
    d->too_wide |= n > MOST;
    if (n > MOST)
        return NULL;
    d->unpaid |= !allowance_spend(d->allowance, ACCOUNT_DECODED, ALLOWANCE_RESERVED);
    if (d->unpaid)
        return NULL;
    uint8_t *p = take_spare(d->codings, n + HEADER);
    bool spare = p != NULL;
    const struct history_head before = spare ? *head_of(p) : (struct history_head){.size = n + HEADER};
    if (!spare && !(p = reserve(before.size))) {
        d->codings->refusals++;
        return NULL;
    }
    *head_of(p) = before;
    head_of(p)->n = n;
    head_of(p)->reserved = true;
    d->history_n += n;
    return p + HEADER;
}

static size_t price_of(size_t filled) {
    return filled > SMALL ? (filled - SMALL) / PRICE_SHARE : 0;
}

static void set_filled(struct decoder *d, size_t n) {
    size_t paid = price_of(d->history_filled), price = price_of(n);
    d->codings->bytes += n;
    d->codings->bytes -= d->history_filled;
    d->history_filled = n;
    if (price > paid)
        allowance_spend(d->allowance, ACCOUNT_AHEAD, price - paid);
    else if (price < paid)
        allowance_return(d->allowance, ACCOUNT_AHEAD, paid - price);
}

void coding_history_free(void *decoder, void *p) {
    struct decoder *d = decoder;
    if (!p)
        return;
    uint8_t *start = (uint8_t *)p - HEADER;
    struct history_head *head = head_of(start);
    if (!head->reserved) {
        coding_free(d->codings, start);
        return;
    }
    d->history_n -= head->n;
    if (d->history_filled > head->filled)
        head->filled = d->history_filled;
    if (!keep_spare(d->codings, start))
        unmap(start);
    if (d->history_filled > d->history_n)
        set_filled(d, d->history_n);
}

bool coding_history_fill(struct decoder *d, size_t n) {
    size_t room = d->history_n - d->history_filled;
    if (room == 0)
        return true;
    size_t filled = d->history_filled + (n < room ? n : room);
    size_t more = price_of(filled) - price_of(d->history_filled);
    const uint64_t memory = d->codings->options.memory;
    d->too_wide |= filled > SMALL && filled > memory / MEMORY_SHARE;
    d->unpaid |= more > 0 && !allowance_has(d->allowance, ACCOUNT_AHEAD, (int64_t)more);
    uint64_t wanted = d->codings->bytes + (filled - d->history_filled);
    bool full = wanted > memory;
    if (wanted + d->codings->spare_bytes > memory)
        coding_history_finish(d->codings);
    d->codings->refusals += full;
    if (d->too_wide || d->unpaid || full)
        return false;
    set_filled(d, filled);
    return true;
}
