/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_INSPECTION_H
#define GANTRY_INSPECT_INSPECTION_H

#include "base/pool.h"
#include "inspect/images/unzip.h"
#include "inspect/listing.h"
#include "inspect/pictures.h"
#include "inspect/plan.h"
#include "inspect/rows/rows.h"
#include "inspect/rules.h"
#include "inspect/utf16.h"
#include "inspect/value_set.h"

/* What the inspector keeps of one object. inspector.c feeds the streams, values.c is told what matched,
 * rest.c says where a count that finds nothing new is still looked at. */
enum {
    SPREAD_MAX = 64,
    SMALL_SET = 64,
    NAMES_ALL = 4096, /* names of a listing; behind them one of NAMES_STEP is matched */
    NAMES_STEP = 16,
    LISTED_NAMES = 32, /* names that are matched together */
    LISTED_LINE = 256,
    LATE_BYTES = 16,       /* how late the end of a word or line may be told */
    PIECE_BYTES = 1 << 10, /* that are looked at or left out together while a count rests */
    SMALL_TEXT = 2048,     /* octets of an object that may be one record of many */
    PLAIN_NAMES = 64,      /* names and paths that are known to hold nothing */
    GATHERED_LEAST = 8,    /* values that many small texts of one host to another hold, at least */
};

struct inspector {
    const struct ruleset *rules;
    struct inspector_options options;
    struct finding_sink sink;
    struct matcher *matcher;
    struct type_plans *plans;
    uint64_t plain_names[PLAIN_NAMES]; /* digests of those in which nothing was found, and of the plan */
    struct pool inspections, pictures;
    struct pool small_sets,
        sets; /* of SMALL_SET values, with which each count begins, and of as many as may be counted */
    struct pool readers;                /* of rows, */
    struct inspection *oldest, *newest; /* and who has one, by last use */
    size_t celled;                      /* bytes of `cells`: what the row reader handed on in this call */
    uint8_t cells[1024];
    uint64_t unzip_used; /* bytes */
    struct unzip *unzip_spare;
    struct listed {
        unsigned n, count, end[LISTED_NAMES];
        uint8_t text[LISTED_NAMES * LISTED_LINE];
    } listed;        /* names that the object lists which is looked at in this call */
    size_t gathered; /* bytes of `gather`: short texts of the picture that is looked at in this call */
    uint8_t gather[1024];
};

/* A match that a longer one may still replace. */
struct pending {
    bool on;
    uint64_t from, to; /* of the value, stream offsets */
    uint64_t digest;
    uint32_t spread;
    char sample[8];
};

/* When a count rests: rest.c. */
struct rest {
    bool on, rested;  /* now; a piece was left out once */
    bool broken;      /* the stream has not seen the last piece */
    uint8_t grants;   /* of `savings`, for what another identifier of a rule announced */
    uint32_t repeats; /* matches that brought nothing new, less what new values made up for */
    uint32_t savings; /* bytes that may be looked at */
    uint8_t fresh;    /* fields that may be values and were not counted, */
    uint64_t seen;    /* the last of them at this offset */
    uint64_t awake;   /* offset up to which all is looked at */
};

/* What a scan without a count of its own still has to earn: rest.c. */
struct debt {
    uint32_t bytes; /* of matches that brought nothing new */
    bool broken;    /* the stream has not seen the last piece */
    uint64_t began; /* offset of its stream */
};

struct tally_state {
    bool wanted; /* by a rule that may still hold */
    bool full, shed;
    bool agreed; /* so much of a listing's names held values once that its rules have what they ask for */
    uint32_t names, last_name; /* of a listing in which a value stands, and the number of the last one */
    uint64_t began;            /* offset of its stream */
    struct rest rest;
    struct pending pending;
    struct value_set *set; /* NULL before the first value */
    bool large;            /* it is of `sets` */
    uint32_t calls, spread_count;
    char sample[8];
    uint32_t
        spread[SPREAD_MAX]; /* short digests of values without their digits; behind `spread_count` anything */
};

enum rule_state { RULE_OUT, RULE_OPEN, RULE_HOLDS };

