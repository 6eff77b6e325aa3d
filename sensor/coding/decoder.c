/* SPDX-License-Identifier: Apache-2.0 */
#include "coding/decoder.h"

#include "base/counter.h"
#include "base/stage.h"
#include "base/work.h"

#include <string.h>

enum {
    TAIL_MIN = 32,    /* fewer bytes behind the end of a coding are nothing */
    BOMB_RATIO = 32,  /* what unfolds to more times its size */
    BOMB_PRICE = 16,  /* costs so many times as much a byte */
    STREAMS_MAX = 64, /* most that are tried one behind another: each is a turn deeper in this file */
};

static struct decoder *decoder_of(struct filter *f) {
    return (struct decoder *)f;
}

static void cut_body(struct decoder *d, enum counter why) {
    counter_one(why);
    d->state = DECODER_OVER;
    const char *bound = why == COUNTER_CODING_MEMORY      ? "memory-bound"
                        : why == COUNTER_CODING_ALLOWANCE ? "allowance-bound"
                        : why == COUNTER_CODING_HISTORY   ? "window-bound"
                                                          : NULL;
    if (!bound)
        return;
    filter_bounded(d->filter.next);
    filter_name_bound(d->filter.next, bound);
}

/* What people send unfolds to some twenty times its size at most. What unfolds to more costs more where its
 * hosts have spent all that they had: long runs are what decoders take longest for. */
static size_t price_of(const struct decoder *d, size_t n) {
    bool poor = d->allowance && d->allowance->poor[ACCOUNT_DECODED];
    return poor && (d->out + n) / BOMB_RATIO > d->outer->in ? BOMB_PRICE : 1;
}

/* A long body that unfolds to more than its hosts pay for is one of few. */
static bool borrow_for_long(const struct decoder *d, size_t n) {
    enum { LONG = 256 << 10 };
    return d->out >= LONG && allowance_borrow_easily(d->allowance, n);
}

/* Gives on what was decoded, no further than the bounds. */
static void push_output(struct decoder *d, const uint8_t *bytes, size_t n) {
    bool over;
    size_t take = limit_output(&d->codings->options.limits, d->outer->in, d->out, n, &over);
    size_t price = price_of(d, take),
           paid = allowance_take(d->allowance, ACCOUNT_DECODED, take * price) / price;
    d->out += paid;
    if (paid > 0)
        filter_data(d->filter.next, bytes, paid);
    counter_add(COUNTER_CODING_ALLOWANCE, paid < take);
    if (over || paid < take) {
        d->state = DECODER_OVER;
        filter_bounded(d->filter.next);
        filter_name_bound(d->filter.next, paid < take ? "allowance-bound"
                                          : take < n  ? "output-bound"
                                                      : "ratio-bound");
    }
}

/* Nothing came out, and all that went in is at hand: it can be looked at in another way. */
static bool is_early(const struct decoder *d) {
    return d->out == 0 && !d->guessed && d->fed <= d->trial_n;
}

/* Adds to what is kept; returns how many bytes fitted. */
static size_t keep_bytes(struct decoder *d, const uint8_t *bytes, size_t n) {
    size_t room = (size_t)(CODING_TRIAL - d->trial_n), kept = n < room ? n : room;
    memmove(d->trial + d->trial_n, bytes, kept);
    d->trial_n = (uint16_t)(d->trial_n + kept);
    return kept;
}

static void take_bytes(struct decoder *d, const uint8_t *bytes, size_t n);
static bool start_guessed(struct decoder *d, const struct coding *coding);

/* Padding is nothing: line ends, blanks and zeros. */
static bool is_padding(struct bytes in) {
    for (size_t i = 0; i < in.n; i++)
        if (in.p[i] != 0 && in.p[i] != '\r' && in.p[i] != '\n' && in.p[i] != ' ')
            return false;
    return true;
}

/* The bytes that are kept behind the end are enough to tell, or all there are: some senders end a stream and
 * begin another where they should only flush; what is none has a place of its own. */
