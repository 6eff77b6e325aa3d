/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CODING_DECODER_H
#define GANTRY_CODING_DECODER_H

#include "base/pool.h"
#include "coding/coding.h"

#include <assert.h>
#include <stdalign.h>

/* Internal to coding/: what one coding has to do. decoder.c drives it, bounds it, and decides what becomes of
 * bodies that are not what they say. */

enum coding_step {
    CODING_MORE,   /* took what it could: wants input or room */
    CODING_ENDED,  /* the coding's own end was seen; input that is left does not belong to it */
    CODING_BROKEN, /* this is not, or no longer, that coding */
};

struct coding_window {
    const uint8_t *in;
    size_t in_n;
    uint8_t *out;
    size_t out_n; /* room */
};

/* For codings that take input and give output by the piece: `in` is what is left of the input, `made` bytes
 * were written. Where input is left there was no room for more. */
static inline void coding_advance(struct coding_window *w, struct bytes in, size_t made) {
    w->in = in.p;
    w->in_n = in.n;
    w->out += made;
    w->out_n = in.n > 0 ? 0 : w->out_n - made;
}

struct decoder;

/* One coding: a const table, listed once in table.c. */
struct coding {
    const char *names[4];             /* NULL-terminated; none: only the bytes choose it */
    bool (*start)(struct decoder *d); /* false: no memory. NULL: the state begins as zeros */
    enum coding_step (*step)(struct decoder *d, struct coding_window *w);
    bool (*may_end)(
        const struct decoder *d); /* the body may end here. NULL: only behind the coding's own end */
    /* Writes what is still held when the input ends: at most two bytes. NULL: nothing ever is. */
    void (*finish)(struct decoder *d, struct coding_window *w);
    void (*stop)(struct decoder *d); /* NULL: holds no memory */
    /* Goes on behind a gap; returns how much decoded content is missing. NULL: nothing behind a gap can be
     * decoded. */
    uint64_t (*gap)(struct decoder *d, uint64_t n);
    /* Text codings, of which anything decodes to something: can a body that begins so be in it? NULL: `step`
     * tells. */
    bool (*fits)(struct bytes first);
    /* What a byte that it takes, and one that it makes, costs beyond one that inflate makes: its hosts pay
     * for that. The two together stay below what a byte of the wire earns, so that what hardly unfolds, as
     * pictures, is always decoded to its end. */
    unsigned price_in, price_out;
    bool ahead;    /* it fills memory before it gives any of it: that is paid for before */
    bool likely;   /* tried where the announced coding is wrong or unknown, in the table's order */
    bool no_magic; /* anything may look like its beginning: only a body that fits it to the end is in it */
    bool joins;    /* reads on by itself where another stream of it follows the end of one */
};

/* table.c: all of them, NULL-terminated. */
extern const struct coding *const coding_table[];
/* Those that guess.c and tests ask for by name. */
extern const struct coding coding_gzip, coding_deflate, coding_bare_deflate, coding_brotli, coding_base64;

enum {
    CODING_TRIAL = 512,
    CODING_STATE = 144, /* bytes of a coding's own in each decoder; more comes from coding_alloc */
    CODING_BUFFER = 32 << 10,
    CODING_SPARE = 8, /* histories that are kept for the next body */
    /* Decoders that may run inside one another: a chain, the whole that it goes on in, a protocol's own. */
    CODING_NESTED = 2 * (CODINGS_MAX + 1) + CODINGS_MAX,
};

struct codings {
    struct codings_options options;
    struct pool decoders;
    uint64_t bytes;    /* memory that decompressors hold */
    uint64_t refusals; /* times that they got none */
    struct filter *(*open_tail)(void *context, struct filter *next);
    void *tail_context;
    uint8_t *buffers; /* CODING_NESTED of CODING_BUFFER bytes */
    unsigned buffers_taken;
    void *spare[CODING_SPARE]; /* histories that nobody uses now, history.c */
    uint64_t spare_bytes;      /* what was filled of these, and of those that have a user again */
};

struct decoder {
    struct filter filter;
    struct codings *codings;
    const struct coding *coding; /* NULL once it has failed at once */
    struct filter *tail;         /* takes what came behind the coding's end */
    const struct decoder *outer; /* the first of its stack: ratios count from what came on the wire */
    enum { DECODER_WAITS, DECODER_RUNS, DECODER_UNDECIDED, DECODER_PLAIN, DECODER_ENDED, DECODER_OVER } state;
    struct allowance *allowance;
    const struct coding *later; /* DECODER_WAITS: what it begins with once its bytes have paid for that */
    bool may_guess;             /* the bytes decide when the name is wrong */
    bool guessed;               /* they have */
    bool unpaid;                /* its hosts do not pay for the memory that it wants to fill */
    bool too_wide;              /* its history is larger than one may have */
    bool strict;                /* what is not in its coding is nothing */
    bool trailing;              /* bytes came behind the coding's end */
    bool tail_lost;             /* they are not, or not all, at hand any more */
    uint8_t streams;            /* behind the first one */
    uint64_t in, out;           /* bytes taken and given */
    uint64_t fed;               /* bytes offered */
    size_t history_n, history_filled; /* bytes of its history, and of those that count */
    uint16_t trial_n; /* the first bytes are kept: they may be in another coding or none; later those behind
                         its end */
    uint8_t trial[CODING_TRIAL];
    alignas(max_align_t) uint8_t own[CODING_STATE]; /* the coding's state, zeros before `start` */
};

static inline bool decoder_start(struct decoder *d, const struct coding *coding) {
    memset(d->own, 0, sizeof d->own);
    allowance_spend(d->allowance, ACCOUNT_DECODED,
                    ALLOWANCE_BEGUN * (coding->ahead          ? 4
                                       : coding->price_in > 0 ? 3
                                                              : 1));
    allowance_spend(d->allowance, ACCOUNT_MATCHED, ALLOWANCE_CODED);
    return !coding->start || coding->start(d);
}

static inline void decoder_stop(struct decoder *d, const struct coding *coding) {
    if (coding->stop)
        coding->stop(d);
}

static inline bool decoder_may_end(const struct decoder *d, const struct coding *coding) {
    return coding->may_end && coding->may_end(d);
}

/* Likewise for what a coding looks back to, which may be very large; `decoder` is a struct decoder. It counts
 * as it fills, and is paid for until it is given back. NULL: too wide, or none left. */
void *coding_history_alloc(void *decoder, size_t n);
void coding_history_free(void *decoder, void *p);
/* `n` more bytes were decoded, taken and made together. False: it must not fill so far, which the decoder
 * says why. */
bool coding_history_fill(struct decoder *d, size_t n);

void coding_history_finish(struct codings *c);

struct coding_guess {
    const struct coding *coding; /* NULL: none that we know */
    size_t skip;                 /* bytes before it */
};

/* What a body is coded in whose announced coding is wrong or unknown (NULL), from its first bytes (`whole`:
 * all there are), by decoding them. */
struct coding_guess coding_guess(struct codings *c, const struct coding *announced, struct bytes first,
                                 bool whole);

#endif
