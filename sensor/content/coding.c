/* SPDX-License-Identifier: Apache-2.0 */
#include "content/coding.h"

#include "base/counter.h"

#include <stdlib.h>

enum {
    BUFFER_SIZE = 32 << 10,
    RATIO_FROM = 1 << 20, /* output below this is let through at any ratio */
    MEMORY_MAX = 256 << 20,
};

static const struct coding *const codings[] = {&coding_gzip, &coding_deflate, &coding_brotli, &coding_base64,
                                               &coding_quoted_printable};

/* --- Names
 * ------------------------------------------------------------------------------------------------------- */

static bool is_plain(struct bytes name) {
    static const char *const names[] = {"identity", "7bit", "8bit", "binary"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (bytes_equal_nocase(name, names[i]))
            return true;
    return name.n == 0;
}

static const struct coding *coding_named(struct bytes name) {
    for (size_t i = 0; i < sizeof codings / sizeof *codings; i++)
        for (const char *const *n = codings[i]->names; *n; n++)
            if (bytes_equal_nocase(name, *n))
                return codings[i];
    return NULL;
}

/* What is applied last must be undone first: an unknown coding hides all that were applied before it. */
static void coding_add(struct coding_list *l, struct bytes name, unsigned most) {
    if (is_plain(name))
        return;
    const struct coding *coding = coding_named(name);
    if (coding && l->n < most) {
        l->list[l->n++] = coding;
        return;
    }
    counter_one(coding ? COUNTER_CODING_DEPTH : COUNTER_CODING_UNKNOWN);
    l->n = 0;
}

struct coding_list coding_parse(struct bytes value, unsigned most) {
    struct coding_list l = {.n = 0};
    while (value.n > 0) {
        const uint8_t *comma = memchr(value.p, ',', value.n);
        size_t n = comma ? (size_t)(comma - value.p) : value.n;
        coding_add(&l, bytes_trim(bytes_of(value.p, n)), most < CODINGS_MAX ? most : CODINGS_MAX);
        n += comma != NULL;
        value = bytes_of(value.p + n, value.n - n);
    }
    return l;
}

unsigned coding_room(const struct content *c, const struct object_seed *seed) {
    return c->options.depth_max > seed->level ? c->options.depth_max - seed->level : 0;
}

/* --- Memory
 * ------------------------------------------------------------------------------------------------------ */

enum { HEADER = 16 }; /* keeps malloc's alignment */

void *coding_alloc(void *content, size_t n) {
    struct content *c = content;
    if (n > MEMORY_MAX - HEADER || c->coding_bytes + n + HEADER > MEMORY_MAX)
        return NULL;
    uint8_t *p = malloc(n + HEADER);
    if (!p)
        return NULL;
    memcpy(p, &n, sizeof n);
    c->coding_bytes += n + HEADER;
    return p + HEADER;
}

void coding_free(void *content, void *p) {
    struct content *c = content;
    size_t n;
    if (!p)
        return;
    uint8_t *start = (uint8_t *)p - HEADER;
    memcpy(&n, start, sizeof n);
    c->coding_bytes -= n + HEADER;
    free(start);
}

/* --- Running
 * ----------------------------------------------------------------------------------------------------- */

static struct decoder *decoder_of(struct filter *f) {
    return (struct decoder *)f;
}

static void give_up(struct decoder *d, enum counter why) {
    counter_one(why);
    d->state = DECODER_OVER;
}

/* Gives on what was decoded, no further than the bounds. */
static void push(struct decoder *d, const uint8_t *bytes, size_t n) {
    const struct content_options *o = &d->filter.content->options;
    uint64_t room = o->output_max - d->out;
    size_t take = n < room ? n : (size_t)room;
    d->out += take;
    if (take > 0)
        filter_data(d->filter.next, bytes, take);
    if (take < n)
        give_up(d, COUNTER_CODING_OUTPUT);
    else if (d->out > RATIO_FROM && d->out / o->ratio_max > d->outer->in)
        give_up(d, COUNTER_CODING_RATIO);
}

/* Nothing came out, and all that went in is at hand: it can be looked at in another way. */
static bool early(const struct decoder *d) {
    return d->out == 0 && d->fed <= d->trial_n;
}

static void step_done(struct decoder *d, enum coding_step step, size_t left) {
    if (step == CODING_ENDED) {
        d->state = DECODER_ENDED;
        d->trailing |= left > 0;
    } else if (step == CODING_BROKEN) {
        if (early(d))
            d->state = DECODER_FAILED_EARLY;
        else
            give_up(d, COUNTER_CODING_BROKEN);
    }
}

static void decode(struct decoder *d, const uint8_t *bytes, size_t n) {
    struct content *c = d->filter.content;
    uint8_t *buffer = c->buffers + (size_t)BUFFER_SIZE * c->buffers_taken++;
    struct coding_window w = {.in = bytes, .in_n = n};
    d->fed = add_sizes(d->fed, n);
    do {
        size_t before = w.in_n;
        w.out = buffer;
        w.out_n = BUFFER_SIZE;
        enum coding_step step = d->coding->step(d, &w);
        d->in += before - w.in_n;
        size_t made = (size_t)(w.out - buffer);
        if (step == CODING_MORE && made == 0 && before == w.in_n && before > 0)
            step = CODING_BROKEN; /* neither input nor room helps it */
        if (made > 0)
            push(d, buffer, made);
        if (d->state == DECODER_RUNS)
            step_done(d, step, w.in_n);
    } while (d->state == DECODER_RUNS && (w.in_n > 0 || w.out_n == 0));
    c->buffers_taken--;
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static void take(struct decoder *d, const uint8_t *bytes, size_t n) {
    if (d->state == DECODER_RUNS && d->fed < CODING_TRIAL && n > 0) {
        /* Where a trial ends must not depend on how the bytes came. */
        size_t first = least(n, CODING_TRIAL - (size_t)d->fed);
        decode(d, bytes, first);
        bytes += first;
        n -= first;
        if (d->state == DECODER_FAILED_EARLY)
            return; /* all of it comes again */
    }
    if (n == 0)
        return;
    if (d->state == DECODER_PLAIN)
        filter_data(d->filter.next, bytes, n);
    else if (d->state == DECODER_RUNS)
        decode(d, bytes, n);
    else if (d->state == DECODER_ENDED)
        d->trailing = true;
}

static void restart(struct decoder *d) {
    d->coding->stop(d);
    d->coding = d->coding->otherwise;
    d->in = d->fed = 0;
    d->state = DECODER_PLAIN;
    if (!d->coding)
        counter_one(COUNTER_CODING_FALSE);
    else if (d->coding->start(d))
        d->state = DECODER_RUNS;
    else
        give_up(d, COUNTER_CODING_MEMORY);
}

static void decoder_data(struct filter *f, const uint8_t *bytes, size_t n) {
    struct decoder *d = decoder_of(f);
    size_t kept = 0;
    if (d->state == DECODER_RUNS && d->fed < CODING_TRIAL) {
        kept = least(n, (size_t)(CODING_TRIAL - d->trial_n));
        memcpy(d->trial + d->trial_n, bytes, kept);
        d->trial_n = (uint16_t)(d->trial_n + kept);
    }
    take(d, bytes, n);
    while (d->state == DECODER_FAILED_EARLY) {
        restart(d);
        take(d, d->trial, d->trial_n);
        take(d, bytes + kept, n - kept);
    }
}

static void decoder_gap(struct filter *f, uint64_t n) {
    struct decoder *d = decoder_of(f);
    if (d->state == DECODER_PLAIN) {
        filter_gap(f->next, n);
    } else if (d->state == DECODER_RUNS) {
        counter_one(COUNTER_CODING_GAPS);
        filter_gap(f->next, d->coding->gap ? d->coding->gap(d, n) : n);
        if (!d->coding->gap)
            d->state = DECODER_OVER;
        d->fed = add_sizes(d->fed, CODING_TRIAL + 1); /* what was kept is not all of it */
    }
}

/* --- Life
 * -------------------------------------------------------------------------------------------------------- */

static struct filter *decoder_peel(struct filter *f) {
    struct decoder *d = decoder_of(f);
    struct filter *next = f->next;
    if (d->coding)
        d->coding->stop(d);
    pool_give(&f->content->decoders, d);
    return next;
}

/* A body so short that its decoder never said a word: what it was is seen as it came. */
static bool undecided(const struct decoder *d) {
    return d->state == DECODER_RUNS && d->fed > 0 && early(d);
}

static void finish(struct decoder *d) {
    uint8_t last[4];
    struct coding_window w = {.out = last, .out_n = sizeof last};
    if (d->state != DECODER_RUNS || !d->coding->finish)
        return;
    d->coding->finish(d, &w);
    if (w.out > last)
        push(d, last, (size_t)(w.out - last));
}

static void decoder_end(struct filter *f, enum transfer_end how) {
    struct decoder *d = decoder_of(f);
    bool proper = d->state == DECODER_PLAIN || d->state == DECODER_ENDED ||
                  (d->state == DECODER_RUNS && (d->fed == 0 || d->coding->may_end(d)));
    if (!proper && undecided(d)) {
        counter_one(COUNTER_CODING_FALSE);
        filter_data(f->next, d->trial, d->trial_n);
    } else if (!proper && d->state == DECODER_RUNS) {
        counter_one(COUNTER_CODING_UNFINISHED);
    }
    if (proper)
        finish(d);
    if (d->trailing)
        counter_one(COUNTER_CODING_TRAILING);
    filter_end(decoder_peel(f), proper ? how : TRANSFER_CUT);
}

static struct object *decoder_object(struct filter *f) {
    return filter_object(f->next);
}

static const struct filter_ops decoder_ops = {.data = decoder_data,
                                              .gap = decoder_gap,
                                              .end = decoder_end,
                                              .object = decoder_object,
                                              .peel = decoder_peel};

static struct decoder *decoder_create(struct content *c, const struct coding *coding, struct filter *next) {
    struct decoder *d = pool_take(&c->decoders);
    if (!d)
        return NULL;
    *d = (struct decoder){.filter = {.ops = &decoder_ops, .next = next, .content = c}, .coding = coding};
    if (coding->start(d))
        return d;
    pool_give(&c->decoders, d);
    return NULL;
}

struct filter *coding_stack(struct content *c, const struct coding_list *list, struct filter *next) {
    struct filter *head = next;
    for (unsigned i = 0; i < list->n; i++) {
        struct decoder *d = decoder_create(c, list->list[i], head);
        if (!d) {
            counter_one(COUNTER_CODING_MEMORY);
            while (head != next)
                head = decoder_peel(head);
            return next;
        }
        head = &d->filter;
    }
    for (struct filter *f = head; f != next; f = f->next)
        decoder_of(f)->outer = decoder_of(head);
    return head;
}

bool coding_init(struct content *c) {
    /* Twice: a part with codings of its own may go on in a whole that has them too. */
    c->buffers = malloc((size_t)BUFFER_SIZE * 2 * (c->options.depth_max + 1));
    return c->buffers && pool_init(&c->decoders, sizeof(struct decoder), CODING_DECODERS);
}

void coding_finish(struct content *c) {
    pool_finish(&c->decoders);
    free(c->buffers);
}
