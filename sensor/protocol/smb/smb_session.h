/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_SMB_SESSION_H
#define GANTRY_PROTOCOL_SMB_SESSION_H

#include "base/allowance.h"
#include "base/counter.h"
#include "base/table.h"
#include "protocol/names.h"
#include "protocol/smb/smb.h"
#include "protocol/smb/smb2.h"

/* Internal to smb/: one connection, and what is known of its two hosts. smb_stream.c finds frames, messages
 * and the data in them; smb2.c and smb1.c know the messages of each version, smb2_session.c and
 * smb1_session.c who speaks of which share, smb2_files.c and smb1_files.c those about files, smb_file.c what
 * they do; smb_known.c keeps what several connections share, smb_wait.c what waits for its answer, smb_move.c
 * makes transfers of it.
 */

enum {
    SMB_HEAD_MAX = 4096, /* octets of a message that are kept, data aside */
    SMB_TEXT_MAX = 1024, /* octets of a path, a share, a user */
};

struct smb;
struct smb_stream;

/* --- smb_known.c: sessions, trees and open files of two hosts --- */

enum smb_kind { SMB_SESSION, SMB_TREE, SMB_OPEN };

struct smb_key {
    enum smb_kind kind;
    uint64_t session;
    uint64_t id[2]; /* of the tree; of the file: persistent, volatile */
};

struct smb_text {
    uint16_t n;
    uint8_t p[SMB_TEXT_MAX];
};

struct smb_known {
    struct table_node node; /* by age */
    struct smb_hosts *hosts;
    struct smb_key key;
    unsigned pins;   /* who points to it; it is not forgotten meanwhile */
    bool listed;     /* in the table, which counts as a pin */
    uint16_t text_n; /* of the user, the share, the path; it stands behind the structure */
};

struct smb_tree {
    struct smb_known known;
    bool pipe; /* no files: named pipes */
};

struct smb_open {
    struct smb_known known;
    struct table_node persistent; /* by that half of its handle, while it is listed */
    struct smb *user;             /* the connection that used it last, in whose list it stands; NULL: none */
    struct age_node moving;       /* in that list */
    bool several;                 /* others have used it too */
    uint32_t tree;
    uint64_t serial;  /* names the file before its handle is known; no other open of this process has it */
    uint64_t end;     /* of the file, as far as is known; LENGTH_UNKNOWN */
    bool end_told;    /* and somebody has said so since what was written there came */
    uint64_t lost[2]; /* hosts' when it was opened */
    bool named;       /* its CREATE was seen */
    bool durable;     /* may be taken up again over another connection */
    bool started;     /* its first octet was written */
    bool closing;     /* the client has closed it, and reads may still wait */
    bool pipe;        /* a named pipe: what goes over it has no place, and may be calls of procedures */
    uint32_t call_left[2];  /* by side, of a pipe: octets of a call that did not come yet */
    uint64_t call_other[2]; /* and how much came that was no call */
    struct smb_move {
        struct transfer *transfer;
        bool open; /* `transfer` was begun, which may be NULL */
        bool was;  /* one was begun, ever */
    } move[2];     /* by the side that sends */
};

/* State that the connections of two hosts share (shared.h). */
struct smb_hosts {
    struct table table;
    struct table persistent; /* the opens among them */
    unsigned count;          /* of those known */
    unsigned flows;          /* connections that are open */
    uint64_t lost[2];        /* by side: how often octets were missed of which nobody knows whose they were */
};

struct smb_hosts *smb_hosts_join(struct conversation *c); /* NULL: no memory (counted) */
void smb_hosts_leave(struct smb_hosts *h);                /* it is a connection of theirs no more */

/* NULL: not known. */
struct smb_known *smb_known_find(struct smb_hosts *h, const struct smb_key *key);
/* A new one with `size` octets of structure, pinned once and not listed. NULL: no memory (counted). */
void *smb_known_create(struct smb_hosts *h, size_t size, struct bytes text);
/* It is found by this key from now on; another one of that key is not any more. The oldest are forgotten. */
void smb_known_list(struct smb_known *k, const struct smb_key *key);
void smb_known_unlist(struct smb_known *k);                          /* its memory goes with the last pin */
void smb_known_pin(struct smb_known *k);                             /* accepts NULL */
void smb_known_unpin(struct smb_known *k);                           /* accepts NULL */
struct bytes smb_known_text(const struct smb_known *k, size_t size); /* n == 0 for NULL */
/* The open listed last whose handle has this persistent half: a client takes it up again over a new session.
 */