static void settle_tail(struct decoder *d, bool whole) {
    struct coding_guess g = {.coding = NULL};
    struct bytes kept = bytes_of(d->trial, d->trial_n);
    if (d->may_guess && !d->coding->joins && d->streams++ < STREAMS_MAX)
        g = coding_guess(d->codings, NULL, kept, whole);
    if (g.coding && start_guessed(d, g.coding)) {
        take_bytes(d, d->trial + g.skip, kept.n - g.skip);
        return;
    }
    if (d->codings->open_tail && kept.n >= TAIL_MIN && !is_padding(kept))
        d->tail = d->codings->open_tail(d->codings->tail_context, d->filter.next);
    d->tail_lost = true;
    if (d->tail)
        filter_data(d->tail, kept.p, kept.n);
}

/* Bytes behind the end of the coding: another stream of it may follow. */
static void keep_tail(struct decoder *d, const uint8_t *bytes, size_t n) {
    d->trailing |= n > 0;
    if (n == 0)
        return;
    if (!d->tail && !d->tail_lost) {
        size_t kept = keep_bytes(d, bytes, n);
        bytes += kept;
        n -= kept;
        if (n > 0)
            settle_tail(d, false);
    }
    if (n > 0 && d->tail)
        filter_data(d->tail, bytes, n);
    else if (n > 0 && !d->tail_lost)
        take_bytes(d, bytes, n);
}

/* `refused`: memory, in this step. What breaks by that is counted as such; where nothing came out yet, what
 * it is is tried once more. */
static void note_step(struct decoder *d, enum coding_step step, bool refused) {
    if (step == CODING_ENDED) {
        d->state = DECODER_ENDED;
        d->trial_n = 0;
    } else if (step == CODING_BROKEN && (d->too_wide || d->unpaid)) {
        cut_body(d, d->too_wide ? COUNTER_CODING_HISTORY : COUNTER_CODING_ALLOWANCE);
    } else if (step == CODING_BROKEN && is_early(d)) {
        d->state = DECODER_UNDECIDED;
        counter_add(COUNTER_CODING_MEMORY, refused);
    } else if (step == CODING_BROKEN) {
        cut_body(d, refused ? COUNTER_CODING_MEMORY : COUNTER_CODING_BROKEN);
    }
}

static void decoder_data(struct filter *f, const uint8_t *bytes, size_t n);

/* No more is decoded than can be given on. */
static size_t room_for(const struct decoder *d) {
    enum { LEAST = 2 << 10 };
    const struct allowance *a = d->allowance;
    size_t price = price_of(d, CODING_BUFFER);
    if (allowance_has(a, ACCOUNT_DECODED, (int64_t)(CODING_BUFFER * price)) ||
        borrow_for_long(d, CODING_BUFFER * price))
        return CODING_BUFFER;
    int64_t left = a->left[ACCOUNT_DECODED] / (int64_t)price;
    return left > LEAST ? (size_t)left : LEAST;
}

/* What a dear coding takes for what it has read and made, beyond what all codings do. */
static size_t price_of_step(const struct decoder *d, size_t in, size_t made) {
    return in * d->coding->price_in + made * d->coding->price_out;
}

/* It goes on as long as something is left, and owes what this step costs beyond it. */
static bool may_go_on(struct decoder *d, size_t price, size_t made) {
    bool paid = price == 0 || allowance_has(d->allowance, ACCOUNT_DECODED, (int64_t)made + 1) ||
                allowance_borrow(d->allowance, price + made);
    d->unpaid |= !paid;
    return paid;
}

/* Returns how many bytes at the end were not taken. */
static size_t decode_some(struct decoder *d, const uint8_t *bytes, size_t n) {
    struct codings *c = d->codings;
    if (c->buffers_taken == CODING_NESTED) {
        cut_body(d, COUNTER_CODING_MEMORY);
        return 0;
    }
    uint8_t *buffer = c->buffers + (size_t)CODING_BUFFER * c->buffers_taken++;
    struct coding_window w = {.in = bytes, .in_n = n};
    d->fed = add_sizes(d->fed, n);
    do {
        size_t before = w.in_n;
        uint64_t refusals = c->refusals;
        w.out = buffer;
        w.out_n = room_for(d);
        uint8_t stage = stage_enter(STAGE_CODING);
        enum coding_step step = d->coding->step(d, &w);
        stage_leave(stage);
        d->in += before - w.in_n;
        size_t made = (size_t)(w.out - buffer);
        size_t worked = before - w.in_n + made;
        if (step == CODING_MORE && worked == 0 && before > 0)
            step = CODING_BROKEN; /* neither input nor room helps it */
        size_t price = price_of_step(d, before - w.in_n, made);
        if (!may_go_on(d, price, made) || !coding_history_fill(d, worked))
            step = CODING_BROKEN;
        if (made > 0)
            push_output(d, buffer, made);
        if (price > 0)
            allowance_owe(d->allowance, ACCOUNT_DECODED, price);
        if (d->state == DECODER_RUNS)
            note_step(d, step, c->refusals > refusals);
    } while (d->state == DECODER_RUNS && (w.in_n > 0 || w.out_n == 0));
    c->buffers_taken--;
    return w.in_n;
}

