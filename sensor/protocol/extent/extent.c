/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/extent/format.h"

#include "protocol/memory.h"

/* --- what a format may say --- */

static void ask_header(struct extent *e, unsigned kept, unsigned need, extent_reader *read, bool ahead) {
    e->walk = NULL;
    e->have = (uint16_t)kept;
    e->need = (uint16_t)need;
    e->read = read;
    e->ahead = ahead;
}

void extent_gather(struct extent *e, unsigned kept, unsigned need, extent_reader *read) {
    ask_header(e, kept, need, read, false);
}

void extent_ahead(struct extent *e, unsigned kept, unsigned need, extent_reader *read) {
    ask_header(e, kept, need, read, true);
}

void extent_skip(struct extent *e, uint64_t n, unsigned need, extent_reader *read) {
    ask_header(e, 0, need, read, false);
    e->skip = n;
}

void extent_skip_ahead(struct extent *e, uint64_t n, unsigned need, extent_reader *read) {
    ask_header(e, 0, need, read, true);
    e->skip = n;
}

void extent_skip_to_end(struct extent *e, uint64_t n) {
    extent_skip(e, n, 0, NULL);
}

void extent_walk(struct extent *e, extent_walker *walk) {
    ask_header(e, 0, 0, NULL, false);
    e->walk = walk;
}

void extent_skip_walk(struct extent *e, uint64_t n, extent_walker *walk) {
    extent_walk(e, walk);
    e->skip = n;
}

void extent_end(struct extent *e) {
    e->result = EXTENT_ENDED;
}

void extent_break(struct extent *e) {
    e->result = EXTENT_BROKEN;
}

void extent_endless(struct extent *e) {
    e->result = EXTENT_ENDLESS;
}

/* --- life --- */

struct extent *extent_create(const struct extent_format *format, struct allowance *payer) {
    struct extent *e = protocol_alloc(PROTOCOL_STATE, sizeof *e);
    if (!e)
        return NULL;
    e->format = format;
    e->payer = payer;
    ask_header(e, 0, format->first, format->read, false);
    return e;
}

void extent_destroy(struct extent *e) {
    if (e && e->format->finish)
        e->format->finish(e);
    protocol_free(e);
}

/* --- steps --- */

/* Octets of the chunk that belong to the thing and were not told yet: from `told` to `p`. */
struct feed {
    const uint8_t *p, *end, *told;
    extent_out *out;
    void *context;
};

static void tell_octets(struct feed *f) {
    if (f->p > f->told)
        f->out(f->context, bytes_of(f->told, (size_t)(f->p - f->told)));
    f->told = f->p;
}

static void step_skip(struct extent *e, struct feed *f) {
    size_t left = (size_t)(f->end - f->p), n = left < e->skip ? left : (size_t)e->skip;
    f->p += n;
    e->skip -= n;
    e->at += n;
}

/* Octets that were gathered ahead belong to it once their reader goes on. */
static void read_ahead(struct extent *e, struct feed *f) {
    uint16_t held = e->have;
    uint8_t header[EXTENT_HEADER_MAX];
    memcpy(header, e->header, held);
    e->at += held;
    e->read(e);
    bool keeps = e->result == EXTENT_MORE && e->ahead && !e->walk && e->have > 0;
    if (keeps || e->result == EXTENT_ENDED || e->result == EXTENT_BROKEN) {
        e->at -= held;
        e->have = held;
    } else {
        f->out(f->context, bytes_of(header, held));
    }
}

static void step_header(struct extent *e, struct feed *f) {
    size_t left = (size_t)(f->end - f->p), n = (size_t)(e->need - e->have);
    n = n < left ? n : left;
    if (e->ahead)
        tell_octets(f);
    memcpy(e->header + e->have, f->p, n);
    e->have = (uint16_t)(e->have + n);
    f->p += n;
    if (e->ahead)
        f->told = f->p;
    else
        e->at += n;
    if (e->have < e->need)
        return;
    if (e->ahead)
        read_ahead(e, f);
    else
        e->read(e);
}

static void step(struct extent *e, struct feed *f) {
    if (e->skip > 0) {
        step_skip(e, f);
    } else if (e->walk) {
        size_t n = e->walk(e, bytes_of(f->p, (size_t)(f->end - f->p)));
        f->p += n;
        e->at += n;
    } else {
        step_header(e, f);
    }
    if (e->result == EXTENT_MORE && e->skip == 0 && !e->walk && !e->read)
        e->result = EXTENT_ENDED;
}

enum extent_result extent_feed(struct extent *e, struct bytes in, struct bytes *rest, extent_out *out,
                               void *context) {
    struct feed f = {.p = in.p, .end = in.p + in.n, .told = in.p, .out = out, .context = context};
    while (e->result == EXTENT_MORE && f.p < f.end)
        step(e, &f);
    if (e->result == EXTENT_ENDLESS)
        f.p = f.end;
    tell_octets(&f);
    *rest = bytes_of(f.p, (size_t)(f.end - f.p));
    return e->result;
}

struct bytes extent_again(const struct extent *e) {
    bool held = e->result != EXTENT_ENDLESS && (e->result == EXTENT_BROKEN || e->ahead) && !e->walk;
    size_t begin = e->at <= e->have && !e->ahead; /* it broke at once: not where it began again */
    return held && e->have > begin ? bytes_of(e->header + begin, e->have - begin) : bytes_of(NULL, 0);
}

bool extent_gap(struct extent *e, uint64_t n) {
    e->at += n;
    if (e->result == EXTENT_ENDLESS)
        return true;
    if (n <= e->skip) {
        e->skip -= n;
        if (e->skip == 0 && !e->read)
            e->result = EXTENT_ENDED;
        return true;
    }
    return e->format->gap && e->format->gap(e, n);
}

uint64_t extent_size(const struct extent *e) {
    return e->at;
}

bool extent_is_endless(const struct extent *e) {
    return e->result == EXTENT_ENDLESS;
}

struct bytes extent_forget_end(struct extent *e) {
    struct bytes held = e->ahead && !e->walk ? bytes_of(e->header, e->have) : bytes_of(NULL, 0);
    e->at += held.n;
    e->result = EXTENT_ENDLESS;
    return held;
}

bool extent_may_end(const struct extent *e) {
    return e->result == EXTENT_ENDED ||
           (e->result == EXTENT_MORE && e->ahead && !e->walk && e->skip == 0 && e->at > 0);
}
