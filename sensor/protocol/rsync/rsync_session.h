/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_RSYNC_SESSION_H
#define GANTRY_PROTOCOL_RSYNC_SESSION_H

#include "coding/coding.h"
#include "protocol/names.h"
#include "protocol/rsync/rsync.h"

/* Internal to rsync/: one connection. rsync.c knows its lines and the words before the transfer,
 * rsync_options.c the client's arguments, rsync_sender.c what the sender says, rsync_list.c its lists of
 * files, rsync_file.c the bytes of a file. What the receiver says is not needed. */

enum {
    RSYNC_LINE_MAX = 1024, /* octets of a line or an argument that are looked at */
    RSYNC_TEXT_MAX = 256,
    RSYNC_NAME_MAX = 4096,     /* octets of a path, as of most systems */
    RSYNC_HELD_MAX = 20480,    /* octets of one thing that came in pieces */
    RSYNC_LISTS_MAX = 1024,    /* lists at once, of directories whose files are not all sent */
    RSYNC_BLOCK_MAX = 1 << 17, /* octets that one block of LZ4 becomes at most */
};

struct rsync_text {
    uint16_t n;
    uint8_t p[RSYNC_TEXT_MAX];
};

static inline struct bytes rsync_text_of(const struct rsync_text *t) {
    return bytes_of(t->p, t->n);
}

static inline void rsync_text_set(struct rsync_text *t, struct bytes from) {
    t->n = (uint16_t)(from.n < RSYNC_TEXT_MAX ? from.n : RSYNC_TEXT_MAX);
    if (t->n)
        memcpy(t->p, from.p, t->n);
}

/* --- rsync_options.c --- */

/* What the client's arguments say. */
struct rsync_options {
    bool server, sender; /* `sender`: the server sends */
    bool links, owner, group, devices, specials, hard_links, checksums, dry, access_times, create_times;
    bool acls, xattrs, numeric, recurse, prune, deletes, append, secluded;
    bool deflates, names_compression,
        names_checksum;                    /* the choice is the client's, else both sides make it */
    bool wants_incremental, wants_strings; /* what its client can do */
    struct rsync_text compression, checksum;
    bool behind_dot;        /* what follows are paths */
    struct rsync_text path; /* the first of them */
};
void rsync_option_take(struct rsync_options *o, struct bytes argument);

/* --- rsync_list.c --- */

struct rsync_entry {
    uint64_t size;
    uint32_t mode;
    uint32_t name; /* in `names` */
    uint16_t name_n;
};

/* The files of the transfer, or of one directory. */
struct rsync_list {
    uint32_t first; /* number of the first one */
    uint32_t n, room;
    struct rsync_entry *entry; /* PROTOCOL_HELD; sorted once it is whole */
    uint8_t *names;            /* PROTOCOL_HELD */
    uint32_t names_n, names_room;
    bool nameless; /* there are too many */
};

/* What an entry says only where it differs from the one before. */
struct rsync_last {
    uint32_t mode;
    uint16_t name_n;
    uint8_t name[RSYNC_NAME_MAX];
};

/* How lists are written. */
struct rsync_form {
    unsigned version;
    bool varint_flags, safe_ends, id0_names;
    bool incremental, fewer_attributes; /* of what only has another name */
    unsigned checksum_n;                /* octets */
    const struct rsync_options *options;
};

enum rsync_read { RSYNC_MORE, RSYNC_TAKEN, RSYNC_END, RSYNC_LOST };

/* One entry, or the end of the list; *r is moved on then. */
enum rsync_read rsync_list_read(struct rsync_list *l, struct rsync_last *last, const struct rsync_form *form,
                                struct reader *r);
bool rsync_is_folder(const struct rsync_last *last);
void rsync_list_sort(struct rsync_list *l, unsigned version);
void rsync_list_finish(struct rsync_list *l);

/* --- rsync_file.c --- */

/* How literal bytes are sent. */
enum rsync_coding { RSYNC_PLAIN, RSYNC_ZLIB, RSYNC_ZLIBX, RSYNC_LZ4, RSYNC_ZSTD };

/* The file that moves, or none. */
struct rsync_file {
    struct conversation *c;
    enum rsync_coding coding;
    struct transfer *transfer; /* NULL also when nobody wants it */
    bool open;
    bool blind;                        /* what is sent cannot be undone any more */
    bool ending;                       /* of the decoder: by us */
    bool unsynced;                     /* bytes of deflate came since its last mark */
    uint64_t size, at;                 /* octets in all, and so far, missing ones included */
    uint32_t blocks, block, remainder; /* of what its receiver has */
    uint32_t literal;                  /* octets to come of the present run or packet */
    uint32_t token;                    /* the last one */
    struct filter out;
    struct filter *undo; /* NULL: none yet */
    uint8_t *room;       /* of one block of LZ4, PROTOCOL_HELD */
};

/* A file begins. */
void rsync_file_begin(struct rsync_file *f, const struct transfer_seed *seed);
/* What follows its head: how many octets of the window were used. RSYNC_END: its tokens are over, RSYNC_MORE:
 * more are needed than the window has. */
enum rsync_read rsync_file_take(struct rsync_file *f, const uint8_t *p, size_t n, size_t *used);
/* So many octets are missing in the window. False: where it goes on is not known. */
bool rsync_file_gap(struct rsync_file *f, uint64_t n);
void rsync_file_end(struct rsync_file *f, enum transfer_end how);
/* The connection is over. */
void rsync_file_finish(struct rsync_file *f);

/* --- rsync_sender.c --- */

/* What the sender says once it has begun. */
struct rsync_sender {
    struct conversation *c;
    enum side from;
    const struct rsync_options *options;
    struct rsync_text place, user; /* module and path, who */
    struct rsync_form form;
    bool pushes; /* the client sends */
    bool multiplexed;
    uint8_t tag, head_n, head[4]; /* of the present packet */
    uint32_t left;                /* octets of it to come */
    enum {
        RSYNC_FILTERS,
        RSYNC_LIST,
        RSYNC_USERS,
        RSYNC_GROUPS,
        RSYNC_ERROR,
        RSYNC_INDEX,
        RSYNC_FLAGS,
        RSYNC_ATTRIBUTES,
        RSYNC_VALUE,
        RSYNC_HEAD,
        RSYNC_TOKENS,
        RSYNC_SUM,
        RSYNC_OVER,
    } at;
    uint32_t skip;            /* octets of no interest */
    int32_t above, below;     /* the last numbers */
    uint32_t behind;          /* octets behind the end */
    uint32_t index;           /* of the present file */
    uint32_t done, done_last; /* marks of an end so far, and in all */
    bool sent;                /* its bytes follow */
    unsigned sum_n;           /* octets of a file's checksum */
    unsigned lists;
    struct rsync_list *list; /* PROTOCOL_HELD */
    uint32_t next_first;     /* number of the next list's first file */
    struct rsync_last last;
    struct names names; /* that lists hold */
    struct rsync_file file;
    uint16_t held_n, held_due; /* it is read again when there are so many */
    uint8_t *held;             /* PROTOCOL_HELD, RSYNC_HELD_MAX */
};

/* All that is said before is known. */
void rsync_sender_begin(struct rsync_sender *s);
/* False: it is not understood. */
bool rsync_sender_take(struct rsync_sender *s, const uint8_t *p, size_t n);
/* Nothing more comes of it: what is held is read. False: it is not understood. */
bool rsync_sender_settle(struct rsync_sender *s);
bool rsync_sender_gap(struct rsync_sender *s, uint64_t n);
void rsync_sender_finish(struct rsync_sender *s);

#endif