/* Returns how many bytes stand behind the end of the coding. */
static size_t decode_bytes(struct decoder *d, const uint8_t *bytes, size_t n) {
    size_t left = decode_some(d, bytes, n);
    return d->state == DECODER_ENDED ? left : 0;
}

static void take_bytes(struct decoder *d, const uint8_t *bytes, size_t n) {
    if (d->state == DECODER_RUNS && d->fed < CODING_TRIAL && n > 0) {
        /* Where a trial ends must not depend on how the bytes came. */
        size_t room = CODING_TRIAL - (size_t)d->fed, first = n < room ? n : room;
        size_t left = decode_bytes(d, bytes, first);
        if (d->state == DECODER_UNDECIDED)
            return; /* all of it comes again */
        bytes += first - left;
        n -= first - left;
    }
    if (n == 0)
        return;
    if (d->state == DECODER_PLAIN)
        filter_data(d->filter.next, bytes, n);
    else if (d->state == DECODER_RUNS) {
        size_t left = decode_bytes(d, bytes, n);
        keep_tail(d, bytes + (n - left), left);
    } else if (d->state == DECODER_ENDED)
        keep_tail(d, bytes, n);
}

static void stop_coding(struct decoder *d) {
    if (d->coding)
        decoder_stop(d, d->coding);
    d->coding = NULL;
}

static bool start_guessed(struct decoder *d, const struct coding *coding) {
    stop_coding(d);
    if (!decoder_start(d, coding)) {
        cut_body(d, COUNTER_CODING_MEMORY);
        return false;
    }
    d->coding = coding;
    d->guessed = true;
    d->in = d->fed = 0;
    d->state = DECODER_RUNS;
    return true;
}

/* The announced coding is not it: the bytes that were kept say what is, or that there is none. */
static void settle_coding(struct decoder *d, bool whole) {
    struct coding_guess g = {.coding = NULL};
    size_t n = d->trial_n;
    uint64_t refusals = d->codings->refusals;
    if (d->coding && d->coding->fits && d->coding->fits(bytes_of(d->trial, n))) {
        d->state = DECODER_RUNS;
        d->guessed = true;
        take_bytes(d, d->trial, n);
        return;
    }
    if (d->may_guess)
        g = coding_guess(d->codings, d->coding, bytes_of(d->trial, n), whole);
    if (!g.coding && d->codings->refusals > refusals)
        counter_one(COUNTER_CODING_MEMORY);
    if (g.coding && !start_guessed(d, g.coding))
        return;
    if (!g.coding && d->strict) {
        cut_body(d, COUNTER_CODING_BROKEN);
        return;
    }
    counter_one(g.coding ? COUNTER_CODING_GUESSED : COUNTER_CODING_FALSE);
    if (!g.coding)
        d->state = DECODER_PLAIN;
    take_bytes(d, d->trial + g.skip, n - g.skip);
}

/* Nothing was decoded yet. Enough has come to pay for that, or what is there stays as it came. */
static void begin_late(struct decoder *d, bool paid) {
    uint8_t first[CODING_TRIAL];
    size_t n = d->trial_n;
    paid &= !stage_left_out(STAGE_CODING);
    memcpy(first, d->trial, n);
    d->trial_n = 0;
    d->coding = paid ? d->later : NULL;
    bool runs = d->coding && !d->coding->fits;
    d->state = !paid ? d->strict ? DECODER_OVER : DECODER_PLAIN : runs ? DECODER_RUNS : DECODER_UNDECIDED;
    if (!paid) {
        counter_one(COUNTER_CODING_ALLOWANCE);
        filter_bounded(d->filter.next);
    } else if (d->coding && !decoder_start(d, d->coding)) {
        d->coding = NULL;
        cut_body(d, COUNTER_CODING_MEMORY);
    }
    if (n > 0)
        decoder_data(&d->filter, first, n);
}

