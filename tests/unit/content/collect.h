/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TESTS_COLLECT_H
#define GANTRY_TESTS_COLLECT_H

/* For tests and fuzz targets of content/: a sink that writes down what it is told, and holds it to the
 * contract. */

#include "base/counter.h"
#include "content/content.h"
#include "content/unpack/unpack.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

struct collected {
    uint64_t number, parent, size, missing, offset, bytes, gaps;
    unsigned depth;
    bool closed, complete, container, hashed, bounded;
    const struct file_type *type;
    char name[256], part[32], origin[32], sha256[65], encryption[32], members[16], names[513], notes[129];
    char path[512];
    time_ns first, last;
    uint64_t content; /* FNV-1a of data and gaps, to compare two runs */
    uint8_t *data;    /* of the first 64 KiB */
};

enum { COLLECT_MAX = 4096, COLLECT_DATA = 64 << 10 };

struct collector {
    struct collected list[COLLECT_MAX]; /* by opening */
    size_t n, ended;
    size_t order[COLLECT_MAX]; /* by closing */
    long owners;
};

static uint64_t collect_mix(uint64_t h, const uint8_t *p, size_t n) {
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * 0x100000001b3ull;
    return h;
}

static void collect_opened(void *context, struct object *o) {
    struct collector *c = context;
    assert(c->n < COLLECT_MAX && o->type && !o->inspection);
    o->inspection = &c->list[c->n++];
    *(struct collected *)o->inspection = (struct collected){.number = o->number,
                                                            .parent = o->parent,
                                                            .depth = o->depth,
                                                            .container = o->container,
                                                            .type = o->type};
}

static void collect_data(void *context, struct object *o, const uint8_t *bytes, size_t n) {
    struct collected *x = o->inspection;
    assert(x && !x->closed && n > 0 && (!o->container || o->has_text));
    if (!x->data)
        x->data = malloc(COLLECT_DATA);
    if (x->bytes < COLLECT_DATA)
        memcpy(x->data + x->bytes, bytes, n < COLLECT_DATA - x->bytes ? n : COLLECT_DATA - x->bytes);
    x->bytes += n;
    x->content = collect_mix(x->content, bytes, n);
}

static void collect_gap(void *context, struct object *o, uint64_t n) {
    struct collected *x = o->inspection;
    assert(x && !x->closed && n > 0 && !o->container);
    x->gaps += n;
    x->content = collect_mix(x->content, (const uint8_t *)&n, sizeof n);
}

static void collect_retyped(void *context, struct object *o, struct bytes again) {
    struct collected *x = o->inspection;
    assert(x && !x->closed && !o->container && o->basis == TYPE_BY_STRUCTURE);
    assert(o->picture + again.n == x->bytes + x->gaps);
    assert(again.n == 0 || memcmp(x->data + x->bytes - again.n, again.p, again.n) == 0 ||
           x->bytes > COLLECT_DATA);
    x->type = o->type;
}

static void collect_fact(const struct object *o, enum fact which, char *out, size_t room) {
    struct bytes text = object_fact(o, which);
    snprintf(out, room, "%.*s", (int)text.n, (const char *)text.p);
}

static void collect_closed(void *context, struct object *o) {
    struct collector *c = context;
    struct collected *x = o->inspection;
    bool given = o->size == x->bytes + x->gaps && o->missing == x->gaps;
    assert(x && !x->closed && (o->container || given || (o->unpaid && x->bytes == 0 && x->gaps == 0)));
    assert(!o->complete || (o->missing == 0 && o->offset == 0));
    x->closed = true;
    x->complete = o->complete;
    x->hashed = o->hashed;
    x->bounded = o->bounded;
    x->size = o->size;
    x->missing = o->missing;
    x->offset = o->offset;
    x->first = o->first;
    x->last = o->last;
    collect_fact(o, FACT_NAME, x->name, sizeof x->name);
    collect_fact(o, FACT_PATH, x->path, sizeof x->path);
    collect_fact(o, FACT_PART, x->part, sizeof x->part);
    collect_fact(o, FACT_ORIGIN, x->origin, sizeof x->origin);
    collect_fact(o, FACT_ENCRYPTION, x->encryption, sizeof x->encryption);
    x->type = o->type;
    collect_fact(o, FACT_NOTES, x->notes, sizeof x->notes);
    collect_fact(o, FACT_MEMBERS, x->members, sizeof x->members);
    collect_fact(o, FACT_MEMBER_NAMES, x->names, sizeof x->names);
    for (int i = 0; i < 32 && o->hashed; i++)
        snprintf(x->sha256 + 2 * i, 3, "%02x", o->sha256[i]);
    c->order[c->ended++] = (size_t)(x - c->list);
}

static void collect_retain(void *context, void *owner) {
    ((struct collector *)context)->owners++;
}

static void collect_release(void *context, void *owner) {
    ((struct collector *)context)->owners--;
}

