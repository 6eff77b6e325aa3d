/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CODING_CODING_H
#define GANTRY_CODING_CODING_H

#include "base/allowance.h"
#include "base/bytes.h"
#include "coding/filter.h"
#include "coding/limits.h"

/* Codings are undone: gzip, deflate, brotli, zstd, base64, quoted-printable, in stacks, chosen by their names
 * and by the bytes. Decoders are push filters; what stands behind them need not be an object. A protocol may
 * decode its own bytes in this way (FTP's MODE Z, permessage-deflate). */

enum { CODINGS_MAX = 16 }; /* most in one stack */

struct codings_options {
    uint64_t memory;   /* bytes for all decoders together */
    uint64_t decoders; /* most at once; 0: 1,024 */
    struct limits limits;
};

/* The decoders of one worker: their number and memory are bounded together. */
struct codings;
struct codings *codings_create(const struct codings_options *options); /* NULL: no memory */
void codings_destroy(struct codings *c); /* when no decoder is left; accepts NULL */
/* Share of the memory in use, 0..1000. */
unsigned codings_fill(const struct codings *c);

/* What stands behind the end of a coding is no more of that body: `open` makes the place of it, beside what
 * the filter `next` makes of the body; NULL: it is left out. */
void codings_set_tail(struct codings *c, struct filter *(*open)(void *context, struct filter *next),
                      void *context);

/* Memory of decompressors and the like, bounded for all of them together; `codings` is a struct codings.
 * NULL: none left.
 */
void *coding_alloc(void *codings, size_t n);
void coding_free(void *codings, void *p);

struct coding;
struct coding_list {
    const struct coding *list[CODINGS_MAX]; /* in the order in which the sender applied them; NULL: unknown */
    unsigned n;
    bool guess;
    bool strict; /* what is not in the first of them is nothing, and does not go on as it came */
    struct allowance *allowance; /* that pays for what is decoded; NULL: nobody does */
};

/* Reads a list of names: a Content-Encoding (RFC 9110 section 8.4) or Content-Transfer-Encoding (RFC 2045
 * section 6) value. `guess`: the bytes decide where a name is wrong or unknown (HTTP, where browsers do so; a
 * MIME part may be a compressed file that must stay one). Two kinds of codings cannot be undone, are counted
 * and left out: those beyond `most`, and without `guess` those applied before one that we do not know. */
struct coding_list coding_parse(struct bytes value, unsigned most, bool guess);

/* Deflate without any frame (RFC 1951), taken at its word: as COMPRESS of IMAP sends it, which flushes and
 * never ends. */
struct coding_list coding_bare(void);

/* Puts the decoders before `next` and returns the first of them. Returns `next` alone (counted) if they
 * cannot all be had. An end, a cut and a gap reach `next` as they come; a body that breaks or exceeds a bound
 * is cut. */
struct filter *coding_stack(struct codings *c, const struct coding_list *list, struct filter *next);

/* One coding that a container's format names, taken at its word: nothing of it goes on as it came, and what
 * stands behind its end stays with the caller. It is fed by coding_feed(), and ended as any filter. NULL: it
 * cannot be had, or its hosts do not pay for it (counted). */
struct filter *coding_begin(struct codings *c, const struct coding_list *one, struct filter *next);
/* How many octets, from the first on, it took: fewer than all where its end is among them, or it is lost
 * (coding_progress()). Behind either it takes none. */
size_t coding_feed(struct filter *begun, const uint8_t *bytes, size_t n);

/* What is behind it may be no more of it: some codings go on where another stream follows. */
bool coding_may_end(const struct filter *begun);

/* How the first decoder of such a chain stands, for who has one for a whole connection. The same however the
 * bytes came. */
enum coding_progress {
    CODING_GOES_ON,
    CODING_AT_END, /* of its stream */
    CODING_LOST,   /* it gives nothing on any more: it was broken, met a bound, or has more behind its end */
};
enum coding_progress coding_progress(const struct filter *first);

#endif
