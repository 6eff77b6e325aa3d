/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CONTENT_CONTENT_H
#define GANTRY_CONTENT_CONTENT_H

#include "base/bytes.h"
#include "base/clock.h"
#include "coding/coding.h"
#include "settings/setting.h"
#include "transfer/transfer.h"

/* From transfers to objects: content codings are undone, multipart bodies taken apart, parts of one thing put
 * together; every object gets its type (from its bytes), size, SHA-256 and whether it is complete. */

/* One kind of file, known by its first bytes. type.c has the table. */
struct file_type {
    const char *mime;
    const char *name; /* for people: "JPEG image" */
    enum file_kind {
        KIND_BINARY,
        KIND_TEXT,
        KIND_IMAGE,
        KIND_ARCHIVE,
        KIND_DOCUMENT,
        KIND_MEDIA,
        KIND_RECORD
    } kind;
};

enum { TYPE_BYTES = 512 }; /* what type_of_bytes wants to see */

/* By signature, else text/plain for text (UTF-8, UTF-16 with BOM, Latin-1 without control characters), else
 * application/octet-stream; for no bytes application/x-empty. Never NULL. */
const struct file_type *type_of_bytes(struct bytes first);

/* A multipart body by its shape: a line of dashes and a boundary, then a field. */
extern const struct file_type *const type_multipart;
/* A mail by its shape: fields that only mails have. */
extern const struct file_type *const type_message;
/* A mailbox file by its shape: the line that stands before a mail, then one. */
extern const struct file_type *const type_mailbox;

struct object {
    uint64_t number;        /* of this worker, counts up from 1 */
    uint64_t parent;        /* number of the object that it was unpacked from, 0 for none */
    unsigned depth;         /* 0 for the transfer's own object */
    void *owner;            /* of its transfer, retained: it outlives the flow while parts are waited for */
    struct endpoint end[2]; /* of the conversation that began it, by enum side */
    enum side from;
    const char *protocol;         /* static */
    struct facts *facts;          /* see object_fact() */
    const struct file_type *type; /* set before `opened`; once more at `retyped` */
    enum type_basis {
        TYPE_BY_START,     /* by its first bytes */
        TYPE_BY_STRUCTURE, /* a picture that begins at `picture`: other bytes stand before, or its own are
                              missing */
        TYPE_BY_MASK,      /* a picture of which each byte is exclusive or with `mask` */
        TYPE_BY_NAME,      /* its first bytes are missing: by its name or declared type */
    } basis;
    uint8_t mask;
    uint64_t picture; /* offset in what was delivered, missing bytes included */
    uint64_t offset;  /* of the first byte that was seen, in the whole (a resumed upload) */
    uint64_t size;    /* bytes delivered and missing, after decoding */
    uint64_t total;   /* announced size of the whole, LENGTH_UNKNOWN */
    uint64_t missing; /* bytes in gaps */
    bool container;   /* its content is in its children (multipart): not inspected itself, */
    bool has_text;    /* but for some text that is not (a mail's head): `data` brings that alone */
    bool complete; /* at `closed`: every byte from first to last was seen, and the protocol says it was all */
    bool hashed;   /* sha256 holds: of the bytes seen if complete is false */
    uint8_t sha256[32];
    time_ns first, last; /* packet time */
    bool bounded;        /* a bound kept some of it from being looked at */
    bool aside;          /* as its transfer's seed says */
    bool gathered; /* small texts, each looked at before: what counts is the tables that they make together */
    bool unpaid;   /* so few bytes that nobody pays for a look at them: type and size are known */
    struct allowance *allowance; /* that pays for it; of its owner, NULL: nobody does */
    bool shed;             /* set by the sink: it wants no more of the content, which is then counted only */
    struct unpack *unpack; /* through which the sink makes children of it; NULL: it does not */
    void *inspection;      /* the sink's own */
};

/* What is said of it; n == 0: not known. Lives until the next call of the sink for this object. */
static inline struct bytes object_fact(const struct object *o, enum fact which) {
    return facts_get(o->facts, which);
}

/* Where objects go: inspect/, through pipeline/. Calls for one object come in this order:
 * opened, (data | gap)*, [retyped, (data | gap)*], closed. */
