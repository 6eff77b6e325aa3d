/* SPDX-License-Identifier: Apache-2.0 */
#include "report/outbox.h"

#include "report/store/change.h"

#include <stdlib.h>

struct held {
    struct held *next;
    uint64_t end;    /* once sent: octets sent up to its end */
    uint64_t number; /* once sent: messages sent up to this one */
    uint64_t serial; /* in the store */
    enum outbox_rank rank;
    bool saved;
    size_t size;
    unsigned refused; /* times */
    bool replaced;    /* the store has this instead, nothing for NULL: */
    uint8_t *covered;
    size_t covered_size;
    uint8_t bytes[];
};

struct outbox {
    struct held *first, *last;
    struct held *waiting; /* the first that is not sent */
    struct held *unsaved; /* the first that is not in the store; those behind it are not either */
    uint64_t count, bytes, most;
    uint64_t octets, numbers;     /* sent since the last rewind */
    uint64_t ranks[OUTBOX_RANKS]; /* messages of each */
    bool kept;
    struct gone gone; /* uint64_t: serials that are still in the store */
};

struct outbox *outbox_create(uint64_t most_bytes) {
    struct outbox *o = calloc(1, sizeof *o);
    if (o)
        o->most = most_bytes;
    return o;
}

/* `before` is NULL for the first. */
static void drop_message(struct outbox *o, struct held *before, struct held *h) {
    *(before ? &before->next : &o->first) = h->next;
    if (o->last == h)
        o->last = before;
    if (o->waiting == h)
        o->waiting = h->next;
    if (o->unsaved == h)
        o->unsaved = h->next;
    if (h->saved) /* the message of a row that stays is sent once more after a restart */
        gone_note(&o->gone, &h->serial, sizeof h->serial);
    o->ranks[h->rank]--;
    o->bytes -= h->size + h->covered_size + sizeof *h;
    o->count--;
    free(h->covered);
    free(h);
}

static void drop_first(struct outbox *o) {
    drop_message(o, NULL, o->first);
}

void outbox_destroy(struct outbox *o) {
    if (!o)
        return;
    while (o->first)
        drop_first(o);
    gone_finish(&o->gone);
    free(o);
}

/* Not the one that is partly sent, which must be finished or the receiver loses its place. False: there is
 * none of this rank or a lesser one. */
static bool drop_least(struct outbox *o, enum outbox_rank most, bool busy) {
    for (enum outbox_rank rank = 0; rank <= most; rank++) {
        struct held *before = NULL;
        for (struct held *h = o->ranks[rank] ? o->first : NULL; h; before = h, h = h->next)
            if (h->rank == rank && !(busy && h == o->waiting)) {
                drop_message(o, before, h);
                return true;
            }
    }
    return false;
}

bool outbox_full(const struct outbox *o, size_t more) {
    return o->bytes + more + sizeof(struct held) > o->most;
}

static struct held *append_message(struct outbox *o, uint64_t serial, enum outbox_rank rank,
                                   struct bytes message) {
    struct held *h = malloc(sizeof *h + message.n);
    if (!h)
        return NULL;
    *h = (struct held){.size = message.n, .serial = serial, .rank = rank};
    memcpy(h->bytes, message.p, message.n);
    *(o->last ? &o->last->next : &o->first) = h;
    o->last = h;
    if (!o->waiting)
        o->waiting = h;
    o->ranks[rank]++;
    o->bytes += h->size + sizeof *h;
    o->count++;
    return h;
}

uint64_t outbox_put(struct outbox *o, uint64_t serial, enum outbox_rank rank, struct bytes message,
                    bool busy) {
    uint64_t dropped = 0;
    while (outbox_full(o, message.n) && drop_least(o, rank, busy))
        dropped++;
    struct held *h = outbox_full(o, message.n) ? NULL : append_message(o, serial, rank, message);
    if (!h)
        return dropped + 1;
    if (!o->unsaved)
        o->unsaved = h;
    return dropped;
}

void outbox_put_covered(struct outbox *o, uint64_t serial, struct bytes covered) {
    struct held *h = o->last;
    if (!h || h->serial != serial || h->saved || h->replaced)
        return;
    h->replaced = true;
    h->covered = malloc(covered.n ? covered.n : 1);
    if (!h->covered)
        return;
    memcpy(h->covered, covered.p, covered.n);
    h->covered_size = covered.n;
    o->bytes += covered.n;
}

