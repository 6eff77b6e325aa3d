/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CONTENT_CODING_H
#define GANTRY_CONTENT_CODING_H

#include "content/filter.h"

#include <brotli/decode.h>
#include <zlib.h>

/* Internal to content/: what one coding has to do. coding.c drives it, bounds it, and decides what becomes of
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

struct decoder;

/* One coding: a const table, listed once in coding.c. */
struct coding {
    const char *names[4];
    bool (*start)(struct decoder *d); /* false: no memory */
    enum coding_step (*step)(struct decoder *d, struct coding_window *w);
    bool (*may_end)(const struct decoder *d); /* the body may end here */
    /* What is still held when the input ends: at most two bytes. NULL: nothing ever is. */
    void (*finish)(struct decoder *d, struct coding_window *w);
    void (*stop)(struct decoder *d);
    /* Goes on behind a gap; returns how much decoded content is missing. NULL: nothing behind a gap can be
     * decoded. */
    uint64_t (*gap)(struct decoder *d, uint64_t n);
    bool no_magic; /* anything may look like its beginning: only a body that fits it to the end is in it */
};

enum { CODING_TRIAL = 512 };

struct decoder {
    struct filter filter;
    const struct coding *coding; /* NULL once it has failed at once */
    const struct decoder *outer; /* the first of its stack: ratios count from what came on the wire */
    enum { DECODER_RUNS, DECODER_UNDECIDED, DECODER_PLAIN, DECODER_ENDED, DECODER_OVER } state;
    bool may_guess;   /* the bytes decide when the name is wrong */
    bool guessed;     /* they have */
    bool trailing;    /* bytes came behind the coding's end */
    bool tail_lost;   /* more than `trial` holds */
    uint64_t in, out; /* bytes taken and given */
    uint64_t fed;     /* bytes offered */
    uint16_t trial_n; /* the first bytes are kept: they may be in another coding or none; later those behind
                         its end */
    uint8_t trial[CODING_TRIAL];
    union {
        struct {
            z_stream stream;
            uint64_t members; /* ended so far */
        } zlib;
        BrotliDecoderState *brotli;
        struct {
            uint32_t bits;
            uint8_t count; /* characters in `bits` */
            bool to_next_line;
        } base64;
        struct {
            uint8_t n; /* characters of an escape that are held */
            uint8_t held[2];
        } quoted;
    } u;
};

/* Memory of decompressors, bounded for all of them together. */
void *coding_alloc(void *content, size_t n);
void coding_free(void *content, void *p);

extern const struct coding coding_gzip, coding_deflate, coding_bare_deflate, coding_brotli, coding_base64,
    coding_quoted_printable;

/* --- coding_guess.c --- */
struct coding_guess {
    const struct coding *coding; /* NULL: none that we know */
    size_t skip;                 /* bytes before it */
};

/* What a body is coded in whose announced coding is wrong or unknown (NULL), from its first bytes (`whole`:
 * all there are), by decoding them. */
struct coding_guess coding_guess(struct content *c, const struct coding *announced, struct bytes first,
                                 bool whole);

#endif
