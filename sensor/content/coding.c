/* SPDX-License-Identifier: Apache-2.0 */
#include "content/coding.h"

#include "base/counter.h"

#include <stdlib.h>

enum {
    BUFFER_SIZE = 32 << 10,
    RATIO_FROM = 1 << 20, /* output below this is let through at any ratio */
};

static const struct coding *const codings[] = {&coding_gzip, &coding_deflate, &coding_brotli, &coding_base64,
                                               &coding_quoted_printable};

/* --- Names --- */

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

/* What is applied last must be undone first: an unknown coding hides all that were applied before it, unless
 * the bytes show what it is. */
static void coding_add(struct coding_list *l, struct bytes name, unsigned most) {
    if (is_plain(name))
        return;
    const struct coding *coding = coding_named(name);
    if (!coding)
        counter_one(COUNTER_CODING_UNKNOWN);
    else if (l->n >= most)
        counter_one(COUNTER_CODING_DEPTH);
    if (l->n < most && (coding || l->guess))
        l->list[l->n++] = coding;
    else
        l->n = 0;
}

struct coding_list coding_parse(struct bytes value, unsigned most, bool guess) {
    struct coding_list l = {.n = 0, .guess = guess};
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
    return c->options.depth_max > seed->level ? (unsigned)c->options.depth_max - seed->level : 0;
}

/* --- Memory --- */

enum { HEADER = 16 }; /* keeps malloc's alignment */