bool outbox_next(const struct outbox *o, struct bytes *message) {
    if (!o->waiting || (o->kept && !o->waiting->saved))
        return false;
    *message = bytes_of(o->waiting->bytes, o->waiting->size);
    return true;
}

size_t outbox_several(const struct outbox *o, struct iovec *messages, size_t most) {
    size_t n = 0;
    for (struct held *h = o->waiting; h && n < most && (h->saved || !o->kept); h = h->next)
        messages[n++] = (struct iovec){h->bytes, h->size};
    return n;
}

void outbox_sent(struct outbox *o) {
    o->octets += o->waiting->size;
    o->waiting->end = o->octets;
    o->waiting->number = ++o->numbers;
    o->waiting = o->waiting->next;
}

static void drop_any(struct outbox *o, struct held *h) {
    struct held *before = NULL;
    for (struct held *at = o->first; at != h; at = at->next)
        before = at;
    drop_message(o, before, h);
}

void outbox_skip(struct outbox *o) {
    drop_any(o, o->waiting);
}

/* Those that are sent and wait for an answer are as many as the transport's window, so few. */
static struct held *find_sent(const struct outbox *o, uint64_t number) {
    for (struct held *h = o->first; h && h != o->waiting; h = h->next)
        if (h->number == number)
            return h;
    return NULL;
}

bool outbox_answered(struct outbox *o, uint64_t number) {
    struct held *h = find_sent(o, number);
    if (h)
        drop_any(o, h);
    return h != NULL;
}

bool outbox_refused(struct outbox *o, uint64_t number) {
    struct held *h = find_sent(o, number);
    bool last = h && ++h->refused >= OUTBOX_TRIES;
    if (last)
        drop_any(o, h);
    return last;
}

uint64_t outbox_confirm(struct outbox *o, uint64_t octets) {
    uint64_t gone = 0;
    for (; o->first && o->first != o->waiting && o->first->end <= octets; gone++)
        drop_first(o);
    return gone;
}

uint64_t outbox_in_doubt(const struct outbox *o) {
    uint64_t sent = 0;
    for (const struct held *h = o->first; h && h != o->waiting; h = h->next)
        sent++;
    return sent;
}

bool outbox_holds(const struct outbox *o, uint64_t serial, uint64_t *end) {
    bool sent = true;
    for (const struct held *h = o->first; h; h = h->next) {
        sent &= h != o->waiting;
        *end = sent ? h->end : 0;
        if (h->serial == serial)
            return true;
    }
    return false;
}

uint64_t outbox_rewind(struct outbox *o) {
    uint64_t again = outbox_in_doubt(o);
    o->waiting = o->first;
    o->octets = o->numbers = 0;
    return again;
}

uint64_t outbox_count(const struct outbox *o) {
    return o->count;
}

uint64_t outbox_bytes(const struct outbox *o) {
    return o->bytes;
}

/* --- the store --- */

void outbox_keep(struct outbox *o, bool kept) {
    o->kept = kept;
}

bool outbox_save(const struct outbox *o, const char *name, struct store *store) {
    bool ok = true;
    const uint64_t *gone = o->gone.keys;
    for (size_t i = 0; i < o->gone.count && ok; i++) {
        const struct store_value v[] = {STORE_T(bytes_text(name)), STORE_N(gone[i])};
        ok = store_run(store, STORE_MESSAGE_DROP, v, 2);
    }
    for (const struct held *h = o->unsaved; h && ok; h = h->next) {
        struct bytes kept = h->replaced ? bytes_of(h->covered, h->covered_size) : bytes_of(h->bytes, h->size);
        const struct store_value v[] = {STORE_T(bytes_text(name)), STORE_N(h->serial), STORE_N(h->rank),
                                        STORE_B(kept)};
        if (kept.n)
            ok = store_run(store, STORE_MESSAGE_PUT, v, 4);
    }
    return ok;
}

void outbox_saved(struct outbox *o) {
    for (struct held *h = o->unsaved; h; h = h->next)
        h->saved = true;
    o->unsaved = NULL;
    o->gone.count = 0;
}

void outbox_spoil(struct outbox *o) {
    for (struct held *h = o->first; h; h = h->next)
        h->saved = false;
    o->unsaved = o->first;
    o->gone.count = 0;
}

bool outbox_load(struct outbox *o, uint64_t serial, enum outbox_rank rank, struct bytes message) {
    struct held *h = append_message(o, serial, rank < OUTBOX_RANKS ? rank : OUTBOX_RECORD, message);
    if (h)
        h->saved = true;
    return h != NULL;
}
