/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_POLICY_OUTLOOK_H
#define GANTRY_POLICY_OUTLOOK_H

#include "policy/policy.h"

/* What somebody should look after in a policy that is valid: for gantryctl policy check and the daily digest.
 */
enum outlook_kind {
    OUTLOOK_ENDED,       /* the contract's last day is over */
    OUTLOOK_ENDS,        /* it is within OUTLOOK_DAYS */
    OUTLOOK_NO_CONTRACT, /* a partner has none that holds today or will */
    OUTLOOK_UNREACHABLE, /* narrower prefixes of others hold every address of this one */
    OUTLOOK_KINDS
};
enum { OUTLOOK_DAYS = 30, OUTLOOK_TEXT_MAX = 320 };

struct outlook_item {
    enum outlook_kind kind;
    const struct partner *partner;   /* NULL: none */
    const struct contract *contract; /* NULL: none */
    int32_t days;                    /* ENDS: that are left, today not counted; ENDED: since the last day */
    const char *file;
    int line;
    char text[OUTLOOK_TEXT_MAX]; /* what it is, and the mend */
};

/* "ended", "ends", ... for machines */
const char *outlook_name(enum outlook_kind kind);

/* Each item as of `now`: by partner, then prefixes. Returns how many. */
size_t policy_outlook(const struct policy *p, time_ns now,
                      void (*item)(void *context, const struct outlook_item *i), void *context);

#endif
