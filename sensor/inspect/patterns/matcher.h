/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_PATTERNS_MATCHER_H
#define GANTRY_INSPECT_PATTERNS_MATCHER_H

#include "base/log.h"
#include "inspect/patterns/set_cache.h"
#include "settings/arena.h"

/* Sets of patterns over streams of bytes. Only matcher.c knows Hyperscan. */
enum pattern_flag {
    PATTERN_CASELESS = 1,
    PATTERN_DOTALL = 2,
    PATTERN_MULTILINE = 4,
    PATTERN_UTF8 = 8,
    PATTERN_UCP = 16,
    PATTERN_END_ALONE =
        32, /* where a match begins is not asked, which costs most of it: MATCH_FROM_UNKNOWN */
};

enum { PATTERN_TEXT_MAX = 4096 }; /* bytes of one expression */

struct pattern {
    const char *expression;
    unsigned flags;  /* of enum pattern_flag */
    unsigned number; /* what `found` is called with */
};

struct pattern_width {
    unsigned most; /* bytes of the longest match; meaningless if unbounded */
    bool unbounded;
};

/* False with Hyperscan's reason if it refuses the expression. Quick: what is only found too large when it is
 * compiled is told by pattern_compiles(). */
bool pattern_check(const struct pattern *p, struct pattern_width *out, struct error *e);
/* The same by compiling it, as pattern_set_compile() would. */
bool pattern_compiles(const struct pattern *p, bool valued, struct error *e);
/* True if every match holds a run of at least three fixed bytes; false when in doubt. */
bool pattern_has_literal(const char *expression);
/* Name and version of the library that matches. */
const char *pattern_library(void);
/* Digest of that and of the processor that it compiles for. False: the library does not know. */
enum { PATTERN_IDENTITY = 32 };
bool pattern_identity(uint8_t out[PATTERN_IDENTITY]);
/* Seconds of CPU for a gigabyte of random bytes, measured here over a short run. */
double pattern_cost(const struct pattern *p);

/* Compiled patterns: immutable, in the arena, used where they lie by every process that sees that memory. */
struct pattern_set;

/* `valued`: `found` is told where a match begins; the patterns must be of bounded width. Taken from `cache`
 * (NULL: none) if it was compiled before, and kept there. NULL after saying why in *e. */
const struct pattern_set *pattern_set_compile(const struct pattern *patterns, size_t count, bool valued,
                                              struct set_cache *cache, struct arena *arena, struct error *e);

#define MATCH_FROM_UNKNOWN UINT64_MAX

/* A match of `number` ends before stream offset `to`; `from` holds in valued sets (else 0), or is
 * MATCH_FROM_UNKNOWN. One match may end several times. True ends the matching of this stream for good. */
typedef bool (*pattern_found)(void *context, unsigned number, uint64_t from, uint64_t to);

/* Scratch memory and recycled streams for some sets, which must outlive it. Not for several threads. */
struct matcher;
struct pattern_stream;

/* At most `memory` bytes of streams over all sets. */
struct matcher *matcher_create(const struct pattern_set *const *sets, size_t count, uint64_t memory,
                               struct error *e);
void matcher_destroy(struct matcher *m);          /* streams must have been ended; accepts NULL */
uint64_t matcher_memory(const struct matcher *m); /* bytes of scratch and of all streams */
/* Share of the memory for streams that open ones hold, 0..1000. */
unsigned matcher_fill(const struct matcher *m);
/* NULL when the memory is used up. `set` is an index into `sets`. */
struct pattern_stream *matcher_begin(struct matcher *m, size_t set);
/* False once `found` has ended it: further scans do nothing. */
bool matcher_scan(struct matcher *m, struct pattern_stream *s, const uint8_t *bytes, size_t n,
                  pattern_found found, void *context);
/* Matches that needed to know the end are told, unless `found` is NULL; the stream goes back. */
void matcher_end(struct matcher *m, size_t set, struct pattern_stream *s, pattern_found found, void *context);

#endif
