/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/again.h"

#include "pipeline/path.h"

#include <stdio.h>
#include <stdlib.h>

/* --- What is kept --- */

static size_t size_of(const struct again_entry *x) {
    return x->list.bytes ? x->list.n + x->first->size : 0;
}

static void forget_entry(struct again *g, struct again_entry *x) {
    g->bytes -= size_of(x);
    free(x->list.bytes);
    free(x->first);
    *x = (struct again_entry){.used = 0};
}

void again_finish(struct again *g) {
    for (size_t i = 0; i < AGAIN_ENTRIES; i++)
        forget_entry(g, &g->entry[i]);
}

static bool is_key(const struct again_key *a, const struct again_key *b) {
    return a->version == b->version && a->metered == b->metered &&
           memcmp(a->sha256, b->sha256, sizeof a->sha256) == 0;
}

/* A free place, or else that which was asked for the longest time ago. */
static struct again_entry *oldest_entry(struct again *g, bool occupied) {
    struct again_entry *oldest = NULL;
    for (size_t i = 0; i < AGAIN_ENTRIES; i++) {
        struct again_entry *x = &g->entry[i];
        if ((x->list.bytes || !occupied) && (!oldest || x->used < oldest->used))
            oldest = x;
    }
    return oldest;
}

static void *copy_bytes(const void *p, size_t n) {
    void *copy = malloc(n + 1);
    if (copy && n)
        memcpy(copy, p, n);
    return copy;
}

void again_keep(struct again *g, const struct again_key *key, const struct again_entry *what) {
    size_t size = what->list.n + what->first->size;
    struct again_entry *x;
    if (what->list.over || size > AGAIN_BYTES / 4)
        return;
    while (g->bytes + size > AGAIN_BYTES && (x = oldest_entry(g, true)))
        forget_entry(g, x);
    x = oldest_entry(g, false);
    forget_entry(g, x);
    struct again_entry fresh = *what;
    fresh.key = *key;
    fresh.used = ++g->clock;
    fresh.list.bytes = copy_bytes(what->list.bytes, what->list.n);
    fresh.first = copy_bytes(what->first, what->first->size);
    if (fresh.list.bytes && fresh.first) {
        *x = fresh;
        g->bytes += size;
        return;
    }
    free(fresh.list.bytes);
    free(fresh.first);
}

const struct again_entry *again_find(struct again *g, const struct again_key *key) {
    for (size_t i = 0; i < AGAIN_ENTRIES; i++)
        if (g->entry[i].list.bytes && is_key(&g->entry[i].key, key)) {
            g->entry[i].used = ++g->clock;
            return &g->entry[i];
        }
    return NULL;
}

/* --- It is told again --- */

/* What an object was given by the file that it is in, it is given by that of now; the rest is its own. */
static void put_texts(struct record_builder *b, const struct record *was, const struct record *first) {
    for (unsigned i = 0; i < FACT_COUNT; i++) {
        enum record_text which = (enum record_text)i;
        struct bytes text = record_text_of(was, which);
        if (!fact_rows[i].given || !bytes_equal(text, record_text_of(first, which)))
            record_text(b, which, text);
    }
    record_text(b, TEXT_MIME, record_text_of(was, TEXT_MIME));
    record_text(b, TEXT_RULES, bytes_of(NULL, 0));
    record_text(b, TEXT_CLASSES, bytes_of(NULL, 0));
    record_text(b, TEXT_OFFENDING, bytes_of(NULL, 0));
}

static void put_figures(struct record *r, const struct record *was) {
    r->kind = RECORD_TRANSFER;
    r->pending = 0;
    r->bytes = was->bytes;
    r->missing = was->missing;
    r->offset = was->offset;
    r->total = was->total;
    r->known_total = was->known_total;
    r->complete = was->complete;
    r->container = was->container;
    r->hashed = was->hashed;
    memcpy(r->sha256, was->sha256, sizeof r->sha256);
    r->severity = 0;
    r->distinct = 0;
    r->digests = r->at_least = 0;
}

static uint64_t number_again(const struct again_entry *what, const struct again_told *now, uint64_t was) {
    return was == what->root ? now->of->object : now->before + (was - what->before);
}

static void tell_finding(struct emitter *e, struct record_builder *b, const struct record *was,
                         const struct again_told *now) {
    char id[EXAMINE_RULE_MAX];
    struct bytes rule = record_text_of(was, TEXT_RULE_ID), sample = record_text_of(was, TEXT_SAMPLE);
    snprintf(id, sizeof id, "%.*s", (int)rule.n, (const char *)rule.p);
    struct finding f = {.rule = pipeline_find_rule(now->rules, id),
                        .distinct = was->distinct,
                        .at_least = was->at_least,
                        .digests = record_digests_of(was),
                        .digest_count = was->digests};
    if (sample.n < sizeof f.sample)
        memcpy(f.sample, sample.p, sample.n);
    if (f.rule)
        emit_late_finding(e, b, now->policy, now->host, &f);
}

static void tell_object_again(struct emitter *e, const struct again_entry *what, const struct again_told *now,
                              const struct record *was) {
    static struct record_builder b; /* large, and used within this call alone */
    record_copy(&b, now->of);
    put_figures(&b.head, was);
    b.head.worker = e->worker;
    b.head.object = number_again(what, now, was->object);
    b.head.parent = number_again(what, now, was->parent);
    put_texts(&b, was, what->first);
    emit_judge(&b, now->policy, now->host);
    for (size_t at = 0; at < what->list.n;) {
        const struct record *r = (const void *)(what->list.bytes + at);
        if (r->kind == RECORD_FINDING && r->object == was->object)
            tell_finding(e, &b, r, now);
        at += r->size;
    }
    emit_examined(e, &b);
}

void again_tell(struct emitter *e, const struct again_entry *what, const struct again_told *now) {
    for (size_t at = 0; at < what->list.n;) {
        const struct record *r = (const void *)(what->list.bytes + at);
        if (r->kind == RECORD_TRANSFER)
            tell_object_again(e, what, now, r);
        at += r->size;
    }
}
