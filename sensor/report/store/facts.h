/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_FACTS_H
#define GANTRY_REPORT_FACTS_H

#include "report/event/event.h"
#include "report/store/store.h"

/* An incident's facts as rows of incidents and of the ledger's alarms have them: one column behind the other.
 */
#define FACTS_VALUES(f)                                                                                      \
    STORE_N((f)->sequence), STORE_N((f)->objects), STORE_N((f)->bytes), STORE_N((f)->plates),                \
        STORE_N((f)->first), STORE_N((f)->last)

/* From the id and those columns. False: that is no id. */
static inline bool facts_read(struct incident_facts *f, struct bytes id, const struct store_value *v) {
    if (id.n >= sizeof f->id)
        return false;
    memcpy(f->id, id.p, id.n);
    f->id[id.n] = '\0';
    f->sequence = (uint64_t)v[0].number;
    f->objects = (uint64_t)v[1].number;
    f->bytes = (uint64_t)v[2].number;
    f->plates = (uint64_t)v[3].number;
    f->first = v[4].number;
    f->last = v[5].number;
    return true;
}

#endif