void *coding_alloc(void *content, size_t n) {
    struct content *c = content;
    if (n > SIZE_MAX - HEADER || n + HEADER > c->options.decoder_bytes ||
        c->coding_bytes > c->options.decoder_bytes - n - HEADER)
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

/* --- Running --- */

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

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Nothing came out, and all that went in is at hand: it can be looked at in another way. */
static bool early(const struct decoder *d) {
    return d->out == 0 && !d->guessed && d->fed <= d->trial_n;
}

/* Adds to what is kept; returns how many bytes fitted. */
static size_t keep(struct decoder *d, const uint8_t *bytes, size_t n) {
    size_t kept = least(n, (size_t)(CODING_TRIAL - d->trial_n));
    memmove(d->trial + d->trial_n, bytes, kept);
    d->trial_n = (uint16_t)(d->trial_n + kept);
    return kept;
}

/* Bytes behind the end of the coding: another stream of it may follow. */
static void keep_tail(struct decoder *d, const uint8_t *bytes, size_t n) {
    d->trailing |= n > 0;
    d->tail_lost |= keep(d, bytes, n) < n;
}

static void step_done(struct decoder *d, enum coding_step step, const struct coding_window *w) {
    if (step == CODING_ENDED) {
        d->state = DECODER_ENDED;
        d->trial_n = 0;
        keep_tail(d, w->in, w->in_n);
    } else if (step == CODING_BROKEN) {
        if (early(d))
            d->state = DECODER_UNDECIDED;
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
            step_done(d, step, &w);
    } while (d->state == DECODER_RUNS && (w.in_n > 0 || w.out_n == 0));
    c->buffers_taken--;
}

static void take(struct decoder *d, const uint8_t *bytes, size_t n) {
    if (d->state == DECODER_RUNS && d->fed < CODING_TRIAL && n > 0) {
        /* Where a trial ends must not depend on how the bytes came. */
        size_t first = least(n, CODING_TRIAL - (size_t)d->fed);
        decode(d, bytes, first);
        bytes += first;
        n -= first;
        if (d->state == DECODER_UNDECIDED)
            return; /* all of it comes again */
        if (d->state == DECODER_ENDED && n > 0) {
            keep_tail(d, bytes, n);
            return;
        }
    }
    if (n == 0)
        return;
    if (d->state == DECODER_PLAIN)
        filter_data(d->filter.next, bytes, n);
    else if (d->state == DECODER_RUNS)
        decode(d, bytes, n);
    else if (d->state == DECODER_ENDED)
        keep_tail(d, bytes, n);
}

static bool start(struct decoder *d, const struct coding *coding) {
    if (d->coding)
        d->coding->stop(d);
    d->coding = NULL;
    if (!coding->start(d)) {
        give_up(d, COUNTER_CODING_MEMORY);
        return false;
    }
    d->coding = coding;
    d->guessed = true;
    d->in = d->fed = 0;
    d->state = DECODER_RUNS;
    return true;
}

/* The announced coding is not it: the bytes that were kept say what is, or that there is none. */
static void settle(struct decoder *d, bool whole) {
    struct coding_guess g = {.coding = NULL};
    size_t n = d->trial_n;
    if (d->may_guess)
        g = coding_guess(d->filter.content, d->coding, bytes_of(d->trial, n), whole);
    if (g.coding && !start(d, g.coding))
        return;
    counter_one(g.coding ? COUNTER_CODING_GUESSED : COUNTER_CODING_FALSE);
    if (!g.coding)
        d->state = DECODER_PLAIN;
    take(d, d->trial + g.skip, n - g.skip);
}

/* Enough is known, or nothing can be gained by waiting. */
static bool decided(const struct decoder *d) {
    return d->trial_n == CODING_TRIAL || !d->may_guess;
}

static void decoder_data(struct filter *f, const uint8_t *bytes, size_t n) {
    struct decoder *d = decoder_of(f);
    size_t kept = 0;
    if (d->state == DECODER_UNDECIDED || (d->state == DECODER_RUNS && !d->guessed && d->fed < CODING_TRIAL))
        kept = keep(d, bytes, n);
    if (d->state != DECODER_UNDECIDED)
        take(d, bytes, n);
    if (d->state == DECODER_UNDECIDED && decided(d)) {
        settle(d, false);
        take(d, bytes + kept, n - kept);
    }
}

static void decoder_gap(struct filter *f, uint64_t n) {
    struct decoder *d = decoder_of(f);
    if (d->state == DECODER_UNDECIDED)
        settle(d, false);
    d->tail_lost = true;
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

/* --- Life --- */

static struct filter *decoder_peel(struct filter *f) {
    struct decoder *d = decoder_of(f);
    struct filter *next = f->next;
    if (d->coding)
        d->coding->stop(d);
    pool_give(&f->content->decoders, d);
    return next;
}

/* A body so short that its decoder failed, or never said a word. */
static bool undecided(const struct decoder *d) {
    return d->state == DECODER_UNDECIDED ||
           (d->state == DECODER_RUNS && d->fed > 0 && early(d) && !d->coding->may_end(d));
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

/* Some senders end a stream and begin another where they should only flush. */
static void decode_tail(struct decoder *d) {
    struct coding_guess g = {.coding = NULL};
    size_t n = d->trial_n;
    if (d->state == DECODER_ENDED && d->may_guess && n > 0 && !d->tail_lost && d->coding != &coding_gzip)
        g = coding_guess(d->filter.content, NULL, bytes_of(d->trial, n), true);
    if (g.coding && start(d, g.coding))
        take(d, d->trial + g.skip, n - g.skip);
}

static void decoder_end(struct filter *f, enum transfer_end how) {
    struct decoder *d = decoder_of(f);
    if (undecided(d))
        settle(d, how == TRANSFER_DONE);
    decode_tail(d);
    bool proper = d->state == DECODER_PLAIN || d->state == DECODER_ENDED ||
                  (d->state == DECODER_RUNS && (d->fed == 0 || d->coding->may_end(d)));
    if (!proper && d->state == DECODER_RUNS)
        counter_one(COUNTER_CODING_UNFINISHED);
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

/* `coding` NULL: unknown, the bytes decide. */
static struct decoder *decoder_create(struct content *c, const struct coding *coding, bool may_guess,
                                      struct filter *next) {
    struct decoder *d = pool_take(&c->decoders);
    if (!d)
        return NULL;
    *d = (struct decoder){.filter = {.ops = &decoder_ops, .next = next, .content = c},
                          .coding = coding,
                          .state = coding ? DECODER_RUNS : DECODER_UNDECIDED,
                          .may_guess = may_guess};
    if (!coding || coding->start(d))
        return d;
    pool_give(&c->decoders, d);
    return NULL;
}

struct filter *coding_stack(struct content *c, const struct coding_list *list, struct filter *next) {
    struct filter *head = next;
    for (unsigned i = 0; i < list->n; i++) {
        struct decoder *d = decoder_create(c, list->list[i], list->guess, head);
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
