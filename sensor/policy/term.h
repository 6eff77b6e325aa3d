/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_POLICY_TERM_H
#define GANTRY_POLICY_TERM_H

#include "policy/policy.h"

/* Sentences about the terms of a contract. */
struct term_facts {
    const struct contract *contract;
    const struct judgement_facts *facts;
    const struct contract_use *use;
};

/* Behind what `reason` holds already; cut at a character's end. */
__attribute__((format(printf, 2, 3))) void term_say(char reason[JUDGEMENT_REASON_MAX], const char *format,
                                                    ...);

/* Each of the broken terms, the dates and the name left out: "class vehicle-image is not in contract
 * HSBP-0042; 214 objects today, limit 50". `reason` begins empty. */
void term_explain(const struct term_facts *t, unsigned broken, char reason[JUDGEMENT_REASON_MAX]);

#endif
