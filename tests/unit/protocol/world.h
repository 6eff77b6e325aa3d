/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TESTS_PROTOCOL_WORLD_H
#define GANTRY_TESTS_PROTOCOL_WORLD_H

#include "protocol/dispatch.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

/* What stands around the dispatcher in the sensor, in small: services that write down what they are told, and
 * an owner that keeps expectations and gives flows to them. For tests and fuzz targets. */

enum {
    WORLD_TRANSFERS = 64,
    WORLD_EXPECTATIONS = 64,
    WORLD_FLOWS = 32,
    WORLD_TEXT = 1100,
    WORLD_WRITTEN = 1 << 20
};

struct world_text {
    size_t n;
    uint8_t p[WORLD_TEXT];
};

struct transfer {
    struct world_text name, path, user, method, url, type, coded, mail_from, mail_to, share;
    enum side from;
    bool partial, ended;
    uint64_t offset, length, total, size, missing;
    enum transfer_end how;
    unsigned begun_after; /* bytes delivered to the world when it began */
    EVP_MD_CTX *hash;
    struct world_text key; /* its parts, one behind the other */
    uint8_t *written; /* of what is written at offsets, as much as WORLD_WRITTEN: then the hash is of this */
    uint64_t reach, writes; /* behind the last octet that was written; calls */
    uint64_t at;            /* behind the octets that were written last */
    uint64_t extent;        /* behind the last that was missed, or is said to be there */
    uint8_t sha256[32];
};

struct world_expectation {
    bool waiting;
    struct expectation e;
};

struct world {
    struct dispatcher *dispatcher;
    struct protocol_services services;
    struct transfer transfer[WORLD_TRANSFERS];
    size_t transfers;
    struct transfer aside;   /* the text that was gathered last from what moves beside things */
    unsigned asides;         /* how many there were */
    struct world_text words; /* of all of them */
    struct world_expectation expectation[WORLD_EXPECTATIONS];
    size_t expectations;
    struct conversation *flow[WORLD_FLOWS];
    bool wanted[WORLD_FLOWS];
    bool ended[WORLD_FLOWS][2]; /* then nothing more comes for that side: stream.h */
    size_t flows;
    unsigned encrypted, cleared, names;
    struct world_text named;
    struct world_text told[FACT_COUNT]; /* the last of each */
    uint64_t delivered;
    time_ns now;
};

static inline void world_keep(struct world_text *out, struct bytes in) {
    out->n = in.n < WORLD_TEXT ? in.n : WORLD_TEXT;
    if (out->n)
        memcpy(out->p, in.p, out->n);
}

static inline struct bytes world_bytes(const struct world_text *t) {
    return bytes_of(t->p, t->n);
}

static inline struct transfer *world_begin(struct conversation *c, const struct transfer_seed *f) {
    struct world *w = c->owner;
    if (w->transfers == WORLD_TRANSFERS)
        return NULL;
    struct transfer *t = f->aside ? &w->aside : &w->transfer[w->transfers++];
    w->asides += f->aside;
    *t = (struct transfer){.from = f->from,
                           .partial = f->resume != RESUME_NONE && f->offset > 0,
                           .offset = f->offset,
                           .length = f->length,
                           .total = f->total,
                           .begun_after = (unsigned)w->delivered};
    world_keep(&t->name, f->fact[FACT_NAME]);
    world_keep(&t->path, f->fact[FACT_PATH]);
    world_keep(&t->user, f->fact[FACT_USER]);
    world_keep(&t->method, f->fact[FACT_COMMAND]);
    world_keep(&t->type, f->fact[FACT_DECLARED_TYPE]);
    world_keep(&t->url, f->fact[FACT_URL]);
    world_keep(&t->coded, f->codings);
    world_keep(&t->share, f->fact[FACT_SHARE]);
    world_keep(&t->mail_from, f->fact[FACT_EMAIL_FROM]);
    world_keep(&t->mail_to, f->fact[FACT_EMAIL_TO]);
    for (int i = 0; i < TRANSFER_KEY_PARTS; i++)
        for (size_t k = 0; k < f->key[i].n && t->key.n < WORLD_TEXT; k++)
            t->key.p[t->key.n++] = f->key[i].p[k];
    t->hash = EVP_MD_CTX_new();
    EVP_DigestInit_ex(t->hash, EVP_sha256(), NULL);
    return t;
}

static inline void world_add(struct world_text *out, struct bytes in) {
    size_t n = in.n < WORLD_TEXT - out->n ? in.n : WORLD_TEXT - out->n;
    memcpy(out->p + out->n, in.p, n);
    out->n += n;
}

