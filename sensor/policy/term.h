/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_POLICY_TERM_H
#define GANTRY_POLICY_TERM_H

#include "policy/policy.h"

/* Terms of one contract: which do not hold, and the sentences that say so. */

/* Of TERM_LIMITS those of a day, the others are of a month; and those of bytes, the others are of objects. */
enum {
    TERM_OF_DAY = TERM_BIT(TERM_DAY_OBJECTS) | TERM_BIT(TERM_DAY_BYTES),
    TERM_OF_BYTES = TERM_BIT(TERM_DAY_BYTES) | TERM_BIT(TERM_MONTH_BYTES)
};

/* What this limit is about: its number out of both amounts. */
uint64_t term_amount(enum contract_term limit, const struct contract_amount *day,
                     const struct contract_amount *month);

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
