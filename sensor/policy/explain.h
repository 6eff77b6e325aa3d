/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_POLICY_EXPLAIN_H
#define GANTRY_POLICY_EXPLAIN_H

#include "policy/policy.h"

/* What the policy says and why, term by term, with the lines that say so: for gantryctl policy explain. */

/* Words of a prefix's owner. */
struct explained_place {
    const char *kind; /* "image network", "internal network", "partner"; "unknown" */
    const char *name; /* NULL: it has none */
    char prefix[ADDRESS_TEXT_MAX + 4];
    const char *file; /* NULL: no line says anything of it */
    int line;
    bool relay; /* one stands there, whatever the network is */
};
void policy_explain_place(const struct policy *p, const struct address *a, struct explained_place *out);

enum explained_state { EXPLAINED_HOLDS, EXPLAINED_BROKEN, EXPLAINED_NOT_ASKED };
/* "holds", "broken", "not asked" */
const char *explained_state_name(enum explained_state state);

struct explained_term {
    enum contract_term term;
    enum explained_state state;
    char says[256]; /* what the contract demands */
    int line;       /* in the contract's file */
};

/* Each term of the contract as it stands for these facts, in the order of enum contract_term; terms that it
 * does not have are left out, but for a class that it does not name. A limit is "not asked" where `facts` has
 * no `use`. Returns how many. */
size_t contract_explain(const struct contract *c, const struct judgement_facts *facts,
                        struct explained_term out[TERM_COUNT]);

/* Would it alert? Writes the reason. */
enum { EXPLAINED_WHY_MAX = 256 };
bool policy_explain_alert(const struct policy *p, const struct judgement_facts *facts,
                          const struct judgement *j, char why[EXPLAINED_WHY_MAX]);

#endif
