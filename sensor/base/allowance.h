/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_ALLOWANCE_H
#define GANTRY_BASE_ALLOWANCE_H

#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a pair of hosts may still cost a worker beyond what its bytes on the wire pay for: a few bytes may
 * unfold to a gigabyte, or be a thousand objects. Each account has a little at first, earns with every byte
 * of the pair that is delivered, and is never higher than its cap, so that a rich one cannot be spent at
 * once. What is spent beyond it is not done: the look becomes shallower, which the one who spends counts.
 * What is spent is work of the step too (base/work.h), whoever pays for it. */
enum account {
    ACCOUNT_DECODED, /* bytes that codings make */
    ACCOUNT_MATCHED, /* bytes that patterns are matched against */
    ACCOUNT_AHEAD,   /* bytes of memory that a coding fills before it gives any of them */
    ACCOUNT_NAMES,   /* looks for the name of a flow, in bytes of the wire that pay for one: ALLOWANCE_NAME */
    ACCOUNT_OBJECTS, /* objects, in bytes of the wire that pay for one: ALLOWANCE_OBJECT */
    ACCOUNT_EXAMINED, /* files that are examined, in bytes of the wire that pay for one: ALLOWANCE_EXAMINED */
    ACCOUNT_COUNT
};

enum {
    ALLOWANCE_OBJECT = 400,         /* bytes of the wire that an object of its own is worth */
    ALLOWANCE_SMALL = 480,          /* and one of which few bytes came */
    ALLOWANCE_FOUND = 1536,         /* and what was found in one */
    ALLOWANCE_TOLD = 1536,          /* and to tell that a bound kept an object from being looked at */
    ALLOWANCE_HEAD = 256,           /* and a head that only a library reads, beside twice its bytes */
    ALLOWANCE_NAME = 96,            /* and a look of nDPI at some bytes of a flow */
    ALLOWANCE_EXAMINED = 16 << 10,  /* and a file that a library takes apart, */
    ALLOWANCE_UNPACKED = 48 << 10,  /* one that it asks much memory for, */
    ALLOWANCE_UNLOCKED = 288 << 10, /* and one whose key is dear to make, though anybody can */
    ALLOWANCE_DECODER = 512 << 10,  /* decoded bytes for which a decoder is worth beginning */
    ALLOWANCE_BEGUN = 4096,         /* decoded bytes that a decoder costs by itself, */
    ALLOWANCE_CODED = 3072,         /* matched bytes that a body in a coding costs, however small it is */
    ALLOWANCE_RESERVED = 32 << 10,  /* and large memory that it asks for, however little it fills */
    ALLOWANCE_COMMON = 512 << 20, /* decoded bytes that can be borrowed at most, by all pairs of a worker, */
    ALLOWANCE_LENT = 128 << 20,   /* and by one, */
    ALLOWANCE_LENT_EASY = 16 << 20, /* for what is not dear */
};

struct allowance {
    int64_t left[ACCOUNT_COUNT]; /* below 0: what is owed, and must be earned first */
    uint32_t holds, transfers;   /* objects that are inspected, and transfers, now: who has most gives way
                                    first */
    uint32_t decoders;           /* that run now: who has a quarter of all gets no more where few are left */
    uint32_t readers;            /* of rows, likewise: half of all */
    bool purse;      /* filled once, by whoever made it: it earns nothing, and no cap is held against it */
    int64_t *common; /* what all of a worker's pairs may borrow from, in decoded bytes; NULL: none */
    int64_t lent;    /* of it, to this one; its bytes make it good in time */
    bool full;       /* all of them have the most, and none is poor: nothing can be earned */
    bool poor[ACCOUNT_COUNT]; /* all was spent, and half of the most has not been earned since */
    time_ns told;             /* packet time: that objects were not looked into, though nobody paid for it */
};

/* A new one, with a `share` (thousandths) of what a new one has at most. */
void allowance_init(struct allowance *a, unsigned share);
/* `n` bytes were delivered. */
void allowance_earn(struct allowance *a, uint64_t n);
/* How many of `n` may be spent; they are. NULL: all of them. */
size_t allowance_take(struct allowance *a, enum account account, size_t n);

/* Spends `n` whatever is left, which may then be owed; false if nothing was left. NULL: true. */
bool allowance_spend(struct allowance *a, enum account account, size_t n);

/* Spends `n` of which is known only now that it was done; no more is owed than takes long to earn. */
void allowance_owe(struct allowance *a, enum account account, uint64_t n);

/* Whoever decodes much at once, as an archive of texts in a dear coding, borrows what its own bytes do not
 * pay for, so that `n` may be spent: as long as there is some, and no one more than his share. False: he
 * cannot. NULL: true. */
bool allowance_borrow(struct allowance *a, size_t n);

/* The same of a coding that is not dear, whose body unfolds to more than its hosts pay for:
 * ALLOWANCE_LENT_EASY at most, as long as others have left three quarters. */
bool allowance_borrow_easily(struct allowance *a, size_t n);

/* `n` bytes of anybody were delivered: the common ones grow. */
void allowance_earn_common(int64_t *common, uint64_t n);

/* `n` of what was spent was not worth its price. NULL: nothing. */
void allowance_return(struct allowance *a, enum account account, size_t n);

static inline bool allowance_has(const struct allowance *a, enum account account, int64_t n) {
    return !a || a->left[account] >= n;
}

#endif
