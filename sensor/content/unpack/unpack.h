/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CONTENT_UNPACK_H
#define GANTRY_CONTENT_UNPACK_H

#include "coding/coding.h"
#include "content/content.h"

/* An unpacker turns an object into children. It is asked once the object's type is known from its bytes;
 * several may work on one object. It is a push filter: it takes any chunk size, holds bounded state, and
 * makes a child as soon as that begins. */

enum unpack_kind {
    UNPACK_WRAPPER, /* the object's bytes are its children (multipart, message): it is not inspected itself */
    UNPACK_FILE,    /* the object is a file of its own (ZIP, tar): it is hashed and inspected whole too */
    UNPACK_TEXT,    /* it is a text in which files may stand: it is looked at as if they did not, too. Behind
                       the wrappers in the table: no wrapper's object is such */
    UNPACK_LOOK,    /* it says something of the object, whatever else that is, and makes no children */
};

struct unpack; /* one object that is being unpacked */

struct unpacker {
    const char *name;
    enum unpack_kind kind;
    bool (*matches)(const struct file_type *type, struct bytes declared);
    /* A filter that is given the object's bytes from the first on; its `end` ends the children and frees it.
     * NULL: it is none after all, or there is no memory (counted): the object is then as if it had not
     * matched. */
    struct filter *(*create)(struct unpack *u);
    /* A wrapper: false for an object whose bytes, `first` of which these are, are a file of their own,
     * whatever is declared: that is hashed and inspected whole too. NULL: there is none such. */
    bool (*wraps)(const struct file_type *type, struct bytes declared, struct bytes first);
    /* A wrapper that people keep as a file (a mail): where it has a name, or came within something else, it
     * has a hash of its own whatever its size. */
    bool is_file;
    /* A wrapper: true where text of its own, unpack_own(), is inspected. NULL: it has none. */
    bool (*has_text)(const struct file_type *type);
    /* The type to show in place of that of the bytes. NULL: none. */
    const struct file_type *(*type_of)(struct bytes declared);
    /* Of what is looked at as a text: does a file begin in these octets? NULL: that does not matter. */
    bool (*begins)(const struct file_type *type, struct bytes octets);
    /* What it holds for all objects, of which at most so many are open at once: unpack_state(). NULL:
     * nothing, and no memory. */
    void *(*start)(size_t objects);
    void (*stop)(void *state);
};

enum { UNPACKER_TABLE_MAX = 32 };

/* table.c: all of them, NULL-terminated. */
extern const struct unpacker *const unpacker_table[];

const struct object *unpack_object(const struct unpack *u);
void *unpack_state(const struct unpack *u); /* while it is being created */
/* Likewise: its first bytes, all of them or TYPE_BYTES. */
struct bytes unpack_first(const struct unpack *u);

/* What is known of a child before its first byte. All of it is borrowed for the call. */
struct unpack_child {
    const struct bytes *fact; /* FACT_COUNT: its own; it is given the rest by the object, see fact_table.h */
    struct bytes codings;     /* that it is in, as Content-Transfer-Encoding names them; empty: none */
    unsigned undone;          /* codings that the unpacker undoes before its bytes come */
    uint64_t total;           /* octets, LENGTH_UNKNOWN */
    bool gathered;   /* text that was made of what the object says of other things: no file, told only where
                        something is found in it */
    bool endless;    /* one of those that replace each other as long as somebody looks: not counted */
    bool made_up;    /* its octets are the unpacker's, not the wire's: no digest tells of them */
    bool is_range;   /* of the whole that the object's transfer is about (multipart/byteranges): */
    uint64_t offset; /* of its first octet; `total` is that of the whole */
    struct bytes id; /* of a whole that comes in numbered pieces (message/partial) of unknown sizes: */
    uint64_t number, pieces; /* which of how many it is, from 1; 0: not said; `fact` is that of the whole */
};

/* `start` and `stop` of an unpacker that holds a pool and nothing else. NULL: no memory. */
void *unpack_start_pool(size_t object_size, size_t limit);
void unpack_stop_pool(void *pool);

/* The head of a chain that the caller feeds and ends. NULL: a limit is met (depth, members), or there is no
 * room; counted, and the child is left out. */
struct filter *unpack_begin(struct unpack *u, const struct unpack_child *child);
/* Undoes a coding for all children of an object: its head, which the object feeds and ends, before `next`,
 * which must end with a child (struct chain_end). What is not so coded gives nothing. NULL as
 * unpack_begin(). */
struct filter *unpack_decode(struct unpack *u, const char *coding, struct filter *next);
/* As coding_begin(): decodes what an object's format codes in its own way, in front of `next`, which is the
 * caller's. It is a part of that format, and adds nothing to how deep its children lie. */
struct filter *unpack_begin_coding(struct unpack *u, struct coding_list one, struct filter *next);
/* Octets of a child that do not stand in the object, but are made of few that do: they are held against the
 * bounds of what codings make, and paid for as that is. */
struct unpack_made {
    uint64_t in, out; /* octets that they were made of so far, which the unpacker counts; and made */
};
/* Gives `child` as many of them as may be, and returns how many; where those are fewer than `n`, that is
 * counted, and told of the child. */
size_t unpack_make(struct unpack *u, struct unpack_made *made, struct filter *child, const uint8_t *bytes,
                   size_t n);
/* Memory of all decoders for what an unpacker must keep, paid for by the object's hosts until it is given
 * back. NULL: none left. */
void *unpack_alloc(struct unpack *u, size_t n);
void unpack_free(struct unpack *u, void *p, size_t n);
/* Facts of the object itself (FACT_COUNT) that it does not know: its children are given them. */
void unpack_tell(struct unpack *u, const struct bytes *fact);
/* Likewise, in place of what it knows. */
void unpack_replace(struct unpack *u, const struct bytes *fact);
/* What is in it tells what it is: its type from here on, by name. */
void unpack_settle_type(struct unpack *u, const char *mime);
/* A word on what is odd about it, of small letters and hyphens, for its record: once, however often it is
 * said. */
void unpack_note(struct unpack *u, const char *word);
/* Bytes of a wrapper that has text of its own: they are inspected, as they lie behind one another. Where more
 * than one unpacker takes the object for its own, what the others give is nothing. */
void unpack_own(struct unpack *u, const struct filter *by, const uint8_t *bytes, size_t n);
/* Of a text, or what is looked at as one: an archive begins in it, and what follows is looked for in that. */
void unpack_takes_apart(struct unpack *u);
/* A bound keeps it from being taken apart: the object says so. */
void unpack_bounded(struct unpack *u);
/* Facts of a child that were found later (FACT_COUNT). */
void unpack_learn(struct filter *child, const struct bytes *fact);
/* One more child is paid for by the bytes of its hosts; or none is: true or false. */
bool unpack_pays(struct unpack *u);
/* Things that are too small for a child of their own: one child takes them all, a line end behind each text.
 */
void unpack_together(struct unpack *u, struct bytes head, struct bytes body);
/* The object is not complete: an end of its own is missing. */
void unpack_incomplete(struct unpack *u);

#endif