struct object_sink {
    void *context;
    void (*opened)(void *context, struct object *o);
    void (*data)(void *context, struct object *o, const uint8_t *bytes, size_t n);
    void (*gap)(void *context, struct object *o, uint64_t n);
    void (*closed)(void *context, struct object *o);
    /* A picture was found inside: its type is that of the object from here on. The next byte is the picture's
     * first; what was delivered of it already is `again`. */
    void (*retyped)(void *context, struct object *o, struct bytes again);
    /* An object keeps its owner from before `opened` until after `closed`. */
    void (*retain)(void *context, void *owner);
    void (*release)(void *context, void *owner);
    /* What pays for the owner's objects, as long as it is retained. NULL: nobody does. */
    struct allowance *(*allowance)(void *context, void *owner);
    /* What follows, until it is not on any more, is done for the objects of this owner, whoever's bytes have
     * come. NULL: nobody asks. */
    void (*turn)(void *context, void *owner, bool on);
};

/* The type of an object whose first bytes these are, of which more are looked at than TYPE_BYTES: sets
 * `type`, `basis` and `picture`, as an object of a transfer has them. */
void object_settle_type(struct object *o, struct bytes first);
/* Is its name that of another kind of file? */
bool object_is_misnamed(const struct object *o);

struct content_options {
    uint64_t objects;        /* most open at once */
    uint64_t transfers;      /* most that are not over, those that gave way included; 0: as `objects` */
    uint64_t assembly_bytes; /* memory for parts that came before their turn */
    uint64_t assembly_time;  /* ns that an unfinished whole waits for more parts */
    uint64_t container_hash; /* containers up to this size get a hash of their own */
    struct codings_options codings; /* its limits are content's too; for whoever creates the codings */
};

extern const struct setting content_settings[]; /* limits.content of gantry.yaml */

struct unpacker;
struct content;
/* The rest of content/'s world: decoders, texts and unpackers (unpack/unpack.h: unpacker_table,
 * NULL-terminated), all of which outlive it; one of `facts` for each object. */
struct content_parts {
    struct codings *codings;
    struct fact_pool *facts;
    const struct unpacker *const *unpackers;
};
/* NULL: no memory. */
struct content *content_create(const struct content_options *options, const struct content_parts *parts,
                               const struct object_sink *sink);
void content_destroy(struct content *c); /* closes what is open; accepts NULL */

/* The half of struct protocol_services (protocol/protocol.h) that is about transfers. `owner` is that of the
 * objects: each retains it. */
struct transfer *content_begin(struct content *c, struct conversation *conversation, void *owner,
                               const struct transfer_seed *seed);
void content_data(struct conversation *conversation, struct transfer *t, const uint8_t *bytes, size_t n);
void content_write(struct conversation *conversation, struct transfer *t, uint64_t offset,
                   const uint8_t *bytes, size_t n);
void content_gap(struct conversation *conversation, struct transfer *t, uint64_t n);
void content_learn(struct conversation *conversation, struct transfer *t, const struct transfer_seed *later);
void content_end(struct conversation *conversation, struct transfer *t, enum transfer_end how);
/* Gives up on wholes whose other parts do not come; packet time. */
void content_tick(struct content *c, time_ns now);
/* Ends transfers and wholes whose owner is such a one, as they stand: what still comes of them is left out.
 */
void content_give_up(struct content *c, bool (*which)(void *context, const void *owner), void *context);
/* Is so much open that what comes now should have room made for it? */
bool content_is_short(const struct content *c);
/* Closes a whole that waits for parts which may never come, else ends a transfer of which nothing came for a
 * second, or of hosts that have more than a quarter of all, so that others have room; false if there is none.
 * Not from within the sink. */
bool content_make_room(struct content *c, time_ns now);
/* Objects so far have the numbers up to this one; the next has that behind `n`. */
uint64_t content_numbers(const struct content *c);
void content_number_from(struct content *c, uint64_t n);
/* Transfers and objects that are open now. */
size_t content_open(const struct content *c);
/* Transfers that are open, in thousandths of the objects that may be. */
unsigned content_fill(const struct content *c);

#endif
