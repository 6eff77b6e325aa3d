/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CONTENT_CHAIN_H
#define GANTRY_CONTENT_CHAIN_H

#include "base/hash.h"
#include "base/pool.h"
#include "coding/coding.h"
#include "content/content.h"

#include <openssl/evp.h>

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

struct assembly;

struct content {
    struct content_options options; /* defaults filled in */
    struct codings *codings;
    struct object_sink sink;
    time_ns now;
    uint64_t numbers; /* given to objects so far */
    EVP_MD *sha256;   /* fetched once: a sandbox may stand before the first object */
    EVP_MD_CTX **spare;
    size_t spares;
    struct pool transfers, objects, multiparts;
    struct transfer *open;
    struct assembly *assembly;
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
/* How many more codings may stand before an object. */
unsigned chain_room(const struct content *c, const struct object_seed *seed);

#endif
