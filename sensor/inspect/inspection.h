/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_INSPECTION_H
#define GANTRY_INSPECT_INSPECTION_H

#include "base/pool.h"
#include "inspect/images/image.h"
#include "inspect/images/unzip.h"
#include "inspect/rules.h"
#include "inspect/utf16.h"
#include "inspect/value_set.h"

/* What the inspector keeps of one object. inspector.c feeds the streams, values.c is told what matched. */
enum {
    SPREAD_MAX = 64,
    LATE_BYTES = 16,    /* how late the end of a word or line may be told */
    REPEATS_MAX = 4096, /* matches in a row that bring no new value, after which a count stops or rests */
    REST = 15,          /* how many times the bytes of those it rests for */
};

struct inspector {
    const struct ruleset *rules;
    struct inspector_options options;
    struct finding_sink sink;
    struct matcher *matcher;
    struct pool inspections, sets;
    uint64_t unzip_used; /* bytes */
};

/* A match that a longer one may still replace. */
struct pending {
    bool on;
    uint64_t from, to; /* of the value, stream offsets */
    uint64_t digest;
    uint32_t spread;
    char sample[8];
};

struct tally_state {
    bool wanted; /* by a rule that may still hold */
    bool full, shed;
    bool rests, rested;              /* the stream is not fed now; has not been fed once */
    uint64_t began, repeating, wake; /* offsets: of its stream; in it, of the first repeat; of its next one */
    uint32_t repeats;
    struct pending pending;
    struct value_set *set; /* NULL before the first value */
    uint32_t calls, spread_count;
    uint32_t spread[SPREAD_MAX]; /* short digests of values without their digits */
    char sample[8];
};

enum rule_state { RULE_OUT, RULE_OPEN, RULE_HOLDS };

struct inspection {
    struct inspector *inspector;
    struct object *object;
    uint64_t seen;      /* bytes of the object, missing ones included */
    uint64_t next_size; /* a rule waits for the object to be this large; UINT64_MAX for none */
    uint64_t offset;    /* of the bytes that were matched */
    uint64_t name_hash; /* of name and path as they were matched */
    enum scope bulk;    /* where the object's bytes are matched */
    bool is_image, dirty, closed;
    struct image image;
    struct utf16 utf16;
    struct unzip *unzip;
    unsigned tail_n;
    uint8_t *tail;   /* the last bytes before this chunk */
    uint8_t *hits;   /* by identifier: bits 1 << enum scope */
    uint8_t *states; /* by rule: enum rule_state */
    struct tally_state *tallies;
    struct pattern_stream **streams; /* by scan; NULL: not matched */
};

/* One call of the matcher: which bytes it looks at. */
struct feed {
    struct inspection *in;
    const struct scan *scan;
    struct bytes chunk, before; /* `before` ends where `chunk` begins */
    uint64_t base;              /* offset of the chunk in the stream */
};

/* A pattern_found whose context is a struct feed. */
bool values_found(void *context, unsigned number, uint64_t from, uint64_t to);
/* Counts the values of this scan that end before `offset`: no longer match can replace them any more. */
void values_flush(struct inspection *n, const struct scan *scan, uint64_t offset);

#endif
