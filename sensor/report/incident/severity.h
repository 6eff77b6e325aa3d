/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_SEVERITY_H
#define GANTRY_REPORT_SEVERITY_H

#include "base/bytes.h"

#include <stdbool.h>

/* How bad an incident is, 1 to 10: the severity of the class's rule, and what severity.c adds
 * for verdict, contract, volume and completeness. */
struct severity_facts {
    unsigned rule; /* of the rule, 1 to 10; the worst that held */
    unsigned verdict;
    struct bytes terms; /* of the contract that do not hold, newline between */
    uint64_t objects, bytes, plates;
    bool parts_only; /* bytes were missed of every object that ended */
};
unsigned severity_of(const struct severity_facts *f);

#endif
