/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CONTENT_PARTS_MEET_H
#define GANTRY_CONTENT_PARTS_MEET_H

#include "base/table.h"
#include "content/whole/whole.h"

/* Internal to content/whole/. A whole is delivered in order, from its frontier. A part at the
 * frontier goes straight through; one that is ahead is kept in blocks, as a run, until the frontier comes to
 * it; what lies behind the frontier was seen before. */

enum { BLOCK_BYTES = 16 << 10 };

/* Offsets from the wire are believed up to here, so that sums never wrap. */
#define OFFSET_MAX (UINT64_C(1) << 62)

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
    bool ends;         /* a numbered piece ends here */
};

struct whole {
    struct table_node node; /* by key and progress */
    struct age_node ending; /* of those that wait shortly for more: by progress */
    struct content *content;
    struct whole_key key;
    uint64_t etag;     /* 0: not known */
    uint64_t total;    /* LENGTH_UNKNOWN */
    uint64_t frontier; /* offset of the next byte to deliver */
    uint64_t reach;    /* offset behind the last byte that was missed: the whole is at least so long */
    bool to_end;       /* an announced total is not its end: the protocol says when it is over */
    bool written;      /* in place: pieces at any offset, over when its writers say so */
    bool stable;       /* in place, and what comes again is the same: over once all is there */
    bool numbered;     /* in pieces of unknown sizes: whole_piece_offset() */
    bool patient;      /* waits long for its first piece */
    bool is_ending;    /* one of them has; or its parts are over, and its first bytes were not among them */
    bool rewritten;    /* bytes behind the frontier came again, perhaps others */
    bool started;      /* the frontier has moved, or stands where it must */
    unsigned run_count;
    unsigned first_piece; /* of numbered ones, that came out; 0: none yet */
    struct filter *head;
    struct run *runs;
    struct run *recent; /* of `runs`: the last that was written to; NULL: it is gone */
    struct part *parts; /* transfers that are open now */
    time_ns progress;
};

struct part {
    struct chain_end end; /* first: the filter is found by it */
    struct content *content;
    struct part *next;   /* of the same whole */
    struct whole *whole; /* NULL once it is closed: what still comes was seen before */
    struct filter *own;  /* an object of its own, when there was no room to wait */
    struct run *run;
    uint64_t at;      /* offset of the next byte */
    uint64_t own_end; /* offset of the next byte of `own` */
    uint64_t limit;   /* where `own` ends */
    bool to_end, written;
};

struct wholes {
    struct hash_key key;
    struct table table;
    struct age_list ending;
    struct pool wholes, parts, runs, blocks;
    uint64_t unnamed; /* keys given to wholes that have none */
};

/* The newest of this key that a part with this tag and total may join. */
struct whole *whole_find(struct wholes *ws, const struct whole_key *k, uint64_t etag, uint64_t total);
/* NULL at the cap. `head` is then still the caller's. */
struct whole *whole_create(struct content *c, struct filter *head, const struct whole_key *k, uint64_t etag,
                           const struct part_place *place);
void whole_close(struct whole *w, enum transfer_end how);
/* Nothing more will come: tells what is there, with the gaps between, and closes it. */
void whole_finish(struct whole *w);
/* Forgets one of which nothing was seen; nobody hears of it. */
void whole_drop(struct whole *w);
void whole_give_up(struct whole *w); /* finish or drop */
void whole_rekey(struct whole *w, const struct whole_key *k);

/* An object that begins at an offset: what is encoded cannot be decoded from its middle. Before the first
 * byte. */
void whole_start_at(struct whole *w, uint64_t offset);
/* At the frontier. The whole may be closed afterwards: its parts then have none. */
void whole_data(struct whole *w, const uint8_t *bytes, size_t n);
void whole_gap(struct whole *w, uint64_t n);
/* The frontier goes to `to`; what is not there on the way is missing. */
void whole_jump(struct whole *w, uint64_t to);
/* Delivers what waited for the frontier; closes the whole when that was all. False: it is closed. */
bool whole_advance(struct whole *w);
void whole_progress(struct whole *w);
/* The last part has left one that is not written in place. */
void whole_parts_left(struct whole *w);
/* One that is written in place: what had been seen was written again. */
void whole_rewritten(struct whole *w);
/* One in numbered pieces: one of them has ended at `at`. False: the whole is closed. */
bool whole_piece_ended(struct whole *w, uint64_t at, enum transfer_end how);
/* What an object says of where it begins, which nobody knows of numbered pieces but the first. */
uint64_t whole_shown_offset(const struct whole *w, uint64_t offset);
/* One that is written in place: one of its writers has said that this was all, or has left. */
void whole_writer_left(struct whole *w, enum transfer_end how);

bool whole_at_end(const struct whole *w);
bool whole_idle(const struct whole *w);   /* no transfer is open */
bool whole_vacant(const struct whole *w); /* nothing was ever seen of it */

/* --- run.c --- */
/* A run for the part's next bytes: one that ends there already, or a new one; NULL if there is no memory. */
struct run *run_for(struct part *p);
/* The run is out of its whole's list. */
void run_left(struct whole *w, const struct run *r);
/* Returns how many bytes found room. */
size_t run_append(struct wholes *ws, struct run *r, const uint8_t *bytes, size_t n);
/* Gives the run's bytes from offset `from` on to `to` (NULL: to nobody), and its memory back; it is out of
 * its whole. */
void run_empty(struct content *c, struct run *r, uint64_t from, struct filter *to);

#endif