static inline struct object_sink collect_sink(struct collector *c) {
    return (struct object_sink){.context = c,
                                .opened = collect_opened,
                                .data = collect_data,
                                .gap = collect_gap,
                                .closed = collect_closed,
                                .retyped = collect_retyped,
                                .retain = collect_retain,
                                .release = collect_release};
}

/* A content with codings of its own, as its options say; one at a time. */
static struct codings *collect_codings;
static struct fact_pool collect_texts;

/* The options with defaults for what is 0, and what of content/'s world goes with them. */
static inline struct content_parts collect_parts(struct content_options *o) {
    struct content_options preset = *o;
    setting_defaults(content_settings, &preset);
    uint64_t *at[] = {&o->assembly_time,
                      &o->container_hash,
                      &o->codings.limits.depth_max,
                      &o->codings.limits.members_max,
                      &o->codings.limits.output_max,
                      &o->codings.limits.ratio_max};
    const uint64_t presets[] = {preset.assembly_time,
                                preset.container_hash,
                                preset.codings.limits.depth_max,
                                preset.codings.limits.members_max,
                                preset.codings.limits.output_max,
                                preset.codings.limits.ratio_max};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++)
        *at[i] = *at[i] ? *at[i] : presets[i];
    if (o->codings.memory == 0)
        o->codings.memory = 256 << 20;
    collect_codings = codings_create(&o->codings);
    assert(fact_pool_init(&collect_texts, o->objects, o->objects));
    return (struct content_parts){collect_codings, &collect_texts, unpacker_table};
}

static inline struct content *collect_content(const struct content_options *options, struct collector *c) {
    const struct object_sink sink = collect_sink(c);
    struct content_options o = *options;
    const struct content_parts parts = collect_parts(&o);
    return content_create(&o, &parts, &sink);
}

static inline void collect_destroy(struct content *c) {
    content_destroy(c);
    codings_destroy(collect_codings);
    assert(collect_texts.holders.in_use == 0 && collect_texts.rooms.in_use == 0);
    fact_pool_finish(&collect_texts);
}

static inline void collect_finish(struct collector *c) {
    assert(c->owners == 0 && c->n == c->ended);
    for (size_t i = 0; i < c->n; i++)
        free(c->list[i].data);
    c->n = c->ended = 0;
}

/* The nth object that was closed. */
static inline struct collected *collect_ended(struct collector *c, size_t nth) {
    return &c->list[c->order[nth]];
}

static inline struct conversation collect_conversation(unsigned port) {
    struct conversation c = {.now = 1000 * NS_PER_S};
    address_parse("10.40.3.7", &c.end[SIDE_CLIENT].address);
    address_parse("198.51.100.20", &c.end[SIDE_SERVER].address);
    c.end[SIDE_CLIENT].port = (uint16_t)port;
    c.end[SIDE_SERVER].port = 80;
    return c;
}

static inline struct transfer_seed collect_facts(const char *method, const char *path) {
    struct transfer_seed s = transfer_seed_of("http", SIDE_CLIENT);
    s.fact[FACT_URL] = bytes_text(path);
    s.fact[FACT_HOST] = bytes_text("store.example");
    s.fact[FACT_METHOD] = bytes_text(method);
    s.key[0] = s.fact[FACT_HOST];
    s.key[2] = s.fact[FACT_URL];
    s.resumable = *path && (strcmp(method, "GET") == 0 || strcmp(method, "PUT") == 0);
    return s;
}

/* The same as FTP says it. */
static inline void collect_ftp(struct transfer_seed *s, bool partial, uint64_t offset) {
    s->protocol = "ftp";
    s->resume =
        !partial && bytes_equal(s->fact[FACT_METHOD], bytes_text("APPE")) ? RESUME_APPEND : RESUME_TO_END;
    s->resumable = false;
    s->anew = !partial;
    s->offset = offset;
}

/* One transfer of these octets in pieces of `split`; `lost` of them at `gap` are missing; 0: none are. It is
 * the only one: the content is destroyed. */
static inline void collect_send(struct content *content, const struct transfer_seed *seed, struct bytes body,
                                size_t split, size_t gap, size_t lost) {
    struct conversation flow = collect_conversation(4000);
    struct transfer *transfer = content_begin(content, &flow, NULL, seed);
    for (size_t at = 0, take; at < body.n; at += take) {
        size_t end = lost > 0 && at < gap && gap < body.n ? gap : body.n;
        take = end - at < split ? end - at : split;
        if (lost > 0 && at == gap)
            content_gap(&flow, transfer, take = lost);
        else
            content_data(&flow, transfer, body.p + at, take);
    }
    content_end(&flow, transfer, TRANSFER_DONE);
    collect_destroy(content);
}

/* An object of these octets, in steps of so many, and whatever is in it. */
static inline void collect_run(struct collector *c, const void *bytes, size_t n, size_t step) {
    const struct content_options options = {.objects = 16, .assembly_bytes = 1 << 20};
    struct transfer_seed facts = collect_facts("POST", "/form");
    collect_send(collect_content(&options, c), &facts, bytes_of(bytes, n), step, 0, 0);
}

static inline uint64_t collect_counter(enum counter which) {
    return counter_values[which];
}

#endif
