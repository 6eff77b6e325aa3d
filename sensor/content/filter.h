/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CONTENT_FILTER_H
#define GANTRY_CONTENT_FILTER_H

#include "base/hash.h"
#include "base/pool.h"
#include "content/content.h"

#include <openssl/evp.h>

/* Internal to content/. A body runs through a chain of push filters: undo a coding, take a multipart body
 * apart, find a part's place in a whole; at the end of each chain stands an object. */

struct filter;

struct filter_ops {
    void (*data)(struct filter *f, const uint8_t *bytes, size_t n);
    void (*gap)(struct filter *f, uint64_t n);
    /* Ends what stands behind and frees the filter itself. */
    void (*end)(struct filter *f, enum transfer_end how);
    /* The object that this filter's bytes become; NULL when there is none any more. */
    struct object *(*object)(struct filter *f);
    /* Only codings: frees the filter alone, which has seen no bytes, and returns what stands behind. */
    struct filter *(*peel)(struct filter *f);
};

struct filter {
    const struct filter_ops *ops;
    struct filter *next; /* NULL where the chain ends or branches */
    struct content *content;
};

static inline void filter_data(struct filter *f, const uint8_t *bytes, size_t n) {
    f->ops->data(f, bytes, n);
}

static inline void filter_gap(struct filter *f, uint64_t n) {
    f->ops->gap(f, n);
}

static inline void filter_end(struct filter *f, enum transfer_end how) {
    f->ops->end(f, how);
}

static inline struct object *filter_object(struct filter *f) {
    return f->ops->object(f);
}

static inline struct filter *filter_next_object(struct filter *f) {
    while (f->ops->peel)
        f = f->ops->peel(f);
    return f;
}

/* Sizes that come from the wire never wrap. */
static inline uint64_t add_sizes(uint64_t a, uint64_t b) {
    return a > UINT64_MAX - 1 - b ? UINT64_MAX - 1 : a + b;
}

struct assembly;

struct content {
    struct content_options options; /* defaults filled in */
    struct object_sink sink;
    time_ns now;
    uint64_t numbers; /* given to objects so far */
    EVP_MD *sha256;   /* fetched once: a sandbox may stand before the first object */
    EVP_MD_CTX **spare;
    size_t spares;
    struct pool transfers, objects, decoders, multiparts;
    struct transfer *open;
    struct assembly *assembly;
    uint8_t *buffers; /* one for each coding that may run inside another */
    unsigned buffers_taken;
    uint64_t coding_bytes; /* memory that decompressors hold */
};

/* What is known of an object before its first byte. Text is borrowed. */
struct object_seed {
    const struct endpoint *end;
    void *owner;
    enum side from;
    const char *protocol;
    struct bytes name, path, host, user, method, declared_type;
    uint64_t parent;
    uint64_t offset, total;
    uint64_t etag;  /* digest, 0 for none: where byteranges find their whole */
    unsigned depth; /* of the object */
    unsigned level; /* depth and codings on the way to it: what depth_max bounds */
};

/* --- object.c: the end of every chain --- */
/* NULL at the cap (counted). A container is opened at once, its bytes do not go to the sink. */
struct filter *object_create(struct content *c, const struct object_seed *seed,
                             const struct file_type *container);
/* Gives up an object that was never opened: nobody hears of it. */
void object_abandon(struct filter *f);
void object_rename(struct object *o, const struct transfer_facts *facts);
/* Starts a resumed or middle part. Only before the first byte. */
void object_set_offset(struct object *o, uint64_t offset);
/* A child or sibling with the same origin: everything but name, type, offset and total. */
struct object_seed object_seed_like(const struct object *o);

bool object_init(struct content *c);
void object_finish(struct content *c);

static inline struct bytes object_text_bytes(const struct object_text *t) {
    return bytes_of(t->p, t->n);
}

/* --- type.c --- */
/* Of bytes that are not the first of their thing: no signature counts, text is still text. */
const struct file_type *type_of_middle(struct bytes some);

/* --- coding.c --- */
enum { CODINGS_MAX = 16, CODING_DECODERS = 1024 };

struct coding;
struct coding_list {
    const struct coding *list[CODINGS_MAX]; /* in the order in which the sender applied them; NULL: unknown */
    unsigned n;
    bool guess;
};

/* A Content-Encoding or Content-Transfer-Encoding value. `guess`: the bytes decide where the name is wrong or
 * unknown (HTTP, where browsers do so; a MIME part may be a compressed file that must stay one). Codings
 * beyond `most` and, without `guess`, before one that we do not know cannot be undone: they are counted and
 * left out. */
struct coding_list coding_parse(struct bytes value, unsigned most, bool guess);
/* Puts the decoders before `next`; gives back `next` alone (counted) if they cannot all be had. */
struct filter *coding_stack(struct content *c, const struct coding_list *codings, struct filter *next);
/* How many more codings may stand before an object. */
unsigned coding_room(const struct content *c, const struct object_seed *seed);
bool coding_init(struct content *c);
void coding_finish(struct content *c);

/* --- multipart.c --- */
/* NULL if the type is not multipart, has no usable boundary, or lies too deep. */
struct filter *multipart_create(struct content *c, const struct object_seed *seed);
bool multipart_init(struct content *c);
void multipart_finish(struct content *c);

/* --- transfer.c --- */
/* The filters and the object for a body that is encoded as `codings` says; `guess` as above. NULL at the cap
 * (counted). */
struct filter *chain_create(struct content *c, const struct object_seed *seed, struct bytes codings,
                            bool guess);

#endif