struct smb_open *smb_find_persistent(struct smb_hosts *h, uint64_t persistent);

/* --- smb_wait.c: requests of one connection that wait for their answer --- */

enum smb_asks { SMB_ASKS_TREE, SMB_ASKS_CREATE, SMB_ASKS_CLOSE, SMB_ASKS_READ };

struct smb_request {
    uint64_t message, offset;
    uint32_t length, age;
    enum smb_asks asks;
    bool used;
    struct smb_known *about; /* the open, or the tree; pinned */
};

struct smb_waiting {
    struct smb_request *slot; /* sets of SMB_WAIT_SET */
    uint32_t sets, age;
    uint32_t used; /* slots */
};

enum { SMB_WAIT_SET = 8 };

/* Where too many wait the oldest is forgotten (counted). Pins what it is about. */
void smb_wait_add(struct smb_waiting *w, const struct smb_request *r);
/* Takes it out: *out has the pin now. False: nobody asked. */
bool smb_wait_take(struct smb_waiting *w, uint64_t message, struct smb_request *out);
void smb_wait_finish(struct smb_waiting *w);

/* --- smb_stream.c --- */

/* Where the data of a message goes. */
struct smb_data {
    struct smb_open *open; /* pinned; NULL: nobody asked for it, or nobody wants it */
    bool stray;            /* and it is an object by itself */
    bool lists;            /* it is a list of what is in a folder */
    uint64_t offset;
    uint32_t before, left; /* octets of the message up to it, and of it */
};

/* What one side sends. */
struct smb_stream {
    enum { SMB_AT_FRAME, SMB_AT_HEAD, SMB_AT_DATA, SMB_AT_REST, SMB_AT_PACKED, SMB_AT_NOTHING } at;
    enum side from;
    uint32_t frame_left; /* octets of the frame behind the message */
    uint32_t left;       /* octets of the message that did not come yet */
    uint32_t taken;      /* octets of the message that came */
    uint16_t head_n, want;
    struct smb_data data;
    /* Of the message before in the same frame, which this one may refer to. */
    struct smb_open *related; /* pinned */
    uint64_t related_session;
    uint32_t related_tree;
    struct transfer *stray; /* what stands where a frame should begin, or answers that nobody asked for */
    bool stray_open;
    struct smb_packed {
        uint8_t *p;
        size_t n, room;
    } packed;       /* a compressed message, as far as it came */
    bool unpacking; /* what is taken now was one */
    uint8_t head[SMB_HEAD_MAX];
};

/* What a server says of folders, by the handle that was asked by last. */
enum { SMB_ENTRY_MAX = 104 + 510 };

struct smb_list {
    struct names names;
    uint64_t handle[2];
    uint8_t kind;     /* the class of its entries, 0: not known */
    bool over;        /* no entry follows in this message */
    uint32_t skip;    /* octets up to the next one */
    uint16_t entry_n; /* octets of it, its name included */
    uint8_t entry[SMB_ENTRY_MAX];
};

struct smb {
    struct conversation *c;
    uint64_t number; /* of the connection, in this process */
    struct smb_hosts *hosts;
    enum side server;      /* who answers */
    struct age_list opens; /* with transfers that this connection began or used last, by use */
    unsigned opens_n;
    struct smb_waiting waiting;
    enum { SMB_SERVER_NOT_NAMED, SMB_SERVER_BY_ITSELF, SMB_SERVER_CALLED } server_named;
    bool signing_told;
    struct smb_list list;
    /* While nobody answers (one side alone is seen): what was asked for last, and how often since the last
     * handle or tree that was new; one alone must be it. */
    struct smb_unanswered {
        bool answered;
        unsigned files, trees;
        struct smb_open *file; /* pinned, as is the next */
        struct smb_tree *tree;
    } only;
    /* SMB 1: a frame without a message brings what this asked for, or goes on with it; by the side that sends
     * it. */
    struct smb_raw {
        struct smb_open *open; /* pinned; NULL: none */
        uint64_t offset;
    } raw[2];
    bool ended[2];               /* by enum side: nothing more comes of it */
    bool left;                   /* it is none of the hosts' connections any more */
    struct smb_stream stream[2]; /* by enum side */
};