static inline void world_data(struct conversation *c, struct transfer *t, const uint8_t *bytes, size_t n) {
    struct world *w = c->owner;
    if (!t)
        return;
    if (t->ended)
        abort();
    t->size += n;
    EVP_DigestUpdate(t->hash, bytes, n);
    if (t == &w->aside)
        world_add(&w->words, bytes_of(bytes, n));
}

static inline void world_write(struct conversation *c, struct transfer *t, uint64_t offset,
                               const uint8_t *bytes, size_t n) {
    if (!t)
        return;
    if (t->ended || (n == 0 && bytes))
        abort();
    if (!bytes) {
        t->missing += n;
        t->extent = offset + n > t->extent ? offset + n : t->extent;
        return;
    }
    t->at = offset + n;
    t->size += n;
    t->writes++;
    if (offset >= WORLD_WRITTEN || n > WORLD_WRITTEN - offset)
        return;
    if (!t->written)
        t->written = calloc(1, WORLD_WRITTEN);
    memcpy(t->written + offset, bytes, n);
    if (offset + n > t->reach)
        t->reach = offset + n;
}

static inline void world_gap(struct conversation *c, struct transfer *t, uint64_t n) {
    if (!t)
        return;
    t->size += n;
    t->missing += n;
}

static inline void world_learn(struct conversation *c, struct transfer *t, const struct transfer_seed *f) {
    if (!t)
        return;
    if (t->ended)
        abort();
    world_keep(&t->name, f->fact[FACT_NAME]);
    world_keep(&t->path, f->fact[FACT_PATH]);
    world_keep(&t->user, f->fact[FACT_USER]);
    world_keep(&t->method, f->fact[FACT_COMMAND]);
}

static inline void world_end(struct conversation *c, struct transfer *t, enum transfer_end how) {
    if (!t)
        return;
    if (t->ended)
        abort();
    t->ended = true;
    t->how = how;
    if (t->written)
        EVP_DigestUpdate(t->hash, t->written, t->reach);
    EVP_DigestFinal_ex(t->hash, t->sha256, NULL);
    free(t->written);
    t->written = NULL;
    EVP_MD_CTX_free(t->hash);
    t->hash = NULL;
}

static inline bool world_expect(struct conversation *c, const struct protocol *p, uint8_t transport,
                                const struct endpoint end[2], struct bytes facts) {
    struct world *w = c->owner;
    if (w->expectations == WORLD_EXPECTATIONS)
        return false;
    struct world_expectation *e = &w->expectation[w->expectations++];
    *e = (struct world_expectation){true,
                                    {.transport = transport,
                                     .protocol = (uint8_t)dispatcher_number(w->dispatcher, p),
                                     .facts_n = (uint8_t)facts.n,
                                     .end = {end[0], end[1]}}};
    if (facts.n)
        memcpy(e->e.facts, facts.p, facts.n);
    return false;
}

static inline void world_encrypted(struct conversation *c) {
    ((struct world *)c->owner)->encrypted++;
}

static inline void world_clear(struct conversation *c) {
    ((struct world *)c->owner)->cleared++;
}

static inline void world_tell(struct conversation *c, const struct bytes *facts) {
    struct world *w = c->owner;
    if (facts[FACT_HOST].n) {
        w->names++;
        world_keep(&w->named, facts[FACT_HOST]);
    }
    for (int i = 0; i < FACT_COUNT; i++)
        if (facts[i].n)
            world_keep(&w->told[i], facts[i]);
}

static inline struct world *world_create(const struct dispatch_options *options) {
    struct world *w = calloc(1, sizeof *w);
    w->services = (struct protocol_services){.begin = world_begin,
                                             .data = world_data,
                                             .write = world_write,
                                             .gap = world_gap,
                                             .learn = world_learn,
                                             .end = world_end,
                                             .expect = world_expect,
                                             .encrypted = world_encrypted,
                                             .clear = world_clear,
                                             .tell = world_tell};
    w->dispatcher = dispatcher_create(options, &w->services);
    return w;
}

/* The owner's rule: an expectation is fulfilled by the flow's addresses and the port that was opened. */
static inline void world_match(struct world *w, size_t flow) {
    struct conversation *c = w->flow[flow];
    for (size_t i = 0; i < w->expectations && conversation_awaits(c); i++) {
        struct world_expectation *e = &w->expectation[i];
        if (!e->waiting || e->e.end[SIDE_SERVER].port != c->end[SIDE_SERVER].port ||
            !address_equal(&e->e.end[SIDE_CLIENT].address, &c->end[SIDE_CLIENT].address) ||
            !address_equal(&e->e.end[SIDE_SERVER].address, &c->end[SIDE_SERVER].address))
            continue;
        e->waiting = false;
        conversation_announce(w->dispatcher, c, &e->e);
    }
}

