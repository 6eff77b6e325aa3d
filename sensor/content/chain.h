/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CONTENT_CHAIN_H
#define GANTRY_CONTENT_CHAIN_H

#include "base/digest.h"
#include "base/hash.h"
#include "base/pool.h"
#include "coding/coding.h"
#include "content/content.h"
#include "content/unpack/unpack.h"

/* Internal to content/. A body runs through a chain of filters: undo a coding, take a multipart body apart,
 * find a part's place in a whole; at the end of each chain stands an object. */

/* What a chain in content/ ends with. */
struct chain_end {
    struct filter filter; /* `next` is NULL */
    /* The object that the bytes become; NULL when there is none any more. */
    struct object *(*object)(struct filter *f);
};

static inline struct object *filter_object(struct filter *f) {
    while (f->next)
        f = f->next;
    return ((struct chain_end *)f)->object(f);
}

struct wholes;

struct content {
    struct content_options options; /* defaults filled in */
    struct codings *codings;
    struct fact_pool *facts;
    struct object_sink sink;
    time_ns now;
    uint64_t numbers; /* given to objects so far */
    struct digests *digests;
    struct pool transfers, objects;
    const struct unpacker *const *unpackers;
    unsigned unpackers_started;
    void *unpacker_state[UNPACKER_TABLE_MAX];
    size_t transfers_open;
    struct transfer *open, *hand; /* the newest; the next that is looked at for room, NULL: the newest */
    struct wholes *wholes;
};

/* Names a whole (whole/whole.h). Zeros: none. */
struct whole_key {
    uint64_t a, b;
};

/* What is known of an object before its first byte. Text is borrowed. */
struct object_seed {
    const struct endpoint *end;
    void *owner;
    enum side from;
    const char *protocol;
    const struct bytes *fact; /* FACT_COUNT */
    struct facts *given;      /* its parent's; NULL: it has none */
    struct facts *same;       /* another object's that it shares; then `fact` and `given` do not count */
    uint64_t parent;
    uint64_t offset, total;
    bool made_up; /* no digest tells of its bytes */
    bool aside;
    struct whole_key key; /* of its transfer: where byteranges find their whole */
    uint64_t etag;        /* digest, 0 for none: likewise */
    unsigned depth;       /* of the object */
    unsigned level;       /* depth and codings on the way to it: what depth_max bounds */
};

/* An object that is, or may be, unpacked: part of its leaf. */
struct unpack {
    struct content *content;
    struct object *object;
    struct whole_key key;    /* of its transfer, */
    uint64_t etag;           /* and the version of that */
    void *state;             /* of the unpacker that is being created */
    struct bytes first;      /* likewise: of the object */
    struct filter *wrapper;  /* of the unpackers at work: that whose text is the object's own; NULL: none */
    struct filter *together; /* the child that takes what is too small for one; NULL: none yet */
    bool together_refused;
    bool apart; /* an archive was found in it: its pictures are children */
    unsigned level;
    bool incomplete;  /* said by an unpacker */
    uint64_t members; /* children so far */
};

static inline struct allowance *allowance_of(const struct content *c, void *owner) {
    return c->sink.allowance ? c->sink.allowance(c->sink.context, owner) : NULL;
}

/* --- object.c: the end of every chain --- */
/* NULL at the cap (counted). */
struct filter *object_create(struct content *c, const struct object_seed *seed);
/* Gives up an object that was never opened: nobody hears of it. */
void object_abandon(struct filter *f);
/* Facts that came later: they replace what was known, or fill what was not. */
void object_learn(struct object *o, const struct bytes *fact);
void object_fill(struct object *o, const struct bytes *fact);
/* Are its bytes those of its children? What is known of its type by now decides. */
bool object_is_wrapper(struct object *o);
/* It is a whole now: what its unpackers find must not look for it by its key. */
void object_is_whole(struct object *o);
/* A bound keeps some of what is unpacked from being looked at. */
void object_note_bound(struct unpack *u);
/* Starts a resumed or middle part. Only before the first byte. */
void object_set_offset(struct object *o, uint64_t offset);
/* Of a sibling that shares its facts, and of a child, which has those that are given. Total unknown. */
struct object_seed object_seed_beside(const struct object *o);
struct object_seed object_seed_below(const struct object *o);

bool objects_init(struct content *c);
void objects_finish(struct content *c);

/* --- type/type.c --- */
/* Of bytes that are not the first of their thing: no signature counts, text is still text. What is none is
 * the picture that it is declared or named as. */
const struct file_type *type_of_middle(struct bytes some, struct bytes name, struct bytes declared);
/* Is it an image, or a file whose structure leads to the images in it? */
bool type_is_walked(const struct file_type *type);
/* Does a name, or a declared type, say that it is another kind of file? */
bool type_denied_by_name(const struct file_type *type, struct bytes name);
bool type_denied_by_declared(const struct file_type *type, struct bytes declared);
/* That of this name; NULL: there is none. */
const struct file_type *type_named(const char *mime);
/* Do so few bytes speak for it that a sender may have put them before others? */
bool type_is_weak(const struct file_type *type);

/* --- unpack/unpack.c --- */
enum { UNPACKERS_MAX = 6 }; /* at work on one object */
bool unpackers_start(struct content *c);
void unpackers_stop(struct content *c);
/* Does a wrapper match an object of this type, which begins so? */
bool unpack_is_wrapper(const struct unpack *u, const struct file_type *type, struct bytes first);
/* Does an archive begin in these octets of an object of this type? */
bool unpack_begins(const struct unpack *u, const struct file_type *type, struct bytes octets);
/* The object's type is known: makes the filters of those that match. */
struct unpack_match {
    struct filter *filter[UNPACKERS_MAX];
    unsigned n;
    const struct unpacker *wrapper; /* whose bytes are its children; NULL: it is a file of its own */
    bool apart;                     /* what is in it is looked for in its children */
};
struct unpack_match unpack_match(struct unpack *u, struct bytes first);

/* The child that took what was too small, if any, ends with its object. */
void unpack_end_together(struct unpack *u, enum transfer_end how);

/* --- transfer.c --- */
/* The filters and the object for a body that is encoded as `codings` says; `guess` as above. NULL at the cap
 * (counted). */
struct filter *chain_create(struct content *c, const struct object_seed *seed, struct bytes codings,
                            bool guess);

#endif
