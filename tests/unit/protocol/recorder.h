/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TEST_PROTOCOL_RECORDER_H
#define GANTRY_TEST_PROTOCOL_RECORDER_H

#include "protocol/branch.h"
#include "protocol/protocol.h"
#include "protocol/shared.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

/* Fake services that write down what a protocol asks of the stages behind it. */
enum { RECORD_MAX = 4096, RECORD_TEXT = 512 };

struct record {
    enum side from;
    char name[RECORD_TEXT], path[RECORD_TEXT], host[RECORD_TEXT], user[RECORD_TEXT], method[RECORD_TEXT];
    char key[RECORD_TEXT], type[RECORD_TEXT], encoding[RECORD_TEXT], etag[RECORD_TEXT];
    bool partial, ended;
    uint64_t offset, length, total, size, missing;
    enum transfer_end how;
    char sha256[65]; /* of the bytes that came, gaps left out */
    EVP_MD_CTX *hash;
};

struct recorder {
    struct record *list[RECORD_MAX];
    size_t count, named, encrypted;
    char target[64]; /* that was told last */
    char hosts[RECORD_TEXT];
    char words[RECORD_TEXT]; /* of transfers aside */
    char inner[2][RECORD_TEXT];
    size_t inner_n[2];
    bool inner_now; /* the protocol has said PROTOCOL_BECOMES */
    struct conversation c;
};

static bool record_is_aside(struct conversation *c, const struct transfer *t) {
    return (const char *)t == ((struct recorder *)c->owner)->words;
}

static void record_text(char out[RECORD_TEXT], struct bytes text) {
    size_t n = text.n < RECORD_TEXT - 1 ? text.n : RECORD_TEXT - 1;
    if (n)
        memcpy(out, text.p, n);
    out[n] = 0;
}

static struct transfer *record_begin(struct conversation *c, const struct transfer_seed *f) {
    struct recorder *r = c->owner;
    if (f->aside)
        return (struct transfer *)r->words;
    if (r->count == RECORD_MAX)
        return NULL;
    struct record *t = r->list[r->count++] = malloc(sizeof *t);
    *t = (struct record){.from = f->from, .partial = f->resume == RESUME_RANGE, .offset = f->offset};
    t->length = f->length;
    t->total = f->total;
    record_text(t->key, f->key[2]);
    record_text(t->name, f->fact[FACT_NAME]);
    record_text(t->path, f->fact[FACT_URL]);
    record_text(t->host, f->fact[FACT_HOST]);
    record_text(t->user, f->fact[FACT_USER]);
    record_text(t->method, f->fact[FACT_METHOD]);
    record_text(t->type, f->fact[FACT_DECLARED_TYPE]);
    record_text(t->encoding, f->codings);
    record_text(t->etag, f->etag);
    t->hash = EVP_MD_CTX_new();
    EVP_DigestInit_ex(t->hash, EVP_sha256(), NULL);
    return (struct transfer *)t;
}

static void record_data(struct conversation *c, struct transfer *transfer, const uint8_t *bytes, size_t n) {
    struct record *t = (struct record *)transfer;
    if (!t)
        return;
    if (record_is_aside(c, transfer)) { /* lines, shown with a bar at their ends */
        struct recorder *r = c->owner;
        size_t used = strlen(r->words);
        for (size_t i = 0; i < n && used < RECORD_TEXT - 1; i++)
            r->words[used++] = bytes[i] == '\n' ? '|' : (char)bytes[i];
        r->words[used] = 0;
        return;
    }
    if (t->ended || n == 0)
        abort(); /* data behind the end, or an empty call */
    t->size += n;
    EVP_DigestUpdate(t->hash, bytes, n);
}

static void record_learn(struct conversation *c, struct transfer *transfer, const struct transfer_seed *f) {
    struct record *t = (struct record *)transfer;
    if (!t)
        return;
    if (t->ended)
        abort();
    record_text(t->key, f->key[2]);
}

static void record_gap(struct conversation *c, struct transfer *transfer, uint64_t n) {
    struct record *t = (struct record *)transfer;
    if (!t)
        return;
    if (t->ended || n == 0)
        abort();
    t->missing += n;
}

