/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CONTENT_WHOLE_H
#define GANTRY_CONTENT_WHOLE_H

#include "content/assembly.h"

/* Internal to assembly.c and whole.c. A whole is delivered in order, from its frontier. A part at the
 * frontier goes straight through; one that is ahead is kept in blocks, as a run, until the frontier comes to
 * it; what lies behind the frontier was seen before. */

enum { BLOCK_BYTES = 16 << 10 };

struct block {
    struct block *next;
    size_t n;
    uint8_t bytes[BLOCK_BYTES];
};

struct run {
    struct run *next; /* by start */
    uint64_t start, end;
    struct block *first, *last;
    struct part *part; /* still writing to its end, or NULL */
};

struct assembly_key {
    uint64_t a, b;
};

struct whole {
    struct whole *next;            /* in its bucket */
    struct whole *older, *younger; /* by progress */
    struct content *content;
    struct assembly_key key;
    uint64_t etag;     /* 0: not known */
    uint64_t total;    /* LENGTH_UNKNOWN */
    uint64_t frontier; /* offset of the next byte to deliver */
    bool to_end;       /* an announced total is not its end: the protocol says when it is over */
    bool started;      /* the frontier has moved, or stands where it must */
    struct filter *head;
    struct run *runs;
    struct part *parts; /* transfers that are open now */
    time_ns progress;
};

struct part {
    struct chain_end end;
    struct content *content;
    struct part *next;   /* of the same whole */
    struct whole *whole; /* NULL once it is closed: what still comes was seen before */
    struct filter *own;  /* an object of its own, when there was no room to wait */
    struct run *run;
    uint64_t at;    /* offset of the next byte */
    uint64_t limit; /* where `own` ends */
    bool to_end;
};

struct assembly {
    struct hash_key key[2];
    struct whole **buckets;
    size_t mask;
    struct whole *oldest, *youngest;
    struct pool wholes, parts, runs, blocks;
};

struct assembly_key whole_key(const struct assembly *a, const struct object *o);
/* The newest of this key that a part with this tag and total may join. */
struct whole *whole_find(struct assembly *a, const struct assembly_key *k, uint64_t etag, uint64_t total);
/* NULL at the cap. `head` is then still the caller's. */
struct whole *whole_create(struct content *c, struct filter *head, uint64_t etag, uint64_t total,
                           bool to_end);
void whole_close(struct whole *w, enum transfer_end how);
/* Nothing more will come: tells what is there, with the gaps between, and closes it. */
void whole_finish(struct whole *w);
/* Forgets one of which nothing was seen; nobody hears of it. */
void whole_drop(struct whole *w);
void whole_give_up(struct whole *w); /* finish or drop */
/* Its object has another name. */
void whole_rekey(struct whole *w);

/* An object that begins at an offset: what is encoded cannot be decoded from its middle. Before the first
 * byte. */
void whole_start_at(struct whole *w, uint64_t offset);
/* At the frontier. The whole may be closed afterwards: its parts then have none. */
void whole_data(struct whole *w, const uint8_t *bytes, size_t n);
void whole_gap(struct whole *w, uint64_t n);
/* Delivers what waited for the frontier; closes the whole when that was all. False: it is closed. */
bool whole_advance(struct whole *w);
void whole_progress(struct whole *w);

bool whole_at_end(const struct whole *w);
bool whole_idle(const struct whole *w);   /* no transfer is open */
bool whole_vacant(const struct whole *w); /* nothing was ever seen of it */

/* A run for the part's next bytes; NULL if there is no memory. */
struct run *run_create(struct part *p);
/* Returns how many bytes found room. */
size_t run_append(struct assembly *a, struct run *r, const uint8_t *bytes, size_t n);
/* Gives the run's bytes from offset `from` on to `to` (NULL: to nobody), and its memory back. */
void run_empty(struct content *c, struct run *r, uint64_t from, struct filter *to);

#endif