struct inspection {
    struct inspector *inspector;
    struct object *object;
    const struct type_plan *plan; /* of its type */
    uint64_t seen;                /* bytes of the object, missing ones included */
    uint64_t retyped;             /* how many of them had come when its type changed */
    uint64_t next_size;           /* a rule waits for the object to be this large; UINT64_MAX for none */
    uint64_t offset;              /* of the bytes that were matched */
    uint64_t name_hash;           /* of name and path as they were matched */
    enum scope bulk;              /* where the object's bytes are matched */
    bool dirty, closed;
    bool encrypted;     /* as its facts said when rules were decided last, */
    uint8_t notes_n;    /* and octets of its notes */
    uint8_t oddities;   /* of the picture, once that is over */
    bool unpaid;        /* nothing is matched until more is paid for */
    unsigned resting;   /* counts */
    bool owes, stepped; /* a scan has debts; bytes of one whose values are needed were left out for them */
    struct picture *picture; /* NULL: it is no image that is walked over */
    struct utf16 utf16;
    uint32_t names, named; /* of a listing: those that were matched, and all */
    struct unzip *unzip;
    struct row_reader *rows;          /* NULL: its rows are not read, or the reader has gone back */
    struct inspection *older, *newer; /* who has a reader and used it before, and behind */
    bool rows_over;                   /* they are not read any more */
    bool rows_lost;                   /* the reader gave way to somebody else's */
    bool reads;                       /* it is at work in this call */
    unsigned tail_n;
    uint8_t *tail;   /* the last bytes before this chunk */
    uint8_t *hits;   /* by identifier: bits 1 << enum scope */
    uint8_t *states; /* by rule: enum rule_state */
    struct tally_state *tallies;
    struct debt *debts;              /* by scan */
    struct pattern_stream **streams; /* by scan; NULL: not matched */
    uint16_t *sets;                  /* by scan: the set of its stream */
    bool settling;                   /* of some scan less may be needed than before */
    unsigned found;                  /* scopes in which an identifier was: all bits of `hits` together */
    bool counted;                    /* a count has a set */
    bool met;                        /* a pattern matched, or one could not be looked for */
    bool retyped_once;               /* counts that its first type asks for go on */
    struct listing listing;          /* last: its room is written before it is read */
};

/* --- listed.c --- */
void listed_take(struct inspection *n, struct bytes text);
/* What was taken in this call is matched. */
void listed_flush(struct inspection *n);
void listed_end(struct inspection *n);
/* A value of this count stands at `at` of the names that are matched now. */
void listed_met(struct inspection *n, struct tally_state *t, uint64_t at);

/* One call of the matcher: which bytes it looks at. */
struct feed {
    struct inspection *in;
    const struct scan *scan;
    struct bytes chunk, before; /* `before` ends where `chunk` begins */
    uint64_t base;              /* offset of the chunk in the stream */
};

/* --- streams.c --- */
/* Of each scan of the object's type. */
void streams_begin(struct inspection *n);
/* `tell`: what the end of the text decides. */
void streams_end(struct inspection *n, bool tell);
/* In the midst of the text, without what stands before; false: there is none any more. */
bool streams_again(struct inspection *n, size_t scan);
/* Scans go on without what the object needs no more of, or with it again. */
void streams_settle(struct inspection *n);
/* What the stream of a scan is to see next. One that rested began in the midst: nothing stands before. */
struct feed streams_feed(struct inspection *n, size_t scan, const uint8_t *bytes, size_t count);

/* The object's next bytes that are to be matched, into the streams of its scope. */
void inspection_feed(struct inspection *n, const uint8_t *bytes, size_t count);

/* A pattern_found whose context is a struct feed. */
bool values_found(void *context, unsigned number, uint64_t from, uint64_t to);
/* Counts the values of this scan that end before `offset`: no longer match can replace them any more. */
void values_flush(struct inspection *n, const struct scan *scan, uint64_t offset);
/* Would this value be one more, or one more that differs by more than its digits where that is missing? */
bool values_fresh(const struct inspection *n, unsigned tally, struct bytes value);

/* Matches a short text that is there as a whole in every scan of this scope. */
void inspection_match(struct inspection *n, enum scope scope, struct bytes text);

/* --- readers.c --- */
/* A reader of its own, as it was left by whoever had it; false: none. `from_others`: one that rests gives
 * way, which is counted. */
bool readers_take(struct inspection *n, bool from_others);
void readers_touch(struct inspection *n); /* it is used now */
void readers_drop(struct inspection *n);  /* accepts one that has none */

/* --- cells.c: text goes through the readers of rows and of zones, and what they hand on to its scans --- */
size_t cells_size(void); /* bytes of the readers of an object */
void cells_begin(struct inspection *n);
void cells_push(struct inspection *n, struct bytes text);
void cells_gap(struct inspection *n);
/* What it still held is matched. */
void cells_end(struct inspection *n);
/* All text of the object, if it is SMALL_TEXT octets at most and nothing is missing; until readers_drop(). */
struct bytes cells_small(const struct inspection *n);
const struct row_facts *cells_facts(const struct inspection *n);
bool cells_more(const struct inspection *n); /* not all that may be a cell was handed on */
bool cells_hold(const struct inspection *n, const struct rows_condition *c);

/* --- rest.c --- */
/* A match of a count that has a stream of its own; `refused` by its validator. True: enough of them have
 * brought nothing new, and no rule waits for more. */
bool rest_note_match(struct inspection *n, unsigned tally, bool refused);
void rest_note_new(struct inspection *n, unsigned tally);
/* Has each rule of this count enough values, and for those that hold another one of their class, which counts
 * cells, as many? Then it need not go on: the other one tells them. */
bool rest_is_covered(const struct inspection *n, unsigned tally);
/* An identifier was found, at the piece that is matched now. */
void rest_note_hit(struct inspection *n, unsigned identifier);
/* Is the next piece of the object looked at? */
bool rest_looks_at(struct inspection *n, unsigned tally, struct bytes piece);
/* A match of a scan without a count of its own; `fresh`: it brought something new. */
void debt_note_match(struct inspection *n, const struct scan *scan, bool fresh);
bool debt_looks_at(struct inspection *n, size_t scan, struct bytes piece);

#endif
