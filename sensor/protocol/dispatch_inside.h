/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_DISPATCH_INSIDE_H
#define GANTRY_PROTOCOL_DISPATCH_INSIDE_H

#include "base/counter.h"
#include "base/pool.h"
#include "protocol/dispatch.h"
#include "protocol/hold.h"

/* What dispatch.c (which protocol a flow speaks), become.c (from one protocol to the next) and dispatcher.c
 * (one worker's table and pools) share. */

enum {
    TUNNELS_MAX = 4, /* conversations in conversations, and turns in one call: bounds the recursion of
                        dispatch_become() */
    INNER_MAX = 4,
    BRANCHES_MAX = 64, /* conversations beside each other, and in each other, of one flow at once */
};

#define SETTLE_AFTER UINT64_C(200000000) /* ns of packet time */

/* A conversation whose flow has become, or may become, another one. */
struct outer {
    struct outer *next; /* the one around it */
    const struct protocol *protocol;
    void *state;
    bool fallback; /* it goes on if nobody takes what follows */
};

/* A place in the list of those who asked for conversation_settle_later(); `link` NULL: not in it. */
struct settle {
    struct conversation *next, **link;
    time_ns at;
};

struct dispatch {
    struct dispatcher *dispatcher;
    struct settle settle;
    struct hold *hold;            /* while undecided */
    struct outer *outer;          /* closed at the end of the call in which somebody takes what follows */
    const struct protocol *named; /* by nDPI; NULL: not, or it is none of ours */
    uint64_t refused;             /* bit a protocol of the table: its probe said NO, or it is no candidate */
    enum { UNDECIDED, RUNNING, FINISHED } phase;
    bool ndpi_spoke;
    bool foreign; /* nDPI has a name for it that no protocol here has */
    bool by_probe;
    bool announced;
    bool began;    /* a transfer */
    bool may_seal; /* what was held when nobody else took it promises TLS */
    bool encrypted;
    bool lost;             /* see conversation_lost() */
    const char *spoken;    /* name of the protocol that ran last, the last resort aside */
    bool fallback;         /* of what becomes of it, as the protocol asked */
    struct bytes target;   /* of a branch: the host that it leads to; borrowed */
    struct dispatch *flow; /* of a branch: the one that all around it began with */
    unsigned branches;     /* of that one: how many there are */
    uint8_t tunnels;       /* conversations around this one */
    uint8_t turns;         /* of this call */
    uint8_t inner_runs;
    uint64_t candidates;            /* bits, as the protocol asked */
    const struct protocol *certain; /* likewise; NULL: one of the candidates */
    struct bytes facts;             /* for it */
    struct event inner[INNER_MAX];
    struct within {
        const struct layer *layer; /* around all that comes; NULL: none */
        void *state;
    } within, asked; /* `asked`: of what becomes of it */
};

struct slot {
    struct conversation c; /* first: the pool's object is found by it */
    struct dispatch d;
};

struct dispatcher {
    const struct protocol *const *table;
    unsigned protocols;
    struct codings *codings;
    const struct protocol_services *services; /* the owner's */
    struct protocol_services watched;         /* the same, noting what dispatch must know */
    bool datagrams;
    struct pool slots;
    struct holds holds;
    struct conversation *settle_first, **settle_last;
};

/* --- dispatcher.c --- */
bool protocol_can_read(const struct protocol *p, uint8_t transport);
/* By nDPI's name; NULL: none that reads this transport. */
const struct protocol *dispatcher_find_named(const struct dispatcher *dp, uint8_t transport,
                                             const char *name);

/* --- dispatch.c --- */
void dispatch_take_event(struct dispatcher *dp, struct conversation *c, const struct event *e);
/* Opens it; false: it could not (counted). */
bool dispatch_start(struct conversation *c, const struct protocol *p, struct bytes facts);
/* The same of what came, still within the layer around it. */
void dispatch_take_within(struct dispatcher *dp, struct conversation *c, const struct event *e);
/* Gives the held events to whatever runs now, in the order in which they came. */
void dispatch_replay_hold(struct dispatcher *dp, struct conversation *c);
void dispatch_drop_hold(struct dispatcher *dp, struct dispatch *d);
void dispatch_close_protocol(struct conversation *c); /* what runs now, if any */
void dispatch_give_up(struct dispatcher *dp, struct conversation *c, enum counter why);

/* --- settle.c --- */
void dispatch_forget_settle(struct dispatcher *dp, struct dispatch *d);
void dispatch_settle_due(struct dispatcher *dp, time_ns now);

/* --- become.c --- */
/* What runs now has said what it becomes. */
void dispatch_become(struct dispatcher *dp, struct conversation *c);
bool dispatch_has_fallback(const struct dispatch *d);
/* Nobody takes what followed: the protocol that it followed goes on with it, and with `e` (NULL: nothing)
 * behind. */
void dispatch_fall_back(struct dispatcher *dp, struct conversation *c, const struct event *e);
/* Out of the conversations around this one; its protocol runs again. What ran before is closed. */
void dispatch_leave_to_outer(struct conversation *c);
/* At the end of each call: who followed another is on its own once it runs, and what cannot fall back is
 * over. */
void dispatch_settle_outers(struct conversation *c);

#endif