static void record_end(struct conversation *c, struct transfer *transfer, enum transfer_end how) {
    struct record *t = (struct record *)transfer;
    unsigned char digest[32];
    if (!t || record_is_aside(c, transfer))
        return;
    if (t->ended)
        abort(); /* ended twice */
    t->ended = true;
    t->how = how;
    EVP_DigestFinal_ex(t->hash, digest, NULL);
    EVP_MD_CTX_free(t->hash);
    for (int i = 0; i < 32; i++)
        snprintf(t->sha256 + 2 * i, 3, "%02x", digest[i]);
}

static void record_encrypted(struct conversation *c) {
    ((struct recorder *)c->owner)->encrypted++;
}

static void record_clear(struct conversation *c) {
    ((struct recorder *)c->owner)->encrypted--;
}

static void record_told(struct conversation *c, const struct bytes *facts) {
    struct recorder *r = c->owner;
    struct bytes host = facts[FACT_HOST];
    if (facts[FACT_TARGET].n)
        snprintf(r->target, sizeof r->target, "%.*s", (int)facts[FACT_TARGET].n,
                 (const char *)facts[FACT_TARGET].p);
    if (host.n == 0)
        return;
    size_t used = strlen(r->hosts);
    r->named++;
    if (used + host.n + 2 < RECORD_TEXT)
        snprintf(r->hosts + used, RECORD_TEXT - used, "%s%.*s", used ? "," : "", (int)host.n,
                 (const char *)host.p);
}

static const struct protocol_services record_services = {
    .begin = record_begin,
    .data = record_data,
    .gap = record_gap,
    .learn = record_learn,
    .end = record_end,
    .encrypted = record_encrypted,
    .clear = record_clear,
    .tell = record_told,
};

static struct recorder *recorder_create(const struct protocol *p) {
    struct recorder *r = calloc(1, sizeof *r);
    r->c.services = &record_services;
    r->c.owner = r;
    r->c.protocol = p;
    r->c.state = p->open(&r->c, bytes_of(NULL, 0));
    return r;
}

/* Closes the conversation; the records stay. */
static void recorder_close(struct recorder *r) {
    if (r->c.state)
        r->c.protocol->close(&r->c);
    r->c.state = NULL;
    shared_state_clear();
}

static void recorder_destroy(struct recorder *r) {
    recorder_close(r);
    for (size_t i = 0; i < r->count; i++) {
        if (!r->list[i]->ended)
            abort(); /* a transfer that the protocol forgot to end */
        free(r->list[i]);
    }
    free(r);
}

/* Stand for dispatch.c, which these tests do not link. */
void conversation_become(struct conversation *c, const struct protocol *const *candidates, bool fallback) {
}

void conversation_become_this(struct conversation *c, const struct protocol *p, struct bytes facts) {
}

enum protocol_result conversation_become_any(struct conversation *c, enum side from, struct bytes held,
                                             struct bytes rest) {
    return PROTOCOL_BECOMES;
}

void conversation_settle_later(struct conversation *c) {
}

struct conversation *branch_open(struct conversation *trunk, const struct protocol *p, struct bytes facts,
                                 struct bytes target) {
    return NULL;
}

bool branch_data(struct conversation *trunk, struct conversation *branch, enum side from, struct bytes in) {
    return false;
}

bool branch_gap(struct conversation *trunk, struct conversation *branch, enum side from, uint64_t n) {
    return false;
}

void branch_end(struct conversation *trunk, struct conversation *branch, enum side from, bool clean) {
}

void branch_close(struct conversation *trunk, struct conversation *branch) {
}

void conversation_inner(struct conversation *c, enum side from, const uint8_t *bytes, size_t n) {
    struct recorder *r = c->owner;
    size_t room = RECORD_TEXT - 1 - (r->inner_n[from] < RECORD_TEXT - 1 ? r->inner_n[from] : RECORD_TEXT - 1);
    memcpy(r->inner[from] + (RECORD_TEXT - 1 - room), bytes, n < room ? n : room);
    r->inner_n[from] += n;
}

#endif