/* Can anything be gained by more bytes? */
static bool waits_for_more(const struct decoder *d) {
    return d->may_guess || (d->coding && d->coding->fits && !d->guessed);
}

static void decoder_data(struct filter *f, const uint8_t *bytes, size_t n) {
    struct decoder *d = decoder_of(f);
    size_t kept = 0;
    if (d->state == DECODER_WAITS) {
        kept = keep_bytes(d, bytes, n);
        if (kept == n)
            return;
        begin_late(d, true);
        bytes += kept;
        n -= kept;
        kept = 0;
    }
    if (d->state == DECODER_UNDECIDED || (d->state == DECODER_RUNS && !d->guessed && d->fed < CODING_TRIAL))
        kept = keep_bytes(d, bytes, n);
    if (d->state != DECODER_UNDECIDED)
        take_bytes(d, bytes, n);
    /* Enough is known, or nothing can be gained by waiting. */
    if (d->state == DECODER_UNDECIDED && (d->trial_n == CODING_TRIAL || !waits_for_more(d))) {
        settle_coding(d, false);
        take_bytes(d, bytes + kept, n - kept);
    }
}

static void decoder_gap(struct filter *f, uint64_t n) {
    struct decoder *d = decoder_of(f);
    if (d->state == DECODER_WAITS)
        begin_late(d, true);
    if (d->state == DECODER_UNDECIDED)
        settle_coding(d, false);
    if (d->tail)
        filter_gap(d->tail, n);
    d->tail_lost = true;
    if (d->state == DECODER_PLAIN) {
        filter_gap(f->next, n);
    } else if (d->state == DECODER_RUNS) {
        counter_one(COUNTER_CODING_GAPS);
        uint64_t missing = d->coding->gap ? d->coding->gap(d, n) : n;
        filter_gap(f->next, missing ? missing : 1);
        if (!d->coding->gap)
            d->state = DECODER_OVER;
        d->fed = add_sizes(d->fed, CODING_TRIAL + 1); /* what was kept is not all of it */
    }
}

/* --- Life --- */

static struct filter *decoder_peel(struct filter *f) {
    struct decoder *d = decoder_of(f);
    struct filter *next = f->next;
    stop_coding(d);
    if (d->allowance)
        d->allowance->decoders--;
    pool_give(&d->codings->decoders, d);
    return next;
}

/* A body so short that its decoder failed, or never said a word. */
static bool is_undecided(const struct decoder *d) {
    return d->state == DECODER_UNDECIDED ||
           (d->state == DECODER_RUNS && d->fed > 0 && is_early(d) && !decoder_may_end(d, d->coding));
}

static void push_rest(struct decoder *d) {
    uint8_t last[4];
    struct coding_window w = {.out = last, .out_n = sizeof last};
    if (d->state != DECODER_RUNS || !d->coding->finish)
        return;
    d->coding->finish(d, &w);
    if (w.out > last)
        push_output(d, last, (size_t)(w.out - last));
}

static void decoder_end(struct filter *f, enum transfer_end how) {
    struct decoder *d = decoder_of(f);
    if (d->state == DECODER_WAITS)
        begin_late(d, d->trial_n == 0);
    if (is_undecided(d))
        settle_coding(d, how == TRANSFER_DONE);
    if (d->state == DECODER_ENDED && !d->tail_lost && d->trial_n > 0)
        settle_tail(d, true);
    if (d->tail)
        filter_end(d->tail, how);
    bool proper = d->state == DECODER_PLAIN || d->state == DECODER_ENDED ||
                  (d->state == DECODER_RUNS && (d->fed == 0 || decoder_may_end(d, d->coding)));
    if (!proper && d->state == DECODER_RUNS)
        counter_one(COUNTER_CODING_UNFINISHED);
    if (proper)
        push_rest(d);
    if (d->trailing)
        counter_one(COUNTER_CODING_TRAILING);
    filter_end(decoder_peel(f), proper ? how : TRANSFER_CUT);
}