void smb_stream_start(struct smb_stream *st, enum side from);
void smb_stream_take(struct smb *s, enum side from, const uint8_t *p, size_t n);
void smb_stream_gap(struct smb *s, enum side from, uint64_t n);
void smb_stream_end(struct smb *s, enum side from);
/* Octets that are of no file that is known, as an object. */
void smb_stray(struct smb *s, struct smb_stream *st, const uint8_t *p, size_t n);
void smb_stray_end(struct smb *s, struct smb_stream *st);
/* A message that did not come so: all octets of it, in place of a frame. */
void smb_stream_play(struct smb *s, struct smb_stream *st, const uint8_t *p, size_t n);

/* --- smb_packed.c: compressed messages --- */

/* One begins, by its mark, of which st->left octets are to come. False: it is none. */
bool smb_packed_begin(struct smb_stream *st, struct bytes mark);
/* False: there is no room, and the rest is passed by. */
bool smb_packed_take(struct smb *s, struct smb_stream *st, const uint8_t *p, size_t n);
void smb_packed_end(struct smb *s, struct smb_stream *st); /* all of it has come */
void smb_packed_miss(struct smb *s, struct smb_stream *st, uint64_t n);
void smb_packed_drop(struct smb_stream *st);

/* --- smb2.c, smb1.c --- */

/* More of the head has come: st->want octets, or all of the message. Sets st->want higher, or does what it
 * says and sets st->data. False: it is no message. */
bool smb2_take_head(struct smb *s, struct smb_stream *st);
bool smb1_take_head(struct smb *s, struct smb_stream *st);

/* One message of which the head is there. */
struct smb_message {
    struct smb *s;
    struct smb_stream *st;
    enum side from;
    struct bytes head; /* from the header on, as much as is kept */
    uint32_t length;   /* of all of it */
    uint32_t status, tree;
    uint16_t command;
    bool answer, waits; /* `waits`: the answer in truth comes later */
    bool related, is_signed, wide, replayed;
    uint64_t number; /* that an answer has in common with its request */
    uint64_t session;
    size_t words; /* SMB 1: where the command's parameters begin */
};

static inline uint16_t smb_u16(struct bytes b, size_t at) {
    return at + 2 <= b.n ? (uint16_t)(b.p[at] | b.p[at + 1] << 8) : 0;
}

static inline uint32_t smb_u32(struct bytes b, size_t at) {
    return smb_u16(b, at) | (uint32_t)smb_u16(b, at + 2) << 16;
}

static inline uint64_t smb_u64(struct bytes b, size_t at) {
    return smb_u32(b, at) | (uint64_t)smb_u32(b, at + 4) << 32;
}

/* What of it stands in the head. */
static inline struct bytes smb_part(struct bytes head, size_t at, size_t n) {
    if (at >= head.n)
        return bytes_of(NULL, 0);
    return bytes_of(head.p + at, n < head.n - at ? n : head.n - at);
}

/* --- smb2_session.c --- */
void smb2_take_negotiate(struct smb_message *m);
void smb2_take_negotiated(struct smb_message *m);
void smb2_take_setup(struct smb_message *m);
void smb2_take_set_up(struct smb_message *m);
void smb2_take_tree(struct smb_message *m);
void smb2_take_tree_answer(struct smb_message *m);

/* --- smb2_files.c --- */
void smb2_take_create(struct smb_message *m);
void smb2_take_created(struct smb_message *m);
void smb2_take_close(struct smb_message *m);
void smb2_take_closed(struct smb_message *m);
void smb2_take_read(struct smb_message *m);
void smb2_take_read_answer(struct smb_message *m);
void smb2_take_write(struct smb_message *m);
void smb2_take_set_info(struct smb_message *m);
void smb2_take_ioctl(struct smb_message *m);
void smb2_take_ioctl_answer(struct smb_message *m);
void smb2_take_query(struct smb_message *m);
void smb2_take_query_answer(struct smb_message *m);

/* --- smb_names.c: who, and which share --- */

