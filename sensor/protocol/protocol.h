/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_PROTOCOL_H
#define GANTRY_PROTOCOL_PROTOCOL_H

#include "base/bytes.h"
#include "flow/board.h"
#include "transfer/transfer.h"

/* From ordered stream bytes, or from datagrams, to transfers and to facts of the flow. A protocol is one
 * folder with one const `struct protocol`, listed once in table.c. It takes any chunk size, never blocks, and
 * knows nothing of what becomes of a transfer. dispatch.h decides which protocol a flow speaks. */

/* One message of the DNS. */
struct name_message {
    enum side from;
    bool answer;
    struct bytes name; /* of the question, labels joined by dots */
    uint32_t octets;   /* of data beside that name */
    uint32_t text;     /* of them, in records for any text (TXT, NULL) */
};

/* An address that an answer of the DNS gives a name, and for how many seconds. */
struct name_address {
    struct address address;
    uint32_t life;
};

/* What a protocol may ask of the stages behind it, which pipeline/ joins to it. Each call names the
 * conversation that speaks, whose time it is, and the transfer, which another conversation may have begun: a
 * part may outlive its flow. All that take a transfer accept NULL. */
struct protocol_services {
    /* NULL: nobody wants it (counted there); the protocol goes on without. */
    struct transfer *(*begin)(struct conversation *c, const struct transfer_seed *seed);
    /* The next bytes, where the last ones ended. */
    void (*data)(struct conversation *c, struct transfer *t, const uint8_t *bytes, size_t n);
    /* Bytes at an offset in the whole: RESUME_WRITE alone. `bytes` NULL: they were missed; with n == 0 the
     * whole is at least as long as `offset`. */
    void (*write)(struct conversation *c, struct transfer *t, uint64_t offset, const uint8_t *bytes,
                  size_t n);
    void (*gap)(struct conversation *c, struct transfer *t, uint64_t n);
    /* Facts and key that came later than the first bytes (FTP: the command after the data; SMB: the name
     * after a write of another flow). What is not empty replaces what was known. Besides, only `from` and
     * `protocol` count, which the key is made with: those of the first seed. */
    void (*learn)(struct conversation *c, struct transfer *t, const struct transfer_seed *later);
    void (*end)(struct conversation *c, struct transfer *t, enum transfer_end how);
    /* A flow with these ends will come and speak `p`, which is given `facts`; at most EXPECT_FACTS_MAX
     * octets. One of the two ports may be left open (0). True: another worker may be the one that sees it,
     * and was told; what is known later may go to it by note(). */
    bool (*expect)(struct conversation *c, const struct protocol *p, uint8_t transport,
                   const struct endpoint end[2], struct bytes facts);
    /* Tells `p` in other workers, by its `heard`; at most BOARD_NOTE_MAX octets. */
    void (*note)(struct conversation *c, const struct protocol *p, struct bytes text);
    /* Before nobody's flow is given up: was it announced by now? Asks other workers too, and waits for them
     * where files are read. NULL: never. */
    bool (*announced)(struct conversation *c, struct expectation *out);
    /* The flow is encrypted, as its in-order bytes show: it counts as such from here on. Its bytes still
     * come. */
    void (*encrypted)(struct conversation *c);
    /* It is not any more: what it has become goes on in clear. Dispatch says it by itself. */
    void (*clear)(struct conversation *c);
    /* Facts of the flow itself, FACT_COUNT values; those that are not empty replace what was known.
     * FACT_HOST, by which the client called the server, may make a verdict worse. */
    void (*tell)(struct conversation *c, const struct bytes *facts);
    /* What may be data though it is meant for something else: a message about a name of the DNS, and the text
     * of a head, in whole lines or parts of long ones. NULL: nobody looks at them. */
    void (*name)(struct conversation *c, const struct name_message *m);
    void (*head)(struct conversation *c, enum side from, struct bytes lines);
    /* The server has answered a question of the client: the name, in lower case, has these addresses. NULL:
     * nobody wants to know. */
    void (*resolved)(struct conversation *c, struct bytes name, const struct name_address *address,
                     unsigned n);
    /* What follows, until it is not on any more, is done for this conversation though nothing of it has come.
     * NULL: nobody asks. */
    void (*turn)(struct conversation *c, bool on);
};

enum protocol_result {
    PROTOCOL_OK,
    PROTOCOL_LOST, /* cannot make sense of this flow any more: it is closed for this protocol and counted */
    PROTOCOL_BECOMES, /* what follows is another conversation, see conversation_become() */
    PROTOCOL_DONE,    /* wants no more of this flow */
};

enum probe { PROBE_NO, PROBE_MORE, PROBE_YES };

/* A protocol over streams has `data`, `gap` and `end`, one over datagrams has `datagram`; it may have both.
 */
