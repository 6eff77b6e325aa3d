/* SPDX-License-Identifier: Apache-2.0 */
#include "report/outbox.h"

#include <stdlib.h>

struct held {
    struct held *next;
    uint64_t end;    /* once sent: octets sent up to its end */
    uint64_t number; /* once sent: messages sent up to this one */
    size_t size;
    unsigned refused; /* times */
    uint8_t bytes[];
};

struct outbox {
    struct held *first, *last;
    struct held *waiting; /* the first that is not sent */
    uint64_t count, bytes, most;
    uint64_t octets, numbers; /* sent since the last rewind */
};

struct outbox *outbox_create(uint64_t most_bytes) {
    struct outbox *o = calloc(1, sizeof *o);
    if (o)
        o->most = most_bytes;
    return o;
}

static void drop_first(struct outbox *o) {
    struct held *h = o->first;
    o->first = h->next;
    if (o->waiting == h)
        o->waiting = h->next;
    if (!o->first)
        o->last = NULL;
    o->bytes -= h->size + sizeof *h;
    o->count--;
    free(h);
}

void outbox_destroy(struct outbox *o) {
    if (!o)
        return;
    while (o->first)
        drop_first(o);
    free(o);
}

/* The message behind the one that is partly sent, which must be finished or the receiver loses its place. */
static void drop_second(struct outbox *o) {
    struct held *busy = o->first, *h = busy->next;
    busy->next = h->next;
    if (o->last == h)
        o->last = busy;
    o->bytes -= h->size + sizeof *h;
    o->count--;
    free(h);
}

bool outbox_full(const struct outbox *o, size_t more) {
    return o->bytes + more + sizeof(struct held) > o->most;
}

uint64_t outbox_put(struct outbox *o, struct bytes message, bool busy) {
    uint64_t dropped = 0;
    for (; o->first && outbox_full(o, message.n); dropped++) {
        if (!busy || o->first != o->waiting)
            drop_first(o);
        else if (o->first->next)
            drop_second(o);
        else
            break;
    }
    struct held *h = outbox_full(o, message.n) ? NULL : malloc(sizeof *h + message.n);
    if (!h)
        return dropped + 1;
    *h = (struct held){.size = message.n};
    memcpy(h->bytes, message.p, message.n);
    if (o->last)
        o->last->next = h;
    else
        o->first = h;
    o->last = h;
    if (!o->waiting)
        o->waiting = h;
    o->bytes += h->size + sizeof *h;
    o->count++;
    return dropped;
}

bool outbox_next(const struct outbox *o, struct bytes *message) {
    if (!o->waiting)
        return false;
    *message = bytes_of(o->waiting->bytes, o->waiting->size);
    return true;
}

void outbox_sent(struct outbox *o) {
    o->octets += o->waiting->size;
    o->waiting->end = o->octets;
    o->waiting->number = ++o->numbers;
    o->waiting = o->waiting->next;
}

static void drop(struct outbox *o, struct held *h) {
    struct held **at = &o->first, *before = NULL;
    while (*at != h) {
        before = *at;
        at = &(*at)->next;
    }
    *at = h->next;
    if (o->waiting == h)
        o->waiting = h->next;
    if (o->last == h)
        o->last = before;
    o->bytes -= h->size + sizeof *h;
    o->count--;
    free(h);
}

void outbox_skip(struct outbox *o) {
    drop(o, o->waiting);
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
        drop(o, h);
    return h != NULL;
}

bool outbox_refused(struct outbox *o, uint64_t number) {
    struct held *h = find_sent(o, number);
    bool last = h && ++h->refused >= OUTBOX_TRIES;
    if (last)
        drop(o, h);
    return last;
}

uint64_t outbox_confirm(struct outbox *o, uint64_t octets) {
    uint64_t gone = 0;
    for (; o->first && o->first != o->waiting && o->first->end <= octets; gone++)
        drop_first(o);
    return gone;
}

uint64_t outbox_rewind(struct outbox *o) {
    uint64_t again = 0;
    for (struct held *h = o->first; h && h != o->waiting; h = h->next)
        again++;
    o->waiting = o->first;
    o->octets = o->numbers = 0;
    return again;
}

uint64_t outbox_count(const struct outbox *o) {
    return o->count;
}