static const struct filter_ops decoder_ops = {
    .data = decoder_data, .gap = decoder_gap, .end = decoder_end, .peel = decoder_peel};

enum coding_progress coding_progress(const struct filter *first) {
    const struct decoder *d = (const struct decoder *)first;
    if (first->ops != &decoder_ops || (d->state != DECODER_OVER && d->state != DECODER_ENDED))
        return CODING_GOES_ON;
    bool more = d->state == DECODER_OVER || d->tail_lost || d->trial_n >= TAIL_MIN;
    return more ? CODING_LOST : CODING_AT_END;
}

/* Where little is left nobody takes more of it who has a quarter of all. */
static bool is_greedy(const struct codings *c, const struct allowance *a) {
    enum { SHORT = 750, LEAST = 16 };
    return a && a->decoders >= LEAST && a->decoders * UINT64_C(4) > c->decoders.in_use &&
           (codings_fill(c) >= SHORT || pool_fill(&c->decoders) >= SHORT);
}

/* A decoder costs something by itself, and is worth that for some bytes. */
static bool may_begin(const struct allowance *a, const struct coding *coding) {
    bool ahead = coding && coding->ahead;
    return !stage_left_out(STAGE_CODING) && allowance_has(a, ACCOUNT_DECODED, ALLOWANCE_DECODER) &&
           (!ahead || allowance_has(a, ACCOUNT_AHEAD, ALLOWANCE_DECODER));
}

/* `coding` NULL: unknown, the bytes decide. */
static struct decoder *decoder_create(struct codings *c, const struct coding_list *list, unsigned which,
                                      struct filter *next) {
    const struct coding *coding = list->list[which];
    struct decoder *d = is_greedy(c, list->allowance) ? NULL : pool_take(&c->decoders);
    if (!d)
        return NULL;
    *d = (struct decoder){.filter = {.ops = &decoder_ops, .next = next},
                          .codings = c,
                          .coding = coding,
                          .state = coding && !coding->fits ? DECODER_RUNS : DECODER_UNDECIDED,
                          .allowance = list->allowance,
                          .may_guess = list->guess,
                          .strict = list->strict};
    if (!may_begin(list->allowance, coding)) {
        d->state = DECODER_WAITS;
        d->later = coding;
        d->coding = NULL;
    }
    if (d->coding && !decoder_start(d, coding)) {
        pool_give(&c->decoders, d);
        return NULL;
    }
    if (d->allowance)
        d->allowance->decoders++;
    return d;
}

struct filter *coding_stack(struct codings *c, const struct coding_list *list, struct filter *next) {
    struct filter *head = next;
    for (unsigned i = 0; i < list->n; i++) {
        struct decoder *d = decoder_create(c, list, i, head);
        if (!d) {
            counter_one(COUNTER_CODING_MEMORY);
            while (head != next)
                head = decoder_peel(head);
            filter_bounded(next);
            return next;
        }
        head = &d->filter;
    }
    for (struct filter *f = head; f != next; f = f->next)
        decoder_of(f)->outer = decoder_of(head);
    return head;
}

/* Its bytes are no other coding's, whatever they are. */
struct filter *coding_begin(struct codings *c, const struct coding_list *one, struct filter *next) {
    bool paid = one->n == 1 && may_begin(one->allowance, one->list[0]);
    struct decoder *d = paid ? decoder_create(c, one, 0, next) : NULL;
    counter_add(COUNTER_CODING_ALLOWANCE, !paid);
    counter_add(COUNTER_CODING_MEMORY, paid && !d);
    if (!d)
        return NULL;
    d->outer = d;
    d->guessed = true;
    d->state = DECODER_RUNS;
    return &d->filter;
}

size_t coding_feed(struct filter *begun, const uint8_t *bytes, size_t n) {
    struct decoder *d = decoder_of(begun);
    return d->state == DECODER_RUNS ? n - decode_some(d, bytes, n) : 0;
}

bool coding_may_end(const struct filter *begun) {
    const struct decoder *d = (const struct decoder *)begun;
    return d->state == DECODER_RUNS && decoder_may_end(d, d->coding);
}