/* What a security buffer says. */
void smb_take_security(struct smb_message *m, struct bytes security);
void smb_note_user(struct smb_message *m, struct bytes user);
/* Where a server is called by a name, that counts; else what it says of itself. */
void smb_name_server(struct smb *s, struct bytes name, bool called);
void smb_tell_dialect(struct smb *s, const char *dialect);
/* Is what asks for a file signed? Told once. */
void smb_tell_signing(const struct smb_message *m);
/* A share is asked for; its number comes with the answer. */
void smb_ask_tree(struct smb_message *m, struct bytes path);
void smb_take_tree(struct smb_message *m, bool pipe);
/* The tree of a message; NULL: not known. */
const struct smb_tree *smb_find_tree(struct smb_message *m);

/* --- smb_file.c: what messages about files do. `handle` NULL: of the message before in the chain. --- */

/* `again`: a handle that the client takes up, pinned for this call; NULL: a new one. */
void smb_file_create(struct smb_message *m, struct bytes path, struct smb_open *again, bool lasts);
void smb_file_created(struct smb_message *m, const struct smb_key *handle, uint64_t end);
void smb_file_close(struct smb_message *m, const struct smb_key *handle);
void smb_file_closed(struct smb_message *m, uint64_t end); /* LENGTH_UNKNOWN: not told */
void smb_file_read(struct smb_message *m, const struct smb_key *handle, uint64_t offset, uint32_t n);
/* `n` octets of data at `at` in the message, if the answer is a good one. */
void smb_file_read_answer(struct smb_message *m, bool good, uint32_t at, uint32_t n);
#define SMB_WRITE_AT_END UINT64_MAX
void smb_file_write(struct smb_message *m, const struct smb_key *handle, uint64_t offset, uint32_t at,
                    uint32_t n);
/* What the next frame of a side brings without a message around it. */
void smb_file_raw(struct smb_message *m, const struct smb_key *handle, enum side from, uint64_t offset);
/* Such a frame has begun, all of which is data. False: nobody asked for one. */
bool smb_file_take_raw(struct smb *s, struct smb_stream *st);
void smb_file_drop_raw(struct smb *s, enum side from);
void smb_file_forget(struct smb *s); /* what it waits for */
/* What no file is said to hold, if it is much and no call of a procedure. */
void smb_file_look_at(struct smb_message *m, uint32_t at, uint32_t n);
void smb_file_set_end(struct smb_message *m, const struct smb_key *handle, uint64_t end);
/* The server copies by itself. */
void smb_file_copy(struct smb_message *m, const struct smb_key *handle, uint64_t offset, uint64_t n);

/* --- smb_list.c --- */
/* A client asks what is in a folder; `again`: from its beginning. */
void smb_list_ask(struct smb_message *m, uint8_t kind, bool again, const uint64_t handle[2]);
/* `n` octets of entries stand at `at` in the message. */
void smb_list_answer(struct smb_message *m, uint32_t at, uint32_t n);
void smb_list_bytes(struct smb *s, const uint8_t *p, size_t n);
void smb_list_gap(struct smb *s);   /* in these */
void smb_list_pause(struct smb *s); /* the message is over */
/* All that is in the folder was listed, or the connection is over. */
void smb_list_end(struct smb *s, enum transfer_end how);

/* --- smb_text.c --- */

/* UTF-16 becomes UTF-8; of what is too long the end is kept. */
void smb_text_from(struct smb_text *out, struct bytes utf16);
void smb_text_narrow(struct smb_text *out, struct bytes octets);
/* The names in an NTLMSSP message ([MS-NLMP] section 2.2.1) that stands somewhere in a security buffer: the
 * user who proves who he is, and the name of the server, as it says itself or as it was called. n == 0: none.
 */
struct smb_names {
    struct smb_text user, server;
    bool called;
};
void smb_names_from(struct smb_names *out, struct bytes security);
/* The server of "\\server\share". */
struct bytes smb_share_server(struct bytes share);

/* --- smb_move.c: transfers --- */

/* Bytes of the file at an offset, sent by `from`; NULL: they were missed. */
void smb_move_bytes(struct smb *s, struct smb_open *o, enum side from, uint64_t offset, const uint8_t *p,
                    size_t n);
/* Its client writes it from the beginning once more: that is another object, and the first is not complete.
 */
uint64_t smb_move_serial(void); /* another one */
void smb_move_anew(struct smb *s, struct smb_open *o, enum side from);
/* The client has closed it: its transfers end. */
void smb_move_close(struct smb *s, struct smb_open *o);
/* The connection is over, and perhaps the handle. */
void smb_move_leave(struct smb *s);

#endif
