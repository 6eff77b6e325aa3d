/* SPDX-License-Identifier: Apache-2.0 */
#include "coding/decoder.h"

/* Browsers take a body apart whose Content-Encoding is misspelt, swapped or damaged, each in its own way.
 * What fits the bytes is taken here: a body is decoded on trial, and nothing of it is given on. */

/* Fewer bytes than BARE_MIN are no bare deflate unless they end as one: too much fits its beginning. */
enum { TRY_OUT = 4096, GZIP_HEAD = 10, GZIP_TRAILER = 8, BARE_MIN = 64 };

/* Nobody pays for what a trial decodes. What gives so much is taken at its word, and pays from then on. */
enum { TRIAL_OUT_MAX = 64 << 10 };

/* RFC 1952 section 2.3.1 */
enum { FLAG_CRC = 2, FLAG_EXTRA = 4, FLAG_NAME = 8, FLAG_COMMENT = 16 };

struct trial {
    uint64_t out;
    size_t left; /* bytes that were not used */
    bool broken, ended, enough;
};

static struct trial decode_on_trial(struct codings *c, const struct coding *coding, struct bytes in) {
    uint8_t out[TRY_OUT];
    struct decoder d = {.codings = c};
    struct trial t = {.broken = true};
    struct coding_window w = {.in = in.p, .in_n = in.n};
    enum coding_step step;
    size_t before, made;
    if (!decoder_start(&d, coding))
        return t;
    do {
        before = w.in_n;
        w.out = out;
        w.out_n = sizeof out;
        step = coding->step(&d, &w);
        made = sizeof out - w.out_n;
        t.out += made;
        t.enough = t.out >= TRIAL_OUT_MAX;
    } while (step == CODING_MORE && !t.enough && (made > 0 || w.in_n < before));
    t.left = w.in_n;
    t.broken = step == CODING_BROKEN;
    t.ended = step == CODING_ENDED || decoder_may_end(&d, coding);
    decoder_stop(&d, coding);
    return t;
}

enum { ANY_TRAILER = CODING_TRIAL };

/* The mark of a sync flush: some senders of deflate leave it at that. */
static bool is_flushed(struct bytes in) {
    enum { MARK = 4 };
    return in.n > MARK && memcmp(in.p + in.n - MARK, "\0\0\xff\xff", MARK) == 0;
}

/* `trailer`: bytes that may stand behind the end. */
static bool fits_coding(struct codings *c, const struct coding *coding, struct bytes in, bool whole,
                        size_t trailer) {
    if (in.n == 0)
        return false;
    struct trial t = decode_on_trial(c, coding, in);
    bool is_empty =
        t.out == 0 && !(trailer == ANY_TRAILER && t.left == 0); /* blocks of nothing may go first */
    if (t.broken || is_empty)
        return false;
    if (t.enough)
        return true;
    if (coding->no_magic && trailer < ANY_TRAILER)
        return whole ? t.ended && t.left <= trailer : !t.ended && in.n >= BARE_MIN;
    return !whole || t.ended || (t.left == 0 && is_flushed(in));
}

/* Length of a gzip header as its flags describe it, some of them left aside; 0 if it does not fit. */
static size_t measure_gzip_head(struct bytes in, unsigned ignored) {
    size_t at = GZIP_HEAD;
    if (in.n < GZIP_HEAD)
        return 0;
    unsigned flags = in.p[3] & ~ignored;
    if (flags & FLAG_EXTRA)
        at += at + 2 <= in.n ? 2 + (in.p[at] | (size_t)in.p[at + 1] << 8) : in.n;
    for (unsigned flag = FLAG_NAME; flag <= FLAG_COMMENT; flag <<= 1)
        if (flags & flag) {
            while (at < in.n && in.p[at] != 0)
                at++;
            at++;
        }
    if (flags & FLAG_CRC)
        at += 2;
    return at < in.n ? at : 0;
}

/* A gzip header that zlib refuses: wrong magic or method, reserved flags, a checksum or extra field that is
 * not there or not right; or one before a zlib stream. */
static struct coding_guess guess_damaged(struct codings *c, struct bytes first, bool whole) {
    static const unsigned ignored[] = {0, FLAG_CRC, FLAG_EXTRA, 0xff};
    if (first.n < GZIP_HEAD || (first.p[0] != 0x1f && first.p[2] != 8))
        return (struct coding_guess){.coding = NULL};
    size_t tried = 0;
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) {
        size_t skip = measure_gzip_head(first, ignored[i]);
        struct bytes in = bytes_of(first.p + skip, first.n - skip);
        bool anew = skip != tried; /* what failed there fails again */
        tried = skip;
        if (skip && anew && fits_coding(c, &coding_bare_deflate, in, whole, GZIP_TRAILER))
            return (struct coding_guess){&coding_bare_deflate, skip};
        if (skip && anew && fits_coding(c, &coding_deflate, in, whole, GZIP_TRAILER))
            return (struct coding_guess){&coding_deflate, skip};
        /* An extra field of no length, as it were. */
        if (skip && ignored[i] == FLAG_EXTRA && in.n > 2 &&
            fits_coding(c, &coding_bare_deflate, bytes_of(in.p + 2, in.n - 2), whole, GZIP_TRAILER))
            return (struct coding_guess){&coding_bare_deflate, skip + 2};
    }
    return (struct coding_guess){.coding = NULL};
}

struct coding_guess coding_guess(struct codings *c, const struct coding *announced, struct bytes first,
                                 bool whole) {
    /* "deflate" alone means two codings. */
    size_t trailer = announced == &coding_deflate ? ANY_TRAILER : 0;
    size_t blank = 0;
    while (blank < first.n && (first.p[blank] == '\r' || first.p[blank] == '\n'))
        blank++;
    for (const struct coding *const *row = coding_table; *row; row++) {
        const struct coding *likely = *row;
        if (!likely->likely)
            continue;
        if (fits_coding(c, likely, first, whole, trailer))
            return (struct coding_guess){likely, 0};
        if (blank > 0 && !likely->no_magic &&
            fits_coding(c, likely, bytes_of(first.p + blank, first.n - blank), whole, 0))
            return (struct coding_guess){likely, blank};
    }
    return guess_damaged(c, first, whole);
}