static inline size_t world_open_over(struct world *w, uint8_t transport, struct endpoint client,
                                     struct endpoint server) {
    struct endpoint end[2] = {client, server};
    if (w->flows == WORLD_FLOWS)
        return 0;
    w->flow[w->flows] = conversation_open(w->dispatcher, w, transport, end);
    if (!w->flow[w->flows])
        abort();
    w->wanted[w->flows] = true;
    world_match(w, w->flows);
    return w->flows++;
}

static inline size_t world_open(struct world *w, struct endpoint client, struct endpoint server) {
    return world_open_over(w, PROTOCOL_TCP, client, server);
}

/* In memory of its own. */
static inline void world_send(struct world *w, size_t flow, enum side from, const void *p, size_t n) {
    if (!w->flow[flow] || !w->wanted[flow])
        return;
    uint8_t *copy = malloc(n + 1);
    memcpy(copy, p, n);
    w->wanted[flow] = conversation_datagram(w->dispatcher, w->flow[flow], from, copy, n, ++w->now);
    w->delivered += n;
    free(copy);
}

/* Pieces of at most `split` bytes, 0 for all at once. */
static inline void world_deliver(struct world *w, size_t flow, enum side from, const uint8_t *p, size_t n,
                                 size_t split) {
    while (n > 0 && w->flow[flow] && w->wanted[flow] && !w->ended[flow][from]) {
        size_t take = split && split < n ? split : n;
        uint8_t *copy = malloc(take); /* so that a read behind the piece is seen */
        memcpy(copy, p, take);
        world_match(w, flow);
        w->wanted[flow] = conversation_data(w->dispatcher, w->flow[flow], from, copy, take, ++w->now);
        free(copy);
        w->delivered += take;
        p += take;
        n -= take;
    }
}

static inline void world_lose(struct world *w, size_t flow, enum side from, uint64_t n) {
    if (!w->flow[flow] || !w->wanted[flow] || w->ended[flow][from])
        return;
    world_match(w, flow);
    w->wanted[flow] = conversation_gap(w->dispatcher, w->flow[flow], from, n, ++w->now);
}

static inline void world_finish(struct world *w, size_t flow, enum side from, bool clean) {
    if (!w->flow[flow] || !w->wanted[flow] || w->ended[flow][from])
        return;
    w->ended[flow][from] = true;
    world_match(w, flow);
    conversation_end(w->dispatcher, w->flow[flow], from, clean, ++w->now);
}

static inline void world_close(struct world *w, size_t flow) {
    if (w->flow[flow])
        world_match(w, flow);
    conversation_close(w->dispatcher, w->flow[flow]);
    w->flow[flow] = NULL;
}

/* Closes what is open, as at the end of a capture; what was written down stays. */
static inline void world_close_all(struct world *w) {
    for (size_t i = 0; i < w->flows; i++)
        world_close(w, i);
    w->expectations = 0;
}

static inline void world_destroy(struct world *w) {
    world_close_all(w);
    for (size_t i = 0; i < w->transfers; i++) {
        EVP_MD_CTX_free(w->transfer[i].hash);
        free(w->transfer[i].written);
    }
    dispatcher_destroy(w->dispatcher);
    free(w);
}

static inline bool world_same_text(const struct world_text *a, const struct world_text *b) {
    return bytes_equal(world_bytes(a), world_bytes(b));
}

static inline bool world_same_transfers(const struct world *a, const struct world *b) {
    if (a->transfers != b->transfers)
        return false;
    for (size_t i = 0; i < a->transfers; i++) {
        const struct transfer *x = &a->transfer[i], *y = &b->transfer[i];
        if (!world_same_text(&x->name, &y->name) || !world_same_text(&x->path, &y->path) ||
            !world_same_text(&x->user, &y->user) || !world_same_text(&x->method, &y->method) ||
            x->from != y->from || x->partial != y->partial || x->offset != y->offset || x->size != y->size ||
            x->missing != y->missing || x->ended != y->ended || x->how != y->how ||
            memcmp(x->sha256, y->sha256, sizeof x->sha256) != 0)
            return false;
    }
    return true;
}

#endif