struct protocol {
    const char *name;              /* ECS network.protocol */
    const char *const *ndpi_names; /* nDPI's names for it, NULL-terminated; NULL: none */
    /* Once a worker, before its sandbox closes: what libraries load at a first use. False: this protocol says
     * less of its flows then (logged). NULL: nothing. */
    bool (*prepare)(void);
    /* Do the first bytes of each side look like it? Either run may be empty. NULL: only nDPI or an
     * announcement chooses it. `MORE` while more bytes could still decide. */
    enum probe (*probe)(const struct bytes first[2]);
    /* The same of a datagram, for flows of datagrams. */
    enum probe (*probe_datagram)(enum side from, struct bytes datagram);
    /* A YES of it is certain in the middle of a flow too. */
    bool begins_late;
    /* `facts` are the announcement's, empty without one. NULL: no memory (counted), or not taken. Sets
     * nothing on the conversation. */
    void *(*open)(struct conversation *c, struct bytes facts);
    enum protocol_result (*data)(struct conversation *c, enum side from, const uint8_t *bytes, size_t n);
    enum protocol_result (*datagram)(struct conversation *c, enum side from, const uint8_t *bytes, size_t n);
    enum protocol_result (*gap)(struct conversation *c, enum side from, uint64_t n);
    void (*end)(struct conversation *c, enum side from, bool clean); /* NULL: of no interest */
    /* Ends transfers that are open (TRANSFER_CUT), frees the state. */
    void (*close)(struct conversation *c);
    /* An announcement that came after nDPI's name had chosen this protocol; false: not taken. NULL: never is.
     */
    bool (*adopt)(struct conversation *c, struct bytes facts);
    /* What it said by note() in another worker, which may have been taken over: nothing of it is certain.
     * NULL: it never does. */
    void (*heard)(struct bytes text);
    /* May this flow be its own, though neither a probe nor nDPI nor an announcement names it? Asked before
     * such a flow is given up, and only if its bytes went one way. NULL: never. */
    bool (*claims)(const struct conversation *c);
    /* Called after conversation_settle_later(): what waited for bytes that may not come is decided. */
    void (*settle)(struct conversation *c);
    /* It begins with a handshake, which alone carries nothing: c->shaking is set for both sides before the
     * first call, and this protocol clears it for a side with the first that is more. */
    bool shakes;
    /* The last resort: takes the streams that nobody else does. What it reads is still unidentified. */
    bool takes_rest;
    /* Where in the middle of anything this protocol begins for certain; in.n if nowhere. NULL: never asked.
     */
    size_t (*find)(struct bytes in);
    /* Where in the middle of anything one side may begin this protocol, and where the other one then answers
     * it; in.n if nowhere. What the first one offers may be cut at the end of `in`, and must then be found in
     * more of it. Only both together are certain. Either side may be the first. NULL: never asked. */
    size_t (*find_offer)(struct bytes in);
    size_t (*find_answer)(struct bytes in);
};

/* Asks for a call of `settle` once about 200 ms of packet time have passed. */
void conversation_settle_later(struct conversation *c);

/* Inside the `data` that then returns PROTOCOL_BECOMES: what follows on this flow is one of `candidates`
 * (NULL-terminated; NULL: any protocol), found by their probes. `fallback`: if none of them says YES, this
 * protocol goes on with its state and gets those bytes itself (STARTTLS that was refused or a feed that was
 * decrypted, CONNECT to anything, 101); without it the flow is then unidentified. */
void conversation_become(struct conversation *c, const struct protocol *const *candidates, bool fallback);
/* The same call's bytes that belong to what follows, in their order; at most four runs, each either the
 * call's own bytes or part of the state. */
void conversation_inner(struct conversation *c, enum side from, const uint8_t *bytes, size_t n);
/* Both, for any protocol and without a way back, where one side's octets are what begins: `held` ones and the
 * `rest` of the call. Returns PROTOCOL_BECOMES. */
enum protocol_result conversation_become_any(struct conversation *c, enum side from, struct bytes held,
                                             struct bytes rest);

/* Within `data`: of what this side sends next, `n` octets would only be counted. Calls that are no longer
 * than what is left of them do not come any more, until one comes that is, or a gap. */
static inline void conversation_grant(struct conversation *c, enum side side, uint32_t n) {
    c->quiet[side] = c->granted[side] = n;
}

/* How many octets came so since. Nothing is granted any more. */
static inline uint32_t conversation_count_quiet(struct conversation *c, enum side side) {
    uint32_t n = c->granted[side] - c->quiet[side];
    conversation_grant(c, side, 0);
    return n;
}

/* In place of candidates: what follows is `p` for certain, which is given `facts`, borrowed as long as the
 * call's bytes. */
void conversation_become_this(struct conversation *c, const struct protocol *p, struct bytes facts);

/* Something around the bytes of what follows that is taken off before anybody sees them, such as headers of
 * records. It outlives the protocol that found it. */
struct layer {
    /* The next run of inner bytes, and *in behind it; empty only when *in is. Of a datagram its payload, and
     * *in is empty then. */
    struct bytes (*next)(void *state, enum side from, struct bytes *in);
    void (*gap)(void *state, enum side from, uint64_t n);
};
/* Beside conversation_become(): what follows lies in `layer`, and so do the runs of conversation_inner().
 * `state` is protocol_alloc()'s and dispatch's from now on. A conversation has one layer at most; another is
 * given up. */
void conversation_within(struct conversation *c, const struct layer *layer, void *state);

/* table.c: all of them, NULL-terminated, in the order in which probes are asked. */
extern const struct protocol *const protocol_table[];

#endif
